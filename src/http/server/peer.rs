//! Who is at the other end of a connection.

use std::fmt;
use std::net::{IpAddr, SocketAddr};

/// The other end of a connection, as the system says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Peer {
    /// An address of IPv4 or IPv6.
    Internet(SocketAddr),
    /// A process of this machine, by a UNIX socket.
    Unix,
}

impl Peer {
    /// Its address, if it has one. One of IPv4 that is written as IPv6 is IPv4.
    pub fn ip(&self) -> Option<IpAddr> {
        match self {
            Peer::Internet(address) => Some(address.ip().to_canonical()),
            Peer::Unix => None,
        }
    }
}

impl fmt::Display for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Peer::Internet(address) => address.fmt(f),
            Peer::Unix => f.write_str("unix"),
        }
    }
}
