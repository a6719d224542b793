//! What is woken when a timer is due or a source becomes ready.

use std::task::Waker;

use crate::sim::record::Waiter;

/// A waker of its own, or one member of a wait set, which notes that this member fired.
pub(crate) enum Listener {
    Waker(Waker),
    /// The member `tag` of the wait set `set`, a key of `WaitSets`.
    Member {
        set: usize,
        tag: u32,
    },
}

impl Listener {
    /// Who is notified, in the records of a simulation: a member of a wait set, or `alone`.
    pub(crate) fn waiter(&self, alone: Waiter) -> Waiter {
        match *self {
            Listener::Waker(_) => alone,
            Listener::Member { set, tag } => Waiter::Member {
                set: set as u64,
                tag,
            },
        }
    }

    /// Swaps the listener's waker with `waker`. False: it is a member of a wait set and has none.
    /// The caller drops the old waker once nothing is borrowed, because that may run foreign code.
    pub(crate) fn swap_waker(&mut self, waker: &mut Waker) -> bool {
        match self {
            Listener::Waker(old) => {
                std::mem::swap(old, waker);
                true
            }
            Listener::Member { .. } => false,
        }
    }
}
