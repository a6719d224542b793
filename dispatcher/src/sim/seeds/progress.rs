//! How far a sweep has come.

use std::time::Duration;

/// How far a sweep over seeds has come; see [`Seeds::progress`](crate::sim::Seeds::progress).
#[derive(Clone, Copy, PartialEq, Debug)]
#[non_exhaustive]
pub struct SweepProgress {
    /// How many seeds are done, all before the first that is not.
    pub done: u64,
    /// How many there are.
    pub total: u64,
    /// How many of those done have failed.
    pub failed: u64,
    /// Real time since the sweep began.
    pub elapsed: Duration,
}

impl SweepProgress {
    /// Seeds a second of real time, 0 at the very beginning.
    pub fn per_second(&self) -> f64 {
        match self.elapsed.as_secs_f64() {
            0.0 => 0.0,
            seconds => self.done as f64 / seconds,
        }
    }
}

/// What is called after each seed.
pub(super) type OnProgress = Box<dyn FnMut(&SweepProgress)>;
