//! A TCP connection: two ends, and the stream of bytes from each to the other.

use std::collections::VecDeque;
use std::net::SocketAddr;

use rustix::io::Errno;

use crate::io::readiness::Interest;
use crate::sim::host_key::HostKey;
use crate::sim::net::arena::SocketKey;
use crate::time::instant::Instant;
use crate::time::timer_heap::TimerKey;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Side {
    /// The end that connected.
    Client,
    Server,
}

impl Side {
    pub(crate) fn index(self) -> usize {
        self as usize
    }

    pub(crate) fn other(self) -> Side {
        match self {
            Side::Client => Side::Server,
            Side::Server => Side::Client,
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum EndState {
    /// A client's: the answer has not come.
    SynSent,
    /// A server's: the client has not answered.
    SynReceived,
    Open,
    /// There is no connection here: none yet, refused, reset or given up, or its host crashed.
    Closed,
}

/// One end of a connection, on its host.
pub(crate) struct End {
    pub(crate) host: HostKey,
    pub(crate) address: SocketAddr,
    pub(crate) state: EndState,
    /// The program's socket; none before it is accepted and after it was closed.
    pub(crate) socket: Option<SocketKey>,
    /// The listener, until it is accepted.
    pub(crate) listener: Option<SocketKey>,
    /// Reported once, by whichever operation comes first.
    pub(crate) error: Option<Errno>,
    pub(crate) was_open: bool,
    /// The program has ended its reading half.
    pub(crate) read_shut: bool,
    pub(crate) reset_on_close: bool,
    /// It ended its stream before it had the other's end, so that its address lingers.
    pub(crate) closes_first: bool,
    /// When both streams had ended.
    pub(crate) finished: Option<Instant>,
}

impl End {
    pub(crate) fn new(host: HostKey, address: SocketAddr, state: EndState) -> End {
        End {
            host,
            address,
            state,
            socket: None,
            listener: None,
            error: None,
            was_open: false,
            read_shut: false,
            reset_on_close: false,
            closes_first: false,
            finished: None,
        }
    }

    /// Whether the program has nothing to do with it, now or later.
    pub(crate) fn is_abandoned(&self) -> bool {
        self.socket.is_none() && self.listener.is_none()
    }
}

/// The stream from one end to the other. Its bytes are numbered from 0; `read` ≤ `delivered` ≤ `sent` ≤
/// `written`, and `acked` ≤ `delivered`.
pub(crate) struct Flow {
    /// From `read` to `written`.
    pub(crate) bytes: VecDeque<u8>,
    /// Taken by the receiving program.
    pub(crate) read: u64,
    /// Arrived at the receiver.
    pub(crate) delivered: u64,
    /// Sent, lost ones not counted.
    pub(crate) sent: u64,
    /// Accepted from the sending program.
    pub(crate) written: u64,
    /// Arrived, as far as the sender knows.
    pub(crate) acked: u64,
    /// How far the sender may send, as far as it knows.
    pub(crate) window_end: u64,
    /// How far the receiver has last said that it may send.
    pub(crate) advertised: u64,
    /// The same steps for the end of the stream.
    pub(crate) end_written: bool,
    pub(crate) end_sent: bool,
    pub(crate) end_delivered: bool,
    pub(crate) end_acked: bool,
    /// Bytes that the sender keeps until they are acked.
    pub(crate) send_limit: u64,
    /// Bytes that the receiver keeps until they are read.
    pub(crate) receive_limit: u64,
    /// When the last packet of this direction arrives: none overtakes another.
    pub(crate) last_arrival: Instant,
    /// Something was lost, and nothing is sent before the retransmission.
    pub(crate) is_stalled: bool,
    /// The sender's timer for a retransmission, or for one of the handshake.
    pub(crate) retransmit: Option<TimerKey>,
    /// How often it has fired without an answer.
    pub(crate) retries: u32,
}

impl Flow {
    pub(crate) fn new(send_limit: u64, receive_limit: u64) -> Flow {
        Flow {
            bytes: VecDeque::new(),
            read: 0,
            delivered: 0,
            sent: 0,
            written: 0,
            acked: 0,
            window_end: receive_limit,
            advertised: receive_limit,
            end_written: false,
            end_sent: false,
            end_delivered: false,
            end_acked: false,
            send_limit,
            receive_limit,
            last_arrival: Instant::from_nanos(0),
            is_stalled: false,
            retransmit: None,
            retries: 0,
        }
    }

    /// Bytes that have arrived and were not read.
    pub(crate) fn unread(&self) -> u64 {
        self.delivered - self.read
    }

    /// Bytes that the sender can still accept.
    pub(crate) fn room(&self) -> u64 {
        self.send_limit.saturating_sub(self.written - self.acked)
    }

    /// Whether there is enough room for the sender to be woken: a third, as for Linux.
    pub(crate) fn has_room(&self) -> bool {
        let room = self.room();
        room > 0 && room.saturating_mul(3) >= self.send_limit
    }

    /// What did not arrive is to be sent again.
    pub(crate) fn rewind(&mut self) {
        self.sent = self.delivered;
        self.end_sent = self.end_delivered;
        self.is_stalled = true;
    }
}

pub(crate) struct Connection {
    /// By [`Side::index`].
    pub(crate) ends: [End; 2],
    /// By the side of the sender.
    pub(crate) flows: [Flow; 2],
}

impl Connection {
    pub(crate) fn end(&mut self, side: Side) -> &mut End {
        &mut self.ends[side.index()]
    }

    /// The stream that a side sends.
    pub(crate) fn outgoing(&mut self, side: Side) -> &mut Flow {
        &mut self.flows[side.index()]
    }

    /// The stream that a side receives.
    pub(crate) fn incoming(&mut self, side: Side) -> &mut Flow {
        &mut self.flows[side.other().index()]
    }

    /// Whether an operation of that direction would do something, or fail, at once; or whether that end has come.
    pub(crate) fn is_ready(&self, side: Side, interest: Interest) -> bool {
        let end = &self.ends[side.index()];
        let incoming = &self.flows[side.other().index()];
        let outgoing = &self.flows[side.index()];
        match (end.state, interest) {
            (EndState::Closed, _) => true,
            _ if end.error.is_some() => true,
            (EndState::SynSent, _) => false,
            (_, Interest::Readable) => {
                incoming.unread() > 0 || incoming.end_delivered || end.read_shut
            }
            (_, Interest::Writable) => outgoing.end_written || outgoing.has_room(),
            (_, Interest::ReadClosed) => incoming.end_delivered || end.read_shut,
            (_, Interest::WriteClosed) => incoming.end_delivered && outgoing.end_written,
        }
    }

    /// Whether both streams have come to their ends, as far as this side knows.
    pub(crate) fn is_finished(&self, side: Side) -> bool {
        self.flows[side.index()].end_acked && self.flows[side.other().index()].end_delivered
    }

    /// Whether nothing happens on this side any more that anybody could notice.
    pub(crate) fn is_over(&self, side: Side) -> bool {
        let is_closed = |side: Side| self.ends[side.index()].state == EndState::Closed;
        let nobody_is_there = is_closed(side.other()) && self.flows[side.index()].end_acked;
        is_closed(side) || self.is_finished(side) || nobody_is_there
    }
}
