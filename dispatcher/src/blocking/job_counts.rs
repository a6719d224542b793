//! How many blocking jobs a dispatcher has, over the pool, the lanes and the lookups.

use std::sync::atomic::{AtomicUsize, Ordering};

/// Shared by all groups of workers and all semaphores of a dispatcher.
#[derive(Debug, Default)]
pub(crate) struct JobCounts {
    pub(crate) threads: Gauge,
    pub(crate) running: Gauge,
    /// Jobs that wait for a thread, and those that wait for their turn in a lane.
    pub(crate) waiting: Gauge,
}

/// A number that goes up and down on several threads.
#[derive(Debug, Default)]
pub(crate) struct Gauge(AtomicUsize);

impl Gauge {
    pub(crate) fn get(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }

    pub(crate) fn up(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn down(&self) {
        self.down_by(1);
    }

    pub(crate) fn down_by(&self, count: usize) {
        self.0.fetch_sub(count, Ordering::Relaxed);
    }
}
