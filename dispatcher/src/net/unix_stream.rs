//! A connection between UNIX sockets.

use std::io;
use std::net::Shutdown;
use std::os::fd::OwnedFd;
use std::path::Path;

use rustix::net::AddressFamily;

use super::socket::Socket;
use crate::handle::Handle;
use crate::{Error, Interest, WaitSet};

/// A connection between two UNIX sockets. Dropping it closes it; what was written is still delivered. See
/// [`UnixListener`](super::UnixListener) for an example.
#[derive(Debug)]
pub struct UnixStream {
    socket: Socket,
}

impl UnixStream {
    pub(super) fn of(socket: Socket) -> UnixStream {
        UnixStream { socket }
    }

    /// Connects to a path, which succeeds or fails at once.
    ///
    /// # Errors
    /// `Io`: `NotFound`, `PermissionDenied`; `ConnectionRefused` when nobody listens there; `WouldBlock` when the
    /// listener's backlog is full; `InvalidInput` when the path is longer than 107 bytes. `Simulated`;
    /// `TooManySources`, `WrongThread`, `Closed`.
    pub fn connect(handle: &Handle, path: impl AsRef<Path>) -> Result<UnixStream, Error> {
        Ok(UnixStream::of(Socket::connect_to(handle, path.as_ref())?))
    }

    /// Takes over a connection that somebody else has accepted or made.
    ///
    /// # Errors
    /// `Io` with `InvalidInput` when it is no UNIX stream socket, or listens; `Simulated`; `TooManySources`,
    /// `WrongThread`, `Closed`.
    pub fn from_fd(handle: &Handle, fd: OwnedFd) -> Result<UnixStream, Error> {
        let socket = Socket::adopt(handle, fd, &[AddressFamily::UNIX], false)?;
        Ok(UnixStream::of(socket))
    }

    /// Reads as [`TcpStream::try_read`](super::TcpStream::try_read).
    ///
    /// # Errors
    /// `Io`: `WouldBlock` when nothing has arrived; `ConnectionReset` when the peer has gone with unread bytes.
    pub fn try_read(&self, buffer: &mut [u8]) -> Result<usize, Error> {
        self.socket.recv(buffer)
    }

    /// Writes as [`TcpStream::try_write`](super::TcpStream::try_write).
    ///
    /// # Errors
    /// `Io`: `WouldBlock` when there is no room; `BrokenPipe` when nobody reads any more.
    pub fn try_write(&self, bytes: &[u8]) -> Result<usize, Error> {
        self.socket.send(bytes)
    }

    /// Reads, waiting until something arrives: 0 at the end.
    ///
    /// # Errors
    /// As [`UnixStream::try_read`], `WouldBlock` excepted; `WrongThread` and `Closed`.
    pub async fn read(&self, buffer: &mut [u8]) -> Result<usize, Error> {
        loop {
            match self.try_read(buffer) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                read => return read,
            }
            self.socket.ready(Interest::Readable).await?;
        }
    }

    /// Writes all of it, waiting for room.
    ///
    /// # Errors
    /// As [`UnixStream::try_write`], `WouldBlock` excepted; `WrongThread` and `Closed`. A prefix may be written
    /// then.
    pub async fn write_all(&self, mut bytes: &[u8]) -> Result<(), Error> {
        while !bytes.is_empty() {
            match self.try_write(bytes) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    self.socket.ready(Interest::Writable).await?;
                }
                written => bytes = bytes.get(written?..).unwrap_or_default(),
            }
        }
        Ok(())
    }

    /// Whether a direction is ready, as of the dispatcher's last look at I/O. It may be spurious.
    pub fn is_ready(&self, interest: Interest) -> bool {
        self.socket.is_ready(interest)
    }

    /// Adds the readiness of a direction to a wait, under `tag`.
    ///
    /// # Errors
    /// `TooManyMembers`, `OtherDispatcher`, `WrongThread`, `Closed`.
    pub fn register(&self, set: &mut WaitSet, interest: Interest, tag: u32) -> Result<(), Error> {
        self.socket.register(set, interest, tag)
    }

    /// Ends the reading half, the writing half or both.
    ///
    /// # Errors
    /// `Io` with `NotConnected` when the connection has ended.
    pub fn shutdown(&self, how: Shutdown) -> Result<(), Error> {
        self.socket.shutdown(how)
    }
}
