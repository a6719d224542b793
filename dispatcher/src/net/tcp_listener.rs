//! A TCP socket that listens.

use std::io;
use std::net::SocketAddr;
use std::os::fd::OwnedFd;

use rustix::net::AddressFamily;

use super::socket::{Protocol, Socket};
use super::{Family, Options, TcpStream};
use crate::handle::Handle;
use crate::{Error, Interest, WaitSet};

/// The backlog of [`TcpListener::bind`], in connections.
const BACKLOG: i32 = 1024;

/// A TCP socket that accepts connections. Dropping it closes it, and resets the connections that were
/// not accepted.
///
/// ```
/// use wippy_dispatcher::net::{TcpListener, TcpStream};
/// use wippy_dispatcher::{Dispatcher, Error};
///
/// let dispatcher = Dispatcher::new()?;
/// let handle = dispatcher.handle();
/// let listener = TcpListener::bind(&handle, ([127, 0, 0, 1], 0).into())?;
/// dispatcher.block_on(async {
///     let client = TcpStream::connect(&handle, listener.local_addr()?).await?;
///     let (_server, peer) = listener.accept().await?;
///     assert_eq!(peer, client.local_addr()?);
///     Ok::<(), Error>(())
/// })??;
/// # Ok::<(), Error>(())
/// ```
#[derive(Debug)]
pub struct TcpListener {
    socket: Socket,
}

impl TcpListener {
    pub(super) fn of(socket: Socket) -> TcpListener {
        TcpListener { socket }
    }

    /// Listens on an address, with a backlog of 1,024 connections. Port 0 is any free one.
    ///
    /// # Errors
    /// As `new`, `bind` and `listen` of [`TcpSocket`](super::TcpSocket).
    pub fn bind(handle: &Handle, address: SocketAddr) -> Result<TcpListener, Error> {
        let socket = Socket::open(handle, Family::of(&address), Protocol::Tcp)?;
        socket.bind(address)?;
        Ok(TcpListener::of(socket.listen(BACKLOG)?))
    }

    /// Takes over a socket that listens already, such as one that a service manager has passed on. It is made
    /// non-blocking, for all processes that share it.
    ///
    /// # Errors
    /// `Io` with `InvalidInput` when it is no TCP socket, or does not listen; `Simulated`; `TooManySources`,
    /// `WrongThread`, `Closed`.
    pub fn from_fd(handle: &Handle, fd: OwnedFd) -> Result<TcpListener, Error> {
        let families = [AddressFamily::INET, AddressFamily::INET6];
        Ok(TcpListener::of(Socket::adopt(handle, fd, &families, true)?))
    }

    /// Accepts a connection for another dispatcher, whose thread makes a stream of it with
    /// [`TcpStream::from_fd`].
    ///
    /// # Errors
    /// As [`TcpListener::try_accept`]; `Simulated`.
    pub fn try_accept_fd(&self) -> Result<OwnedFd, Error> {
        self.socket.accept_fd()
    }

    /// Accepts the connection that has waited longest. Its peer's address comes with it.
    ///
    /// # Errors
    /// `Io` with `WouldBlock` when none waits. When no descriptor is left (`EMFILE`, `ENFILE`) the
    /// connection waits on and the listener stays ready: try again when a descriptor was closed, not
    /// when the listener is ready. `TooManySources`, `WrongThread` and `Closed` lose the connection.
    pub fn try_accept(&self) -> Result<(TcpStream, SocketAddr), Error> {
        let (socket, peer) = self.socket.accept()?;
        Ok((TcpStream::of(socket), peer))
    }

    /// Waits for a connection and accepts it.
    ///
    /// # Errors
    /// As [`TcpListener::try_accept`], `WouldBlock` excepted.
    pub async fn accept(&self) -> Result<(TcpStream, SocketAddr), Error> {
        loop {
            match self.try_accept() {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                accepted => return accepted,
            }
            self.acceptable().await?;
        }
    }

    /// Completes when a connection can be accepted. It may be spurious.
    ///
    /// # Errors
    /// `WrongThread` and `Closed`.
    pub async fn acceptable(&self) -> Result<(), Error> {
        self.socket.ready(Interest::Readable).await
    }

    /// Whether a connection can be accepted, as of the dispatcher's last look at I/O. It may be
    /// spurious.
    pub fn is_ready(&self) -> bool {
        self.socket.is_ready(Interest::Readable)
    }

    /// The same without false alarms: where the last operation may have taken all there was, the system
    /// is asked, which does not wait.
    pub fn confirm_ready(&self) -> bool {
        self.socket.confirm_ready(Interest::Readable)
    }

    /// Adds the arrival of a connection to a wait, under `tag`.
    ///
    /// # Errors
    /// `TooManyMembers`, `OtherDispatcher`, `WrongThread`, `Closed`.
    pub fn register(&self, set: &mut WaitSet, tag: u32) -> Result<(), Error> {
        self.socket.register(set, Interest::Readable, tag)
    }

    /// Changes how many connections may wait to be accepted; see
    /// [`TcpSocket::listen`](super::TcpSocket::listen).
    ///
    /// # Errors
    /// `Io` with `InvalidInput` when the socket does not listen any more.
    pub fn set_backlog(&self, backlog: i32) -> Result<(), Error> {
        self.socket.set_backlog(backlog)
    }

    /// The address that it listens on.
    ///
    /// # Errors
    /// `Io` when the system is short of memory (`ENOBUFS`).
    pub fn local_addr(&self) -> Result<SocketAddr, Error> {
        self.socket.local_addr()
    }

    /// Its options. Connections inherit them when they are accepted.
    pub fn options(&self) -> Options<'_> {
        Options::of(&self.socket)
    }
}
