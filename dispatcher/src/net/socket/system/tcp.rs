//! TCP over system calls.

use std::io::IoSlice;
use std::net::{Shutdown, SocketAddr};
use std::os::fd::BorrowedFd;
use std::time::Duration;

use rustix::buffer::spare_capacity;
use rustix::io::Errno;
use rustix::net::{
    RecvFlags, SendAncillaryBuffer, SendFlags, SocketFlags, acceptfrom_with, connect, getpeername,
    listen, recv, send, sendmsg, shutdown, sockopt,
};

use super::socket::{Socket, internet_address};
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
            Socket::Idle { handle, fd } => Ok(Socket::Stream(Source::new(&handle, fd)?)),
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
        let ((fd, peer), source) = self.call(Interest::Readable, |fd| {
            loop {
                match acceptfrom_with(fd, flags) {
                    Ok((fd, peer)) => return Ok((fd, internet_address(peer)?)),
                    Err(errno) if is_of_connection(errno) => {}
                    Err(errno) => return Err(errno),
                }
            }
        })?;
        source.set_uncertain(Interest::Readable);
        let socket = Socket::Stream(Source::new(source.handle(), fd)?);
        let peer = socket.or_peer(peer)?;
        Ok((socket, peer))
    }

    pub(in crate::net) fn recv(&self, buffer: &mut [u8]) -> Result<usize, Error> {
        let asked = buffer.len();
        self.receive(asked, |fd| {
            recv(fd, &mut *buffer, RecvFlags::empty()).map(|(read, _)| read)
        })
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
        self.receive(length, |fd| {
            recv(fd, spare_capacity(&mut bytes), RecvFlags::empty()).map(|(read, _)| read)
        })?;
        Ok(bytes)
    }

    /// A read that gives less than was asked for has emptied the receive buffer, and epoll reports what
    /// comes next: the flag is cleared, which saves the read that would find nothing. Not so once
    /// epoll has reported the end or urgent data, after which no edge need follow.
    fn receive(
        &self,
        asked: usize,
        operation: impl FnMut(BorrowedFd<'_>) -> Result<usize, Errno>,
    ) -> Result<usize, Error> {
        let (read, source) = self.call(Interest::Readable, operation)?;
        match (1..asked).contains(&read) && !source.is_closed(Interest::Readable) {
            true => source.clear(Interest::Readable),
            false => source.set_uncertain(Interest::Readable),
        }
        Ok(read)
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
pub(super) fn is_of_connection(errno: Errno) -> bool {
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
