//! A TCP connection.

use std::io::{self, IoSlice};
use std::net::{Shutdown, SocketAddr};
use std::time::Duration;

use rustix::buffer::spare_capacity;
use rustix::io::Errno;
use rustix::net::{RecvFlags, SendAncillaryBuffer, SendFlags, recv, send, sendmsg, sockopt};

use super::socket::{Socket, would_block};
use super::{Family, Options, TcpSocket};
use crate::handle::Handle;
use crate::{Error, Interest, WaitSet};

/// A connection, or one that is being made. Dropping it closes it.
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
    /// The system's, and `Simulated`, `TooManySources`, `WrongThread`, `Closed` of the dispatcher.
    pub async fn connect(handle: &Handle, address: SocketAddr) -> io::Result<TcpStream> {
        let socket = TcpSocket::new(handle, Family::of(&address))?;
        let stream = socket.start_connect(address)?;
        stream.connected().await?;
        Ok(stream)
    }

    /// How a connection that is being made went: `WouldBlock` until that is known. It is ready to
    /// be asked when it is writable.
    ///
    /// # Errors
    /// Why it failed.
    pub fn finish_connect(&self) -> io::Result<()> {
        if !self.socket.is_ready(Interest::Writable) {
            return Err(Errno::AGAIN.into());
        }
        self.socket.attempt(Interest::Writable, |fd| {
            sockopt::socket_error(fd)??;
            // Readiness may be spurious: only a peer proves a connection.
            match rustix::net::getpeername(fd) {
                Err(Errno::NOTCONN) => Err(Errno::AGAIN),
                other => other.map(drop),
            }
        })
    }

    /// Waits until a connection that is being made is there.
    ///
    /// # Errors
    /// Why it failed.
    pub async fn connected(&self) -> io::Result<()> {
        loop {
            let finished = self.finish_connect();
            if !would_block(&finished) {
                return finished;
            }
            self.writable().await?;
        }
    }

    /// Reads what is there: 0 at the end.
    ///
    /// # Errors
    /// The system's; `WouldBlock` when there is nothing yet.
    pub fn try_read(&self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.socket.attempt(Interest::Readable, |fd| {
            recv(fd, &mut *buffer, RecvFlags::empty()).map(|(read, _)| read)
        })?;
        if (1..buffer.len()).contains(&read) {
            self.socket.drained();
        }
        Ok(read)
    }

    /// Reads what is there, `length` bytes at most, into memory that nobody has cleared before: an
    /// empty vector at the end.
    ///
    /// # Errors
    /// As [`TcpStream::try_read`].
    pub fn try_read_vec(&self, length: usize) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::with_capacity(length);
        // The whole capacity is filled; an allocator may have given more than was asked for.
        if bytes.capacity() != length {
            bytes = vec![0; length];
            let read = self.try_read(&mut bytes)?;
            bytes.truncate(read);
            return Ok(bytes);
        }
        let read = self.socket.attempt(Interest::Readable, |fd| {
            recv(fd, spare_capacity(&mut bytes), RecvFlags::empty()).map(|(read, _)| read)
        })?;
        if (1..length).contains(&read) {
            self.socket.drained();
        }
        Ok(bytes)
    }

    /// Writes what there is room for.
    ///
    /// # Errors
    /// The system's; `WouldBlock` when there is no room, `BrokenPipe` after the end.
    pub fn try_write(&self, bytes: &[u8]) -> io::Result<usize> {
        self.socket.attempt(Interest::Writable, |fd| {
            send(fd, bytes, SendFlags::NOSIGNAL)
        })
    }

    /// The same from several buffers at once; the system takes 1,024 of them at most.
    ///
    /// # Errors
    /// As [`TcpStream::try_write`].
    pub fn try_write_vectored(&self, buffers: &[IoSlice<'_>]) -> io::Result<usize> {
        let buffers = buffers.get(..1024).unwrap_or(buffers);
        self.socket.attempt(Interest::Writable, |fd| {
            let mut nothing = SendAncillaryBuffer::default();
            sendmsg(fd, buffers, &mut nothing, SendFlags::NOSIGNAL)
        })
    }

    /// Reads, waiting for something to be there: 0 at the end.
    ///
    /// # Errors
    /// The system's.
    pub async fn read(&self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let read = self.try_read(buffer);
            if !would_block(&read) {
                return read;
            }
            self.readable().await?;
        }
    }

    /// Writes all of it, waiting for room.
    ///
    /// # Errors
    /// The system's; some of it may be written then.
    pub async fn write_all(&self, mut bytes: &[u8]) -> io::Result<()> {
        while !bytes.is_empty() {
            let written = self.try_write(bytes);
            if would_block(&written) {
                self.writable().await?;
                continue;
            }
            bytes = bytes.get(written?..).unwrap_or_default();
        }
        Ok(())
    }

    /// Waits until a read would give something, or the end, or an error. It may be spurious.
    ///
    /// # Errors
    /// `WrongThread` and `Closed` of the dispatcher.
    pub async fn readable(&self) -> io::Result<()> {
        self.socket.ready(Interest::Readable).await
    }

    /// Waits until a write would take something, or fail. It may be spurious.
    ///
    /// # Errors
    /// `WrongThread` and `Closed` of the dispatcher.
    pub async fn writable(&self) -> io::Result<()> {
        self.socket.ready(Interest::Writable).await
    }

    /// Whether a direction is ready, as far as the dispatcher has looked.
    pub fn is_ready(&self, interest: Interest) -> bool {
        self.socket.is_ready(interest)
    }

    /// The same, and asks the system where the last operation may have taken all there was; never
    /// waits. What it says of a direction that is ready holds until somebody uses it.
    pub fn confirm_ready(&self, interest: Interest) -> bool {
        self.socket.confirm(interest)
    }

    /// Adds a direction to a wait.
    ///
    /// # Errors
    /// `OtherDispatcher`, `WrongThread`, `Closed`.
    pub fn register(&self, set: &mut WaitSet, interest: Interest, tag: u32) -> Result<(), Error> {
        self.socket.register(set, interest, tag)
    }

    /// Ends one direction or both.
    ///
    /// # Errors
    /// The system's: `NotConnected`.
    pub fn shutdown(&self, how: Shutdown) -> io::Result<()> {
        let how = match how {
            Shutdown::Read => rustix::net::Shutdown::Read,
            Shutdown::Write => rustix::net::Shutdown::Write,
            Shutdown::Both => rustix::net::Shutdown::Both,
        };
        Ok(rustix::net::shutdown(self.socket.fd(), how)?)
    }

    /// Closing it will reset it: its peer sees that it broke off, and what the system has not sent
    /// yet is lost.
    ///
    /// # Errors
    /// The system's.
    pub fn reset_on_close(&self) -> io::Result<()> {
        Ok(sockopt::set_socket_linger(
            self.socket.fd(),
            Some(Duration::ZERO),
        )?)
    }

    /// Its own address.
    ///
    /// # Errors
    /// The system's.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.socket.local_addr()
    }

    /// Its peer's address.
    ///
    /// # Errors
    /// The system's: `NotConnected`.
    pub fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.socket.peer_addr()
    }

    /// Its options.
    pub fn options(&self) -> Options<'_> {
        self.socket.options()
    }
}
