//! The table of wait sets: which members have fired, and which task to wake.

use std::task::Waker;

use slab::Slab;

use crate::Error;
use crate::io::readiness::{Interest, ReadyKey};
use crate::time::timer_heap::TimerKey;

/// What a wait set has armed or listens to for a member, to be given up again.
#[derive(Clone, Copy)]
pub(crate) enum Registration {
    Timer(TimerKey),
    Listener {
        key: ReadyKey,
        interest: Interest,
        /// The listener's number in the table of readiness.
        number: u64,
    },
}

#[derive(Default)]
struct Set {
    waker: Option<Waker>,
    /// The tags of members that have fired, in that order.
    fired: Vec<u32>,
}

/// All wait sets of a dispatcher, and their bounds.
pub(crate) struct WaitSets {
    sets: Slab<Set>,
    max_sets: usize,
    max_members: usize,
}

impl WaitSets {
    pub(crate) fn new(max_sets: usize, max_members: usize) -> WaitSets {
        WaitSets {
            sets: Slab::new(),
            max_sets,
            max_members,
        }
    }

    /// The most members that one set may have.
    pub(crate) fn max_members(&self) -> usize {
        self.max_members
    }

    /// How many sets there are.
    pub(crate) fn len(&self) -> usize {
        self.sets.len()
    }

    pub(crate) fn insert(&mut self) -> Result<usize, Error> {
        if self.sets.len() >= self.max_sets {
            return Err(Error::TooManyWaitSets(self.max_sets));
        }
        Ok(self.sets.insert(Set::default()))
    }

    /// Removes a set. The caller drops its waker while nothing is borrowed.
    pub(crate) fn remove(&mut self, id: usize) -> Option<Waker> {
        let set = self.sets.try_remove(id);
        debug_assert!(set.is_some(), "each wait set is removed once");
        set?.waker
    }

    /// Notes that a member has fired, and hands out the waker of the task that waits.
    pub(crate) fn fire(&mut self, id: usize, tag: u32) -> Option<Waker> {
        let set = self.sets.get_mut(id)?;
        set.fired.push(tag);
        set.waker.take()
    }

    /// Notes that a member has fired while its owner was adding it; no task waits at that time.
    pub(crate) fn fire_at_once(&mut self, id: usize, tag: u32) {
        let set = self.sets.get_mut(id);
        debug_assert!(set.is_some(), "its owner is adding to it");
        if let Some(set) = set {
            set.fired.push(tag);
        }
    }

    /// Whether a member has fired. If none has, leaves the waker with the set and puts the one
    /// before it in its place, which the caller drops while nothing is borrowed.
    pub(crate) fn poll(&mut self, id: usize, waker: &mut Option<Waker>) -> bool {
        let Some(set) = self.sets.get_mut(id) else {
            debug_assert!(false, "its owner waits for it");
            return true;
        };
        if !set.fired.is_empty() {
            return true;
        }
        std::mem::swap(&mut set.waker, waker);
        false
    }

    /// The sets for which a task waits, in the order of their places.
    pub(crate) fn waited_for(&self) -> impl Iterator<Item = (usize, &Waker)> {
        let sets = self.sets.iter();
        sets.filter_map(|(id, set)| Some((id, set.waker.as_ref()?)))
    }

    /// Moves the tags that have fired behind those in `tags`.
    pub(crate) fn take_fired(&mut self, id: usize, tags: &mut Vec<u32>) {
        if let Some(set) = self.sets.get_mut(id) {
            tags.append(&mut set.fired);
        }
    }

    /// Forgets what has fired. The caller drops the waker while nothing is borrowed.
    pub(crate) fn reset(&mut self, id: usize) -> Option<Waker> {
        let set = self.sets.get_mut(id)?;
        set.fired.clear();
        set.waker.take()
    }
}
