//! What probes are told of a server.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

/// Whether a server takes requests. Any thread may have it; clones are the same.
#[derive(Clone, Default, Debug)]
pub struct Health(Arc<AtomicU8>);

/// What a server does.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Phase {
    /// It takes no requests yet.
    Starting,
    /// It takes requests.
    Ready,
    /// It still takes requests, and is to get no more.
    Draining,
}

impl Health {
    /// What the server does.
    pub fn phase(&self) -> Phase {
        match self.0.load(Ordering::Acquire) {
            0 => Phase::Starting,
            1 => Phase::Ready,
            _ => Phase::Draining,
        }
    }

    /// Says so. One who drains does not go back.
    pub fn set(&self, phase: Phase) {
        let number = match phase {
            Phase::Starting => 0,
            Phase::Ready => 1,
            Phase::Draining => 2,
        };
        self.0.fetch_max(number, Ordering::AcqRel);
    }
}
