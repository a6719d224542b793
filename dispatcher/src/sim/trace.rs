//! The trace: what a simulation decided, in order.

use std::fmt;

use crate::time::clock::Instant;

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
}

impl Record {
    fn words(self) -> [u64; 3] {
        match self {
            Record::Pick { task, among } => [1, task, among],
            Record::Advance { to } => [2, to.as_nanos(), 0],
            Record::Draw { length, hash } => [3, length, hash],
            Record::Job { nanos } => [4, nanos, 0],
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
        }
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
