//! What is ready: one slot for each source and signal, with those who wait for it.

use slab::Slab;

use crate::Error;
use crate::executor::listener::Listener;

/// One direction of a source.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Interest {
    /// Bytes, a connection, a datagram, end of file or an error can be read.
    Readable,
    /// There is room to write, or writing would fail at once.
    Writable,
}

impl Interest {
    fn index(self) -> usize {
        match self {
            Interest::Readable => 0,
            Interest::Writable => 1,
        }
    }
}

/// Names a slot. Slots are reused; the generation tells a late event from a new owner's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ReadyKey {
    slot: u32,
    generation: u32,
}

impl ReadyKey {
    /// The key as an event's token. Two tokens at the top are the reactor's own; a generation of
    /// all ones is never given out.
    pub(crate) fn to_token(self) -> usize {
        (self.generation as usize) << 32 | self.slot as usize
    }

    pub(crate) fn from_token(token: usize) -> ReadyKey {
        ReadyKey {
            slot: (token & 0xffff_ffff) as u32,
            generation: (token >> 32) as u32,
        }
    }
}

struct Slot {
    generation: u32,
    ready: [bool; 2],
    /// Something was done in this direction since the kernel reported it ready.
    uncertain: [bool; 2],
    /// The kernel reported a hang-up, an error or urgent data: no further edge need come for this
    /// direction.
    closed: [bool; 2],
    listeners: [Vec<(u64, Listener)>; 2],
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
            ready: [false; 2],
            uncertain: [false; 2],
            closed: [false; 2],
            listeners: [Vec::new(), Vec::new()],
        });
        Ok(ReadyKey {
            slot: slot as u32,
            generation,
        })
    }

    /// Forgets a slot and hands out its listeners, to be told outside of any borrow.
    pub(crate) fn remove(&mut self, key: ReadyKey, out: &mut Vec<Listener>) {
        if self.slot(key).is_some()
            && let Some(slot) = self.slots.try_remove(key.slot as usize)
        {
            out.extend(
                slot.listeners
                    .into_iter()
                    .flatten()
                    .map(|(_, listener)| listener),
            );
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

    /// Whether what a direction had to give may be used up although it is marked ready.
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

    /// Marks a direction ready and hands out those who waited for it.
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

    /// Waits for a direction; the number returned forgets it again. Gives the listener back where the
    /// source is gone: it is dropped while nothing is borrowed.
    pub(crate) fn listen(
        &mut self,
        key: ReadyKey,
        interest: Interest,
        listener: Listener,
    ) -> Result<u64, Listener> {
        let id = self.next_listener;
        match self.slot(key) {
            // Numbers only grow, so that the list is sorted by them.
            Some(slot) => slot.listeners[interest.index()].push((id, listener)),
            None => return Err(listener),
        }
        self.next_listener += 1;
        Ok(id)
    }

    /// Swaps the waker of a listener that has not fired; the old one is the caller's to drop, while
    /// nothing is borrowed. False: it fired or is gone.
    pub(crate) fn relisten(
        &mut self,
        key: ReadyKey,
        interest: Interest,
        id: u64,
        waker: &mut std::task::Waker,
    ) -> bool {
        let Some(slot) = self.slot(key) else {
            return false;
        };
        let listeners = &mut slot.listeners[interest.index()];
        let Ok(position) = listeners.binary_search_by_key(&id, |(known, _)| *known) else {
            return false;
        };
        match &mut listeners[position].1 {
            Listener::Waker(old) => {
                std::mem::swap(old, waker);
                true
            }
            Listener::Set { .. } => false,
        }
    }

    /// Forgets a listener that has not fired.
    pub(crate) fn unlisten(
        &mut self,
        key: ReadyKey,
        interest: Interest,
        id: u64,
    ) -> Option<Listener> {
        let listeners = &mut self.slot(key)?.listeners[interest.index()];
        let position = listeners.binary_search_by_key(&id, |(known, _)| *known);
        let position = position.ok()?;
        Some(listeners.remove(position).1)
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
            ReadyKey::from_token(first.to_token()),
            Interest::Readable,
            &mut out,
        );
        assert!(!table.is_ready(second, Interest::Readable));
        table.mark(
            ReadyKey::from_token(second.to_token()),
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
            let listener = Listener::Set { set: 0, tag };
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
                Listener::Set { tag, .. } => tag,
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
