//! How many calls a dispatcher has.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Counts the calls of one dispatcher. Clones are the same count.
#[derive(Clone, Default, Debug)]
pub(in crate::runtime) struct Load(Arc<AtomicUsize>);

/// A call that counts until this is dropped.
#[derive(Debug)]
pub(in crate::runtime) struct LoadGuard(Arc<AtomicUsize>);

impl Load {
    /// The calls that run there or are on their way. A guess: other threads change it.
    pub(in crate::runtime) fn get(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }

    /// Counts one more.
    pub(in crate::runtime) fn add(&self) -> LoadGuard {
        self.0.fetch_add(1, Ordering::Relaxed);
        LoadGuard(self.0.clone())
    }
}

impl Drop for LoadGuard {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}
