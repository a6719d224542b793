//! The table of readiness: a slot for each source and event, with the listeners that wait for it.
//!
//! The table does not know where readiness comes from. Drivers and the program mark slots ready;
//! [`Slot`] says what they promise.

use std::task::Waker;

use slab::Slab;

use crate::Error;
use crate::executor::listener::Listener;
use crate::sim::record::Waiter;

/// One direction of a source, or its end.
///
/// ```
/// use std::io::Read;
/// use wippy_dispatcher::{Interest, Source};
///
/// # let dispatcher = wippy_dispatcher::Dispatcher::new()?;
/// let (reader, writer) = std::io::pipe()?;
/// let source = Source::with_interest(&dispatcher.handle(), reader, Interest::Readable)?;
/// drop(writer);
/// // The end of a file can be read too.
/// dispatcher.block_on(source.ready(Interest::Readable))??;
/// assert_eq!(source.get().read(&mut [0])?, 0);
/// # Ok::<(), wippy_dispatcher::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Interest {
    /// Bytes, a connection, a datagram, end of file or an error can be read.
    Readable,
    /// There is room to write, or writing would fail at once.
    Writable,
    /// The peer sends nothing more: it has ended its writing half, or the connection is over. What has arrived before may
    /// be unread. Once this is ready it stays so.
    ReadClosed,
    /// The connection is over: it was reset, has failed, or both halves have ended. Nothing that is written reaches
    /// anybody. Once this is ready it stays so.
    WriteClosed,
}

impl Interest {
    pub(crate) const COUNT: usize = 4;
    pub(crate) const ALL: [Interest; Interest::COUNT] = [
        Interest::Readable,
        Interest::Writable,
        Interest::ReadClosed,
        Interest::WriteClosed,
    ];
    /// Those of them that operations use up.
    pub(crate) const DIRECTIONS: [Interest; 2] = [Interest::Readable, Interest::Writable];
    /// The ends of the directions.
    pub(crate) const ENDS: [Interest; 2] = [Interest::ReadClosed, Interest::WriteClosed];

    /// Its place in arrays of one value for each.
    pub(crate) fn index(self) -> usize {
        match self {
            Interest::Readable => 0,
            Interest::Writable => 1,
            Interest::ReadClosed => 2,
            Interest::WriteClosed => 3,
        }
    }

    /// The direction whose end it is, or itself.
    pub(crate) fn direction(self) -> Interest {
        match self {
            Interest::Readable | Interest::ReadClosed => Interest::Readable,
            Interest::Writable | Interest::WriteClosed => Interest::Writable,
        }
    }
}

/// Names a slot. Slots are reused; the generation keeps what comes late for a slot's former owner
/// from its new one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ReadyKey {
    slot: u32,
    generation: u32,
}

impl ReadyKey {
    /// The key as a number, for drivers that name what they watch by one. It is below
    /// `u32::MAX << 32`, because that generation is never given out: a driver may use the numbers
    /// above for itself.
    pub(crate) fn to_number(self) -> usize {
        (self.generation as usize) << 32 | self.slot as usize
    }

    pub(crate) fn from_number(number: usize) -> ReadyKey {
        ReadyKey {
            slot: (number & 0xffff_ffff) as u32,
            generation: (number >> 32) as u32,
        }
    }
}

/// Each array holds one value for each interest, in the order of [`Interest::index`].
struct Slot {
    generation: u32,
    /// Set by a mark, cleared by the owner when an operation would have blocked.
    ready: [bool; Interest::COUNT],
    /// An operation was done since the mark and may have taken all there was.
    uncertain: [bool; Interest::COUNT],
    /// A hang-up, an error or urgent data was reported: no further mark need come.
    closed: [bool; Interest::COUNT],
    /// With their numbers, which only grow: each list is sorted by them.
    listeners: [Vec<(u64, Listener)>; Interest::COUNT],
}

pub(crate) struct ReadyTable {
    slots: Slab<Slot>,
    next_generation: u32,
    next_listener: u64,
    bound: usize,
}

impl ReadyTable {
    pub(crate) fn new(bound: usize) -> ReadyTable {
        ReadyTable {
            slots: Slab::new(),
            next_generation: 0,
            next_listener: 0,
            bound: bound.min(u32::MAX as usize),
        }
    }

    /// How many slots are taken.
    pub(crate) fn len(&self) -> usize {
        self.slots.len()
    }

    pub(crate) fn insert(&mut self) -> Result<ReadyKey, Error> {
        if self.slots.len() >= self.bound {
            return Err(Error::TooManySources(self.bound));
        }
        let generation = self.next_generation;
        self.next_generation = match generation + 1 {
            u32::MAX => 0,
            next => next,
        };
        let slot = self.slots.insert(Slot {
            generation,
            ready: [false; Interest::COUNT],
            uncertain: [false; Interest::COUNT],
            closed: [false; Interest::COUNT],
            listeners: Default::default(),
        });
        Ok(ReadyKey {
            slot: slot as u32,
            generation,
        })
    }

    /// Removes a slot and hands out its listeners, to be notified while nothing is borrowed.
    pub(crate) fn remove(&mut self, key: ReadyKey, out: &mut Vec<Listener>) {
        if self.slot(key).is_some() {
            let slot = self.slots.remove(key.slot as usize);
            let listeners = slot.listeners.into_iter().flatten();
            out.extend(listeners.map(|(_, listener)| listener));
        }
    }

    fn slot(&mut self, key: ReadyKey) -> Option<&mut Slot> {
        self.slots
            .get_mut(key.slot as usize)
            .filter(|slot| slot.generation == key.generation)
    }

    pub(crate) fn is_ready(&mut self, key: ReadyKey, interest: Interest) -> bool {
        self.slot(key)
            .is_some_and(|slot| slot.ready[interest.index()])
    }

    /// Whether an operation since the mark may have taken all there was.
    pub(crate) fn is_uncertain(&mut self, key: ReadyKey, interest: Interest) -> bool {
        self.slot(key)
            .is_some_and(|slot| slot.uncertain[interest.index()])
    }

    pub(crate) fn set_uncertain(&mut self, key: ReadyKey, interest: Interest, uncertain: bool) {
        if let Some(slot) = self.slot(key) {
            slot.uncertain[interest.index()] = uncertain;
        }
    }

    pub(crate) fn is_closed(&mut self, key: ReadyKey, interest: Interest) -> bool {
        self.slot(key)
            .is_some_and(|slot| slot.closed[interest.index()])
    }

    pub(crate) fn close(&mut self, key: ReadyKey, interest: Interest) {
        if let Some(slot) = self.slot(key) {
            slot.closed[interest.index()] = true;
        }
    }

    pub(crate) fn clear(&mut self, key: ReadyKey, interest: Interest) {
        if let Some(slot) = self.slot(key) {
            slot.ready[interest.index()] = false;
        }
    }

    /// Marks a direction ready and hands out its listeners, to be notified while nothing is
    /// borrowed.
    pub(crate) fn mark(&mut self, key: ReadyKey, interest: Interest, out: &mut Vec<Listener>) {
        if let Some(slot) = self.slot(key) {
            slot.ready[interest.index()] = true;
            slot.uncertain[interest.index()] = false;
            out.extend(
                slot.listeners[interest.index()]
                    .drain(..)
                    .map(|(_, listener)| listener),
            );
        }
    }

    /// Those who wait for a direction, in the order in which a mark notifies them.
    pub(crate) fn waiters(
        &mut self,
        key: ReadyKey,
        interest: Interest,
    ) -> impl Iterator<Item = Waiter> {
        let slot = self.slot(key).into_iter();
        let listeners = slot.flat_map(move |slot| &slot.listeners[interest.index()]);
        listeners.map(|(number, listener)| listener.waiter(Waiter::Listener(*number)))
    }

    /// Adds a listener for a direction, and gives its number for [`ReadyTable::unlisten`]. Where the
    /// slot is gone, the listener is handed back, to be dropped while nothing is borrowed.
    pub(crate) fn listen(
        &mut self,
        key: ReadyKey,
        interest: Interest,
        listener: Listener,
    ) -> Result<u64, Listener> {
        let number = self.next_listener;
        match self.slot(key) {
            Some(slot) => slot.listeners[interest.index()].push((number, listener)),
            None => return Err(listener),
        }
        self.next_listener += 1;
        Ok(number)
    }

    /// Swaps the waker of a listener that has not fired; the caller drops the old one while nothing
    /// is borrowed. False: the listener has fired, or the slot is gone.
    pub(crate) fn swap_waker(
        &mut self,
        key: ReadyKey,
        interest: Interest,
        number: u64,
        waker: &mut Waker,
    ) -> bool {
        let Some(slot) = self.slot(key) else {
            return false;
        };
        let listeners = &mut slot.listeners[interest.index()];
        match listeners.binary_search_by_key(&number, |(known, _)| *known) {
            Ok(position) => listeners[position].1.swap_waker(waker),
            Err(_) => false,
        }
    }

    /// All listeners, in the order in which they came.
    pub(crate) fn listeners(&self) -> Vec<(ReadyKey, Interest, &Listener)> {
        let mut all = Vec::new();
        for (slot, entry) in &self.slots {
            let key = ReadyKey {
                slot: slot as u32,
                generation: entry.generation,
            };
            for interest in Interest::ALL {
                let listeners = entry.listeners[interest.index()].iter();
                all.extend(listeners.map(|(number, it)| (*number, key, interest, it)));
            }
        }
        all.sort_by_key(|(number, ..)| *number);
        let parts = all.into_iter();
        parts
            .map(|(_, key, interest, it)| (key, interest, it))
            .collect()
    }

    /// Removes a listener that has not fired.
    pub(crate) fn unlisten(
        &mut self,
        key: ReadyKey,
        interest: Interest,
        number: u64,
    ) -> Option<Listener> {
        let listeners = &mut self.slot(key)?.listeners[interest.index()];
        let position = listeners.binary_search_by_key(&number, |(known, _)| *known);
        Some(listeners.remove(position.ok()?).1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_late_event_does_not_touch_the_slots_next_owner() {
        let mut table = ReadyTable::new(8);
        let mut out = Vec::new();
        let first = table.insert().expect("room");
        table.remove(first, &mut out);
        let second = table.insert().expect("room");
        assert_eq!(first.slot, second.slot);
        table.mark(
            ReadyKey::from_number(first.to_number()),
            Interest::Readable,
            &mut out,
        );
        assert!(!table.is_ready(second, Interest::Readable));
        table.mark(
            ReadyKey::from_number(second.to_number()),
            Interest::Readable,
            &mut out,
        );
        assert!(table.is_ready(second, Interest::Readable));
        assert!(!table.is_ready(second, Interest::Writable));
    }

    #[test]
    fn listeners_hear_once_and_in_order() {
        let mut table = ReadyTable::new(8);
        let key = table.insert().expect("room");
        let mut ids = Vec::new();
        for tag in 0..3 {
            let listener = Listener::Member { set: 0, tag };
            ids.push(
                table
                    .listen(key, Interest::Readable, listener)
                    .ok()
                    .expect("slot"),
            );
        }
        assert!(table.unlisten(key, Interest::Readable, ids[1]).is_some());
        let mut out = Vec::new();
        table.mark(key, Interest::Readable, &mut out);
        let tags: Vec<u32> = out
            .drain(..)
            .map(|listener| match listener {
                Listener::Member { tag, .. } => tag,
                Listener::Waker(_) => u32::MAX,
            })
            .collect();
        assert_eq!(tags, [0, 2]);
        table.mark(key, Interest::Readable, &mut out);
        assert!(out.is_empty());
    }

    #[test]
    fn the_bound_has_a_name() {
        let mut table = ReadyTable::new(1);
        table.insert().expect("room");
        assert!(matches!(table.insert(), Err(Error::TooManySources(1))));
    }
}
