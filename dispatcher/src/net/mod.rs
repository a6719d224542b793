//! TCP, UDP and names.
//!
//! Every socket is a closed enum over the driver: today the system's, whose descriptors never block
//! and whose readiness a [`Source`](crate::Source) follows. In a simulation each of them is refused
//! by name. `try_…` operations answer at once, with `WouldBlock` where they would have to wait; the
//! wait itself is a future ([`TcpStream::readable`]) or a member of a [`WaitSet`](crate::WaitSet).

mod lookups;
mod name;
mod options;
mod resolve;
mod socket;
mod tcp_listener;
mod tcp_socket;
mod tcp_stream;
mod udp;

pub(crate) use lookups::Lookups;
pub(crate) use resolve::Resolver;

pub use name::host_name;
pub use options::Options;
pub use resolve::{Resolve, ResolveError, resolve, resolve_for};
pub use tcp_listener::TcpListener;
pub use tcp_socket::TcpSocket;
pub use tcp_stream::TcpStream;
pub use udp::{MAX_BATCH, UdpSocket};

use std::net::SocketAddr;

/// The family of a socket's addresses. An IPv6 socket never takes IPv4 addresses, mapped or not.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Family {
    /// IPv4.
    V4,
    /// IPv6.
    V6,
}

impl Family {
    /// The family of an address.
    pub fn of(address: &SocketAddr) -> Family {
        match address {
            SocketAddr::V4(_) => Family::V4,
            SocketAddr::V6(_) => Family::V6,
        }
    }
}
