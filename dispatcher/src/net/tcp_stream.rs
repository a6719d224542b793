//! A TCP connection.

use std::io::{self, IoSlice};
use std::net::{Shutdown, SocketAddr};
use std::os::fd::OwnedFd;

use rustix::net::AddressFamily;

use super::socket::{Protocol, Socket};
use super::{Family, Options};
use crate::handle::Handle;
use crate::{Error, Interest, WaitSet};

/// A TCP connection, or one that is being made. Dropping it closes it; what was written is still
/// delivered, unless [`reset_on_close`](TcpStream::reset_on_close) was called.
///
/// ```
/// use std::net::Shutdown;
/// use wippy_dispatcher::net::{TcpListener, TcpStream};
/// use wippy_dispatcher::{Dispatcher, Error};
///
/// let dispatcher = Dispatcher::new()?;
/// let handle = dispatcher.handle();
/// let listener = TcpListener::bind(&handle, ([127, 0, 0, 1], 0).into())?;
/// dispatcher.block_on(async {
///     let client = TcpStream::connect(&handle, listener.local_addr()?).await?;
///     let (server, _) = listener.accept().await?;
///     client.write_all(b"ping").await?;
///     client.shutdown(Shutdown::Write)?;
///     let mut buffer = [0; 16];
///     assert_eq!(server.read(&mut buffer).await?, 4);
///     assert_eq!(server.read(&mut buffer).await?, 0);
///     Ok::<(), Error>(())
/// })??;
/// # Ok::<(), Error>(())
/// ```
#[derive(Debug)]
pub struct TcpStream {
    socket: Socket,
}

impl TcpStream {
    pub(super) fn of(socket: Socket) -> TcpStream {
        TcpStream { socket }
    }

    /// Connects.
    ///
    /// # Errors
    /// As [`TcpSocket::new`](super::TcpSocket::new),
    /// [`TcpSocket::start_connect`](super::TcpSocket::start_connect) and [`TcpStream::connected`].
    pub async fn connect(handle: &Handle, address: SocketAddr) -> Result<TcpStream, Error> {
        let socket = Socket::open(handle, Family::of(&address), Protocol::Tcp)?;
        let stream = TcpStream::of(socket.start_connect(address)?);
        stream.connected().await?;
        Ok(stream)
    }

    /// Takes over a connection that somebody else has accepted or made, such as
    /// [`TcpListener::try_accept_fd`](super::TcpListener::try_accept_fd).
    ///
    /// # Errors
    /// `Io` with `InvalidInput` when it is no TCP socket, or listens; `Simulated`; `TooManySources`,
    /// `WrongThread`, `Closed`.
    pub fn from_fd(handle: &Handle, fd: OwnedFd) -> Result<TcpStream, Error> {
        let families = [AddressFamily::INET, AddressFamily::INET6];
        Ok(TcpStream::of(Socket::adopt(handle, fd, &families, false)?))
    }

    /// How connecting ended. That is known when the stream is writable.
    ///
    /// # Errors
    /// `Io`: `WouldBlock` while it has not ended; `ConnectionRefused`, `TimedOut`, `HostUnreachable`,
    /// `NetworkUnreachable`, `ConnectionReset` when it failed.
    pub fn finish_connect(&self) -> Result<(), Error> {
        self.socket.finish_connect()
    }

    /// Waits until connecting has ended.
    ///
    /// # Errors
    /// As [`TcpStream::finish_connect`], `WouldBlock` excepted; `WrongThread` and `Closed`.
    pub async fn connected(&self) -> Result<(), Error> {
        loop {
            match self.finish_connect() {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                finished => return finished,
            }
            self.writable().await?;
        }
    }

    /// Reads what has arrived, as much as the buffer holds, and says how many bytes; 0 at the end.
    ///
    /// # Errors
    /// `Io`: `WouldBlock` when nothing has arrived; `ConnectionReset` when the peer broke the
    /// connection off; `TimedOut` when it stopped answering.
    pub fn try_read(&self, buffer: &mut [u8]) -> Result<usize, Error> {
        self.socket.recv(buffer)
    }

    /// Reads what has arrived, `length` bytes at most, into a new vector, whose memory is not cleared
    /// before; an empty vector at the end.
    ///
    /// # Errors
    /// As [`TcpStream::try_read`].
    pub fn try_read_vec(&self, length: usize) -> Result<Vec<u8>, Error> {
        self.socket.recv_vec(length)
    }

    /// Writes what the send buffer has room for, and says how many bytes.
    ///
    /// # Errors
    /// `Io`: `WouldBlock` when there is no room; `BrokenPipe` after the writing half was shut down or
    /// the connection ended; `ConnectionReset` when the peer broke it off.
    pub fn try_write(&self, bytes: &[u8]) -> Result<usize, Error> {
        self.socket.send(bytes)
    }

    /// The same from several buffers at once, of which the first 1,024 are used.
    ///
    /// # Errors
    /// As [`TcpStream::try_write`].
    pub fn try_write_vectored(&self, buffers: &[IoSlice<'_>]) -> Result<usize, Error> {
        self.socket.send_vectored(buffers)
    }

    /// Reads as [`try_read`](TcpStream::try_read), waiting until something arrives: 0 at the end.
    ///
    /// # Errors
    /// As [`TcpStream::try_read`], `WouldBlock` excepted; `WrongThread` and `Closed`.
    pub async fn read(&self, buffer: &mut [u8]) -> Result<usize, Error> {
        loop {
            match self.try_read(buffer) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                read => return read,
            }
            self.readable().await?;
        }
    }

    /// Writes all of it, waiting for room.
    ///
    /// # Errors
    /// As [`TcpStream::try_write`], `WouldBlock` excepted; `WrongThread` and `Closed`. A prefix may be
    /// written then.
    pub async fn write_all(&self, mut bytes: &[u8]) -> Result<(), Error> {
        while !bytes.is_empty() {
            match self.try_write(bytes) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => self.writable().await?,
                written => {
                    let rest = bytes.get(written?..);
                    debug_assert!(rest.is_some(), "more was written than given");
                    bytes = rest.unwrap_or_default();
                }
            }
        }
        Ok(())
    }

    /// Completes when a read would give bytes, the end or an error. It may be spurious.
    ///
    /// # Errors
    /// `WrongThread` and `Closed`.
    pub async fn readable(&self) -> Result<(), Error> {
        self.socket.ready(Interest::Readable).await
    }

    /// Completes when a write would take bytes or fail. It may be spurious.
    ///
    /// # Errors
    /// `WrongThread` and `Closed`.
    pub async fn writable(&self) -> Result<(), Error> {
        self.socket.ready(Interest::Writable).await
    }

    /// Whether a direction is ready, as of the dispatcher's last look at I/O. It may be spurious.
    pub fn is_ready(&self, interest: Interest) -> bool {
        self.socket.is_ready(interest)
    }

    /// The same without false alarms: where the last operation may have taken all there was, the system
    /// is asked, which does not wait.
    pub fn confirm_ready(&self, interest: Interest) -> bool {
        self.socket.confirm_ready(interest)
    }

    /// Adds the readiness of a direction to a wait, under `tag`.
    ///
    /// # Errors
    /// `TooManyMembers`, `OtherDispatcher`, `WrongThread`, `Closed`.
    pub fn register(&self, set: &mut WaitSet, interest: Interest, tag: u32) -> Result<(), Error> {
        self.socket.register(set, interest, tag)
    }

    /// Ends the reading half, the writing half or both. The peer reads the end behind what was written.
    ///
    /// # Errors
    /// `Io` with `NotConnected` when the connection is not made yet or has ended.
    pub fn shutdown(&self, how: Shutdown) -> Result<(), Error> {
        self.socket.shutdown(how)
    }

    /// Makes the close a reset: the peer gets an error instead of an orderly end, and what the system
    /// has not sent yet is lost.
    ///
    /// # Errors
    /// `Io` when the connection is gone (`EINVAL`).
    pub fn reset_on_close(&self) -> Result<(), Error> {
        self.socket.reset_on_close()
    }

    /// Its own address.
    ///
    /// # Errors
    /// `Io` when the system is short of memory (`ENOBUFS`).
    pub fn local_addr(&self) -> Result<SocketAddr, Error> {
        self.socket.local_addr()
    }

    /// Its peer's address.
    ///
    /// # Errors
    /// `Io` with `NotConnected` when the connection is not made yet or has ended.
    pub fn peer_addr(&self) -> Result<SocketAddr, Error> {
        self.socket.peer_addr()
    }

    /// Its options.
    pub fn options(&self) -> Options<'_> {
        Options::of(&self.socket)
    }
}
