//! The trace: what a simulation decided, in order.

use crate::sim::hash;

use crate::sim::record::Record;

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
            hash: hash::EMPTY,
        }
    }

    pub(crate) fn push(&mut self, record: Record) {
        self.hash = record.extend_hash(self.hash);
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
