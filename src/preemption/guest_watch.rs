//! What a dispatcher's thread says of the guests that it runs.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::ticker::Ticker;

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

    /// Says that the guest of this poll has been running for longer than a tick.
    pub(super) fn mark_overdue(&self, count: u64) {
        self.overdue.store(count, Ordering::Relaxed);
    }
}

/// One dispatcher's guests, watched by the ticker of their program.
pub(crate) struct GuestWatch {
    polls: Arc<Polls>,
    ticker: Ticker,
}

impl GuestWatch {
    pub(super) fn new(polls: Arc<Polls>, ticker: Ticker) -> GuestWatch {
        GuestWatch { polls, ticker }
    }

    /// Says that this thread is inside a guest until the answer is dropped. `None` if it is already.
    pub(crate) fn enter(&self) -> Option<Inside<'_>> {
        let before = self.polls.count.load(Ordering::Relaxed);
        if !before.is_multiple_of(2) {
            return None;
        }
        // In one order with the ticker's state: either the ticker sees this, or this sees that the
        // ticker has stopped.
        self.polls.count.store(before + 1, Ordering::SeqCst);
        self.ticker.ensure_running();
        Some(Inside(&self.polls))
    }

    /// Whether the guest that this thread is inside of has been running for longer than a tick.
    pub(crate) fn is_overdue(&self) -> bool {
        let count = self.polls.count.load(Ordering::Relaxed);
        self.polls.overdue.load(Ordering::Relaxed) == count
    }
}

impl fmt::Debug for GuestWatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("GuestWatch").field(&self.polls).finish()
    }
}

/// The dispatcher's thread is inside a guest.
pub(crate) struct Inside<'a>(&'a Polls);

impl Drop for Inside<'_> {
    fn drop(&mut self) {
        let inside = self.0.count.load(Ordering::Relaxed);
        debug_assert!(!inside.is_multiple_of(2), "it is inside");
        self.0.count.store(inside + 1, Ordering::Release);
    }
}
