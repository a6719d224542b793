//! `wasi:sockets/udp#udp-socket` and the states that it goes through.

use std::net::SocketAddr;
use std::sync::Arc;

use wippy_dispatcher::Handle;
use wippy_dispatcher::net::Family;

use super::error::{ErrorCode, connect_error, hold};
use super::options::SocketOptions;
use super::udp_shared::SharedSocket;
use super::{IncomingDatagramStream, OutgoingDatagramStream, SocketError};
use crate::host::table::HostResource;
use crate::quota::{Quota, QuotaPermit};

/// A UDP socket in one of its states.
pub struct UdpSocket {
    family: Family,
    bind: BindState,
    /// The peer that the latest streams are connected to.
    remote: Option<SocketAddr>,
    shared: Arc<SharedSocket>,
    /// The descriptor, counted for its call. The streams are children of this resource and are deleted
    /// before it.
    _held: QuotaPermit,
}

impl HostResource for UdpSocket {
    const NAME: &'static str = "udp-socket";
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum BindState {
    Unbound,
    /// Bound, and `finish-bind` was not called yet.
    Binding,
    Bound,
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
            bind: BindState::Unbound,
            remote: None,
            shared: Arc::new(SharedSocket::new(handle, family)?),
        })
    }

    pub(super) fn family(&self) -> Family {
        self.family
    }

    /// Whether it may be bound.
    ///
    /// # Errors
    /// `concurrency-conflict` while binding is under way, `invalid-state` once it is bound.
    pub(super) fn may_bind(&self) -> Result<(), ErrorCode> {
        match self.bind {
            BindState::Unbound => Ok(()),
            BindState::Binding => Err(ErrorCode::ConcurrencyConflict),
            BindState::Bound => Err(ErrorCode::InvalidState),
        }
    }

    pub(super) fn start_bind(&mut self, local: SocketAddr) -> Result<(), SocketError> {
        self.may_bind()?;
        self.shared.socket.bind(local)?;
        self.bind = BindState::Binding;
        Ok(())
    }

    pub(super) fn finish_bind(&mut self) -> Result<(), SocketError> {
        match self.bind {
            BindState::Binding => {
                self.bind = BindState::Bound;
                Ok(())
            }
            _ => Err(ErrorCode::NotInProgress.into()),
        }
    }

    /// Whether it may have streams.
    ///
    /// # Errors
    /// `invalid-state` until it is bound.
    pub(super) fn may_stream(&self) -> Result<(), ErrorCode> {
        match self.bind {
            BindState::Bound => Ok(()),
            BindState::Unbound | BindState::Binding => Err(ErrorCode::InvalidState),
        }
    }

    /// New streams, connected to `remote` if there is one. Earlier streams are invalid from now on.
    pub(super) fn stream(
        &mut self,
        remote: Option<SocketAddr>,
    ) -> Result<(IncomingDatagramStream, OutgoingDatagramStream), SocketError> {
        self.may_stream()?;
        let generation = self.shared.next_generation();
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
        match self.bind {
            BindState::Bound => Ok(self.shared.socket.local_addr()?),
            BindState::Binding => Err(ErrorCode::ConcurrencyConflict.into()),
            BindState::Unbound => Err(ErrorCode::InvalidState.into()),
        }
    }

    pub(super) fn remote_address(&self) -> Result<SocketAddr, SocketError> {
        self.remote.ok_or(ErrorCode::InvalidState.into())
    }

    pub(super) fn options(&self) -> SocketOptions<'_> {
        self.shared.socket.options().into()
    }
}
