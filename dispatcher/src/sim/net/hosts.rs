//! The simulated hosts, and who has which address.

use std::collections::{BTreeMap, VecDeque};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::Error;
use crate::sim::host_error::HostError;
use crate::sim::host_key::HostKey;
use crate::sim::net::event::NetEvent;
use crate::sim::net::ports::Ports;

/// The name of the host that everything belongs to which no other was named for.
pub const DEFAULT_HOST: &str = "default";
/// The most hosts, the default one included. Each pair of them may have a link of its own.
const MAX_HOSTS: usize = 10_000;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Status {
    Up,
    Paused,
    Down,
}

pub(crate) struct HostState {
    pub(crate) name: String,
    pub(crate) addresses: Vec<IpAddr>,
    pub(crate) incarnation: u32,
    pub(crate) status: Status,
    pub(crate) sockets: usize,
    /// Connections that it has begun and that are not forgotten, closed ones included.
    pub(crate) connections: usize,
    pub(crate) tcp: Ports,
    pub(crate) udp: Ports,
    /// What has arrived during a pause.
    pub(crate) inbox: VecDeque<NetEvent>,
}

pub(crate) struct Hosts {
    hosts: Vec<HostState>,
    by_name: BTreeMap<String, u32>,
    by_address: BTreeMap<IpAddr, u32>,
}

impl Hosts {
    /// The default host alone.
    pub(crate) fn new() -> Hosts {
        let mut hosts = Hosts {
            hosts: Vec::new(),
            by_name: BTreeMap::new(),
            by_address: BTreeMap::new(),
        };
        hosts.insert(DEFAULT_HOST, automatic(0).to_vec());
        hosts
    }

    /// Adds a host. Without addresses it gets one of each family, by its number.
    ///
    /// # Errors
    /// A `HostError`.
    pub(crate) fn add(&mut self, name: &str, addresses: &[IpAddr]) -> Result<(), Error> {
        let invalid = |reason| {
            let host = name.to_owned();
            HostError::Invalid { host, reason }
        };
        if self.by_name.contains_key(&canonical(name)) {
            return Err(invalid("another host has this name").into());
        }
        let is_name = crate::net::host_name(name).is_some_and(|it| it == name);
        if !is_name || name.parse::<IpAddr>().is_ok() || is_localhost(&canonical(name)) {
            return Err(invalid("it is no name that a host can have").into());
        }
        if self.hosts.len() >= MAX_HOSTS {
            return Err(invalid("there are as many hosts as can be").into());
        }
        let addresses = match addresses {
            [] => automatic(self.hosts.len()).to_vec(),
            given => given.to_vec(),
        };
        for (place, address) in addresses.iter().enumerate() {
            if self.by_address.contains_key(address) || addresses[..place].contains(address) {
                return Err(invalid("another host has one of its addresses").into());
            }
            if address.is_loopback() || address.is_unspecified() || address.is_multicast() {
                return Err(invalid("one of its addresses belongs to no host").into());
            }
        }
        self.insert(name, addresses);
        Ok(())
    }

    fn insert(&mut self, name: &str, addresses: Vec<IpAddr>) {
        let number = self.hosts.len() as u32;
        self.by_name.insert(canonical(name), number);
        for &address in &addresses {
            self.by_address.insert(address, number);
        }
        self.hosts.push(HostState {
            name: name.to_owned(),
            addresses,
            incarnation: 0,
            status: Status::Up,
            sockets: 0,
            connections: 0,
            tcp: Ports::default(),
            udp: Ports::default(),
            inbox: VecDeque::new(),
        });
    }

    /// The names of all hosts, by their numbers.
    pub(crate) fn names(&self) -> Vec<String> {
        self.hosts.iter().map(|host| host.name.clone()).collect()
    }

    /// The number of a host.
    ///
    /// # Errors
    /// A `HostError`.
    pub(crate) fn number(&self, name: &str) -> Result<u32, Error> {
        let number = self.by_name.get(&canonical(name)).copied();
        Ok(number.ok_or_else(|| HostError::Unknown(name.to_owned()))?)
    }

    /// Numbers are given out by [`Hosts::number`] only, and hosts are never removed.
    pub(crate) fn get(&self, number: u32) -> &HostState {
        &self.hosts[number as usize]
    }

    pub(crate) fn get_mut(&mut self, number: u32) -> &mut HostState {
        &mut self.hosts[number as usize]
    }

    /// Whether a host is up, or paused, in the life that the key names.
    pub(crate) fn is_alive(&self, key: HostKey) -> bool {
        let host = self.get(key.number);
        host.incarnation == key.incarnation && host.status != Status::Down
    }

    /// A host and its present life.
    pub(crate) fn key(&self, number: u32) -> HostKey {
        HostKey {
            number,
            incarnation: self.get(number).incarnation,
        }
    }

    /// Who has an address, seen from a host; `None` where nobody has.
    pub(crate) fn route(&self, from: u32, to: IpAddr) -> Option<u32> {
        match to.is_loopback() {
            true => Some(from),
            false => self.by_address.get(&to).copied(),
        }
    }

    /// Whether a socket of a host may be bound to an address.
    pub(crate) fn is_local(&self, host: u32, address: IpAddr) -> bool {
        address.is_unspecified() || self.route(host, address) == Some(host)
    }

    /// The address that a host sends from; `None` where it has none of the family.
    pub(crate) fn source(&self, host: u32, to: IpAddr) -> Option<IpAddr> {
        if to.is_loopback() {
            return Some(loopback(to));
        }
        let addresses = &self.get(host).addresses;
        match addresses.contains(&to) {
            true => Some(to),
            false => {
                let mut addresses = addresses.iter();
                addresses.find(|own| own.is_ipv4() == to.is_ipv4()).copied()
            }
        }
    }

    /// The addresses of the host of that name.
    pub(crate) fn addresses(&self, name: &str) -> Option<&[IpAddr]> {
        let number = self.by_name.get(name)?;
        Some(&self.get(*number).addresses)
    }
}

/// The loopback address of the same family.
pub(crate) fn loopback(like: IpAddr) -> IpAddr {
    match like {
        IpAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
    }
}

/// A name as the tables have it.
pub(crate) fn canonical(name: &str) -> String {
    name.strip_suffix('.').unwrap_or(name).to_ascii_lowercase()
}

/// Whether a canonical name means whoever asks.
pub(crate) fn is_localhost(name: &str) -> bool {
    name == "localhost" || name.ends_with(".localhost")
}

/// 10.0.0.1 and fd00::1 for the default host, and so on.
fn automatic(number: usize) -> [IpAddr; 2] {
    let number = number as u32 + 1;
    let last = (number & 0xffff) as u16;
    [
        Ipv4Addr::from_bits(0x0a00_0000 | number).into(),
        Ipv6Addr::new(0xfd00, 0, 0, 0, 0, 0, 0, last).into(),
    ]
}
