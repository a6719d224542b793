//! Which local addresses of a host are taken.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::net::{IpAddr, SocketAddr};
use std::ops::RangeInclusive;
use std::time::Duration;

use rustix::io::Errno;

use crate::sim::net::arena::SocketKey;
use crate::time::instant::Instant;

/// The ports that a host chooses by itself, those of Linux.
const CHOSEN: RangeInclusive<u16> = 32_768..=60_999;
/// How long a connection's addresses linger after its end (`TIME_WAIT`).
const LINGER: Duration = Duration::from_secs(60);
/// How many linger at most; further ones are given up at once (`net.ipv4.tcp_max_tw_buckets`).
const MAX_LINGERING: usize = 65_536;

/// The ports of one protocol on one host.
pub(crate) struct Ports {
    bound: BTreeMap<u16, Vec<Binding>>,
    next: u16,
    /// Connections' own and other addresses, while nobody else may use the pair.
    pairs: BTreeSet<(SocketAddr, SocketAddr)>,
    /// How many pairs have a port as their own.
    pairs_of: BTreeMap<u16, u32>,
    /// Pairs that linger, those that end first at the front.
    lingering: VecDeque<(Instant, SocketAddr, SocketAddr)>,
}

#[derive(Clone, Copy)]
pub(crate) struct Binding {
    pub(crate) socket: SocketKey,
    pub(crate) address: SocketAddr,
    /// Others may be bound to the same address, as with `SO_REUSEADDR`.
    pub(crate) is_shared: bool,
    pub(crate) is_listening: bool,
}

impl Default for Ports {
    fn default() -> Ports {
        Ports {
            bound: BTreeMap::new(),
            next: *CHOSEN.start(),
            pairs: BTreeSet::new(),
            pairs_of: BTreeMap::new(),
            lingering: VecDeque::new(),
        }
    }
}

/// Whether sockets that are bound to these would both get what is for one of them.
fn overlap(one: SocketAddr, other: SocketAddr) -> bool {
    one.port() == other.port()
        && one.is_ipv4() == other.is_ipv4()
        && (one.ip() == other.ip() || one.ip().is_unspecified() || other.ip().is_unspecified())
}

impl Ports {
    /// Binds a socket: port 0 is the next free one of those that the host chooses. Gives the address.
    ///
    /// # Errors
    /// `ADDRINUSE`, also when no port is left.
    pub(crate) fn bind(
        &mut self,
        socket: SocketKey,
        mut address: SocketAddr,
        is_shared: bool,
    ) -> Result<SocketAddr, Errno> {
        match address.port() {
            0 => {
                let is_free = |ports: &Ports, port| !ports.pairs_of.contains_key(&port);
                address.set_port(self.choose(address, is_free).ok_or(Errno::ADDRINUSE)?);
            }
            port => {
                let others = self.bound.get(&port).map_or(&[][..], Vec::as_slice);
                let is_taken = |other: &Binding| {
                    let is_shared = is_shared && other.is_shared && !other.is_listening;
                    overlap(other.address, address) && !is_shared
                };
                if others.iter().any(is_taken) {
                    return Err(Errno::ADDRINUSE);
                }
            }
        }
        self.insert(socket, address, is_shared);
        Ok(address)
    }

    fn insert(&mut self, socket: SocketKey, address: SocketAddr, is_shared: bool) {
        self.bound.entry(address.port()).or_default().push(Binding {
            socket,
            address,
            is_shared,
            is_listening: false,
        });
    }

    /// The next port that nobody is bound to and that is free as `is_free` says.
    fn choose(
        &mut self,
        address: SocketAddr,
        is_free: impl Fn(&Ports, u16) -> bool,
    ) -> Option<u16> {
        for _ in CHOSEN {
            let port = self.next;
            self.next = match port == *CHOSEN.end() {
                true => *CHOSEN.start(),
                false => port + 1,
            };
            let others = self.bound.get(&port).map_or(&[][..], Vec::as_slice);
            let with_port = SocketAddr::new(address.ip(), port);
            let is_bound = others.iter().any(|other| overlap(other.address, with_port));
            if !is_bound && is_free(self, port) {
                return Some(port);
            }
        }
        None
    }

    /// Binds a socket that connects without having been bound.
    ///
    /// # Errors
    /// `ADDRNOTAVAIL` when no port is left for that peer.
    pub(crate) fn bind_to_connect(
        &mut self,
        socket: SocketKey,
        own: IpAddr,
        peer: SocketAddr,
    ) -> Result<SocketAddr, Errno> {
        let is_free = |ports: &Ports, port| {
            !ports.pairs_of.contains_key(&port)
                || !ports.pairs.contains(&(SocketAddr::new(own, port), peer))
        };
        let any = SocketAddr::new(own, 0);
        let port = self.choose(any, is_free).ok_or(Errno::ADDRNOTAVAIL)?;
        let address = SocketAddr::new(own, port);
        self.insert(socket, address, false);
        Ok(address)
    }

    /// A bound socket listens.
    ///
    /// # Errors
    /// `ADDRINUSE` when another one does on an address that overlaps.
    pub(crate) fn listen(&mut self, socket: SocketKey, address: SocketAddr) -> Result<(), Errno> {
        let Some(bound) = self.bound.get_mut(&address.port()) else {
            return Err(Errno::INVAL);
        };
        let is_other = |other: &&Binding| other.socket != socket && other.is_listening;
        if (bound.iter().filter(is_other)).any(|other| overlap(other.address, address)) {
            return Err(Errno::ADDRINUSE);
        }
        for binding in bound.iter_mut().filter(|it| it.socket == socket) {
            binding.is_listening = true;
        }
        Ok(())
    }

    /// Gives up what a socket is bound to.
    pub(crate) fn release(&mut self, socket: SocketKey, port: u16) {
        if let Some(bound) = self.bound.get_mut(&port) {
            bound.retain(|binding| binding.socket != socket);
            if bound.is_empty() {
                self.bound.remove(&port);
            }
        }
    }

    /// The sockets that are bound to an address, those of exactly this one first.
    pub(crate) fn bound_to(&self, address: SocketAddr) -> impl Iterator<Item = &Binding> {
        let bound = self
            .bound
            .get(&address.port())
            .map_or(&[][..], Vec::as_slice);
        let exact = bound.iter().filter(move |it| it.address == address);
        let any = bound.iter().filter(move |it| {
            it.address.ip().is_unspecified() && it.address.is_ipv4() == address.is_ipv4()
        });
        exact.chain(any)
    }

    /// The socket that listens where connections to an address go.
    pub(crate) fn listener(&self, address: SocketAddr) -> Option<SocketKey> {
        let mut listening = self
            .bound_to(address)
            .filter(|binding| binding.is_listening);
        listening.next().map(|binding| binding.socket)
    }

    /// Takes a pair of addresses for a connection.
    ///
    /// # Errors
    /// `ADDRNOTAVAIL` where another connection has it.
    pub(crate) fn connect(&mut self, own: SocketAddr, peer: SocketAddr) -> Result<(), Errno> {
        match self.pairs.insert((own, peer)) {
            true => {
                *self.pairs_of.entry(own.port()).or_default() += 1;
                Ok(())
            }
            false => Err(Errno::ADDRNOTAVAIL),
        }
    }

    /// Gives a pair up.
    pub(crate) fn disconnect(&mut self, own: SocketAddr, peer: SocketAddr) {
        if self.pairs.remove(&(own, peer))
            && let Some(count) = self.pairs_of.get_mut(&own.port())
        {
            *count -= 1;
            if *count == 0 {
                self.pairs_of.remove(&own.port());
            }
        }
    }

    /// Gives a pair up a minute after its connection's end.
    pub(crate) fn linger(&mut self, own: SocketAddr, peer: SocketAddr, since: Instant) {
        if self.lingering.len() >= MAX_LINGERING {
            return self.disconnect(own, peer);
        }
        let until = since + LINGER;
        // Ends come in nearly this order; what comes before its place waits a little longer.
        self.lingering.push_back((until, own, peer));
    }

    /// Gives up the pairs that have lingered long enough.
    pub(crate) fn expire(&mut self, now: Instant) {
        while let Some(&(until, own, peer)) = self.lingering.front()
            && until <= now
        {
            self.lingering.pop_front();
            self.disconnect(own, peer);
        }
    }
}
