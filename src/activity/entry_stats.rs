//! What the calls of one entry have done, over all threads.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use wippy_dispatcher::{Histogram, SharedHistogram};

use crate::id::Id;

/// How a call ended, as metrics tell it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Outcome {
    /// With a result, or a status of the guest's choice 0.
    Ok,
    /// The guest ended itself with another status.
    Exit,
    /// The guest trapped.
    Trap,
    /// Its deadline came first.
    Deadline,
    /// Its pool was full, or it would have waited for itself.
    Refused,
    /// Anything else: its module, its arguments, what it was to be given.
    Failed,
    /// Whoever called has gone away.
    Dropped,
}

impl Outcome {
    /// All of them.
    pub const ALL: [Outcome; 7] = [
        Outcome::Ok,
        Outcome::Exit,
        Outcome::Trap,
        Outcome::Deadline,
        Outcome::Refused,
        Outcome::Failed,
        Outcome::Dropped,
    ];

    /// A word for it.
    pub fn name(self) -> &'static str {
        match self {
            Outcome::Ok => "ok",
            Outcome::Exit => "exit",
            Outcome::Trap => "trap",
            Outcome::Deadline => "deadline",
            Outcome::Refused => "refused",
            Outcome::Failed => "failed",
            Outcome::Dropped => "dropped",
        }
    }
}

/// The times of the calls of one entry that have ended.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
#[non_exhaustive]
pub struct CallTimes {
    /// From the beginning of a call to its end.
    pub duration: Histogram,
    /// How long a call waited for its module, a place in its pool, and an instance.
    pub queued: Histogram,
    /// How long its guest was parked in all.
    pub parked: Histogram,
    /// How long the dispatcher's thread was inside its guest in all; in a simulation the virtual time
    /// that computing took.
    pub processor: Histogram,
}

/// The counters of one entry.
#[derive(Debug)]
pub(crate) struct EntryStats {
    pub(crate) entry: Id,
    outcomes: [AtomicU64; Outcome::ALL.len()],
    /// `None` where nobody asked for times.
    times: Option<Box<SharedTimes>>,
}

#[derive(Debug, Default)]
struct SharedTimes {
    duration: SharedHistogram,
    queued: SharedHistogram,
    parked: SharedHistogram,
    processor: SharedHistogram,
}

impl SharedTimes {
    fn record(&self, time: CallTime) {
        self.duration.record(time.duration);
        self.queued.record(time.queued);
        self.parked.record(time.parked);
        self.processor.record(time.processor);
    }
}

/// The times of one call.
#[derive(Clone, Copy, Default, Debug)]
pub(super) struct CallTime {
    pub(super) duration: Duration,
    pub(super) queued: Duration,
    pub(super) parked: Duration,
    pub(super) processor: Duration,
}

impl EntryStats {
    pub(super) fn new(entry: Id, timed: bool) -> EntryStats {
        EntryStats {
            entry,
            outcomes: Default::default(),
            times: timed.then(Box::default),
        }
    }

    /// Whether times are counted.
    pub(super) fn is_timed(&self) -> bool {
        self.times.is_some()
    }

    /// Counts the end of a call.
    #[inline]
    pub(super) fn ended(&self, outcome: Outcome, time: impl FnOnce() -> Option<CallTime>) {
        self.outcomes[outcome as usize].fetch_add(1, Ordering::Relaxed);
        if let Some(times) = &self.times
            && let Some(time) = time()
        {
            times.record(time);
        }
    }

    /// How many calls ended, by the order of [`Outcome::ALL`].
    pub(crate) fn outcomes(&self) -> [u64; Outcome::ALL.len()] {
        std::array::from_fn(|index| self.outcomes[index].load(Ordering::Relaxed))
    }

    /// The times so far.
    pub(crate) fn times(&self) -> Option<CallTimes> {
        let times = self.times.as_ref()?;
        Some(CallTimes {
            duration: times.duration.snapshot(),
            queued: times.queued.snapshot(),
            parked: times.parked.snapshot(),
            processor: times.processor.snapshot(),
        })
    }
}
