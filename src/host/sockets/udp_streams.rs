//! `incoming-datagram-stream` and `outgoing-datagram-stream` of `wasi:sockets/udp`.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use wasmtime::format_err;
use wippy_dispatcher::net::{Family, MAX_BATCH};
use wippy_dispatcher::{Error, Instant, Interest, WaitSet};

use super::SocketError;
use super::address::{of_family, remote};
use super::error::ErrorCode;
use super::interfaces::udp::{IncomingDatagram, OutgoingDatagram};
use super::udp_shared::SharedSocket;
use crate::host::table::HostResource;
use crate::network::{LookedUp, NetworkAccess, Protocol};

/// The longest datagram there is, in bytes.
const DATAGRAM_MAX: usize = 65_535;
/// The most datagrams that one `receive` gives. Each is a system call, during which nothing else runs.
const RECEIVE_MAX: usize = MAX_BATCH;
/// A `receive` that has got this many bytes takes no further datagram.
const RECEIVE_BYTES: usize = 1 << 17;

/// What a socket receives.
pub struct IncomingDatagramStream {
    shared: Arc<SharedSocket>,
    generation: u64,
    remote: Option<SocketAddr>,
    /// A failure behind datagrams that were given to the guest; the next `receive` reports it.
    unreported: Option<SocketError>,
    /// Datagrams that other senders sent before the socket was connected may still be queued.
    other_senders: bool,
}

impl HostResource for IncomingDatagramStream {
    const NAME: &'static str = "incoming-datagram-stream";
}

/// What a socket sends.
pub struct OutgoingDatagramStream {
    shared: Arc<SharedSocket>,
    generation: u64,
    remote: Option<SocketAddr>,
    family: Family,
    /// How many datagrams `check-send` permitted and `send` has not sent yet.
    permit: usize,
    /// The last send found no room in the system's buffer.
    full: bool,
}

impl HostResource for OutgoingDatagramStream {
    const NAME: &'static str = "outgoing-datagram-stream";
}

impl IncomingDatagramStream {
    pub(super) fn new(
        shared: Arc<SharedSocket>,
        generation: u64,
        remote: Option<SocketAddr>,
    ) -> IncomingDatagramStream {
        let mut stream = IncomingDatagramStream {
            shared,
            generation,
            remote,
            unreported: None,
            other_senders: remote.is_some(),
        };
        stream.discard_other_senders();
        stream
    }

    /// Takes datagrams that other senders sent before the socket was connected off the front of the
    /// queue, so that the stream is only ready for a datagram that its guest will get.
    fn discard_other_senders(&mut self) {
        while let (true, Some(remote)) =
            (self.other_senders && self.unreported.is_none(), self.remote)
        {
            let from = self.shared.socket.try_peek();
            match from.and_then(|from| match is_same(remote, from) {
                true => Ok(true),
                false => self.shared.socket.try_recv(&mut []).map(|_| false),
            }) {
                Ok(true) => return,
                Ok(false) => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    self.other_senders = false
                }
                Err(error) => self.unreported = Some(error.into()),
            }
        }
    }

    fn is_current(&self) -> bool {
        self.shared.is_current(self.generation)
    }

    /// Receives the datagrams that have arrived, `most` at most, each by way of `buffer`.
    ///
    /// # Errors
    /// `invalid-state` once the socket has later streams, and what the system reports.
    pub(super) fn receive(
        &mut self,
        most: usize,
        buffer: &mut Vec<u8>,
    ) -> Result<Vec<IncomingDatagram>, SocketError> {
        if !self.is_current() {
            return Err(ErrorCode::InvalidState.into());
        }
        if let Some(error) = self.unreported.take() {
            return Err(error);
        }
        let (mut datagrams, mut bytes) = (Vec::new(), 0);
        let most = most.min(RECEIVE_MAX);
        if most > 0 {
            buffer.resize(DATAGRAM_MAX, 0);
        }
        while datagrams.len() < most && bytes < RECEIVE_BYTES {
            match self.shared.socket.try_recv(buffer) {
                // From another sender, before the socket was connected.
                Ok((_, from)) if self.remote.is_some_and(|remote| !is_same(remote, from)) => {}
                Ok((length, from)) => {
                    bytes += length;
                    let data = buffer.get(..length);
                    debug_assert!(data.is_some(), "a datagram longer than its buffer");
                    datagrams.push(IncomingDatagram {
                        data: data.unwrap_or_default().to_vec(),
                        remote_address: from.into(),
                    });
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(error) if datagrams.is_empty() => return Err(error.into()),
                Err(error) => {
                    self.unreported = Some(error.into());
                    break;
                }
            }
        }
        self.discard_other_senders();
        Ok(datagrams)
    }

    pub(super) fn is_ready(&self) -> bool {
        !self.is_current()
            || self.unreported.is_some()
            || self.shared.socket.confirm_ready(Interest::Readable)
    }

    pub(super) fn register(&self, set: &mut WaitSet, tag: u32) -> Result<(), Error> {
        match self.is_current() && self.unreported.is_none() {
            true => self.shared.socket.register(set, Interest::Readable, tag),
            false => set.add_deadline(Instant::from_nanos(0), tag),
        }
    }
}

impl OutgoingDatagramStream {
    pub(super) fn new(
        shared: Arc<SharedSocket>,
        generation: u64,
        remote: Option<SocketAddr>,
        family: Family,
    ) -> OutgoingDatagramStream {
        OutgoingDatagramStream {
            shared,
            generation,
            remote,
            family,
            permit: 0,
            full: false,
        }
    }

    fn is_current(&self) -> bool {
        self.shared.is_current(self.generation)
    }

    fn has_room(&self) -> bool {
        !self.full || self.shared.socket.confirm_ready(Interest::Writable)
    }

    /// How many datagrams the next `send` may hold: 0 when the system has no room.
    ///
    /// # Errors
    /// `invalid-state` once the socket has later streams.
    pub(super) fn check_send(&mut self) -> Result<u64, SocketError> {
        if !self.is_current() {
            return Err(ErrorCode::InvalidState.into());
        }
        self.permit = match self.has_room() {
            true => MAX_BATCH,
            false => 0,
        };
        Ok(self.permit as u64)
    }

    /// Sends datagrams in order and says how many were sent.
    ///
    /// # Errors
    /// That of the first datagram; one of a later datagram only ends the batch. A trap for more
    /// datagrams than `check-send` permitted.
    pub(super) fn send(
        &mut self,
        datagrams: &[OutgoingDatagram],
        allow: &mut NetworkAccess,
        known: &LookedUp,
    ) -> Result<u64, SocketError> {
        if !self.is_current() {
            return Err(ErrorCode::InvalidState.into());
        }
        if datagrams.is_empty() {
            return Ok(0);
        }
        if datagrams.len() > self.permit {
            return Err(SocketError::Trap(format_err!(
                "send of {} datagrams where check-send permitted {}",
                datagrams.len(),
                self.permit
            )));
        }
        let mut batch = Vec::with_capacity(datagrams.len());
        let mut refused = None;
        for datagram in datagrams {
            match self.target(datagram, allow, known) {
                Ok(to) => batch.push((datagram.data.as_slice(), to)),
                Err(code) => {
                    refused = Some(code);
                    break;
                }
            }
        }
        if let (true, Some(code)) = (batch.is_empty(), refused) {
            return Err(code.into());
        }
        match self.shared.socket.try_send_many(&batch) {
            Ok(sent) => {
                self.full = false;
                debug_assert!(sent <= self.permit, "more was sent than given");
                self.permit = self.permit.saturating_sub(sent);
                Ok(sent as u64)
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                self.full = true;
                self.permit = 0;
                Ok(0)
            }
            Err(error) => Err(error.into()),
        }
    }

    /// The address for a datagram; `None` if the socket is connected to it.
    ///
    /// # Errors
    /// `invalid-argument` without an address, and for another than the connected one; `access-denied`.
    fn target(
        &self,
        datagram: &OutgoingDatagram,
        allow: &mut NetworkAccess,
        known: &LookedUp,
    ) -> Result<Option<SocketAddr>, ErrorCode> {
        let given = match datagram.remote_address {
            Some(address) => Some(remote(of_family(address, self.family)?)?),
            None => None,
        };
        let to = match (self.remote, given) {
            (None, None) => return Err(ErrorCode::InvalidArgument),
            (Some(connected), Some(given)) if !is_same(connected, given) => {
                return Err(ErrorCode::InvalidArgument);
            }
            (Some(connected), _) => connected,
            (None, Some(given)) => given,
        };
        match allow.reaches(Protocol::Udp, to, known) {
            true => Ok(given.filter(|_| self.remote.is_none())),
            false => Err(ErrorCode::AccessDenied),
        }
    }

    pub(super) fn is_ready(&self) -> bool {
        !self.is_current() || self.has_room()
    }

    pub(super) fn register(&self, set: &mut WaitSet, tag: u32) -> Result<(), Error> {
        match self.is_ready() {
            true => set.add_deadline(Instant::from_nanos(0), tag),
            false => self.shared.socket.register(set, Interest::Writable, tag),
        }
    }
}

/// Whether two addresses are the same peer's. Flow and scope of IPv6 do not tell peers apart.
fn is_same(one: SocketAddr, other: SocketAddr) -> bool {
    one.ip() == other.ip() && one.port() == other.port()
}

// The peers are native sockets.
#[cfg(test)]
#[allow(clippy::disallowed_methods)]
mod tests {
    use wippy_dispatcher::{Dispatcher, Handle};

    use super::*;
    use crate::host::sockets::UdpSocket;
    use crate::quota::Quota;

    fn bound(handle: &Handle) -> UdpSocket {
        let mut socket = UdpSocket::new(handle, Family::V4, &Quota::new(1)).expect("room");
        let local = SocketAddr::from(([127, 0, 0, 1], 0));
        socket.start_bind(local).expect("a port");
        socket.finish_bind().expect("bound");
        socket
    }

    #[test]
    fn what_took_the_last_datagram_leaves_nothing_ready() {
        let dispatcher = Dispatcher::new().expect("a dispatcher");
        let handle = dispatcher.handle();
        let mut socket = bound(&handle);
        let address = socket.local_address().expect("bound");
        let (mut incoming, _outgoing) = socket.stream(None).expect("bound");
        let peer = std::net::UdpSocket::bind(("127.0.0.1", 0)).expect("a port");
        let mut buffer = Vec::new();
        for _ in 0..2 {
            peer.send_to(b"one", address).expect("room");
            peer.send_to(b"two", address).expect("room");
            handle.poll_driver().expect("a look");
            assert!(incoming.is_ready());
            assert_eq!(incoming.receive(1, &mut buffer).expect("one").len(), 1);
            assert!(incoming.is_ready());
            assert_eq!(incoming.receive(1, &mut buffer).expect("two").len(), 1);
            assert!(!incoming.is_ready());
        }
    }

    #[test]
    fn what_others_sent_before_a_socket_was_connected_makes_nothing_ready() {
        let dispatcher = Dispatcher::new().expect("a dispatcher");
        let handle = dispatcher.handle();
        let mut socket = bound(&handle);
        let address = socket.local_address().expect("bound");
        let peer = std::net::UdpSocket::bind(("127.0.0.1", 0)).expect("a port");
        let other = std::net::UdpSocket::bind(("127.0.0.1", 0)).expect("a port");
        for from in [&other, &other, &peer, &other] {
            from.send_to(b"before", address).expect("room");
        }
        handle.poll_driver().expect("a look");
        let remote = peer.local_addr().expect("an address");
        let (mut incoming, _outgoing) = socket.stream(Some(remote)).expect("bound");
        let mut buffer = Vec::new();
        assert!(incoming.is_ready());
        assert_eq!(incoming.receive(1, &mut buffer).expect("its own").len(), 1);
        assert!(!incoming.is_ready());
        peer.send_to(b"after", address).expect("room");
        handle.poll_driver().expect("a look");
        assert!(incoming.is_ready());

        other.send_to(b"refused", address).expect("room");
        assert_eq!(incoming.receive(9, &mut buffer).expect("its own").len(), 1);
        assert!(!incoming.is_ready());
    }
}
