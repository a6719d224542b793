//! A socket over the driver: the part that all protocols share.

use std::io;
use std::net::SocketAddr;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::io::Errno;
use rustix::net::{
    AddressFamily, SocketAddrAny, SocketFlags, SocketType, getpeername, getsockname, socket_with,
    sockopt,
};

use super::{Family, Options};
use crate::handle::Handle;
use crate::{Error, Interest, Source, WaitSet};

/// A socket whose readiness nobody follows yet: one that is not connected and does not listen would
/// report a hang-up.
pub(super) enum Endpoint {
    System(Handle, OwnedFd),
}

/// A socket whose readiness the driver follows.
pub(super) enum Socket {
    System(Source<OwnedFd>),
}

impl Endpoint {
    pub(super) fn open(handle: &Handle, family: Family, kind: SocketType) -> io::Result<Endpoint> {
        handle.core()?.driver.system("a socket")?;
        let domain = match family {
            Family::V4 => AddressFamily::INET,
            Family::V6 => AddressFamily::INET6,
        };
        let flags = SocketFlags::NONBLOCK | SocketFlags::CLOEXEC;
        let fd = socket_with(domain, kind, flags, None)?;
        if family == Family::V6 {
            sockopt::set_ipv6_v6only(&fd, true)?;
        }
        Ok(Endpoint::System(handle.clone(), fd))
    }

    pub(super) fn fd(&self) -> BorrowedFd<'_> {
        match self {
            Endpoint::System(_, fd) => fd.as_fd(),
        }
    }

    pub(super) fn options(&self) -> Options<'_> {
        Options::System(self.fd())
    }

    /// Has the driver follow it.
    pub(super) fn follow(self) -> io::Result<Socket> {
        match self {
            Endpoint::System(handle, fd) => Socket::adopt(&handle, fd),
        }
    }
}

impl Socket {
    pub(super) fn adopt(handle: &Handle, fd: OwnedFd) -> io::Result<Socket> {
        Ok(Socket::System(Source::new(handle, fd)?))
    }

    pub(super) fn fd(&self) -> BorrowedFd<'_> {
        match self {
            Socket::System(source) => source.get().as_fd(),
        }
    }

    pub(super) fn handle(&self) -> &Handle {
        match self {
            Socket::System(source) => source.handle(),
        }
    }

    pub(super) fn options(&self) -> Options<'_> {
        Options::System(self.fd())
    }

    pub(super) fn is_ready(&self, interest: Interest) -> bool {
        match self {
            Socket::System(source) => source.is_ready(interest),
        }
    }

    /// The same without false alarms; see [`Source::confirm`].
    pub(super) fn confirm(&self, interest: Interest) -> bool {
        match self {
            Socket::System(source) => source.confirm(interest),
        }
    }

    fn set_uncertain(&self, interest: Interest) {
        match self {
            Socket::System(source) => source.set_uncertain(interest),
        }
    }

    pub(super) fn clear(&self, interest: Interest) {
        match self {
            Socket::System(source) => source.clear(interest),
        }
    }

    pub(super) async fn ready(&self, interest: Interest) -> io::Result<()> {
        match self {
            Socket::System(source) => Ok(source.ready(interest).await?),
        }
    }

    pub(super) fn register(
        &self,
        set: &mut WaitSet,
        interest: Interest,
        tag: u32,
    ) -> Result<(), Error> {
        match self {
            Socket::System(source) => set.add_source(source, interest, tag),
        }
    }

    /// One attempt in a direction, again where a signal came in between. `WouldBlock` clears the
    /// direction's readiness, and nothing else does, except a read that found the end of what was
    /// there; see [`drained`](Socket::drained). After anything else it is uncertain.
    pub(super) fn attempt<R>(
        &self,
        interest: Interest,
        mut operation: impl FnMut(BorrowedFd<'_>) -> Result<R, Errno>,
    ) -> io::Result<R> {
        loop {
            match operation(self.fd()) {
                Err(Errno::INTR) => {}
                Err(Errno::AGAIN) => {
                    self.clear(interest);
                    return Err(Errno::AGAIN.into());
                }
                Ok(done) => {
                    self.set_uncertain(interest);
                    return Ok(done);
                }
                Err(errno) => {
                    // An error that was pending made both directions ready, and is told once.
                    self.set_uncertain(Interest::Readable);
                    self.set_uncertain(Interest::Writable);
                    return Err(errno.into());
                }
            }
        }
    }

    /// A stream gave less than was asked for: it holds no more, and the kernel tells when that
    /// changes, unless it has told of the end already. It saves the read that would find nothing.
    pub(super) fn drained(&self) {
        match self {
            Socket::System(source) => {
                if !source.is_closed(Interest::Readable) {
                    source.clear(Interest::Readable);
                }
            }
        }
    }

    pub(super) fn local_addr(&self) -> io::Result<SocketAddr> {
        local_addr(self.fd())
    }

    pub(super) fn peer_addr(&self) -> io::Result<SocketAddr> {
        let address = getpeername(self.fd())?.ok_or(Errno::NOTCONN)?;
        address_of(address)
    }
}

pub(super) fn local_addr(fd: BorrowedFd<'_>) -> io::Result<SocketAddr> {
    address_of(getsockname(fd)?)
}

pub(super) fn address_of(address: SocketAddrAny) -> io::Result<SocketAddr> {
    Ok(SocketAddr::try_from(address)?)
}

/// Whether an attempt has to be made again later.
pub(super) fn would_block<T>(result: &io::Result<T>) -> bool {
    matches!(result, Err(error) if error.kind() == io::ErrorKind::WouldBlock)
}
