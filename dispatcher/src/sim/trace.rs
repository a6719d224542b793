//! The trace: what a simulation decided, in order.

use std::fmt;

use crate::time::instant::Instant;

/// One choice of a simulation.
///
/// ```
/// use wippy_dispatcher::{Dispatcher, Record};
///
/// let dispatcher = Dispatcher::simulated(1)?;
/// dispatcher.block_on(dispatcher.spawn(async {})?)?.ok();
/// let trace = dispatcher.trace().expect("a simulation");
/// assert_eq!(trace.records(), [Record::Pick { task: 0, among: 1 }]);
/// # Ok::<(), wippy_dispatcher::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Record {
    /// A task was picked. Tasks are numbered from 0 in the order of their spawning.
    Pick {
        /// The task that runs next.
        task: u64,
        /// How many were runnable.
        among: u64,
    },
    /// Nothing could run, and virtual time moved.
    Advance {
        /// The new time.
        to: Instant,
    },
    /// Randomness was handed out.
    Draw {
        /// Bytes.
        length: u64,
        /// A hash of them.
        hash: u64,
    },
    /// A blocking job will take this long.
    Job {
        /// Nanoseconds of virtual time.
        nanos: u64,
    },
    /// A packet went off. Hosts are numbered from 0, the default host, in the order of the settings.
    Packet {
        /// The host that sends it.
        from: u32,
        /// The host that it is for.
        to: u32,
        /// What it is.
        kind: Packet,
        /// Bytes, without headers.
        length: u32,
        /// What becomes of it.
        fate: Fate,
    },
    /// A packet arrived and was not taken.
    Discard {
        /// The host where it arrived.
        host: u32,
        /// What it is.
        kind: Packet,
        /// Why it was not taken.
        reason: Discard,
    },
    /// A read or write did less than it could.
    ShortIo {
        /// The socket's host.
        host: u32,
        /// What it did, in bytes.
        length: u32,
    },
    /// Readiness was reported without a reason.
    Spurious {
        /// The socket's host.
        host: u32,
        /// The direction is that of writing.
        is_writable: bool,
    },
    /// A name lookup will take this long.
    Lookup {
        /// The host that asks.
        host: u32,
        /// Nanoseconds of virtual time.
        nanos: u64,
    },
    /// A fault takes effect.
    Fault {
        /// Which kind, in the order of [`Fault`](crate::sim::Fault)'s variants from 0.
        kind: u32,
        /// A hash of all that it says.
        hash: u64,
    },
    /// A host crashes.
    Crash {
        /// The host.
        host: u32,
        /// Its connections are reset; otherwise its peers notice nothing.
        has_resets: bool,
    },
    /// The time of a check has come ([`Dispatcher::check_at`](crate::Dispatcher::check_at)).
    Check {
        /// How many checks were registered before it.
        number: u32,
        /// It holds.
        is_ok: bool,
    },
}

/// What a packet of the simulated network is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Packet {
    /// The first packet of a connection.
    Syn,
    /// The answer to it.
    SynAck,
    /// The client's answer to that.
    HandshakeAck,
    /// Bytes of a stream, or its end.
    Segment,
    /// That bytes have arrived, or that there is room for more.
    Ack,
    /// The end of a connection that is broken off.
    Reset,
    /// A datagram of UDP.
    Datagram,
    /// That nobody listens where a datagram was sent to.
    PortUnreachable,
}

/// What becomes of a packet.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fate {
    /// It arrives at this time, if the host is up then.
    Arrives(Instant),
    /// It is lost on the link, as drawn.
    Lost,
    /// A partition keeps it.
    Partition,
    /// The link's queue is full.
    QueueFull,
    /// The bound on events to come is reached.
    NoRoom,
}

/// Why a packet that arrived was not taken.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Discard {
    /// The host has crashed.
    HostDown,
    /// As many connections wait to be accepted as may.
    BacklogFull,
    /// The socket holds as many datagrams as it may.
    ReceiveBufferFull,
    /// No socket takes it.
    NoSocket,
}

impl Record {
    /// What the hash covers; the first word says which kind of record it is.
    fn words(self) -> [u64; 3] {
        let both = |high: u32, low: u32| u64::from(high) << 32 | u64::from(low);
        match self {
            Record::Pick { task, among } => [1, task, among],
            Record::Advance { to } => [2, to.as_nanos(), 0],
            Record::Draw { length, hash } => [3, length, hash],
            Record::Job { nanos } => [4, nanos, 0],
            Record::Packet {
                from,
                to,
                kind,
                length,
                fate,
            } => {
                // The kind stands above the record's own; no host has a number of 32 bits.
                let kind = 5 | (kind as u64) << 8 | u64::from(length) << 16;
                [kind, both(from, to), fate.word()]
            }
            Record::Discard { host, kind, reason } => [6, both(host, kind as u32), reason as u64],
            Record::ShortIo { host, length } => [7, both(host, length), 0],
            Record::Spurious { host, is_writable } => [8, both(host, 0), u64::from(is_writable)],
            Record::Lookup { host, nanos } => [9, both(host, 0), nanos],
            Record::Fault { kind, hash } => [10, both(kind, 0), hash],
            Record::Crash { host, has_resets } => [11, both(host, 0), u64::from(has_resets)],
            Record::Check { number, is_ok } => [12, both(number, 0), u64::from(is_ok)],
        }
    }
}

impl Fate {
    /// The time, or for what does not arrive a number beyond all times that occur.
    fn word(self) -> u64 {
        match self {
            Fate::Arrives(at) => at.as_nanos(),
            Fate::Lost => u64::MAX - 1,
            Fate::Partition => u64::MAX - 2,
            Fate::QueueFull => u64::MAX - 3,
            Fate::NoRoom => u64::MAX - 4,
        }
    }
}

impl fmt::Display for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Record::Pick { task, among } => write!(f, "pick task {task} of {among}"),
            Record::Advance { to } => write!(f, "advance to {to}"),
            Record::Draw { length, hash } => write!(f, "draw {length} bytes ({hash:016x})"),
            Record::Job { nanos } => write!(f, "job of {nanos} ns"),
            Record::Packet {
                from,
                to,
                kind,
                length,
                fate,
            } => write!(
                f,
                "{kind} of {length} bytes from host {from} to {to} {fate}"
            ),
            Record::Discard { host, kind, reason } => {
                write!(f, "{kind} discarded at host {host}: {reason}")
            }
            Record::ShortIo { host, length } => {
                write!(f, "short read or write of {length} bytes at host {host}")
            }
            Record::Spurious { host, is_writable } => {
                let direction = if *is_writable { "writable" } else { "readable" };
                write!(f, "{direction} without a reason at host {host}")
            }
            Record::Lookup { host, nanos } => write!(f, "name lookup of {nanos} ns at host {host}"),
            Record::Fault { kind, hash } => write!(f, "fault of kind {kind} ({hash:016x})"),
            Record::Crash { host, has_resets } => {
                let how = if *has_resets {
                    "with resets"
                } else {
                    "silently"
                };
                write!(f, "host {host} crashes {how}")
            }
            Record::Check { number, is_ok } => {
                let how = if *is_ok { "holds" } else { "does not hold" };
                write!(f, "check {number} {how}")
            }
        }
    }
}

impl fmt::Display for Packet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Packet::Syn => "syn",
            Packet::SynAck => "syn-ack",
            Packet::HandshakeAck => "handshake ack",
            Packet::Segment => "segment",
            Packet::Ack => "ack",
            Packet::Reset => "reset",
            Packet::Datagram => "datagram",
            Packet::PortUnreachable => "port unreachable",
        })
    }
}

impl fmt::Display for Fate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Fate::Arrives(at) => write!(f, "arrives at {at}"),
            Fate::Lost => f.write_str("is lost"),
            Fate::Partition => f.write_str("is kept by a partition"),
            Fate::QueueFull => f.write_str("finds the link's queue full"),
            Fate::NoRoom => f.write_str("finds no room among the events to come"),
        }
    }
}

impl fmt::Display for Discard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Discard::HostDown => "the host is down",
            Discard::BacklogFull => "the backlog is full",
            Discard::ReceiveBufferFull => "the receive buffer is full",
            Discard::NoSocket => "no socket takes it",
        })
    }
}

/// The records of a simulation and their rolling hash. Equal hashes and lengths mean equal runs.
///
/// ```
/// use std::time::Duration;
/// use wippy_dispatcher::Dispatcher;
///
/// let run = |seed| {
///     let dispatcher = Dispatcher::simulated(seed)?;
///     let handle = dispatcher.handle();
///     dispatcher.block_on(handle.unblock(|| ()))??;
///     Ok::<_, wippy_dispatcher::Error>(dispatcher.trace().expect("a simulation"))
/// };
/// assert_eq!(run(3)?.hash(), run(3)?.hash());
/// assert_ne!(run(3)?.hash(), run(4)?.hash());
/// # Ok::<(), wippy_dispatcher::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Trace {
    records: Vec<Record>,
    capacity: usize,
    length: u64,
    hash: u64,
}

impl Trace {
    pub(crate) fn new(capacity: usize) -> Trace {
        Trace {
            records: Vec::new(),
            capacity,
            length: 0,
            hash: FNV_OFFSET,
        }
    }

    pub(crate) fn push(&mut self, record: Record) {
        for word in record.words() {
            self.hash = fnv(self.hash, &word.to_le_bytes());
        }
        self.length += 1;
        if self.records.len() < self.capacity {
            self.records.push(record);
        }
    }

    /// The first records, up to the capacity of the simulation's trace.
    pub fn records(&self) -> &[Record] {
        &self.records
    }

    /// How many choices were made, kept or not.
    pub fn length(&self) -> u64 {
        self.length
    }

    /// The rolling hash over all of them (64-bit FNV-1a over little-endian words).
    pub fn hash(&self) -> u64 {
        self.hash
    }
}

const FNV_OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
const FNV_PRIME: u64 = 0x0000_0100_0000_01b3;

fn fnv(hash: u64, bytes: &[u8]) -> u64 {
    bytes.iter().fold(hash, |hash, &byte| {
        (hash ^ u64::from(byte)).wrapping_mul(FNV_PRIME)
    })
}

/// The hash of a draw.
pub(crate) fn hash_of(bytes: &[u8]) -> u64 {
    fnv(FNV_OFFSET, bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_covers_what_the_trace_does_not_keep() {
        let (mut a, mut b) = (Trace::new(1), Trace::new(1));
        for trace in [&mut a, &mut b] {
            trace.push(Record::Pick { task: 0, among: 2 });
        }
        assert_eq!(a.hash(), b.hash());
        a.push(Record::Pick { task: 1, among: 2 });
        b.push(Record::Pick { task: 2, among: 2 });
        assert_eq!(a.records(), b.records());
        assert_eq!((a.length(), b.length()), (2, 2));
        assert_ne!(a.hash(), b.hash());
    }
}
