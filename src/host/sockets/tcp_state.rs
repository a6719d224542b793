//! `wasi:sockets/tcp#tcp-socket` and the states that it goes through.

use std::io;
use std::net::{Shutdown, SocketAddr};
use std::sync::Arc;

use wippy_dispatcher::net::{self, Family};
use wippy_dispatcher::{Error, Handle, Instant, Interest, WaitSet};

use super::error::{ErrorCode, connect_error, hold};
use super::options::SocketOptions;
use super::tcp_output::TcpDestination;
use super::{SocketError, TcpInput, TcpOutput};
use crate::host::io::{InputSource, InputStream, OutputStream, Owner, Sink, WriteQueue};
use crate::host::table::HostResource;
use crate::quota::{Quota, QuotaPermit};

/// How many connections may wait to be accepted, unless the guest sets another number.
const BACKLOG: i32 = 128;

/// A TCP socket in one of its states.
pub struct TcpSocket {
    family: Family,
    backlog: i32,
    state: TcpState,
    /// The descriptor, counted for its call. A connection takes it over, because it may stay open
    /// longer than this resource.
    held: Option<QuotaPermit>,
}

impl HostResource for TcpSocket {
    const NAME: &'static str = "tcp-socket";
}

enum TcpState {
    Unbound(net::TcpSocket),
    /// Bound, and `finish-bind` was not called yet.
    Binding(net::TcpSocket),
    Bound(net::TcpSocket),
    /// Listens, and `finish-listen` was not called yet.
    StartingToListen(net::TcpListener),
    Listening(net::TcpListener),
    Connecting(Arc<net::TcpStream>),
    /// Connecting failed at once, and `finish-connect` has not reported it yet.
    Refused(ErrorCode),
    Connected(Connection),
    /// Connecting has failed: the socket can only be dropped.
    Closed,
}

/// A connection and its two halves, which are its streams.
struct Connection {
    stream: Arc<net::TcpStream>,
    input: Arc<TcpInput>,
    output: Arc<TcpOutput>,
}

impl Connection {
    fn new(
        handle: &Handle,
        stream: Arc<net::TcpStream>,
        held: Option<QuotaPermit>,
        owner: Owner,
    ) -> Connection {
        // Writes are sent at once: the WIT has no flush, and so no way to say which of them belong
        // together. It fails only if the connection has ended, which the streams report.
        let _ = stream.options().set_nodelay(true);
        Connection {
            input: Arc::new(TcpInput::new(stream.clone())),
            output: Arc::new(WriteQueue::to(
                handle,
                TcpDestination::new(stream.clone(), held),
                Some(owner),
            )),
            stream,
        }
    }

    fn streams(&self) -> (InputStream, OutputStream) {
        (
            InputStream::new(InputSource::Tcp(self.input.clone())),
            OutputStream::new(Sink::Tcp(self.output.clone())),
        )
    }
}

impl TcpSocket {
    /// A socket that is neither bound nor connected.
    pub(super) fn new(
        handle: &Handle,
        family: Family,
        descriptors: &Quota,
    ) -> Result<TcpSocket, SocketError> {
        let held = hold(descriptors)?;
        Ok(TcpSocket {
            family,
            backlog: BACKLOG,
            state: TcpState::Unbound(net::TcpSocket::new(handle, family)?),
            held: Some(held),
        })
    }

    pub(super) fn family(&self) -> Family {
        self.family
    }

    /// Why no operation can be started in this state.
    fn not_startable(&self) -> SocketError {
        SocketError::Code(match &self.state {
            TcpState::Binding(_)
            | TcpState::StartingToListen(_)
            | TcpState::Connecting(_)
            | TcpState::Refused(_) => ErrorCode::ConcurrencyConflict,
            _ => ErrorCode::InvalidState,
        })
    }

    /// Whether it may be bound.
    ///
    /// # Errors
    /// `concurrency-conflict` while another operation is under way, otherwise `invalid-state`.
    pub(super) fn may_bind(&self) -> Result<(), SocketError> {
        match &self.state {
            TcpState::Unbound(_) => Ok(()),
            _ => Err(self.not_startable()),
        }
    }

    pub(super) fn start_bind(&mut self, local: SocketAddr) -> Result<(), SocketError> {
        match std::mem::replace(&mut self.state, TcpState::Closed) {
            TcpState::Unbound(socket) => match socket.bind(local) {
                Ok(()) => {
                    self.state = TcpState::Binding(socket);
                    Ok(())
                }
                Err(error) => {
                    self.state = TcpState::Unbound(socket);
                    Err(error.into())
                }
            },
            other => {
                self.state = other;
                Err(self.not_startable())
            }
        }
    }

    pub(super) fn finish_bind(&mut self) -> Result<(), SocketError> {
        match std::mem::replace(&mut self.state, TcpState::Closed) {
            TcpState::Binding(socket) => {
                self.state = TcpState::Bound(socket);
                Ok(())
            }
            other => {
                self.state = other;
                Err(ErrorCode::NotInProgress.into())
            }
        }
    }

    /// Whether it may be connected.
    ///
    /// # Errors
    /// As [`TcpSocket::may_bind`].
    pub(super) fn may_connect(&self) -> Result<(), SocketError> {
        match &self.state {
            TcpState::Unbound(_) | TcpState::Bound(_) => Ok(()),
            _ => Err(self.not_startable()),
        }
    }

    pub(super) fn start_connect(&mut self, remote: SocketAddr) -> Result<(), SocketError> {
        match std::mem::replace(&mut self.state, TcpState::Closed) {
            TcpState::Unbound(socket) | TcpState::Bound(socket) => {
                self.state = match socket.start_connect(remote) {
                    Ok(stream) => TcpState::Connecting(Arc::new(stream)),
                    Err(error) => TcpState::Refused(connect_error(error)?),
                };
                Ok(())
            }
            other => {
                self.state = other;
                Err(self.not_startable())
            }
        }
    }

    pub(super) fn finish_connect(
        &mut self,
        handle: &Handle,
        owner: Owner,
    ) -> Result<(InputStream, OutputStream), SocketError> {
        let stream = match &self.state {
            TcpState::Connecting(stream) => stream.clone(),
            TcpState::Refused(code) => {
                let code = *code;
                self.state = TcpState::Closed;
                return Err(code.into());
            }
            _ => return Err(ErrorCode::NotInProgress.into()),
        };
        match stream.finish_connect() {
            Ok(()) => {
                let connection = Connection::new(handle, stream, self.held.take(), owner);
                let streams = connection.streams();
                self.state = TcpState::Connected(connection);
                Ok(streams)
            }
            Err(error) => {
                let code = connect_error(error)?;
                if code != ErrorCode::WouldBlock {
                    self.state = TcpState::Closed;
                }
                Err(code.into())
            }
        }
    }

    pub(super) fn start_listen(&mut self) -> Result<(), SocketError> {
        match std::mem::replace(&mut self.state, TcpState::Closed) {
            TcpState::Bound(socket) => {
                self.state = TcpState::StartingToListen(socket.listen(self.backlog)?);
                Ok(())
            }
            other => {
                self.state = other;
                Err(self.not_startable())
            }
        }
    }

    pub(super) fn finish_listen(&mut self) -> Result<(), SocketError> {
        match std::mem::replace(&mut self.state, TcpState::Closed) {
            TcpState::StartingToListen(listener) => {
                self.state = TcpState::Listening(listener);
                Ok(())
            }
            other => {
                self.state = other;
                Err(ErrorCode::NotInProgress.into())
            }
        }
    }

    pub(super) fn accept(
        &self,
        handle: &Handle,
        descriptors: &Quota,
        owner: Owner,
    ) -> Result<(TcpSocket, InputStream, OutputStream), SocketError> {
        let TcpState::Listening(listener) = &self.state else {
            return Err(ErrorCode::InvalidState.into());
        };
        let held = hold(descriptors)?;
        let (stream, _) = listener.try_accept()?;
        let connection = Connection::new(handle, Arc::new(stream), Some(held), owner);
        let (input, output) = connection.streams();
        let socket = TcpSocket {
            family: self.family,
            backlog: BACKLOG,
            state: TcpState::Connected(connection),
            held: None,
        };
        Ok((socket, input, output))
    }

    pub(super) fn is_listening(&self) -> bool {
        matches!(self.state, TcpState::Listening(_))
    }

    pub(super) fn set_backlog(&mut self, connections: u64) -> Result<(), SocketError> {
        let listener = match &self.state {
            TcpState::Unbound(_) | TcpState::Binding(_) | TcpState::Bound(_) => None,
            TcpState::StartingToListen(listener) | TcpState::Listening(listener) => Some(listener),
            _ => return Err(ErrorCode::InvalidState.into()),
        };
        if connections == 0 {
            return Err(ErrorCode::InvalidArgument.into());
        }
        let backlog = i32::try_from(connections).unwrap_or(i32::MAX);
        if let Some(listener) = listener {
            listener.set_backlog(backlog)?;
        }
        self.backlog = backlog;
        Ok(())
    }

    pub(super) fn local_address(&self) -> Result<SocketAddr, SocketError> {
        let address = match &self.state {
            TcpState::Bound(socket) => socket.local_addr(),
            TcpState::StartingToListen(listener) | TcpState::Listening(listener) => {
                listener.local_addr()
            }
            TcpState::Connecting(stream) => stream.local_addr(),
            TcpState::Connected(connection) => connection.stream.local_addr(),
            TcpState::Binding(_) => return Err(ErrorCode::ConcurrencyConflict.into()),
            TcpState::Unbound(_) | TcpState::Refused(_) | TcpState::Closed => {
                return Err(ErrorCode::InvalidState.into());
            }
        };
        Ok(address?)
    }

    pub(super) fn remote_address(&self) -> Result<SocketAddr, SocketError> {
        match &self.state {
            TcpState::Connected(connection) => Ok(connection.stream.peer_addr()?),
            TcpState::Connecting(_) | TcpState::Refused(_) => {
                Err(ErrorCode::ConcurrencyConflict.into())
            }
            _ => Err(ErrorCode::InvalidState.into()),
        }
    }

    /// Shuts one half or both down; again is no error. Sending ends behind the last byte that the
    /// output stream has accepted, which is written in the background.
    pub(super) fn shutdown(&self, how: Shutdown) -> Result<(), SocketError> {
        let TcpState::Connected(connection) = &self.state else {
            return Err(ErrorCode::InvalidState.into());
        };
        let shut_down = |outcome: Result<(), Error>| match outcome {
            // The connection has ended in both directions: nothing is left to shut down.
            Err(error) if error.kind() == io::ErrorKind::NotConnected => Ok(()),
            outcome => outcome,
        };
        if how != Shutdown::Write {
            connection.input.shut_down();
            shut_down(connection.stream.shutdown(Shutdown::Read))?;
        }
        if how != Shutdown::Read {
            shut_down(connection.output.finish())?;
        }
        Ok(())
    }

    /// Its options.
    ///
    /// # Errors
    /// `invalid-state` where a failed connect has closed it.
    pub(super) fn options(&self) -> Result<SocketOptions<'_>, SocketError> {
        let options = match &self.state {
            TcpState::Unbound(socket) | TcpState::Binding(socket) | TcpState::Bound(socket) => {
                socket.options()
            }
            TcpState::StartingToListen(listener) | TcpState::Listening(listener) => {
                listener.options()
            }
            TcpState::Connecting(stream) => stream.options(),
            TcpState::Connected(connection) => connection.stream.options(),
            TcpState::Refused(_) | TcpState::Closed => return Err(ErrorCode::InvalidState.into()),
        };
        Ok(options.into())
    }

    pub(super) fn is_ready(&self) -> bool {
        match &self.state {
            TcpState::Connecting(stream) => stream.is_ready(Interest::Writable),
            TcpState::Listening(listener) => listener.confirm_ready(),
            _ => true,
        }
    }

    pub(super) fn register(&self, set: &mut WaitSet, tag: u32) -> Result<(), Error> {
        match &self.state {
            TcpState::Connecting(stream) => stream.register(set, Interest::Writable, tag),
            TcpState::Listening(listener) => listener.register(set, tag),
            _ => set.add_deadline(Instant::from_nanos(0), tag),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use wippy_dispatcher::Dispatcher;

    use super::*;
    use crate::delivery::PendingDeliveries;
    use crate::host::io::StreamError;
    use crate::host::sockets::UdpSocket;

    #[test]
    fn sockets_count_against_the_bound_of_their_call() {
        let dispatcher = Dispatcher::new().expect("a dispatcher");
        let handle = dispatcher.handle();
        let two = Quota::new(2);
        let limit = |refused: Result<(), SocketError>| {
            matches!(refused, Err(SocketError::Code(ErrorCode::NewSocketLimit)))
        };
        let mut listener = TcpSocket::new(&handle, Family::V4, &two).expect("room");
        let other = UdpSocket::new(&handle, Family::V4, &two).expect("room");
        assert!(limit(TcpSocket::new(&handle, Family::V4, &two).map(|_| ())));
        assert!(limit(UdpSocket::new(&handle, Family::V4, &two).map(|_| ())));
        let local = SocketAddr::from(([127, 0, 0, 1], 0));
        listener.start_bind(local).expect("a port");
        listener.finish_bind().expect("bound");
        listener.start_listen().expect("bound");
        listener.finish_listen().expect("listening");
        let deliveries = PendingDeliveries::new(&handle);
        let owner = Owner {
            deliveries: deliveries.tracker().clone(),
            bytes: Quota::new(0),
        };
        let accept = || listener.accept(&handle, &two, owner.clone()).map(|_| ());
        assert!(limit(accept()));
        drop(other);
        assert!(matches!(
            accept(),
            Err(SocketError::Code(ErrorCode::WouldBlock))
        ));
        UdpSocket::new(&handle, Family::V4, &two).expect("room");
    }

    // The peer is a native socket.
    #[allow(clippy::disallowed_methods)]
    #[test]
    fn what_took_all_there_was_leaves_nothing_ready() {
        let dispatcher = Dispatcher::new().expect("a dispatcher");
        let handle = dispatcher.handle();
        let look = || handle.poll_driver().expect("a look");
        let descriptors = Quota::new(9);
        let mut listener = TcpSocket::new(&handle, Family::V4, &descriptors).expect("room");
        let local = SocketAddr::from(([127, 0, 0, 1], 0));
        listener.start_bind(local).expect("a port");
        listener.finish_bind().expect("bound");
        listener.start_listen().expect("bound");
        listener.finish_listen().expect("listening");
        let address = listener.local_address().expect("bound");
        let mut peer = std::net::TcpStream::connect(address).expect("it listens");
        look();
        assert!(listener.is_ready());
        let deliveries = PendingDeliveries::new(&handle);
        let owner = Owner {
            deliveries: deliveries.tracker().clone(),
            bytes: Quota::new(0),
        };
        let (_socket, mut input, _output) = listener
            .accept(&handle, &descriptors, owner)
            .expect("a connection");
        assert!(!listener.is_ready());

        for _ in 0..2 {
            peer.write_all(b"frame").expect("open");
            look();
            assert!(input.is_ready());
            assert_eq!(input.read(5).expect("open"), b"frame");
            assert!(!input.is_ready());
        }
        drop(peer);
        look();
        assert!(input.is_ready());
        assert!(matches!(input.read(5), Err(StreamError::Closed)));
        assert!(input.is_ready());
    }
}
