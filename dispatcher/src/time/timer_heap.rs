//! Deadlines in order: an indexed binary heap over (deadline, sequence).
//!
//! Arming, firing and disarming are O(log n). Once the vectors have grown to the program's size,
//! they allocate nothing.

use slab::Slab;

use crate::time::clock::Instant;

/// As many deadlines are looked at to find the last of them.
const COALESCED_MAX: usize = 64;

/// What a deadline is for. Only the simulated driver makes a difference between them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum DeadlineKind {
    Timer,
    /// The end of a yield, which takes virtual time.
    Yield,
    /// The answer to a name lookup.
    Lookup,
    /// The drawn duration of a simulated blocking job has passed.
    JobDone,
}

/// Names an armed timer. The key of a timer that has fired or was disarmed names nothing: the
/// sequence number distinguishes it from the slot's next user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TimerKey {
    slot: usize,
    sequence: u64,
}

impl TimerKey {
    /// Which timer it was, of all that were armed.
    pub(crate) fn sequence(self) -> u64 {
        self.sequence
    }
}

struct Slot<T> {
    sequence: u64,
    /// Where its node stands in the heap.
    position: usize,
    value: T,
}

#[derive(Clone, Copy)]
struct Node {
    deadline: Instant,
    sequence: u64,
    slot: usize,
}

impl Node {
    /// One number, because comparing it takes no branch that could be predicted wrongly.
    #[inline]
    fn order(&self) -> u128 {
        u128::from(self.deadline.as_nanos()) << 64 | u128::from(self.sequence)
    }

    #[inline]
    fn before(&self, other: &Node) -> bool {
        self.order() < other.order()
    }
}

/// At most `bound` armed timers, each with a value that is handed out when it is due.
pub(crate) struct TimerHeap<T> {
    slots: Slab<Slot<T>>,
    heap: Vec<Node>,
    next_sequence: u64,
    bound: usize,
}

impl<T> TimerHeap<T> {
    pub(crate) fn new(bound: usize) -> TimerHeap<T> {
        TimerHeap {
            slots: Slab::new(),
            heap: Vec::new(),
            next_sequence: 0,
            bound,
        }
    }

    /// The bound, if it is reached.
    pub(crate) fn bound_reached(&self) -> Option<usize> {
        (self.heap.len() >= self.bound).then_some(self.bound)
    }

    /// Arms a timer. Equal deadlines fire in the order of arming. The caller has checked
    /// [`bound_reached`](TimerHeap::bound_reached).
    pub(crate) fn arm(&mut self, deadline: Instant, value: T) -> TimerKey {
        debug_assert!(self.heap.len() < self.bound, "the bound is reached");
        let sequence = self.next_sequence;
        self.next_sequence += 1;
        let position = self.heap.len();
        let slot = self.slots.insert(Slot {
            sequence,
            position,
            value,
        });
        self.heap.push(Node {
            deadline,
            sequence,
            slot,
        });
        self.sift_up(position);
        TimerKey { slot, sequence }
    }

    /// The value of an armed timer; `None` once it has fired.
    pub(crate) fn get_mut(&mut self, key: TimerKey) -> Option<&mut T> {
        let slot = self.slots.get_mut(key.slot)?;
        (slot.sequence == key.sequence).then_some(&mut slot.value)
    }

    /// Whether it has neither fired nor been disarmed.
    pub(crate) fn is_armed(&self, key: TimerKey) -> bool {
        let slot = self.slots.get(key.slot);
        slot.is_some_and(|slot| slot.sequence == key.sequence)
    }

    /// Takes an armed timer out; does nothing once it has fired.
    pub(crate) fn disarm(&mut self, key: TimerKey) -> Option<T> {
        let slot = self.slots.get(key.slot)?;
        (slot.sequence == key.sequence).then_some(slot.position)?;
        let position = slot.position;
        Some(self.remove(position))
    }

    /// The earliest deadline.
    pub(crate) fn next_deadline(&self) -> Option<Instant> {
        self.heap.first().map(|node| node.deadline)
    }

    /// The earliest deadline but one.
    pub(crate) fn second_deadline(&self) -> Option<Instant> {
        let children = self.heap.iter().skip(1).take(2);
        children.map(|node| node.deadline).min()
    }

    /// The last deadline that is not after `limit`, or `limit` itself where there is none or where there are so
    /// many that finding it would take long.
    pub(crate) fn last_until(&self, limit: Instant) -> Instant {
        // Positions of those that are not after it. A node that is after it has only such below it.
        let mut found = [0; COALESCED_MAX];
        let mut last = None;
        let (mut next, mut end) = (0, 0);
        let mut children = 0..1;
        loop {
            for child in children {
                let Some(node) = self.heap.get(child).filter(|node| node.deadline <= limit) else {
                    continue;
                };
                let Some(place) = found.get_mut(end) else {
                    return limit;
                };
                *place = child;
                end += 1;
                last = last.max(Some(node.deadline));
            }
            if next == end {
                return last.unwrap_or(limit);
            }
            let first = 2 * found[next] + 1;
            children = first..first + 2;
            next += 1;
        }
    }

    /// The sequence number of the earliest.
    pub(crate) fn next_sequence(&self) -> Option<u64> {
        self.heap.first().map(|node| node.sequence)
    }

    /// Takes the first timer that is due at `now`.
    pub(crate) fn pop_due(&mut self, now: Instant) -> Option<T> {
        match self.heap.first() {
            Some(node) if node.deadline <= now => Some(self.remove(0)),
            _ => None,
        }
    }

    /// All that are armed, in the order in which they fire.
    pub(crate) fn in_order(&self) -> impl Iterator<Item = (Instant, &T)> {
        let mut nodes: Vec<&Node> = self.heap.iter().collect();
        nodes.sort_by_key(|node| (node.deadline, node.sequence));
        let value = |node: &Node| (node.deadline, &self.slots[node.slot].value);
        nodes.into_iter().map(value)
    }

    /// How many are armed.
    pub(crate) fn len(&self) -> usize {
        self.heap.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.heap.is_empty()
    }

    fn remove(&mut self, position: usize) -> T {
        let removed = self.heap.swap_remove(position);
        if position < self.heap.len() && !self.sift_up(position) {
            self.sift_down(position);
        }
        self.slots.remove(removed.slot).value
    }

    /// Puts a node into the heap, and notes its position in its slot.
    #[inline]
    fn put(&mut self, position: usize, node: Node) {
        self.heap[position] = node;
        self.slots[node.slot].position = position;
    }

    /// Moves a node up to where its parent is before it. False: it was there already, and its slot
    /// was not changed.
    fn sift_up(&mut self, start: usize) -> bool {
        let node = self.heap[start];
        let mut position = start;
        while position > 0 {
            let parent = (position - 1) / 2;
            let above = self.heap[parent];
            if !node.before(&above) {
                break;
            }
            self.put(position, above);
            position = parent;
        }
        let moved = position != start;
        if moved {
            self.put(position, node);
        }
        moved
    }

    /// Moves a node down to where it is before its children, and notes its position. What goes down was
    /// the last of the heap, so that its place is near the bottom: the least children move up all the way,
    /// and it goes up from the bottom to its place. That takes half of the comparisons.
    fn sift_down(&mut self, start: usize) {
        let node = self.heap[start];
        let mut position = start;
        loop {
            let left = 2 * position + 1;
            let child = match self.heap.get(left..left + 2) {
                Some([first, second]) => left + usize::from(second.before(first)),
                _ if left < self.heap.len() => left,
                _ => break,
            };
            self.put(position, self.heap[child]);
            position = child;
        }
        while position > start {
            let parent = (position - 1) / 2;
            let above = self.heap[parent];
            if !node.before(&above) {
                break;
            }
            self.put(position, above);
            position = parent;
        }
        self.put(position, node);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// Any mix of arming, dropping and firing agrees with a sorted list.
        #[test]
        fn agrees_with_a_sorted_model(steps in prop::collection::vec((0u8..3, 0u64..50), 1..200)) {
            let mut timers: TimerHeap<u32> = TimerHeap::new(usize::MAX);
            let mut model: Vec<(u64, u32)> = Vec::new();
            let mut keys: Vec<(u32, TimerKey)> = Vec::new();
            let mut next = 0;
            for (step, value) in steps {
                match step {
                    0 => {
                        let key = timers.arm(Instant::from_nanos(value), next);
                        keys.push((next, key));
                        model.push((value, next));
                        next += 1;
                    }
                    1 if !keys.is_empty() => {
                        let (id, key) = keys.swap_remove(value as usize % keys.len());
                        let gone = timers.disarm(key);
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
                        prop_assert_eq!(timers.pop_due(Instant::from_nanos(value)), due);
                    }
                }
                prop_assert_eq!(timers.heap.len(), model.len());
                let earliest = model.iter().map(|&(deadline, _)| Instant::from_nanos(deadline)).min();
                prop_assert_eq!(timers.next_deadline(), earliest);
            }
        }
    }

    proptest! {
        /// What is said of the heap without taking anything out agrees with a sorted list.
        #[test]
        fn the_order_can_be_looked_at(
            deadlines in prop::collection::vec(0u64..50, 0..100),
            limit in 0u64..50,
        ) {
            let mut timers = TimerHeap::new(usize::MAX);
            for &deadline in &deadlines {
                timers.arm(Instant::from_nanos(deadline), ());
            }
            let mut sorted = deadlines;
            sorted.sort_unstable();
            let second = sorted.get(1).map(|&nanos| Instant::from_nanos(nanos));
            prop_assert_eq!(timers.second_deadline(), second);
            let covered: Vec<u64> = sorted.into_iter().filter(|&nanos| nanos <= limit).collect();
            let last = match covered.last() {
                Some(&last) if covered.len() <= COALESCED_MAX => last,
                _ => limit,
            };
            prop_assert_eq!(timers.last_until(Instant::from_nanos(limit)), Instant::from_nanos(last));
        }
    }

    #[test]
    fn a_stale_key_drops_nothing() {
        let mut timers = TimerHeap::new(4);
        let first = timers.arm(Instant::from_nanos(1), 1);
        assert!(timers.pop_due(Instant::from_nanos(1)).is_some());
        let second = timers.arm(Instant::from_nanos(2), 2);
        assert!(timers.disarm(first).is_none());
        assert_eq!(timers.disarm(second), Some(2));
    }

    #[test]
    fn the_bound_is_reached_and_said() {
        let mut timers = TimerHeap::new(1);
        assert_eq!(timers.bound_reached(), None);
        timers.arm(Instant::from_nanos(1), 1);
        assert_eq!(timers.bound_reached(), Some(1));
    }
}
