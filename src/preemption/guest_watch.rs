//! What a dispatcher's thread says of the guests that it runs.

use super::polls::Polls;
use super::ticker::Ticker;
use std::fmt;
use std::sync::Arc;

/// One dispatcher's guests, watched by the ticker of their program.
pub(crate) struct GuestWatch {
    polls: Arc<Polls>,
    ticker: Ticker,
}

impl GuestWatch {
    /// For the guests of one more dispatcher, which the ticker looks at until this is dropped.
    pub(crate) fn new(ticker: Ticker) -> GuestWatch {
        let polls = Arc::new(Polls::default());
        // 0 is outside: nothing is overdue.
        polls.mark_overdue(u64::MAX);
        ticker.add(&polls);
        GuestWatch { polls, ticker }
    }

    /// Says that this thread is inside a guest until the answer is dropped. `None` if it is already.
    #[inline]
    pub(crate) fn enter(&self) -> Option<Inside<'_>> {
        if !self.polls.begin() {
            return None;
        }
        self.ticker.ensure_running();
        Some(Inside(&self.polls))
    }

    /// Whether the guest that this thread is inside of has been running for longer than a tick.
    pub(crate) fn is_overdue(&self) -> bool {
        self.polls.is_overdue()
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
    #[inline]
    fn drop(&mut self) {
        self.0.end();
    }
}
