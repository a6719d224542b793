//! What arrives where, and what becomes of it on a host that is down or paused.

use crate::sim::context::SimContext;
use crate::sim::net::arena::ConnectionKey;
use crate::sim::net::connection::Side;
use crate::sim::net::datagram::weight;
use crate::sim::net::event::{NetEvent, NetEventKind};
use crate::sim::net::hosts::Status;
use crate::sim::net::network::Network;
use crate::sim::record::{Discard, Packet, Record};
use crate::time::instant::Instant;

use rustix::io::Errno;

impl Network {
    /// Has a packet arrive at one side of a connection.
    pub(super) fn deliver(
        &mut self,
        cx: &mut SimContext<'_>,
        at: Instant,
        key: ConnectionKey,
        side: Side,
        kind: NetEventKind,
    ) {
        if let Some(connection) = self.connections.get_mut(key) {
            let host = connection.end(side).host.number;
            // There is room: the links lose what would find none.
            Network::schedule(cx, at, host, kind);
        }
    }

    /// Something happens at a host now.
    pub(crate) fn handle(&mut self, cx: &mut SimContext<'_>, event: NetEvent) {
        let host = self.hosts.get_mut(event.host);
        match host.status {
            Status::Up => self.take(cx, event.kind),
            Status::Paused => host.inbox.push_back(event),
            Status::Down => self.lose(cx, event),
        }
    }

    fn take(&mut self, cx: &mut SimContext<'_>, kind: NetEventKind) {
        match kind {
            NetEventKind::Syn(key) => self.on_syn(cx, key),
            NetEventKind::SynAck(key) => self.on_syn_ack(cx, key),
            NetEventKind::HandshakeAck(key) => self.on_handshake_ack(cx, key),
            NetEventKind::Unreachable(key) => {
                self.break_off(cx, key, Side::Client, Errno::HOSTUNREACH);
            }
            NetEventKind::Segment(segment) => self.on_segment(cx, &segment),
            NetEventKind::Ack(ack) => self.on_ack(cx, &ack),
            NetEventKind::Reset(key, side) => self.on_reset(cx, key, side),
            NetEventKind::Retransmit(key, side) => self.on_retransmission(cx, key, side),
            NetEventKind::Datagram(datagram) => self.on_datagram(cx, *datagram),
            NetEventKind::PortUnreachable(notice) => self.on_port_unreachable(cx, &notice),
        }
    }

    /// What arrives at a host that is down is lost; who sent it will notice, if it waits for an answer.
    fn lose(&mut self, cx: &mut SimContext<'_>, event: NetEvent) {
        let kind = match &event.kind {
            NetEventKind::Syn(_) => Packet::Syn,
            NetEventKind::SynAck(_) => Packet::SynAck,
            NetEventKind::HandshakeAck(_) => Packet::HandshakeAck,
            NetEventKind::Segment(_) => Packet::Segment,
            NetEventKind::Ack(_) => Packet::Ack,
            NetEventKind::Reset(..) => Packet::Reset,
            NetEventKind::Datagram(_) => Packet::Datagram,
            NetEventKind::PortUnreachable(_) => Packet::PortUnreachable,
            // Of the host itself.
            NetEventKind::Unreachable(_) | NetEventKind::Retransmit(..) => return,
        };
        cx.record(Record::Discard {
            host: event.host,
            kind,
            reason: Discard::HostDown,
        });
        match event.kind {
            NetEventKind::Syn(key) => self.arm_retransmission(cx, key, Side::Client),
            NetEventKind::SynAck(key) => self.arm_retransmission(cx, key, Side::Server),
            NetEventKind::Segment(segment) => {
                let sender = segment.side.other();
                if let Some(connection) = self.connections.get_mut(segment.connection) {
                    connection.outgoing(sender).rewind();
                    self.arm_retransmission(cx, segment.connection, sender);
                }
            }
            NetEventKind::Datagram(datagram) => {
                self.datagram_bytes -= weight(datagram.bytes.len());
            }
            _ => {}
        }
    }
}
