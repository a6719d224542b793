//! What is woken when a timer is due or a source becomes ready.

use std::task::Waker;

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
