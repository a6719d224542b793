//! What arrives at a simulated host, or happens there by itself.

use std::net::SocketAddr;

use crate::sim::net::arena::ConnectionKey;
use crate::sim::net::connection::Side;

pub(crate) struct NetEvent {
    /// Where it happens.
    pub(crate) host: u32,
    pub(crate) kind: NetEventKind,
}

pub(crate) enum NetEventKind {
    /// A client's SYN.
    Syn(ConnectionKey),
    /// The answer to it.
    SynAck(ConnectionKey),
    /// The answer to that.
    HandshakeAck(ConnectionKey),
    /// The client's host has found out that nobody has the address.
    Unreachable(ConnectionKey),
    Segment(Segment),
    Ack(Ack),
    /// The connection's end on this side is reset.
    Reset(ConnectionKey, Side),
    /// Time to send again what was lost.
    Retransmit(ConnectionKey, Side),
    Datagram(Box<Datagram>),
    /// Nobody listens where a datagram was sent to.
    PortUnreachable(Box<PortUnreachable>),
}

/// Bytes of a stream. They stay with the connection; this says how far they have come.
pub(crate) struct Segment {
    pub(crate) connection: ConnectionKey,
    /// Where they arrive.
    pub(crate) side: Side,
    /// How many bytes of the stream have arrived with it.
    pub(crate) upto: u64,
    /// The stream ends behind them.
    pub(crate) is_last: bool,
}

/// What the sender of a stream learns of its receiver.
pub(crate) struct Ack {
    pub(crate) connection: ConnectionKey,
    /// The sender's, where it arrives.
    pub(crate) side: Side,
    /// How many bytes have arrived.
    pub(crate) upto: u64,
    /// How many bytes may be sent in all.
    pub(crate) window_end: u64,
    pub(crate) has_end: bool,
}

#[derive(Clone)]
pub(crate) struct Datagram {
    pub(crate) from: SocketAddr,
    pub(crate) from_host: u32,
    pub(crate) to: SocketAddr,
    pub(crate) bytes: Vec<u8>,
}

pub(crate) struct PortUnreachable {
    /// Where the sender is.
    pub(crate) host: u32,
    /// Who sent the datagram.
    pub(crate) sender: SocketAddr,
    /// Where it went.
    pub(crate) to: SocketAddr,
}
