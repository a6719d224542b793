//! TCP over system calls.

use std::io::IoSlice;
use std::net::{Shutdown, SocketAddr};
use std::time::Duration;

use rustix::buffer::spare_capacity;
use rustix::io::Errno;
use rustix::net::{
    RecvFlags, SendAncillaryBuffer, SendFlags, SocketFlags, acceptfrom_with, connect, getpeername,
    listen, recv, send, sendmsg, shutdown, sockopt,
};

use super::socket::Socket;
use crate::{Error, Interest, Source};

/// How many buffers `sendmsg` takes at most (`UIO_MAXIOV`).
const MAX_BUFFERS: usize = 1024;

impl Socket {
    pub(in crate::net) fn start_connect(self, address: SocketAddr) -> Result<Socket, Error> {
        match connect(self.fd(), &address) {
            // Interrupted by a signal handler, it goes on in the background as well.
            Ok(()) | Err(Errno::INPROGRESS | Errno::INTR) => {}
            Err(errno) => return Err(errno.into()),
        }
        self.registered()
    }

    pub(in crate::net) fn listen(self, backlog: i32) -> Result<Socket, Error> {
        listen(self.fd(), backlog)?;
        self.registered()
    }

    /// Adds an idle socket to the epoll set.
    fn registered(self) -> Result<Socket, Error> {
        match self {
            Socket::Idle { handle, fd } => Ok(Socket::Tcp(Source::new(&handle, fd)?)),
            registered => Ok(registered),
        }
    }

    pub(in crate::net) fn finish_connect(&self) -> Result<(), Error> {
        if !self.is_ready(Interest::Writable) {
            return Err(Errno::AGAIN.into());
        }
        self.attempt(Interest::Writable, |fd| {
            sockopt::socket_error(fd)??;
            // Readiness may be spurious: only a peer's address proves that it is connected.
            match getpeername(fd) {
                Err(Errno::NOTCONN) => Err(Errno::AGAIN),
                other => other.map(drop),
            }
        })
    }

    pub(in crate::net) fn set_backlog(&self, backlog: i32) -> Result<(), Error> {
        Ok(listen(self.fd(), backlog)?)
    }

    pub(in crate::net) fn accept(&self) -> Result<(Socket, SocketAddr), Error> {
        let flags = SocketFlags::NONBLOCK | SocketFlags::CLOEXEC;
        let (fd, address) = self.attempt(Interest::Readable, |fd| {
            loop {
                match acceptfrom_with(fd, flags) {
                    Err(errno) if is_of_connection(errno) => {}
                    other => return other,
                }
            }
        })?;
        let socket = Socket::Tcp(Source::new(self.source()?.handle(), fd)?);
        let address = socket.address_or_peer(address)?;
        Ok((socket, address))
    }

    pub(in crate::net) fn recv(&self, buffer: &mut [u8]) -> Result<usize, Error> {
        let read = self.attempt(Interest::Readable, |fd| {
            recv(fd, &mut *buffer, RecvFlags::empty()).map(|(read, _)| read)
        })?;
        self.clear_after_short_read(read, buffer.len());
        Ok(read)
    }

    pub(in crate::net) fn recv_vec(&self, length: usize) -> Result<Vec<u8>, Error> {
        let mut bytes = Vec::with_capacity(length);
        // The system call fills the whole capacity, and an allocator may give more than was asked
        // for.
        if bytes.capacity() != length {
            bytes = vec![0; length];
            let read = self.recv(&mut bytes)?;
            bytes.truncate(read);
            return Ok(bytes);
        }
        let read = self.attempt(Interest::Readable, |fd| {
            recv(fd, spare_capacity(&mut bytes), RecvFlags::empty()).map(|(read, _)| read)
        })?;
        self.clear_after_short_read(read, length);
        Ok(bytes)
    }

    /// A read that gave less than was asked for emptied the receive buffer, and epoll reports what
    /// comes next: the flag is cleared, which saves the read that would find nothing. Not so once
    /// epoll has reported the end or urgent data, after which no edge need follow.
    fn clear_after_short_read(&self, read: usize, asked: usize) {
        if (1..asked).contains(&read)
            && let Ok(source) = self.source()
            && !source.is_closed(Interest::Readable)
        {
            source.clear(Interest::Readable);
        }
    }

    pub(in crate::net) fn send(&self, bytes: &[u8]) -> Result<usize, Error> {
        self.attempt(Interest::Writable, |fd| {
            send(fd, bytes, SendFlags::NOSIGNAL)
        })
    }

    pub(in crate::net) fn send_vectored(&self, buffers: &[IoSlice<'_>]) -> Result<usize, Error> {
        let buffers = buffers.get(..MAX_BUFFERS).unwrap_or(buffers);
        self.attempt(Interest::Writable, |fd| {
            let mut no_control = SendAncillaryBuffer::default();
            sendmsg(fd, buffers, &mut no_control, SendFlags::NOSIGNAL)
        })
    }

    pub(in crate::net) fn shutdown(&self, how: Shutdown) -> Result<(), Error> {
        let how = match how {
            Shutdown::Read => rustix::net::Shutdown::Read,
            Shutdown::Write => rustix::net::Shutdown::Write,
            Shutdown::Both => rustix::net::Shutdown::Both,
        };
        Ok(shutdown(self.fd(), how)?)
    }

    pub(in crate::net) fn reset_on_close(&self) -> Result<(), Error> {
        let at_once = Some(Duration::ZERO);
        Ok(sockopt::set_socket_linger(self.fd(), at_once)?)
    }
}

/// Whether accept(2) reports an error of the connection that it took off the queue: the peer was
/// gone before, or an error of the network was pending on it. The next connection may be fine.
fn is_of_connection(errno: Errno) -> bool {
    [
        Errno::CONNABORTED,
        Errno::NETDOWN,
        Errno::PROTO,
        Errno::NOPROTOOPT,
        Errno::HOSTDOWN,
        Errno::NONET,
        Errno::HOSTUNREACH,
        Errno::NETUNREACH,
    ]
    .contains(&errno)
}
