//! `wasi:sockets/tcp#tcp-socket` and the states that it goes through.

use std::io;
use std::net::{Shutdown, SocketAddr};
use std::sync::Arc;

use wippy_dispatcher::net::{self, Family, Options};
use wippy_dispatcher::{Error, Handle, Instant, Interest, WaitSet};

use super::error::{ErrorCode, connect_error, hold};
use super::sending::Connected;
use super::{Receiving, Sending, SocketError};
use crate::host::io::{Feed, InputStream, OutputStream, Owner, Sink, WriteQueue};
use crate::host::table::Kind;
use crate::quota::{Quota, QuotaPermit};

/// How many connections may wait to be accepted, unless the guest says something else.
const BACKLOG: i32 = 128;

/// A TCP socket in one of its states.
pub struct TcpSocket {
    family: Family,
    backlog: i32,
    state: State,
    /// Counts against its call's bound. None: the connection has it, which may stay open longer.
    held: Option<QuotaPermit>,
}

impl Kind for TcpSocket {
    const NAME: &'static str = "tcp-socket";
}

enum State {
    Unbound(net::TcpSocket),
    /// Bound, and `finish-bind` has not said so.
    Binding(net::TcpSocket),
    Bound(net::TcpSocket),
    /// Listens, and `finish-listen` has not said so.
    StartsListening(net::TcpListener),
    Listening(net::TcpListener),
    Connecting(Arc<net::TcpStream>),
    /// The system refused at once, and `finish-connect` has not said so.
    Refused(ErrorCode),
    Connected(Connection),
    /// After a connect that failed: all that is left is to drop it.
    Closed,
}

/// A connection and its two halves, which are its streams.
struct Connection {
    stream: Arc<net::TcpStream>,
    receiving: Arc<Receiving>,
    sending: Arc<Sending>,
}

impl Connection {
    fn new(
        handle: &Handle,
        stream: Arc<net::TcpStream>,
        held: Option<QuotaPermit>,
        owner: Owner,
    ) -> Connection {
        // What a guest writes goes out: it has no way to say what belongs together. It fails only
        // where the connection is gone already, which the streams tell.
        let _ = stream.options().set_nodelay(true);
        Connection {
            receiving: Arc::new(Receiving::new(stream.clone())),
            sending: Arc::new(WriteQueue::to(
                handle,
                Connected::new(stream.clone(), held),
                Some(owner),
            )),
            stream,
        }
    }

    fn streams(&self) -> (InputStream, OutputStream) {
        (
            InputStream::new(Feed::Tcp(self.receiving.clone())),
            OutputStream::new(Sink::Tcp(self.sending.clone())),
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
            state: State::Unbound(net::TcpSocket::new(handle, family)?),
            held: Some(held),
        })
    }

    pub(super) fn family(&self) -> Family {
        self.family
    }

    /// What is wrong with starting something now.
    fn busy(&self) -> SocketError {
        SocketError::Code(match &self.state {
            State::Binding(_)
            | State::StartsListening(_)
            | State::Connecting(_)
            | State::Refused(_) => ErrorCode::ConcurrencyConflict,
            _ => ErrorCode::InvalidState,
        })
    }

    /// Whether `start-bind` is in order.
    pub(super) fn may_bind(&self) -> Result<(), SocketError> {
        match &self.state {
            State::Unbound(_) => Ok(()),
            _ => Err(self.busy()),
        }
    }

    pub(super) fn start_bind(&mut self, local: SocketAddr) -> Result<(), SocketError> {
        match std::mem::replace(&mut self.state, State::Closed) {
            State::Unbound(socket) => match socket.bind(local) {
                Ok(()) => {
                    self.state = State::Binding(socket);
                    Ok(())
                }
                Err(error) => {
                    self.state = State::Unbound(socket);
                    Err(error.into())
                }
            },
            other => {
                self.state = other;
                Err(self.busy())
            }
        }
    }

    pub(super) fn finish_bind(&mut self) -> Result<(), SocketError> {
        match std::mem::replace(&mut self.state, State::Closed) {
            State::Binding(socket) => {
                self.state = State::Bound(socket);
                Ok(())
            }
            other => {
                self.state = other;
                Err(ErrorCode::NotInProgress.into())
            }
        }
    }

    /// Whether `start-connect` is in order.
    pub(super) fn may_connect(&self) -> Result<(), SocketError> {
        match &self.state {
            State::Unbound(_) | State::Bound(_) => Ok(()),
            _ => Err(self.busy()),
        }
    }

    pub(super) fn start_connect(&mut self, remote: SocketAddr) -> Result<(), SocketError> {
        match std::mem::replace(&mut self.state, State::Closed) {
            State::Unbound(socket) | State::Bound(socket) => {
                self.state = match socket.start_connect(remote) {
                    Ok(stream) => State::Connecting(Arc::new(stream)),
                    Err(error) => State::Refused(connect_error(error)?),
                };
                Ok(())
            }
            other => {
                self.state = other;
                Err(self.busy())
            }
        }
    }

    pub(super) fn finish_connect(
        &mut self,
        handle: &Handle,
        owner: Owner,
    ) -> Result<(InputStream, OutputStream), SocketError> {
        let stream = match &self.state {
            State::Connecting(stream) => stream.clone(),
            State::Refused(code) => {
                let code = *code;
                self.state = State::Closed;
                return Err(code.into());
            }
            _ => return Err(ErrorCode::NotInProgress.into()),
        };
        match stream.finish_connect() {
            Ok(()) => {
                let connection = Connection::new(handle, stream, self.held.take(), owner);
                let streams = connection.streams();
                self.state = State::Connected(connection);
                Ok(streams)
            }
            Err(error) => {
                let code = connect_error(error)?;
                if code != ErrorCode::WouldBlock {
                    self.state = State::Closed;
                }
                Err(code.into())
            }
        }
    }

    pub(super) fn start_listen(&mut self) -> Result<(), SocketError> {
        match std::mem::replace(&mut self.state, State::Closed) {
            State::Bound(socket) => {
                self.state = State::StartsListening(socket.listen(self.backlog)?);
                Ok(())
            }
            other => {
                self.state = other;
                Err(self.busy())
            }
        }
    }

    pub(super) fn finish_listen(&mut self) -> Result<(), SocketError> {
        match std::mem::replace(&mut self.state, State::Closed) {
            State::StartsListening(listener) => {
                self.state = State::Listening(listener);
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
        let State::Listening(listener) = &self.state else {
            return Err(ErrorCode::InvalidState.into());
        };
        let held = hold(descriptors)?;
        let (stream, _) = listener.try_accept()?;
        let connection = Connection::new(handle, Arc::new(stream), Some(held), owner);
        let (input, output) = connection.streams();
        let socket = TcpSocket {
            family: self.family,
            backlog: BACKLOG,
            state: State::Connected(connection),
            held: None,
        };
        Ok((socket, input, output))
    }

    pub(super) fn is_listening(&self) -> bool {
        matches!(self.state, State::Listening(_))
    }

    pub(super) fn set_backlog(&mut self, connections: u64) -> Result<(), SocketError> {
        let listener = match &self.state {
            State::Unbound(_) | State::Binding(_) | State::Bound(_) => None,
            State::StartsListening(listener) | State::Listening(listener) => Some(listener),
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
            State::Bound(socket) => socket.local_addr(),
            State::StartsListening(listener) | State::Listening(listener) => listener.local_addr(),
            State::Connecting(stream) => stream.local_addr(),
            State::Connected(connection) => connection.stream.local_addr(),
            State::Binding(_) => return Err(ErrorCode::ConcurrencyConflict.into()),
            State::Unbound(_) | State::Refused(_) | State::Closed => {
                return Err(ErrorCode::InvalidState.into());
            }
        };
        Ok(address?)
    }

    pub(super) fn remote_address(&self) -> Result<SocketAddr, SocketError> {
        match &self.state {
            State::Connected(connection) => Ok(connection.stream.peer_addr()?),
            State::Connecting(_) | State::Refused(_) => Err(ErrorCode::ConcurrencyConflict.into()),
            _ => Err(ErrorCode::InvalidState.into()),
        }
    }

    /// Ends one half or both. Once more is as good as once. Sending ends when what the output stream
    /// has accepted is on its way; nobody waits for that here.
    pub(super) fn shutdown(&self, how: Shutdown) -> Result<(), SocketError> {
        let State::Connected(connection) = &self.state else {
            return Err(ErrorCode::InvalidState.into());
        };
        let ended = |outcome: io::Result<()>| match outcome {
            // Both ends are known to have ended: there is nothing left to shut down.
            Err(error) if error.kind() == io::ErrorKind::NotConnected => Ok(()),
            outcome => outcome,
        };
        if how != Shutdown::Write {
            connection.receiving.shut();
            ended(connection.stream.shutdown(Shutdown::Read))?;
        }
        if how != Shutdown::Read {
            ended(connection.sending.finish())?;
        }
        Ok(())
    }

    /// Its options, in every state in which there is a socket.
    pub(super) fn options(&self) -> Result<Options<'_>, SocketError> {
        match &self.state {
            State::Unbound(socket) | State::Binding(socket) | State::Bound(socket) => {
                Ok(socket.options())
            }
            State::StartsListening(listener) | State::Listening(listener) => Ok(listener.options()),
            State::Connecting(stream) => Ok(stream.options()),
            State::Connected(connection) => Ok(connection.stream.options()),
            State::Refused(_) | State::Closed => Err(ErrorCode::InvalidState.into()),
        }
    }

    pub(super) fn is_ready(&self) -> bool {
        match &self.state {
            State::Connecting(stream) => stream.is_ready(Interest::Writable),
            State::Listening(listener) => listener.confirm_ready(),
            _ => true,
        }
    }

    pub(super) fn register(&self, set: &mut WaitSet, tag: u32) -> Result<(), Error> {
        match &self.state {
            State::Connecting(stream) => stream.register(set, Interest::Writable, tag),
            State::Listening(listener) => listener.register(set, tag),
            _ => set.add_deadline(Instant::from_nanos(0), tag),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use wippy_dispatcher::Dispatcher;

    use super::*;
    use crate::delivery::Deliveries;
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
        let deliveries = Deliveries::new(&handle);
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
        let deliveries = Deliveries::new(&handle);
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
