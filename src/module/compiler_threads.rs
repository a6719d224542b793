//! The threads that compile: there while something is compiled, and no longer.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use rayon_core::{ThreadPool, ThreadPoolBuilder};

/// Threads that compilations share. The compiler would start a set of its own, which never ends.
#[derive(Clone, Default)]
pub(super) struct CompilerThreads(Arc<Mutex<Weak<ThreadPool>>>);

impl CompilerThreads {
    /// Runs a compilation with as many threads as there are processors. Blocks.
    pub(super) fn run<T: Send>(&self, compilation: impl FnOnce() -> T + Send) -> T {
        match self.shared() {
            Some(threads) => threads.install(compilation),
            // No threads can be started: the compiler does with what it has.
            None => compilation(),
        }
    }

    fn shared(&self) -> Option<Arc<ThreadPool>> {
        // It is set as a whole or not at all.
        let mut shared = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(threads) = shared.upgrade() {
            return Some(threads);
        }
        let threads = ThreadPoolBuilder::new().thread_name(|_| "wippy-compiler".to_owned());
        let threads = Arc::new(threads.build().ok()?);
        *shared = Arc::downgrade(&threads);
        Some(threads)
    }
}

impl fmt::Debug for CompilerThreads {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CompilerThreads").finish_non_exhaustive()
    }
}
