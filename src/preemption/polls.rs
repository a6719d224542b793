//! The counters that a dispatcher's thread and the ticker's thread share.

use std::sync::atomic::{AtomicU64, Ordering};

/// How often a dispatcher's thread has entered and left guests. It is written by that thread and
/// read by the ticker's.
#[derive(Default, Debug)]
pub(super) struct Polls {
    /// Counts entries and exits: odd while the thread is inside a guest.
    count: AtomicU64,
    /// The count at which the ticker has found the thread inside for longer than a tick.
    overdue: AtomicU64,
}

impl Polls {
    pub(super) fn count(&self) -> u64 {
        self.count.load(Ordering::SeqCst)
    }

    /// Records that the guest of this poll has been running for longer than a tick.
    pub(super) fn mark_overdue(&self, count: u64) {
        self.overdue.store(count, Ordering::Relaxed);
    }

    /// Records that the thread is inside a guest. `false` if it was already.
    #[inline]
    pub(super) fn begin(&self) -> bool {
        let before = self.count.load(Ordering::Relaxed);
        if !before.is_multiple_of(2) {
            return false;
        }
        // In one order with the ticker's state: either the ticker sees this, or this thread sees that
        // the ticker has stopped.
        self.count.store(before + 1, Ordering::SeqCst);
        true
    }

    /// Says that the thread has left the guest.
    #[inline]
    pub(super) fn end(&self) {
        let inside = self.count.load(Ordering::Relaxed);
        debug_assert!(!inside.is_multiple_of(2), "it is inside");
        self.count.store(inside + 1, Ordering::Release);
    }

    /// Whether the guest of this poll has been running for longer than a tick.
    pub(super) fn is_overdue(&self) -> bool {
        let count = self.count.load(Ordering::Relaxed);
        self.overdue.load(Ordering::Relaxed) == count
    }
}
