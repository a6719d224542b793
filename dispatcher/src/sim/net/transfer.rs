//! Segments, acks and retransmissions: how a stream's bytes come to the other end.
//!
//! The stream is reliable and in order. A segment that is lost holds up what is behind it until it is
//! sent again. There is no congestion control, no slow start and no Nagle's algorithm.

use std::time::Duration;

use rustix::io::Errno;

use crate::io::readiness::Interest;
use crate::sim::context::SimContext;
use crate::sim::net::arena::{ConnectionKey, SocketKey};
use crate::sim::net::connection::{EndState, Side};
use crate::sim::net::event::{Ack, NetEventKind, Segment};
use crate::sim::net::network::Network;
use crate::sim::net::socket::SocketKind;
use crate::sim::record::Packet;
use crate::time::instant::Instant;

/// The most bytes of a segment, as with segmentation offload.
const MAX_SEGMENT: u64 = 65_536;
/// The least time before what was lost is sent again; the round trip comes on top of it.
const RETRANSMISSION: Duration = Duration::from_millis(200);
/// The same for packets of the handshake.
const HANDSHAKE: Duration = Duration::from_secs(1);
/// It doubles each time, up to this.
const MAX_RETRANSMISSION: Duration = Duration::from_secs(120);
/// How often a segment is sent again before the connection is given up (`net.ipv4.tcp_retries2`).
const MAX_RETRIES: u32 = 15;
/// The same for a client's first packet (`tcp_syn_retries`) and the server's answer
/// (`tcp_synack_retries`).
const MAX_SYN_RETRIES: u32 = 6;
const MAX_SYN_ACK_RETRIES: u32 = 5;

impl Network {
    /// Sends what was written and fits the receiver's window.
    pub(super) fn transmit(&mut self, cx: &mut SimContext<'_>, key: ConnectionKey, side: Side) {
        loop {
            let Some(connection) = self.connections.get_mut(key) else {
                return;
            };
            if connection.end(side).state != EndState::Open {
                return;
            }
            let flow = connection.outgoing(side);
            if flow.is_stalled {
                return;
            }
            let window = flow.window_end.saturating_sub(flow.sent);
            let length = (flow.written - flow.sent).min(window).min(MAX_SEGMENT);
            let upto = flow.sent + length;
            let is_last = flow.end_written && !flow.end_sent && upto == flow.written;
            if length == 0 && !is_last {
                return;
            }
            let Some(at) = self.send_packet(cx, key, side, Packet::Segment, length as usize) else {
                if let Some(connection) = self.connections.get_mut(key) {
                    connection.outgoing(side).is_stalled = true;
                }
                return self.arm_retransmission(cx, key, side);
            };
            if let Some(connection) = self.connections.get_mut(key) {
                let flow = connection.outgoing(side);
                flow.sent = upto;
                flow.end_sent |= is_last;
            }
            let to = side.other();
            let segment = NetEventKind::Segment(Segment {
                connection: key,
                side: to,
                upto,
                is_last,
            });
            self.deliver(cx, at, key, to, segment);
        }
    }

    pub(super) fn on_segment(&mut self, cx: &mut SimContext<'_>, segment: &Segment) {
        let (key, side) = (segment.connection, segment.side);
        let Some(connection) = self.connections.get_mut(key) else {
            return;
        };
        if connection.end(side).state == EndState::SynReceived {
            self.on_handshake_ack(cx, key);
        }
        let Some(connection) = self.connections.get_mut(key) else {
            return;
        };
        let end = connection.end(side);
        let (state, socket, is_abandoned) = (end.state, end.socket, end.is_abandoned());
        let flow = connection.incoming(side);
        let brings_bytes = segment.upto > flow.delivered;
        if state != EndState::Open || (is_abandoned && brings_bytes) {
            // Nobody is there to take it.
            self.send_reset(cx, key, side);
            self.vanish(cx, key, side);
            return self.forget_if_over(cx, key);
        }
        flow.delivered = flow.delivered.max(segment.upto);
        flow.end_delivered |= segment.is_last;
        self.note_finish(cx.now, key, side);
        self.send_ack(cx, key, side);
        if let Some(socket) = socket {
            self.wake(cx, socket, Interest::Readable);
        }
        self.forget_if_over(cx, key);
    }

    /// The receiver on `side` says what it has, and how much more it takes.
    pub(super) fn send_ack(&mut self, cx: &mut SimContext<'_>, key: ConnectionKey, side: Side) {
        let sender = side.other();
        let Some(at) = self.send_packet(cx, key, side, Packet::Ack, 0) else {
            // The sender sends again what it takes for lost, and is answered again.
            return self.arm_retransmission(cx, key, sender);
        };
        let Some(connection) = self.connections.get_mut(key) else {
            return;
        };
        let flow = connection.incoming(side);
        flow.advertised = flow.advertised.max(flow.read + flow.receive_limit);
        let ack = NetEventKind::Ack(Ack {
            connection: key,
            side: sender,
            upto: flow.delivered,
            window_end: flow.advertised,
            has_end: flow.end_delivered,
        });
        self.deliver(cx, at, key, sender, ack);
    }

    pub(super) fn on_ack(&mut self, cx: &mut SimContext<'_>, ack: &Ack) {
        let (key, side) = (ack.connection, ack.side);
        let Some(connection) = self.connections.get_mut(key) else {
            return;
        };
        let end = connection.end(side);
        if end.state != EndState::Open {
            return;
        }
        let socket = end.socket;
        let flow = connection.outgoing(side);
        let had_room = flow.has_room();
        flow.acked = flow.acked.max(ack.upto);
        flow.window_end = flow.window_end.max(ack.window_end);
        flow.end_acked |= ack.has_end;
        flow.retries = 0;
        let gains_room = !had_room && flow.has_room();
        let has_all = flow.acked == flow.sent && flow.end_acked == flow.end_sent;
        if has_all
            && !flow.is_stalled
            && let Some(timer) = flow.retransmit.take()
        {
            cx.cancel(timer);
        }
        self.note_finish(cx.now, key, side);
        if gains_room && let Some(socket) = socket {
            self.wake(cx, socket, Interest::Writable);
        }
        self.transmit(cx, key, side);
        self.forget_if_over(cx, key);
    }

    /// Something that `side` has sent, or the answer to it, was lost: it will be sent again.
    pub(super) fn arm_retransmission(
        &mut self,
        cx: &mut SimContext<'_>,
        key: ConnectionKey,
        side: Side,
    ) {
        let Some(connection) = self.connections.get_mut(key) else {
            return;
        };
        let end = connection.end(side);
        let (state, host) = (end.state, end.host.number);
        let peer = connection.end(side.other()).host.number;
        let flow = connection.outgoing(side);
        let least = match state {
            EndState::Closed => return,
            EndState::SynSent | EndState::SynReceived => HANDSHAKE,
            EndState::Open => RETRANSMISSION + self.links.link(host, peer).round_trip(),
        };
        if flow.retransmit.is_some() {
            return;
        }
        let delay = least.saturating_mul(1 << flow.retries.min(20));
        let at = cx.now + delay.min(MAX_RETRANSMISSION.max(least));
        let kind = NetEventKind::Retransmit(key, side);
        match Network::schedule(cx, at, host, kind) {
            Some(timer) => flow.retransmit = Some(timer),
            None => self.break_off(cx, key, side, Errno::NOBUFS),
        }
    }

    pub(super) fn on_retransmission(
        &mut self,
        cx: &mut SimContext<'_>,
        key: ConnectionKey,
        side: Side,
    ) {
        let Some(connection) = self.connections.get_mut(key) else {
            return;
        };
        let state = connection.end(side).state;
        let flow = connection.outgoing(side);
        flow.retransmit = None;
        flow.retries += 1;
        let retries = flow.retries;
        match state {
            EndState::Closed => {}
            EndState::SynSent => {
                self.retry_handshake(cx, key, side, retries > MAX_SYN_RETRIES);
            }
            EndState::SynReceived => {
                self.retry_handshake(cx, key, side, retries > MAX_SYN_ACK_RETRIES);
            }
            EndState::Open if retries > MAX_RETRIES => {
                self.break_off(cx, key, side, Errno::TIMEDOUT);
            }
            EndState::Open => {
                flow.is_stalled = false;
                let lacks_ack = flow.acked < flow.delivered
                    || flow.end_acked != flow.end_delivered
                    || flow.window_end < flow.read + flow.receive_limit;
                if lacks_ack {
                    self.send_again(cx, key, side);
                }
                self.transmit(cx, key, side);
            }
        }
    }

    /// The receiver may have what the sender sends again, and says so then, if that reaches it.
    fn send_again(&mut self, cx: &mut SimContext<'_>, key: ConnectionKey, side: Side) {
        match self.send_packet(cx, key, side, Packet::Segment, 0) {
            Some(at) => {
                let Some(connection) = self.connections.get_mut(key) else {
                    return;
                };
                let flow = connection.outgoing(side);
                let segment = NetEventKind::Segment(Segment {
                    connection: key,
                    side: side.other(),
                    upto: flow.delivered,
                    is_last: flow.end_delivered,
                });
                self.deliver(cx, at, key, side.other(), segment);
            }
            None => self.arm_retransmission(cx, key, side),
        }
    }

    /// Breaks the connection off: the other side learns it behind all that was sent, if the packet
    /// reaches it. False: the packet is lost.
    pub(super) fn send_reset(
        &mut self,
        cx: &mut SimContext<'_>,
        key: ConnectionKey,
        side: Side,
    ) -> bool {
        let sent = self.send_packet(cx, key, side, Packet::Reset, 0);
        if let Some(at) = sent {
            let to = side.other();
            self.deliver(cx, at, key, to, NetEventKind::Reset(key, to));
        }
        sent.is_some()
    }

    pub(super) fn on_reset(&mut self, cx: &mut SimContext<'_>, key: ConnectionKey, side: Side) {
        let Some(connection) = self.connections.get_mut(key) else {
            return;
        };
        let has_end = connection.incoming(side).end_delivered;
        let errno = match connection.end(side).state {
            EndState::Closed => return,
            EndState::SynSent => Errno::CONNREFUSED,
            EndState::Open if has_end => Errno::PIPE,
            EndState::SynReceived | EndState::Open => Errno::CONNRESET,
        };
        self.break_off(cx, key, side, errno);
    }

    /// A connection fails on one side.
    pub(super) fn break_off(
        &mut self,
        cx: &mut SimContext<'_>,
        key: ConnectionKey,
        side: Side,
        errno: Errno,
    ) {
        let Some(connection) = self.connections.get_mut(key) else {
            return;
        };
        let end = connection.end(side);
        end.error = Some(errno);
        let socket = end.socket;
        self.vanish(cx, key, side);
        if let Some(socket) = socket {
            self.wake(cx, socket, Interest::Readable);
            self.wake(cx, socket, Interest::Writable);
        }
        self.forget_if_over(cx, key);
    }

    /// There is no connection on this side any more. What has arrived can still be read.
    pub(super) fn vanish(&mut self, cx: &mut SimContext<'_>, key: ConnectionKey, side: Side) {
        let Some(connection) = self.connections.get_mut(key) else {
            return;
        };
        let end = connection.end(side);
        let before = std::mem::replace(&mut end.state, EndState::Closed);
        let listener = end.listener;
        let client_waits = connection.end(Side::Client).state == EndState::SynSent;
        if let Some(timer) = connection.outgoing(side).retransmit.take() {
            cx.cancel(timer);
        }
        if before == EndState::SynReceived {
            if let Some(listener) = listener {
                self.leave_half_open(listener, key);
            }
            // The client begins anew if nothing else comes.
            if client_waits {
                self.arm_retransmission(cx, key, Side::Client);
            }
        }
    }

    /// A handshake that has failed does not wait with its listener.
    fn leave_half_open(&mut self, listener: SocketKey, key: ConnectionKey) {
        if let Ok(socket) = self.socket_mut(listener)
            && let SocketKind::Listener(listener) = &mut socket.kind
        {
            listener.half_open.retain(|half_open| *half_open != key);
        }
        if let Some(connection) = self.connections.get_mut(key) {
            connection.end(Side::Server).listener = None;
        }
    }

    /// Notes when both streams of a connection had come to their ends.
    fn note_finish(&mut self, now: Instant, key: ConnectionKey, side: Side) {
        if let Some(connection) = self.connections.get_mut(key)
            && connection.is_finished(side)
            && connection.end(side).finished.is_none()
        {
            connection.end(side).finished = Some(now);
        }
    }

    /// Forgets a connection with which nobody has to do, and lets its addresses linger where they have
    /// to.
    pub(super) fn forget_if_over(&mut self, cx: &mut SimContext<'_>, key: ConnectionKey) {
        let Some(connection) = self.connections.get_mut(key) else {
            return;
        };
        let sides = [Side::Client, Side::Server];
        let is_over = sides
            .into_iter()
            .all(|side| connection.ends[side.index()].is_abandoned() && connection.is_over(side));
        if !is_over {
            return;
        }
        let Some(mut connection) = self.connections.remove(key) else {
            return;
        };
        for side in sides {
            if let Some(timer) = connection.outgoing(side).retransmit.take() {
                cx.cancel(timer);
            }
        }
        // Only clients' addresses are reserved: a server's may be bound again.
        let server = connection.end(Side::Server).address;
        let client = connection.end(Side::Client);
        if self.hosts.key(client.host.number) != client.host {
            return;
        }
        let host = self.hosts.get_mut(client.host.number);
        host.connections -= 1;
        let ports = &mut host.tcp;
        match (client.closes_first, client.finished) {
            (true, Some(finished)) if client.state != EndState::Closed => {
                ports.linger(client.address, server, finished);
            }
            _ => ports.disconnect(client.address, server),
        }
    }
}
