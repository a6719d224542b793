//! A socket of a simulated host.

use std::collections::VecDeque;
use std::net::{IpAddr, SocketAddr};

use rustix::io::Errno;

use crate::io::readiness::ReadyKey;
use crate::sim::host_key::HostKey;
use crate::sim::net::arena::{ConnectionKey, SocketKey};
use crate::sim::net::connection::Side;
use crate::sim::net::options::Options;

pub(crate) struct Socket {
    pub(crate) host: HostKey,
    /// Its flags in the dispatcher's table, once it can wait.
    pub(crate) ready: Option<ReadyKey>,
    pub(crate) is_ipv4: bool,
    pub(crate) bound: Option<SocketAddr>,
    pub(crate) options: Options,
    pub(crate) kind: SocketKind,
}

pub(crate) enum SocketKind {
    /// TCP, neither connected nor listening.
    Idle,
    Listener(Listener),
    Stream(ConnectionKey, Side),
    Udp(Udp),
}

impl SocketKind {
    pub(crate) fn is_tcp(&self) -> bool {
        !matches!(self, SocketKind::Udp(_))
    }
}

/// Connections that were not accepted yet.
pub(crate) struct Listener {
    pub(crate) backlog: usize,
    /// The client's last answer has not come.
    pub(crate) half_open: Vec<ConnectionKey>,
    pub(crate) waiting: VecDeque<ConnectionKey>,
}

#[derive(Default)]
pub(crate) struct Udp {
    pub(crate) peer: Option<SocketAddr>,
    /// The address that it sends from, while it is connected.
    pub(crate) source: Option<IpAddr>,
    /// Who sent it, and its bytes.
    pub(crate) received: VecDeque<(SocketAddr, Vec<u8>)>,
    /// What of the receive buffer they take.
    pub(crate) held: u64,
    /// Reported once, by whichever operation comes first.
    pub(crate) error: Option<Errno>,
}

impl Socket {
    /// The unspecified address of its family, with port 0.
    pub(crate) fn unspecified(&self) -> SocketAddr {
        let ip: IpAddr = match self.is_ipv4 {
            true => [0; 4].into(),
            false => [0_u8; 16].into(),
        };
        SocketAddr::new(ip, 0)
    }
}

/// A socket that was accepted, and its peer.
pub(crate) type Accepted = (SocketKey, SocketAddr);
