//! All hosts with their sockets and connections, and the operations that every socket has.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use rustix::io::Errno;

use crate::io::readiness::{Interest, ReadyKey};
use crate::net::SocketOption;
use crate::sim::context::SimContext;
use crate::sim::draws::Choice;
use crate::sim::edits::{Counted, FaultId};
use crate::sim::fault::NameAnswer;
use crate::sim::host_key::HostKey;
use crate::sim::link::Link;
use crate::sim::net::arena::{Arena, ConnectionKey, OfConnections, OfSockets, SocketKey};
use crate::sim::net::connection::{Connection, EndState, Side};
use crate::sim::net::event::{NetEvent, NetEventKind};
use crate::sim::net::hosts::Hosts;
use crate::sim::net::links::{Links, Parcel};
use crate::sim::net::names::Names;
use crate::sim::net::options::Options;
use crate::sim::net::socket::{Socket, SocketKind, Udp};
use crate::sim::probability::Probability;
use crate::sim::record::{Packet, Record};
use crate::time::instant::Instant;
use crate::time::timer_heap::TimerKey;

pub(crate) struct Network {
    pub(crate) hosts: Hosts,
    pub(crate) links: Links,
    pub(crate) names: Names,
    pub(super) sockets: Arena<OfSockets, Socket>,
    pub(super) connections: Arena<OfConnections, Connection>,
    /// Bytes of datagrams on their way, overhead included.
    pub(super) datagram_bytes: u64,
    pub(super) settings: NetworkSettings,
}

/// What does not change.
#[derive(Clone, Copy, Debug)]
pub(crate) struct NetworkSettings {
    pub(crate) short_io: Probability,
    pub(crate) spurious: Probability,
    /// How many sockets a host may have.
    pub(crate) max_sockets: usize,
    /// How many bytes of datagrams may be on their way.
    pub(crate) max_datagram_bytes: usize,
}

impl Network {
    pub(crate) fn new(
        hosts: Hosts,
        default: Link,
        loopback: Link,
        settings: NetworkSettings,
    ) -> Network {
        Network {
            hosts,
            links: Links::new(default, loopback),
            names: Names::default(),
            sockets: Arena::default(),
            connections: Arena::default(),
            datagram_bytes: 0,
            settings,
        }
    }

    /// How many sockets there are.
    pub(crate) fn sockets(&self) -> usize {
        self.sockets.len()
    }

    /// A socket of a host that is not bound.
    ///
    /// # Errors
    /// `MFILE` when the host has as many as it may, `NETDOWN` when it has crashed.
    pub(crate) fn open(
        &mut self,
        host: HostKey,
        is_ipv4: bool,
        is_tcp: bool,
    ) -> Result<SocketKey, Errno> {
        let kind = match is_tcp {
            true => SocketKind::Idle,
            false => SocketKind::Udp(Udp::default()),
        };
        self.insert(Socket {
            host,
            ready: None,
            is_ipv4,
            bound: None,
            options: Options::default(),
            kind,
        })
    }

    pub(super) fn insert(&mut self, socket: Socket) -> Result<SocketKey, Errno> {
        if !self.hosts.is_alive(socket.host) {
            return Err(Errno::NETDOWN);
        }
        let host = self.hosts.get_mut(socket.host.number);
        if host.sockets >= self.settings.max_sockets {
            return Err(Errno::MFILE);
        }
        host.sockets += 1;
        Ok(self.sockets.insert(socket))
    }

    /// Gives a socket its flags, which are set as they have to be.
    pub(crate) fn attach(
        &mut self,
        cx: &mut SimContext<'_>,
        key: SocketKey,
        ready: ReadyKey,
    ) -> Result<(), Errno> {
        self.socket_mut(key)?.ready = Some(ready);
        for interest in Interest::ALL {
            if self.is_ready(key, interest) {
                cx.mark(Some(ready), interest);
            }
        }
        Ok(())
    }

    /// # Errors
    /// `NETDOWN`: its host has crashed.
    pub(super) fn socket(&self, key: SocketKey) -> Result<&Socket, Errno> {
        self.sockets.get(key).ok_or(Errno::NETDOWN)
    }

    /// # Errors
    /// As [`Network::socket`].
    pub(super) fn socket_mut(&mut self, key: SocketKey) -> Result<&mut Socket, Errno> {
        self.sockets.get_mut(key).ok_or(Errno::NETDOWN)
    }

    /// Binds a socket. For TCP, other sockets may be bound to the same address unless they listen.
    ///
    /// # Errors
    /// `ADDRINUSE`; `ADDRNOTAVAIL` when the host does not have the address; `AFNOSUPPORT` for one of the
    /// other family; `INVAL` when it is bound already.
    pub(crate) fn bind(
        &mut self,
        now: Instant,
        key: SocketKey,
        address: SocketAddr,
    ) -> Result<(), Errno> {
        let socket = self.sockets.get_mut(key).ok_or(Errno::NETDOWN)?;
        let address = plain(address);
        if address.is_ipv4() != socket.is_ipv4 {
            return Err(Errno::AFNOSUPPORT);
        }
        if socket.bound.is_some() {
            return Err(Errno::INVAL);
        }
        if is_mapped(address.ip()) {
            return Err(Errno::INVAL);
        }
        if !self.hosts.is_local(socket.host.number, address.ip()) {
            return Err(Errno::ADDRNOTAVAIL);
        }
        let host = self.hosts.get_mut(socket.host.number);
        host.tcp.expire(now);
        let bound = match socket.kind.is_tcp() {
            true => host.tcp.bind(key, address, true)?,
            false => host.udp.bind(key, address, false)?,
        };
        socket.bound = Some(bound);
        Ok(())
    }

    pub(crate) fn local_addr(&self, key: SocketKey) -> Result<SocketAddr, Errno> {
        let socket = self.socket(key)?;
        let bound = socket.bound.unwrap_or_else(|| socket.unspecified());
        Ok(match &socket.kind {
            SocketKind::Idle | SocketKind::Listener(_) => bound,
            SocketKind::Stream(connection, side) => match self.connections.get(*connection) {
                Some(connection) => connection.ends[side.index()].address,
                None => bound,
            },
            SocketKind::Udp(udp) => match udp.source {
                Some(source) if bound.ip().is_unspecified() => {
                    SocketAddr::new(source, bound.port())
                }
                _ => bound,
            },
        })
    }

    /// # Errors
    /// `NOTCONN`.
    pub(crate) fn peer_addr(&self, key: SocketKey) -> Result<SocketAddr, Errno> {
        let peer = match &self.socket(key)?.kind {
            SocketKind::Udp(udp) => udp.peer,
            SocketKind::Stream(connection, side) => {
                let connection = self.connections.get(*connection);
                connection.and_then(|connection| match connection.ends[side.index()].state {
                    EndState::SynReceived | EndState::Open => {
                        Some(connection.ends[side.other().index()].address)
                    }
                    EndState::SynSent | EndState::Closed => None,
                })
            }
            SocketKind::Idle | SocketKind::Listener(_) => None,
        };
        peer.ok_or(Errno::NOTCONN)
    }

    pub(crate) fn is_ipv4(&self, key: SocketKey) -> Result<bool, Errno> {
        Ok(self.socket(key)?.is_ipv4)
    }

    pub(crate) fn option(&self, key: SocketKey, option: SocketOption) -> Result<u32, Errno> {
        let socket = self.socket(key)?;
        socket.options.get(option, socket.kind.is_tcp())
    }

    pub(crate) fn set_option(
        &mut self,
        key: SocketKey,
        option: SocketOption,
        value: u32,
    ) -> Result<(), Errno> {
        let socket = self.sockets.get_mut(key).ok_or(Errno::NETDOWN)?;
        socket.options.set(option, value, socket.kind.is_tcp())?;
        if let SocketKind::Stream(connection, side) = socket.kind
            && let Some(connection) = self.connections.get_mut(connection)
        {
            connection.outgoing(side).send_limit = socket.options.send_limit();
            connection.incoming(side).receive_limit = socket.options.receive_limit();
        }
        Ok(())
    }

    /// Whether an operation of that direction would do something, or fail, at once.
    pub(crate) fn is_ready(&self, key: SocketKey, interest: Interest) -> bool {
        let Ok(socket) = self.socket(key) else {
            return true;
        };
        match &socket.kind {
            SocketKind::Idle => false,
            SocketKind::Listener(listener) => {
                interest == Interest::Readable && !listener.waiting.is_empty()
            }
            SocketKind::Stream(connection, side) => {
                let connection = self.connections.get(*connection);
                connection.is_none_or(|connection| connection.is_ready(*side, interest))
            }
            SocketKind::Udp(udp) => match interest {
                Interest::Readable => !udp.received.is_empty() || udp.error.is_some(),
                Interest::Writable => true,
                Interest::ReadClosed | Interest::WriteClosed => false,
            },
        }
    }

    /// After an operation: clears the flag of a direction in which nothing is left, unless it is drawn
    /// that it stays.
    pub(super) fn settle(&mut self, cx: &mut SimContext<'_>, key: SocketKey, interest: Interest) {
        if self.is_ready(key, interest) {
            return;
        }
        let Ok(socket) = self.socket(key) else { return };
        let (ready, host) = (socket.ready, socket.host.number);
        match self.is_spurious(cx, host, interest) {
            true => cx.record(Record::Spurious {
                host,
                is_writable: interest == Interest::Writable,
            }),
            false => cx.clear(ready, interest),
        }
    }

    /// An operation would have had to wait.
    pub(super) fn would_block<T>(
        &self,
        cx: &mut SimContext<'_>,
        key: SocketKey,
        interest: Interest,
    ) -> Result<T, Errno> {
        cx.clear(self.socket(key)?.ready, interest);
        Err(Errno::AGAIN)
    }

    /// Marks a direction of a socket ready, and the ends that have come. It may be drawn that the other direction is as
    /// well.
    pub(super) fn wake(&mut self, cx: &mut SimContext<'_>, key: SocketKey, interest: Interest) {
        let Ok(socket) = self.socket(key) else { return };
        let (ready, host) = (socket.ready, socket.host.number);
        cx.mark(ready, interest);
        for end in Interest::ENDS {
            if self.is_ready(key, end) {
                cx.mark(ready, end);
            }
        }
        let (other, is_writable) = match interest.direction() {
            Interest::Readable => (Interest::Writable, true),
            _ => (Interest::Readable, false),
        };
        if self.is_spurious(cx, host, other) {
            cx.mark(ready, other);
            cx.record(Record::Spurious { host, is_writable });
        }
    }

    /// Whether readiness is to be reported without a reason.
    fn is_spurious(&self, cx: &mut SimContext<'_>, host: u32, interest: Interest) -> bool {
        let occasion = cx.injected.count(Counted::Occasions(host));
        let drawn = cx.chance(Choice::Spurious, self.settings.spurious);
        let words = || match interest.direction() {
            Interest::Readable => "readable".to_owned(),
            _ => "writable".to_owned(),
        };
        let spurious = FaultId::Spurious { host, occasion };
        cx.decide(spurious, drawn.then_some(0), words).is_some()
    }

    /// How many of so many bytes a read or write does: all, unless a short one is drawn.
    pub(super) fn draw_length(&self, cx: &mut SimContext<'_>, host: u32, most: usize) -> usize {
        if most < 2 {
            return most;
        }
        let operation = cx.injected.count(Counted::Operations(host));
        let is_drawn = cx.chance(Choice::ShortIo, self.settings.short_io);
        let drawn = is_drawn.then(|| 1 + cx.draws.up_to(Choice::ShortIo, most as u64 - 2));
        let short = FaultId::ShortIo { host, operation };
        let Some(length) = cx.decide(short, drawn, || most.to_string()) else {
            return most;
        };
        // What an edit says may be of another run, in which there was more to do.
        let length = usize::try_from(length).unwrap_or(most).clamp(1, most - 1);
        cx.record(Record::ShortIo {
            host,
            length: u32::try_from(length).unwrap_or(u32::MAX),
        });
        length
    }

    /// Sends a packet of a connection from one of its ends. Packets of a direction do not overtake each
    /// other. `None`: it is lost.
    pub(super) fn send_packet(
        &mut self,
        cx: &mut SimContext<'_>,
        key: ConnectionKey,
        from: Side,
        kind: Packet,
        length: usize,
    ) -> Option<Instant> {
        let connection = self.connections.get_mut(key)?;
        let parcel = Parcel {
            from: connection.end(from).host.number,
            to: connection.end(from.other()).host.number,
            kind,
            length,
        };
        let arrives = self.links.send(cx, parcel, Duration::ZERO)?;
        let flow = connection.outgoing(from);
        flow.last_arrival = flow.last_arrival.max(arrives);
        Some(flow.last_arrival)
    }

    /// Has something happen at a host.
    pub(super) fn schedule(
        cx: &mut SimContext<'_>,
        at: Instant,
        host: u32,
        kind: NetEventKind,
    ) -> Option<TimerKey> {
        cx.schedule(at, NetEvent { host, kind })
    }

    /// What a name lookup on a host answers.
    pub(crate) fn look_up(&self, host: u32, name: &str) -> NameAnswer {
        self.names.answer(&self.hosts, host, name)
    }
}

/// An address without what only the system's routing needs.
pub(super) fn plain(address: SocketAddr) -> SocketAddr {
    SocketAddr::new(address.ip(), address.port())
}

/// Whether it is everybody's address, which no link carries.
pub(super) fn is_broadcast(address: SocketAddr) -> bool {
    matches!(address.ip(), IpAddr::V4(address) if address.is_broadcast())
}

/// Whether it is an IPv4 address in IPv6 form, which sockets of IPv6 do not take.
pub(super) fn is_mapped(address: IpAddr) -> bool {
    matches!(address, IpAddr::V6(address) if address.to_ipv4_mapped().is_some())
}
