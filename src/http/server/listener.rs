//! A socket that listens, of whatever family.

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::os::fd::OwnedFd;

use rustix::net::AddressFamily;
use rustix::net::sockopt;
use wippy_dispatcher::net::{TcpListener, UnixListener};
use wippy_dispatcher::{Error, Handle, WaitSet};

use super::listen_address::ListenAddress;
use super::passed_sockets::PassedSockets;
use super::peer::Peer;
use super::transport::{AcceptedFd, Transport};
use super::unix_path::{UnixPath, UnixPathError};

/// How often another port is tried for both families.
const TRIES: usize = 16;

/// A socket that listens.
#[derive(Debug)]
pub enum Listener {
    /// On an address of IPv4 or IPv6.
    Tcp(TcpListener),
    /// On a path, which is removed with it if it is its own.
    Unix(UnixListener, Option<UnixPath>),
}

/// Why a server cannot listen.
#[derive(Debug, thiserror::Error)]
pub enum ListenError {
    /// The system refuses an address.
    #[error("cannot listen on {address}: {error}")]
    Address {
        /// The address.
        address: ListenAddress,
        /// Why.
        #[source]
        error: Error,
    },
    /// A path cannot be a socket's.
    #[error("cannot listen on {address}: {error}")]
    Path {
        /// The address.
        address: ListenAddress,
        /// Why.
        #[source]
        error: UnixPathError,
    },
    /// A service manager has passed no such socket on.
    #[error(
        "cannot listen on {0}: no such socket was passed on (LISTEN_PID, LISTEN_FDS, LISTEN_FDNAMES); start this with \
         a socket unit of systemd"
    )]
    NotPassed(ListenAddress),
}

impl Listener {
    /// Listens on an address: several sockets where it stands for several.
    ///
    /// # Errors
    /// [`ListenError`].
    pub fn bind(
        handle: &Handle,
        address: &ListenAddress,
        passed: &mut PassedSockets,
    ) -> Result<Vec<Listener>, ListenError> {
        let failed = |error: Error| ListenError::Address {
            address: address.clone(),
            error,
        };
        match address {
            ListenAddress::Internet(address) => {
                let listener = TcpListener::bind(handle, *address).map_err(failed)?;
                Ok(vec![Listener::Tcp(listener)])
            }
            ListenAddress::Every(port) => every(handle, *port).map_err(failed),
            ListenAddress::Unix { path, mode } => {
                let bound = UnixPath::bind(handle, path, *mode);
                let (listener, path) = bound.map_err(|error| ListenError::Path {
                    address: address.clone(),
                    error,
                })?;
                Ok(vec![Listener::Unix(listener, Some(path))])
            }
            ListenAddress::Passed(name) => {
                let sockets = passed.take(name.as_deref());
                if sockets.is_empty() {
                    return Err(ListenError::NotPassed(address.clone()));
                }
                let listeners = sockets.into_iter().map(|fd| Listener::from_fd(handle, fd));
                listeners.collect::<Result<_, _>>().map_err(failed)
            }
        }
    }

    /// Takes over a socket that listens already.
    ///
    /// # Errors
    /// As [`TcpListener::from_fd`].
    pub fn from_fd(handle: &Handle, fd: OwnedFd) -> Result<Listener, Error> {
        let domain = sockopt::socket_domain(&fd).map_err(io::Error::from)?;
        match domain == AddressFamily::UNIX {
            true => Ok(Listener::Unix(UnixListener::from_fd(handle, fd)?, None)),
            false => Ok(Listener::Tcp(TcpListener::from_fd(handle, fd)?)),
        }
    }

    /// The address that it listens on, with the port that the system chose.
    ///
    /// # Errors
    /// `Io` when the system is short of memory.
    pub fn address(&self) -> Result<ListenAddress, Error> {
        Ok(match self {
            Listener::Tcp(listener) => listener.local_addr()?.into(),
            Listener::Unix(_, Some(path)) => path.address(),
            Listener::Unix(_, None) => ListenAddress::Passed(None),
        })
    }

    pub(super) fn try_accept(&self) -> Result<(Transport, Peer), Error> {
        match self {
            Listener::Tcp(listener) => {
                let (stream, peer) = listener.try_accept()?;
                Ok((Transport::Tcp(stream), Peer::Internet(peer)))
            }
            Listener::Unix(listener, _) => {
                Ok((Transport::Unix(listener.try_accept()?), Peer::Unix))
            }
        }
    }

    pub(super) fn try_accept_fd(&self) -> Result<AcceptedFd, Error> {
        match self {
            Listener::Tcp(listener) => listener.try_accept_fd().map(AcceptedFd::Tcp),
            Listener::Unix(listener, _) => listener.try_accept_fd().map(AcceptedFd::Unix),
        }
    }

    pub(super) fn register(&self, set: &mut WaitSet, tag: u32) -> Result<(), Error> {
        match self {
            Listener::Tcp(listener) => listener.register(set, tag),
            Listener::Unix(listener, _) => listener.register(set, tag),
        }
    }
}

/// One socket for each family, both with the same port. A machine without IPv6 has one.
fn every(handle: &Handle, port: u16) -> Result<Vec<Listener>, Error> {
    let mut tries = 0;
    loop {
        let any = SocketAddr::from((Ipv4Addr::UNSPECIFIED, port));
        let four = TcpListener::bind(handle, any)?;
        let bound = four.local_addr()?.port();
        tries += 1;
        match TcpListener::bind(handle, (Ipv6Addr::UNSPECIFIED, bound).into()) {
            Ok(six) => return Ok(vec![Listener::Tcp(four), Listener::Tcp(six)]),
            // Somebody else has this port there: the system may choose another.
            Err(error) if error.kind() == io::ErrorKind::AddrInUse => {
                if port != 0 || tries >= TRIES {
                    return Err(error);
                }
            }
            Err(Error::Io(_)) => return Ok(vec![Listener::Tcp(four)]),
            Err(error) => return Err(error),
        }
    }
}
