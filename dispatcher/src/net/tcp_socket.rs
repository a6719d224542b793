//! A TCP socket before it is connected or listens.

use std::net::SocketAddr;

use super::socket::{Protocol, Socket};
use super::{Family, Options, TcpListener, TcpStream};
use crate::Error;
use crate::handle::Handle;

/// A TCP socket that becomes a [`TcpStream`] or a [`TcpListener`]. Where nothing is to be set before,
/// [`TcpStream::connect`] and [`TcpListener::bind`] do it in one step.
///
/// ```
/// use wippy_dispatcher::Dispatcher;
/// use wippy_dispatcher::net::{Family, TcpSocket};
///
/// let dispatcher = Dispatcher::new()?;
/// let socket = TcpSocket::new(&dispatcher.handle(), Family::V4)?;
/// socket.bind(([127, 0, 0, 1], 0).into())?;
/// let bound = socket.local_addr()?;
/// let listener = socket.listen(16)?;
/// assert_eq!(listener.local_addr()?, bound);
/// # Ok::<(), wippy_dispatcher::Error>(())
/// ```
#[derive(Debug)]
pub struct TcpSocket {
    socket: Socket,
}

impl TcpSocket {
    /// A socket that is not bound; one of IPv6 takes IPv6 only.
    ///
    /// # Errors
    /// `Io` when no descriptor is left (`EMFILE`, `ENFILE`) or the machine does not have the family
    /// (`EAFNOSUPPORT`), and in a simulation `NetworkDown` when the host has crashed; `WrongThread`, `Closed`.
    pub fn new(handle: &Handle, family: Family) -> Result<TcpSocket, Error> {
        let socket = Socket::open(handle, family, Protocol::Tcp)?;
        Ok(TcpSocket { socket })
    }

    /// Binds it to a local address. Port 0 is any free one. An address with old connections that linger
    /// (`TIME_WAIT`) is free; one that a socket listens on is not.
    ///
    /// # Errors
    /// `Io`: `AddrInUse`; `AddrNotAvailable` when no interface has the address; `PermissionDenied` for
    /// a privileged port; `InvalidInput` when it is bound already.
    pub fn bind(&self, address: SocketAddr) -> Result<(), Error> {
        self.socket.bind(address)
    }

    /// Begins to connect; [`TcpStream::finish_connect`] says how it ended.
    ///
    /// # Errors
    /// What is known at once, and the socket is closed: `Io` with `NetworkUnreachable`,
    /// `AddrNotAvailable` when no local port is left, `PermissionDenied`, and with `EAFNOSUPPORT` for an
    /// address of the other family; `TooManySources`, `WrongThread`, `Closed`.
    pub fn start_connect(self, address: SocketAddr) -> Result<TcpStream, Error> {
        Ok(TcpStream::of(self.socket.start_connect(address)?))
    }

    /// Listens, with room for `backlog` connections that were not accepted yet; the system bounds it
    /// (`net.core.somaxconn`).
    ///
    /// # Errors
    /// `Io` with `AddrInUse` when another socket listens on the address, and the socket is closed;
    /// `TooManySources`, `WrongThread`, `Closed`.
    pub fn listen(self, backlog: i32) -> Result<TcpListener, Error> {
        Ok(TcpListener::of(self.socket.listen(backlog)?))
    }

    /// The address that it is bound to; unspecified, with port 0, where it is not bound.
    ///
    /// # Errors
    /// `Io` when the system is short of memory (`ENOBUFS`).
    pub fn local_addr(&self) -> Result<SocketAddr, Error> {
        self.socket.local_addr()
    }

    /// Its options.
    pub fn options(&self) -> Options<'_> {
        Options::of(&self.socket)
    }
}
