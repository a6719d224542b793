//! A UNIX socket that listens.

use std::io;
use std::os::fd::OwnedFd;
use std::path::Path;

use rustix::net::AddressFamily;

use super::UnixStream;
use super::socket::Socket;
use crate::handle::Handle;
use crate::{Error, Interest, WaitSet};

/// The backlog, in connections.
const BACKLOG: i32 = 1024;

/// A UNIX socket that accepts connections. Dropping it closes it, and leaves its path, to which nobody can connect
/// from then on.
///
/// ```
/// use wippy_dispatcher::net::{UnixListener, UnixStream};
/// use wippy_dispatcher::{Dispatcher, Error};
///
/// let directory = tempfile::tempdir()?;
/// let path = directory.path().join("socket");
/// let dispatcher = Dispatcher::new()?;
/// let handle = dispatcher.handle();
/// let listener = UnixListener::bind_with_mode(&handle, &path, 0o600)?;
/// dispatcher.block_on(async {
///     let client = UnixStream::connect(&handle, &path)?;
///     let server = listener.accept().await?;
///     server.write_all(b"hello").await?;
///     let mut buffer = [0; 16];
///     assert_eq!(client.read(&mut buffer).await?, 5);
///     Ok::<(), Error>(())
/// })??;
/// # Ok::<(), Error>(())
/// ```
#[derive(Debug)]
pub struct UnixListener {
    socket: Socket,
}

impl UnixListener {
    /// Listens at a path, with a backlog of 1,024 connections. The path's permissions are those that the
    /// process gives files.
    ///
    /// # Errors
    /// `Io`: `AddrInUse` when the path exists; `InvalidInput` when it is longer than 107 bytes; what making a file
    /// there gives. `Simulated`; `TooManySources`, `WrongThread`, `Closed`.
    pub fn bind(handle: &Handle, path: impl AsRef<Path>) -> Result<UnixListener, Error> {
        let socket = Socket::listen_at(handle, path.as_ref(), None, BACKLOG)?;
        Ok(UnixListener { socket })
    }

    /// The same with these permissions: whoever may write the path may connect. They hold from the first
    /// connection on.
    ///
    /// # Errors
    /// As [`UnixListener::bind`].
    pub fn bind_with_mode(
        handle: &Handle,
        path: impl AsRef<Path>,
        mode: u32,
    ) -> Result<UnixListener, Error> {
        let socket = Socket::listen_at(handle, path.as_ref(), Some(mode), BACKLOG)?;
        Ok(UnixListener { socket })
    }

    /// Takes over a socket that listens already, as [`TcpListener::from_fd`](super::TcpListener::from_fd).
    ///
    /// # Errors
    /// `Io` with `InvalidInput` when it is no UNIX stream socket, or does not listen; `Simulated`;
    /// `TooManySources`, `WrongThread`, `Closed`.
    pub fn from_fd(handle: &Handle, fd: OwnedFd) -> Result<UnixListener, Error> {
        let socket = Socket::adopt(handle, fd, &[AddressFamily::UNIX], true)?;
        Ok(UnixListener { socket })
    }

    /// Accepts the connection that has waited longest.
    ///
    /// # Errors
    /// As [`TcpListener::try_accept`](super::TcpListener::try_accept).
    pub fn try_accept(&self) -> Result<UnixStream, Error> {
        Ok(UnixStream::of(self.socket.accept_unnamed()?))
    }

    /// Accepts a connection for another dispatcher, whose thread makes a stream of it with
    /// [`UnixStream::from_fd`].
    ///
    /// # Errors
    /// As [`UnixListener::try_accept`].
    pub fn try_accept_fd(&self) -> Result<OwnedFd, Error> {
        self.socket.accept_fd()
    }

    /// Waits for a connection and accepts it.
    ///
    /// # Errors
    /// As [`UnixListener::try_accept`], `WouldBlock` excepted.
    pub async fn accept(&self) -> Result<UnixStream, Error> {
        loop {
            match self.try_accept() {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                accepted => return accepted,
            }
            self.socket.ready(Interest::Readable).await?;
        }
    }

    /// Adds the arrival of a connection to a wait, under `tag`.
    ///
    /// # Errors
    /// `TooManyMembers`, `OtherDispatcher`, `WrongThread`, `Closed`.
    pub fn register(&self, set: &mut WaitSet, tag: u32) -> Result<(), Error> {
        self.socket.register(set, Interest::Readable, tag)
    }
}
