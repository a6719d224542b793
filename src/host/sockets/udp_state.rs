//! `wasi:sockets/udp#udp-socket` and the states that it goes through.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use wippy_dispatcher::Handle;
use wippy_dispatcher::net::{self, Family, Options};

use super::error::{ErrorCode, connect_error, hold};
use super::{IncomingDatagramStream, OutgoingDatagramStream, SocketError};
use crate::host::table::Kind;
use crate::quota::{Quota, QuotaPermit};

/// A UDP socket in one of its states.
pub struct UdpSocket {
    family: Family,
    bound: Bound,
    remote: Option<SocketAddr>,
    shared: Arc<Association>,
    /// Counts against its call's bound. Its streams are its children, and go before it.
    _held: QuotaPermit,
}

impl Kind for UdpSocket {
    const NAME: &'static str = "udp-socket";
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Bound {
    No,
    /// Bound, and `finish-bind` has not said so.
    Untold,
    Yes,
}

/// What a socket shares with its streams.
pub(super) struct Association {
    pub(super) socket: net::UdpSocket,
    /// Counts the calls of `stream`: only the streams of the last one work.
    generation: AtomicU64,
}

impl Association {
    pub(super) fn is_current(&self, generation: u64) -> bool {
        self.generation.load(Ordering::Relaxed) == generation
    }
}

impl UdpSocket {
    /// A socket that is not bound.
    pub(super) fn new(
        handle: &Handle,
        family: Family,
        descriptors: &Quota,
    ) -> Result<UdpSocket, SocketError> {
        Ok(UdpSocket {
            family,
            _held: hold(descriptors)?,
            bound: Bound::No,
            remote: None,
            shared: Arc::new(Association {
                socket: net::UdpSocket::new(handle, family)?,
                generation: AtomicU64::new(0),
            }),
        })
    }

    pub(super) fn family(&self) -> Family {
        self.family
    }

    /// Whether `start-bind` is in order.
    pub(super) fn may_bind(&self) -> Result<(), ErrorCode> {
        match self.bound {
            Bound::No => Ok(()),
            Bound::Untold => Err(ErrorCode::ConcurrencyConflict),
            Bound::Yes => Err(ErrorCode::InvalidState),
        }
    }

    pub(super) fn start_bind(&mut self, local: SocketAddr) -> Result<(), SocketError> {
        self.may_bind()?;
        self.shared.socket.bind(local)?;
        self.bound = Bound::Untold;
        Ok(())
    }

    pub(super) fn finish_bind(&mut self) -> Result<(), SocketError> {
        match self.bound {
            Bound::Untold => {
                self.bound = Bound::Yes;
                Ok(())
            }
            _ => Err(ErrorCode::NotInProgress.into()),
        }
    }

    fn is_bound(&self) -> Result<(), ErrorCode> {
        match self.bound {
            Bound::Yes => Ok(()),
            Bound::No | Bound::Untold => Err(ErrorCode::InvalidState),
        }
    }

    /// Whether `stream` is in order.
    pub(super) fn may_stream(&self) -> Result<(), ErrorCode> {
        self.is_bound()
    }

    /// New streams, connected where there is a remote. Those before them are retired.
    pub(super) fn stream(
        &mut self,
        remote: Option<SocketAddr>,
    ) -> Result<(IncomingDatagramStream, OutgoingDatagramStream), SocketError> {
        self.is_bound()?;
        let generation = self.shared.generation.fetch_add(1, Ordering::Relaxed) + 1;
        if self.remote.take().is_some() {
            self.shared.socket.disconnect()?;
        }
        if let Some(remote) = remote {
            match self.shared.socket.connect(remote) {
                Ok(()) => self.remote = Some(remote),
                Err(error) => return Err(connect_error(error)?.into()),
            }
        }
        Ok((
            IncomingDatagramStream::new(self.shared.clone(), generation, remote),
            OutgoingDatagramStream::new(self.shared.clone(), generation, remote, self.family),
        ))
    }

    pub(super) fn local_address(&self) -> Result<SocketAddr, SocketError> {
        match self.bound {
            Bound::Yes => Ok(self.shared.socket.local_addr()?),
            Bound::Untold => Err(ErrorCode::ConcurrencyConflict.into()),
            Bound::No => Err(ErrorCode::InvalidState.into()),
        }
    }

    pub(super) fn remote_address(&self) -> Result<SocketAddr, SocketError> {
        self.remote.ok_or(ErrorCode::InvalidState.into())
    }

    pub(super) fn options(&self) -> Options<'_> {
        self.shared.socket.options()
    }
}
