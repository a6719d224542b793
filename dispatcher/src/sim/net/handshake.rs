//! How connections come about: connect, listen, accept, and the packets between them.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::time::Duration;

use rustix::io::Errno;

use crate::io::readiness::Interest;
use crate::sim::context::SimContext;
use crate::sim::net::arena::{ConnectionKey, SocketKey};
use crate::sim::net::connection::{Connection, End, EndState, Flow, Side};
use crate::sim::net::event::NetEventKind;
use crate::sim::net::hosts::loopback;
use crate::sim::net::network::{Network, is_broadcast, is_mapped, plain};
use crate::sim::net::socket::{Accepted, Listener, Socket, SocketKind};
use crate::sim::record::{Discard, Packet, Record};
use crate::time::instant::Instant;

/// The most that a backlog is set to (`net.core.somaxconn`), in connections.
const MAX_BACKLOG: usize = 4_096;
/// How long a host looks for an address that nobody has.
const SEARCH: Duration = Duration::from_secs(3);

impl Network {
    /// Begins to connect.
    ///
    /// # Errors
    /// `AFNOSUPPORT`, `NETUNREACH`, `ADDRNOTAVAIL`, `INVAL`, `ISCONN`; `NOBUFS` when the host has twice as many
    /// connections as it may have sockets, because those that were closed are not delivered.
    pub(crate) fn connect(
        &mut self,
        cx: &mut SimContext<'_>,
        key: SocketKey,
        peer: SocketAddr,
    ) -> Result<(), Errno> {
        let socket = self.socket(key)?;
        let (host, bound) = (socket.host, socket.bound);
        let (is_idle, options) = (matches!(socket.kind, SocketKind::Idle), socket.options);
        if socket.is_ipv4 != peer.is_ipv4() {
            return Err(Errno::AFNOSUPPORT);
        }
        if !is_idle {
            return Err(Errno::ISCONN);
        }
        let (own, peer) = self.route_to(host.number, bound, peer)?;
        let server = self.hosts.route(host.number, peer.ip());
        let its_host = self.hosts.get_mut(host.number);
        if its_host.connections >= 2 * self.settings.max_sockets {
            return Err(Errno::NOBUFS);
        }
        let ports = &mut its_host.tcp;
        ports.expire(cx.now);
        let own = match bound {
            Some(bound) => SocketAddr::new(own, bound.port()),
            None => ports.bind_to_connect(key, own, peer)?,
        };
        let connected = ports.connect(own, peer);
        let socket = self.socket_mut(key)?;
        socket.bound = Some(own);
        connected?;
        self.hosts.get_mut(host.number).connections += 1;
        let mut client = End::new(host, own, EndState::SynSent);
        client.socket = Some(key);
        let server_key = self.hosts.key(server.unwrap_or(host.number));
        let connection = self.connections.insert(Connection {
            ends: [client, End::new(server_key, peer, EndState::Closed)],
            flows: [
                Flow::new(options.send_limit(), 0),
                Flow::new(0, options.receive_limit()),
            ],
        });
        self.socket_mut(key)?.kind = SocketKind::Stream(connection, Side::Client);
        match server {
            Some(_) => self.send_syn(cx, connection),
            None => {
                let kind = NetEventKind::Unreachable(connection);
                let at = cx.now + SEARCH;
                if Network::schedule(cx, at, host.number, kind).is_none() {
                    self.break_off(cx, connection, Side::Client, Errno::NOBUFS);
                }
            }
        }
        Ok(())
    }

    /// The own address for packets to a peer, and the peer's as it is reached.
    pub(super) fn route_to(
        &self,
        host: u32,
        bound: Option<SocketAddr>,
        peer: SocketAddr,
    ) -> Result<(std::net::IpAddr, SocketAddr), Errno> {
        let mut peer = plain(peer);
        if peer.ip().is_unspecified() {
            peer.set_ip(loopback(peer.ip()));
        }
        if peer.ip().is_multicast() || is_broadcast(peer) || is_mapped(peer.ip()) {
            return Err(Errno::NETUNREACH);
        }
        match bound {
            Some(bound) if !bound.ip().is_unspecified() => {
                let is_here = self.hosts.route(host, peer.ip()) == Some(host);
                match bound.ip().is_loopback() && !is_here {
                    true => Err(Errno::INVAL),
                    false => Ok((bound.ip(), peer)),
                }
            }
            _ => {
                let source = self.hosts.source(host, peer.ip());
                Ok((source.ok_or(Errno::NETUNREACH)?, peer))
            }
        }
    }

    /// How connecting ended.
    ///
    /// # Errors
    /// `AGAIN` until it has; what it failed with, once.
    pub(crate) fn finish_connect(
        &mut self,
        cx: &mut SimContext<'_>,
        key: SocketKey,
    ) -> Result<(), Errno> {
        let SocketKind::Stream(connection, side) = self.socket(key)?.kind else {
            return Err(Errno::NOTCONN);
        };
        let Some(connection) = self.connections.get_mut(connection) else {
            return Err(Errno::NOTCONN);
        };
        let end = connection.end(side);
        match (end.error.take(), end.state) {
            (Some(errno), _) => Err(errno),
            (None, EndState::Open | EndState::SynReceived) => {
                self.settle(cx, key, Interest::Writable);
                Ok(())
            }
            (None, EndState::SynSent | EndState::Closed) => {
                self.would_block(cx, key, Interest::Writable)
            }
        }
    }

    /// Listens; one that is not bound is bound to a port of the host's choice first.
    ///
    /// # Errors
    /// `ADDRINUSE`; `INVAL` for what is connected.
    pub(crate) fn listen(
        &mut self,
        now: Instant,
        key: SocketKey,
        backlog: i32,
    ) -> Result<(), Errno> {
        let socket = self.socket(key)?;
        if !matches!(socket.kind, SocketKind::Idle) {
            return Err(Errno::INVAL);
        }
        if socket.bound.is_none() {
            self.bind(now, key, self.socket(key)?.unspecified())?;
        }
        let socket = self.sockets.get_mut(key).ok_or(Errno::NETDOWN)?;
        let bound = socket.bound.ok_or(Errno::INVAL)?;
        let ports = &mut self.hosts.get_mut(socket.host.number).tcp;
        ports.listen(key, bound)?;
        socket.kind = SocketKind::Listener(Listener {
            backlog: backlog_of(backlog),
            half_open: Vec::new(),
            waiting: VecDeque::new(),
        });
        Ok(())
    }

    /// # Errors
    /// `INVAL` for what does not listen.
    pub(crate) fn set_backlog(&mut self, key: SocketKey, backlog: i32) -> Result<(), Errno> {
        match &mut self.socket_mut(key)?.kind {
            SocketKind::Listener(listener) => {
                listener.backlog = backlog_of(backlog);
                Ok(())
            }
            _ => Err(Errno::INVAL),
        }
    }

    /// The connection that has waited longest.
    ///
    /// # Errors
    /// `AGAIN`; `MFILE` when the host has as many sockets as it may, and the connection waits on.
    pub(crate) fn accept(
        &mut self,
        cx: &mut SimContext<'_>,
        key: SocketKey,
    ) -> Result<Accepted, Errno> {
        loop {
            let socket = self.socket(key)?;
            let SocketKind::Listener(listener) = &socket.kind else {
                return Err(Errno::INVAL);
            };
            let Some(&waiting) = listener.waiting.front() else {
                return self.would_block(cx, key, Interest::Readable);
            };
            let accepted = Socket {
                host: socket.host,
                ready: None,
                is_ipv4: socket.is_ipv4,
                bound: None,
                options: socket.options,
                kind: SocketKind::Stream(waiting, Side::Server),
            };
            let has_failed = self
                .connections
                .get_mut(waiting)
                .is_none_or(|connection| connection.end(Side::Server).state == EndState::Closed);
            let accepted = match has_failed {
                true => None,
                false => Some(self.insert(accepted)?),
            };
            if let SocketKind::Listener(listener) = &mut self.socket_mut(key)?.kind {
                listener.waiting.pop_front();
            }
            let Some(connection) = self.connections.get_mut(waiting) else {
                continue;
            };
            let peer = connection.end(Side::Client).address;
            let end = connection.end(Side::Server);
            end.listener = None;
            end.socket = accepted;
            match accepted {
                Some(accepted) => {
                    self.settle(cx, key, Interest::Readable);
                    return Ok((accepted, peer));
                }
                None => self.forget_if_over(cx, waiting),
            }
        }
    }

    /// The client's first packet goes off.
    pub(super) fn send_syn(&mut self, cx: &mut SimContext<'_>, key: ConnectionKey) {
        match self.send_packet(cx, key, Side::Client, Packet::Syn, 0) {
            Some(at) => self.deliver(cx, at, key, Side::Server, NetEventKind::Syn(key)),
            None => self.arm_retransmission(cx, key, Side::Client),
        }
    }

    pub(super) fn on_syn(&mut self, cx: &mut SimContext<'_>, key: ConnectionKey) {
        let Some(connection) = self.connections.get_mut(key) else {
            return;
        };
        let number = connection.end(Side::Server).host.number;
        match connection.end(Side::Server).state {
            // The answer was lost.
            EndState::SynReceived => return self.send_syn_ack(cx, key),
            EndState::Closed => {}
            EndState::SynSent | EndState::Open => return,
        }
        let address = connection.end(Side::Server).address;
        let ports = &self.hosts.get(number).tcp;
        let Some(listener_key) = ports.listener(address) else {
            return self.refuse(cx, key);
        };
        let Some(socket) = self.sockets.get_mut(listener_key) else {
            return self.refuse(cx, key);
        };
        let options = socket.options;
        let SocketKind::Listener(listener) = &mut socket.kind else {
            return self.refuse(cx, key);
        };
        if listener.waiting.len() + listener.half_open.len() > listener.backlog {
            cx.record(Record::Discard {
                host: number,
                kind: Packet::Syn,
                reason: Discard::BacklogFull,
            });
            return self.arm_retransmission(cx, key, Side::Client);
        }
        listener.half_open.push(key);
        let Some(connection) = self.connections.get_mut(key) else {
            return;
        };
        let mut end = End::new(self.hosts.key(number), address, EndState::SynReceived);
        end.listener = Some(listener_key);
        *connection.end(Side::Server) = end;
        let own = connection.outgoing(Side::Server);
        own.send_limit = options.send_limit();
        let theirs = connection.incoming(Side::Server);
        theirs.receive_limit = options.receive_limit();
        theirs.advertised = options.receive_limit();
        self.send_syn_ack(cx, key);
    }

    /// Nobody listens there.
    fn refuse(&mut self, cx: &mut SimContext<'_>, key: ConnectionKey) {
        match self.send_packet(cx, key, Side::Server, Packet::Reset, 0) {
            Some(at) => {
                let kind = NetEventKind::Reset(key, Side::Client);
                self.deliver(cx, at, key, Side::Client, kind);
            }
            // The client asks again.
            None => self.arm_retransmission(cx, key, Side::Client),
        }
    }

    pub(super) fn send_syn_ack(&mut self, cx: &mut SimContext<'_>, key: ConnectionKey) {
        match self.send_packet(cx, key, Side::Server, Packet::SynAck, 0) {
            Some(at) => self.deliver(cx, at, key, Side::Client, NetEventKind::SynAck(key)),
            None => self.arm_retransmission(cx, key, Side::Server),
        }
    }

    pub(super) fn on_syn_ack(&mut self, cx: &mut SimContext<'_>, key: ConnectionKey) {
        let Some(connection) = self.connections.get_mut(key) else {
            return;
        };
        let window = connection.flows[Side::Client.index()].receive_limit;
        let end = connection.end(Side::Client);
        match end.state {
            EndState::SynSent => {
                end.state = EndState::Open;
                end.was_open = true;
                let socket = end.socket;
                let flow = connection.outgoing(Side::Client);
                flow.window_end = window;
                flow.retries = 0;
                if let Some(timer) = flow.retransmit.take() {
                    cx.cancel(timer);
                }
                if let Some(socket) = socket {
                    self.wake(cx, socket, Interest::Writable);
                }
            }
            EndState::Open => {}
            EndState::Closed | EndState::SynReceived => {
                if !self.send_reset(cx, key, Side::Client) {
                    self.arm_retransmission(cx, key, Side::Server);
                }
                return;
            }
        }
        match self.send_packet(cx, key, Side::Client, Packet::HandshakeAck, 0) {
            Some(at) => {
                let kind = NetEventKind::HandshakeAck(key);
                self.deliver(cx, at, key, Side::Server, kind);
            }
            // The server asks again.
            None => self.arm_retransmission(cx, key, Side::Server),
        }
    }

    /// The client has answered: the connection waits to be accepted.
    pub(super) fn on_handshake_ack(&mut self, cx: &mut SimContext<'_>, key: ConnectionKey) {
        let Some(connection) = self.connections.get_mut(key) else {
            return;
        };
        let window = connection.flows[Side::Server.index()].receive_limit;
        let end = connection.end(Side::Server);
        if end.state != EndState::SynReceived {
            return;
        }
        end.state = EndState::Open;
        end.was_open = true;
        let listener_key = end.listener;
        let flow = connection.outgoing(Side::Server);
        flow.window_end = window;
        flow.retries = 0;
        if let Some(timer) = flow.retransmit.take() {
            cx.cancel(timer);
        }
        let Some(listener_key) = listener_key else {
            return;
        };
        if let Ok(socket) = self.socket_mut(listener_key)
            && let SocketKind::Listener(listener) = &mut socket.kind
        {
            listener.half_open.retain(|half_open| *half_open != key);
            listener.waiting.push_back(key);
            self.wake(cx, listener_key, Interest::Readable);
        }
    }

    /// A packet of the handshake is sent again, or the handshake is given up.
    pub(super) fn retry_handshake(
        &mut self,
        cx: &mut SimContext<'_>,
        key: ConnectionKey,
        side: Side,
        is_last: bool,
    ) {
        match (side, is_last) {
            (_, true) => self.break_off(cx, key, side, Errno::TIMEDOUT),
            (Side::Client, false) => self.send_syn(cx, key),
            (Side::Server, false) => self.send_syn_ack(cx, key),
        }
    }
}

/// What `listen` takes: what is negative, or too much, is as much as may be.
fn backlog_of(backlog: i32) -> usize {
    let backlog = usize::try_from(backlog).unwrap_or(MAX_BACKLOG);
    backlog.min(MAX_BACKLOG)
}
