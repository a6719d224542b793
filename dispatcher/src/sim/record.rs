//! The choices of a simulation, and what happens by them.

use crate::sim::hash::extended;
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
    /// A host has crashed, and this is what becomes of a write that was not on its disk.
    UnsyncedWrite {
        /// The host.
        host: u32,
        /// The file's number on its disk.
        file: u32,
        /// Bytes that were written; 0 where the file's size was set.
        length: u32,
        /// How many of them are on the disk. `None`: the write is lost.
        kept: Option<u32>,
    },
    /// A host has crashed, and this is what becomes of a change of names that was not on its disk.
    UnsyncedName {
        /// The host.
        host: u32,
        /// The number of the directory, or of the first of two.
        directory: u32,
        /// The change is on the disk.
        is_kept: bool,
    },
    /// An operation on a file meets a fault.
    FileFault {
        /// The host.
        host: u32,
        /// The file's number on its disk.
        file: u32,
        /// The fault.
        fault: FileFault,
    },
    /// The time of a check has come ([`Dispatcher::check_at`](crate::Dispatcher::check_at)).
    Check {
        /// How many checks were registered before it.
        number: u32,
        /// It holds.
        is_ok: bool,
    },
    /// What somebody waits for has happened: a waiter is notified. Whoever waits has not run yet.
    Completion {
        /// What has happened.
        operation: Operation,
        /// Who is notified.
        waiter: Waiter,
    },
    /// One that waits has found out that what it waits for has happened: a future was polled and is ready,
    /// or the tag of a member of a wait set was taken. What had happened already when the waiting began
    /// has a consumption without a completion, or neither.
    Consumption {
        /// The task that ran. `None`: the future of `block_on`, or code outside of tasks.
        task: Option<u64>,
        /// Who was notified.
        waiter: Waiter,
    },
}

/// What goes wrong with an operation on a file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum FileFault {
    /// It fails: `EIO`.
    Error,
    /// It takes so much longer.
    Delay {
        /// Nanoseconds of virtual time.
        nanos: u64,
    },
}

/// What a waiter waits for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Operation {
    /// A deadline comes.
    Timer,
    /// A blocking job is done.
    Job,
    /// A socket can be read from or accepts a connection; an [`Event`](crate::Event) is set.
    Readable,
    /// A socket can be written to, or has connected.
    Writable,
}

/// Something that waits, named by numbers that a run gives once and in its own order. By them a
/// [`Consumption`](Record::Consumption) is found for a [`Completion`](Record::Completion).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum Waiter {
    /// The future of a deadline, by the number of the event that is armed for it.
    Timer(u64),
    /// The future of a direction of a socket, or of an event, by its number among the listeners.
    Listener(u64),
    /// A member of a [`WaitSet`](crate::WaitSet). Sets that are dropped leave their numbers to others.
    Member {
        /// The set.
        set: u64,
        /// The member's tag.
        tag: u32,
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
    /// The hash of a run so far, and this record behind it.
    pub(super) fn extend_hash(self, hash: u64) -> u64 {
        let words = self.words().into_iter();
        words.fold(hash, |hash, word| extended(hash, &word.to_le_bytes()))
    }

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
            Record::Completion { operation, waiter } => {
                let (kind, number) = waiter.words();
                [12 | kind, number, operation as u64]
            }
            Record::Consumption { task, waiter } => {
                let (kind, number) = waiter.words();
                // No task has the greatest number.
                [13 | kind, number, task.unwrap_or(u64::MAX)]
            }
            Record::Check { number, is_ok } => [14, both(number, 0), u64::from(is_ok)],
            Record::UnsyncedWrite {
                host,
                file,
                length,
                kept,
            } => {
                let kept = kept.map_or(0, |kept| u64::from(kept) + 1);
                [15 | u64::from(host) << 8, both(file, length), kept]
            }
            Record::UnsyncedName {
                host,
                directory,
                is_kept,
            } => [16, both(host, directory), u64::from(is_kept)],
            Record::FileFault { host, file, fault } => match fault {
                FileFault::Error => [17, both(host, file), 0],
                FileFault::Delay { nanos } => [17 | 1 << 8, both(host, file), nanos],
            },
        }
    }
}

impl Waiter {
    /// Its kind and tag, above the lowest eight bits, and its number.
    fn words(self) -> (u64, u64) {
        match self {
            Waiter::Timer(number) => (1 << 8, number),
            Waiter::Listener(number) => (2 << 8, number),
            Waiter::Member { set, tag } => (3 << 8 | u64::from(tag) << 32, set),
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
