//! The timers: an indexed binary heap ordered by (deadline, sequence).
//!
//! Arming, firing and dropping an unfired timer are O(log n) and, once the vectors have grown to
//! the program's size, allocate nothing.

use slab::Slab;

use crate::Error;
use crate::executor::listener::Listener;
use crate::time::clock::Instant;

/// Names an armed timer. A key whose timer has fired is stale and harmless.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TimerKey {
    slot: usize,
    sequence: u64,
}

struct Armed {
    sequence: u64,
    position: usize,
    listener: Listener,
}

#[derive(Clone, Copy)]
struct Node {
    deadline: Instant,
    sequence: u64,
    slot: usize,
}

impl Node {
    fn before(&self, other: &Node) -> bool {
        (self.deadline, self.sequence) < (other.deadline, other.sequence)
    }
}

pub(crate) struct Timers {
    slots: Slab<Armed>,
    heap: Vec<Node>,
    next_sequence: u64,
    bound: usize,
}

impl Timers {
    pub(crate) fn new(bound: usize) -> Timers {
        Timers {
            slots: Slab::new(),
            heap: Vec::new(),
            next_sequence: 0,
            bound,
        }
    }

    /// Arms a timer. Equal deadlines fire in the order of arming.
    pub(crate) fn arm(&mut self, deadline: Instant, listener: Listener) -> Result<TimerKey, Error> {
        if let Some(error) = self.full() {
            return Err(error);
        }
        let sequence = self.next_sequence;
        self.next_sequence += 1;
        let position = self.heap.len();
        let slot = self.slots.insert(Armed {
            sequence,
            position,
            listener,
        });
        self.heap.push(Node {
            deadline,
            sequence,
            slot,
        });
        self.sift_up(position);
        Ok(TimerKey { slot, sequence })
    }

    /// Why no more can be armed.
    pub(crate) fn full(&self) -> Option<Error> {
        let full = self.heap.len() >= self.bound;
        full.then_some(Error::TooManyTimers(self.bound))
    }

    /// Swaps the waker of an armed timer; the old one is the caller's to drop, while nothing is
    /// borrowed. False: it has fired already.
    pub(crate) fn relisten(&mut self, key: TimerKey, waker: &mut std::task::Waker) -> bool {
        match self.slots.get_mut(key.slot) {
            Some(Armed {
                sequence,
                listener: Listener::Waker(old),
                ..
            }) if *sequence == key.sequence => {
                std::mem::swap(old, waker);
                true
            }
            _ => false,
        }
    }

    /// Drops an unfired timer; a stale key does nothing. The listener is handed out so that it is
    /// dropped while nothing is borrowed.
    pub(crate) fn disarm(&mut self, key: TimerKey) -> Option<Listener> {
        match self.slots.get(key.slot) {
            Some(armed) if armed.sequence == key.sequence => {
                let position = armed.position;
                self.remove(position)
            }
            _ => None,
        }
    }

    /// The earliest deadline.
    pub(crate) fn next_deadline(&self) -> Option<Instant> {
        self.heap.first().map(|node| node.deadline)
    }

    /// Takes the first timer that is due at `now`.
    pub(crate) fn pop_due(&mut self, now: Instant) -> Option<Listener> {
        match self.heap.first() {
            Some(node) if node.deadline <= now => self.remove(0),
            _ => None,
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.heap.len()
    }

    fn remove(&mut self, position: usize) -> Option<Listener> {
        if position >= self.heap.len() {
            return None;
        }
        let node = self.heap.swap_remove(position);
        if position < self.heap.len() {
            self.place(position);
            if !self.sift_up(position) {
                self.sift_down(position);
            }
        }
        self.slots.try_remove(node.slot).map(|armed| armed.listener)
    }

    /// Notes in its slot where a node stands.
    fn place(&mut self, position: usize) {
        if let Some(armed) = self.slots.get_mut(self.heap[position].slot) {
            armed.position = position;
        }
    }

    fn swap(&mut self, a: usize, b: usize) {
        self.heap.swap(a, b);
        self.place(a);
        self.place(b);
    }

    fn sift_up(&mut self, mut position: usize) -> bool {
        let start = position;
        while position > 0 {
            let parent = (position - 1) / 2;
            if !self.heap[position].before(&self.heap[parent]) {
                break;
            }
            self.swap(position, parent);
            position = parent;
        }
        position != start
    }

    fn sift_down(&mut self, mut position: usize) {
        loop {
            let left = 2 * position + 1;
            let right = left + 1;
            let mut least = position;
            for child in [left, right] {
                if child < self.heap.len() && self.heap[child].before(&self.heap[least]) {
                    least = child;
                }
            }
            if least == position {
                return;
            }
            self.swap(position, least);
            position = least;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn tag(tag: u32) -> Listener {
        Listener::Set { set: 0, tag }
    }

    fn tag_of(listener: Listener) -> u32 {
        match listener {
            Listener::Set { tag, .. } => tag,
            Listener::Waker(_) => u32::MAX,
        }
    }

    proptest! {
        /// Any mix of arming, dropping and firing agrees with a sorted list.
        #[test]
        fn agrees_with_a_sorted_model(steps in prop::collection::vec((0u8..3, 0u64..50), 1..200)) {
            let mut timers = Timers::new(usize::MAX);
            let mut model: Vec<(u64, u32)> = Vec::new();
            let mut keys: Vec<(u32, TimerKey)> = Vec::new();
            let mut next = 0;
            for (step, value) in steps {
                match step {
                    0 => {
                        let key = timers.arm(Instant::from_nanos(value), tag(next)).expect("no bound");
                        keys.push((next, key));
                        model.push((value, next));
                        next += 1;
                    }
                    1 if !keys.is_empty() => {
                        let (id, key) = keys.swap_remove(value as usize % keys.len());
                        let gone = timers.disarm(key).map(tag_of);
                        let there = model.iter().position(|&(_, known)| known == id);
                        prop_assert_eq!(gone, there.map(|_| id));
                        if let Some(index) = there {
                            model.remove(index);
                        }
                    }
                    _ => {
                        model.sort();
                        let due = match model.first() {
                            Some(&(deadline, id)) if deadline <= value => {
                                model.remove(0);
                                Some(id)
                            }
                            _ => None,
                        };
                        prop_assert_eq!(timers.pop_due(Instant::from_nanos(value)).map(tag_of), due);
                    }
                }
                prop_assert_eq!(timers.len(), model.len());
                let earliest = model.iter().map(|&(deadline, _)| Instant::from_nanos(deadline)).min();
                prop_assert_eq!(timers.next_deadline(), earliest);
            }
        }
    }

    #[test]
    fn a_stale_key_drops_nothing() {
        let mut timers = Timers::new(4);
        let first = timers.arm(Instant::from_nanos(1), tag(1)).expect("room");
        assert!(timers.pop_due(Instant::from_nanos(1)).is_some());
        let second = timers.arm(Instant::from_nanos(2), tag(2)).expect("room");
        assert!(timers.disarm(first).is_none());
        assert_eq!(timers.disarm(second).map(tag_of), Some(2));
    }

    #[test]
    fn the_bound_has_a_name() {
        let mut timers = Timers::new(1);
        timers.arm(Instant::from_nanos(1), tag(1)).expect("room");
        let refused = timers.arm(Instant::from_nanos(1), tag(2));
        assert!(matches!(refused, Err(Error::TooManyTimers(1))));
    }
}
