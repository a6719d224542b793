//! A descriptor, and what TCP and UDP have in common.

use std::fmt;
use std::net::SocketAddr;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::sync::OnceLock;

use rustix::io::Errno;
use rustix::net::{
    AddressFamily, SocketAddrAny, SocketFlags, SocketType, bind, getpeername, getsockname,
    socket_with, sockopt,
};

use crate::handle::Handle;
use crate::net::Family;
use crate::{Error, Interest, Source, WaitSet};

/// A descriptor that never blocks (`O_NONBLOCK`), closed when it is dropped.
pub(in crate::net) enum Socket {
    /// A stream socket, neither connected nor listening. It is not in the epoll set, which would report a
    /// hang-up for it: none of its operations waits.
    Idle { handle: Handle, fd: OwnedFd },
    /// TCP or a UNIX socket: a connection or a listener.
    Stream(Source<OwnedFd>),
    /// UDP.
    Udp {
        source: Source<OwnedFd>,
        /// The address of `bind`, with the port that the system chose.
        bound: OnceLock<SocketAddr>,
    },
}

impl Socket {
    pub(in crate::net) fn tcp(handle: &Handle, family: Family) -> Result<Socket, Error> {
        let fd = open(family, SocketType::STREAM)?;
        let handle = handle.clone();
        Ok(Socket::Idle { handle, fd })
    }

    pub(in crate::net) fn udp(handle: &Handle, family: Family) -> Result<Socket, Error> {
        Ok(Socket::Udp {
            source: Source::new(handle, open(family, SocketType::DGRAM)?)?,
            bound: OnceLock::new(),
        })
    }

    pub(in crate::net) fn bind(&self, to: SocketAddr) -> Result<(), Error> {
        let Socket::Udp { bound, .. } = self else {
            return bind_reusable(self.fd(), to);
        };
        bind(self.fd(), &to)?;
        // It is set already where Linux gave the first port up and somebody else took it.
        let _ = bound.set(self.local_addr()?);
        Ok(())
    }

    pub(super) fn fd(&self) -> BorrowedFd<'_> {
        match self {
            Socket::Idle { fd, .. } => fd.as_fd(),
            Socket::Stream(source) | Socket::Udp { source, .. } => source.get().as_fd(),
        }
    }

    /// Its registration with epoll; `None` while it is idle. Not a `Result`: the drop of an error that
    /// is never there would cost every read and write some instructions.
    #[inline]
    pub(super) fn source(&self) -> Option<&Source<OwnedFd>> {
        match self {
            Socket::Stream(source) | Socket::Udp { source, .. } => Some(source),
            Socket::Idle { .. } => None,
        }
    }

    /// One system call in a direction, after which the direction's readiness is uncertain unless the
    /// call would have blocked.
    #[inline]
    pub(super) fn attempt<R>(
        &self,
        interest: Interest,
        operation: impl FnMut(BorrowedFd<'_>) -> Result<R, Errno>,
    ) -> Result<R, Error> {
        let (done, source) = self.call(interest, operation)?;
        source.set_uncertain(interest);
        Ok(done)
    }

    /// One system call in a direction, made again where a signal handler interrupted it. Where it is
    /// done, the caller sees to the direction's readiness.
    #[inline]
    pub(super) fn call<R>(
        &self,
        interest: Interest,
        mut operation: impl FnMut(BorrowedFd<'_>) -> Result<R, Errno>,
    ) -> Result<(R, &Source<OwnedFd>), Error> {
        let Some(source) = self.source() else {
            return Err(Errno::NOTCONN.into());
        };
        loop {
            match operation(source.get().as_fd()) {
                Ok(done) => return Ok((done, source)),
                Err(Errno::INTR) => {}
                Err(Errno::AGAIN) => {
                    source.clear(interest);
                    return Err(Errno::AGAIN.into());
                }
                Err(errno) => {
                    // A pending error (`SO_ERROR`) made both directions ready and is reported once:
                    // whichever call fetches it uses up the readiness of both.
                    source.set_uncertain(Interest::Readable);
                    source.set_uncertain(Interest::Writable);
                    return Err(errno.into());
                }
            }
        }
    }

    pub(in crate::net) fn is_ready(&self, interest: Interest) -> bool {
        let source = self.source();
        source.is_some_and(|source| source.is_ready(interest))
    }

    pub(in crate::net) fn confirm_ready(&self, interest: Interest) -> bool {
        let source = self.source();
        source.is_some_and(|source| source.confirm(interest))
    }

    pub(in crate::net) async fn ready(&self, interest: Interest) -> Result<(), Error> {
        match self.source() {
            Some(source) => source.ready(interest).await,
            None => Err(Errno::NOTCONN.into()),
        }
    }

    pub(in crate::net) fn register(
        &self,
        set: &mut WaitSet,
        interest: Interest,
        tag: u32,
    ) -> Result<(), Error> {
        match self.source() {
            Some(source) => set.add_source(source, interest, tag),
            None => Err(Errno::NOTCONN.into()),
        }
    }

    pub(in crate::net) fn local_addr(&self) -> Result<SocketAddr, Error> {
        Ok(SocketAddr::try_from(getsockname(self.fd())?)?)
    }

    pub(in crate::net) fn peer_addr(&self) -> Result<SocketAddr, Error> {
        let peer = internet_address(getpeername(self.fd())?)?;
        Ok(peer.ok_or(Errno::NOTCONN)?)
    }

    /// The address that a system call gave, or that of the connection if it gave none.
    pub(super) fn or_peer(&self, given: Option<SocketAddr>) -> Result<SocketAddr, Error> {
        match given {
            Some(given) => Ok(given),
            None => self.peer_addr(),
        }
    }
}

/// An address that a system call gave. `EAFNOSUPPORT` for one of neither internet family.
#[inline]
pub(super) fn internet_address(any: Option<SocketAddrAny>) -> Result<Option<SocketAddr>, Errno> {
    any.map(SocketAddr::try_from).transpose()
}

fn open(family: Family, kind: SocketType) -> Result<OwnedFd, Errno> {
    let domain = match family {
        Family::V4 => AddressFamily::INET,
        Family::V6 => AddressFamily::INET6,
    };
    let flags = SocketFlags::NONBLOCK | SocketFlags::CLOEXEC;
    let fd = socket_with(domain, kind, flags, None)?;
    if family == Family::V6 {
        sockopt::set_ipv6_v6only(&fd, true)?;
    }
    Ok(fd)
}

/// Binds a TCP socket to an address whose old connections may linger (`TIME_WAIT`), so that a server
/// can start again; Linux still refuses a port that is listened on. A port that the system chooses
/// must have no lingering connections, so the option is off while it chooses. It is on afterwards,
/// because accepted connections inherit it, and must not keep the port when they linger.
fn bind_reusable(fd: BorrowedFd<'_>, to: SocketAddr) -> Result<(), Error> {
    sockopt::set_socket_reuseaddr(fd, to.port() != 0)?;
    bind(fd, &to)?;
    Ok(sockopt::set_socket_reuseaddr(fd, true)?)
}

impl fmt::Debug for Socket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fd = self.fd().as_raw_fd();
        f.debug_struct("Socket").field("fd", &fd).finish()
    }
}
