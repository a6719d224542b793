//! Deadlines in order: a binary heap over (deadline, sequence).
//!
//! A timer that is disarmed gives its value back at once and leaves its node in the heap, as most timers are
//! disarmed long before they are due. Such dead nodes are taken out where they come to the top, and all at
//! once when they are more than the timers that are armed. Arming and firing are O(log n), disarming is O(1) on
//! average. Once the vectors have grown to the program's size, they allocate nothing.

use slab::Slab;

use crate::time::clock::Instant;

/// As many deadlines are looked at to find the last of them.
const COALESCED_MAX: usize = 64;
/// So many dead nodes are left however few timers are armed.
const DEAD_MIN: usize = 32;

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

/// A timer that was due.
pub(crate) struct Fired<T> {
    pub(crate) deadline: Instant,
    pub(crate) sequence: u64,
    pub(crate) value: T,
}

/// At most `bound` armed timers, each with a value that is handed out when it is due.
pub(crate) struct TimerHeap<T> {
    /// Those that are armed.
    slots: Slab<Slot<T>>,
    /// A node for each of them, and dead ones: at most as many as were armed when the last was disarmed, or
    /// [`DEAD_MIN`].
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
        (self.slots.len() >= self.bound).then_some(self.bound)
    }

    /// Arms a timer. Equal deadlines fire in the order of arming. The caller has checked
    /// [`bound_reached`](TimerHeap::bound_reached).
    pub(crate) fn arm(&mut self, deadline: Instant, value: T) -> TimerKey {
        debug_assert!(self.slots.len() < self.bound, "the bound is reached");
        let sequence = self.next_sequence;
        self.next_sequence += 1;
        let slot = self.slots.insert(Slot { sequence, value });
        let position = self.heap.len();
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
        if !self.is_armed(key) {
            return None;
        }
        let value = self.slots.remove(key.slot).value;
        match self.slots.is_empty() {
            true => self.heap.clear(),
            false => self.trim(),
        }
        Some(value)
    }

    /// The earliest deadline.
    pub(crate) fn next_deadline(&mut self) -> Option<Instant> {
        self.take_dead_out(0);
        self.heap.first().map(|node| node.deadline)
    }

    /// The earliest deadline but one.
    pub(crate) fn second_deadline(&mut self) -> Option<Instant> {
        self.take_dead_out(0);
        // In this order, because what takes the place of the second can be a dead third.
        self.take_dead_out(2);
        self.take_dead_out(1);
        let children = self.heap.iter().skip(1).take(2);
        children.map(|node| node.deadline).min()
    }

    /// The last deadline that is not after `limit`, or `limit` itself where there is none or where there are so
    /// many that finding it would take long.
    pub(crate) fn last_until(&self, limit: Instant) -> Instant {
        // Positions of those that are not after it, dead ones too. A node that is after it has only such below it.
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
                if self.is_alive(node) {
                    last = last.max(Some(node.deadline));
                }
            }
            if next == end {
                return last.unwrap_or(limit);
            }
            let first = 2 * found[next] + 1;
            children = first..first + 2;
            next += 1;
        }
    }

    /// Takes the first timer that is due at `now`.
    pub(crate) fn pop_due(&mut self, now: Instant) -> Option<Fired<T>> {
        loop {
            let &node = self.heap.first().filter(|node| node.deadline <= now)?;
            self.remove(0);
            if self.is_alive(&node) {
                let value = self.slots.remove(node.slot).value;
                if self.slots.is_empty() {
                    self.heap.clear();
                }
                return Some(Fired {
                    deadline: node.deadline,
                    sequence: node.sequence,
                    value,
                });
            }
        }
    }

    /// All that are armed, in the order in which they fire.
    pub(crate) fn in_order(&self) -> impl Iterator<Item = (Instant, &T)> {
        let alive = self.heap.iter().filter(|node| self.is_alive(node));
        let mut nodes: Vec<&Node> = alive.collect();
        nodes.sort_by_key(|node| (node.deadline, node.sequence));
        let value = |node: &Node| (node.deadline, &self.slots[node.slot].value);
        nodes.into_iter().map(value)
    }

    /// How many are armed.
    pub(crate) fn len(&self) -> usize {
        self.slots.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.slots.is_empty()
    }

    /// Whether a node's timer has not been disarmed.
    #[inline]
    fn is_alive(&self, node: &Node) -> bool {
        self.is_armed(TimerKey {
            slot: node.slot,
            sequence: node.sequence,
        })
    }

    /// Takes dead nodes out until there is none in this place.
    fn take_dead_out(&mut self, position: usize) {
        while let Some(node) = self.heap.get(position)
            && !self.is_alive(node)
        {
            self.remove(position);
        }
    }

    /// After a timer was disarmed: takes dead nodes out where that is cheap.
    fn trim(&mut self) {
        while let Some(last) = self.heap.last()
            && !self.is_alive(last)
        {
            self.heap.pop();
        }
        let dead = self.heap.len() - self.slots.len();
        if dead > DEAD_MIN.max(self.slots.len()) {
            self.compact();
        }
    }

    /// Takes all dead nodes out.
    #[cold]
    #[inline(never)]
    fn compact(&mut self) {
        let slots = &self.slots;
        self.heap.retain(|node| {
            let slot = slots.get(node.slot);
            slot.is_some_and(|slot| slot.sequence == node.sequence)
        });
        for position in (0..self.heap.len() / 2).rev() {
            self.sift_down(position);
        }
    }

    fn remove(&mut self, position: usize) {
        self.heap.swap_remove(position);
        if position < self.heap.len() && !self.sift_up(position) {
            self.sift_down(position);
        }
    }

    /// Moves a node up to where its parent is before it. False: it was there already.
    fn sift_up(&mut self, start: usize) -> bool {
        let node = self.heap[start];
        let mut position = start;
        while position > 0 {
            let parent = (position - 1) / 2;
            let above = self.heap[parent];
            if !node.before(&above) {
                break;
            }
            self.heap[position] = above;
            position = parent;
        }
        let moved = position != start;
        if moved {
            self.heap[position] = node;
        }
        moved
    }

    /// Moves a node down to where it is before its children. What goes down was the last of the heap, so that its
    /// place is near the bottom: the least children move up all the way, and it goes up from the bottom to its
    /// place. That takes half of the comparisons.
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
            self.heap[position] = self.heap[child];
            position = child;
        }
        while position > start {
            let parent = (position - 1) / 2;
            let above = self.heap[parent];
            if !node.before(&above) {
                break;
            }
            self.heap[position] = above;
            position = parent;
        }
        self.heap[position] = node;
    }
}

#[cfg(test)]
mod tests;
