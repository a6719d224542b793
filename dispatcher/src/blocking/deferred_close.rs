//! Closing descriptors on a thread of their own, because `close` may wait for a server or a disk.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use rustix::process::{Resource, getrlimit};

use crate::blocking::workers::{Refused, Work, Workers, WorkersConfig};

/// After how long without work its thread ends.
const IDLE: Duration = Duration::from_millis(500);

/// Drops what it is given on a thread of its own, one value after the other. A `close` that is stuck
/// holds up the other closes here and nothing else, not even the end of the dispatcher. Clones are
/// the same.
#[derive(Clone)]
pub struct DeferredClose {
    /// `None`: values are dropped where they are given.
    workers: Option<Arc<Workers<Closing>>>,
    /// How many values may wait before [`DeferredClose::is_full`].
    bound: usize,
}

/// A value that is closed by being dropped.
struct Closing {
    _value: Box<dyn Send>,
}

impl Work for Closing {
    /// The drop that follows does all there is to do.
    fn run(&mut self) {}
}

impl DeferredClose {
    /// Without a thread so far; it starts at the first value. A quarter of the descriptors that the
    /// process may have can wait.
    pub fn new() -> DeferredClose {
        // Without a limit of the system's there is none here.
        let limit = getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX);
        DeferredClose {
            workers: Some(Arc::new(Workers::new(WorkersConfig {
                thread_name: "wippy-closing",
                max_threads: 1,
                max_queue: usize::MAX,
                idle: IDLE,
                counts: Arc::default(),
            }))),
            bound: usize::try_from(limit / 4).unwrap_or(usize::MAX),
        }
    }

    /// One that drops values where they are given: a simulation has an order of its own.
    pub fn inline() -> DeferredClose {
        DeferredClose {
            workers: None,
            bound: usize::MAX,
        }
    }

    /// Whether so much waits that nothing more should be opened.
    pub fn is_full(&self) -> bool {
        let workers = self.workers.as_ref();
        workers.is_some_and(|workers| workers.waiting() >= self.bound)
    }

    /// Drops `value`. Never blocks, from whatever thread, unless this is
    /// [`inline`](DeferredClose::inline).
    pub fn close(&self, value: impl Send + 'static) {
        let Some(workers) = &self.workers else {
            return drop(value);
        };
        let closing = Closing {
            _value: Box::new(value),
        };
        match workers.submit(closing) {
            Ok(()) => {}
            // Where the system has no thread to give, it waits for the next one.
            Err(
                Refused::NoThread(closing, _)
                | Refused::QueueFull(closing)
                | Refused::Closed(closing),
            ) => workers.enqueue(closing),
        }
    }
}

impl fmt::Debug for DeferredClose {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DeferredClose")
            .field("is_inline", &self.workers.is_none())
            .finish_non_exhaustive()
    }
}

impl Default for DeferredClose {
    fn default() -> DeferredClose {
        DeferredClose::new()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{Receiver, Sender, channel};
    use std::thread::{self, ThreadId};

    use super::*;

    /// Sends the thread on which it is dropped.
    struct Probe(Sender<ThreadId>);

    impl Drop for Probe {
        fn drop(&mut self) {
            let _ = self.0.send(thread::current().id());
        }
    }

    #[test]
    fn what_is_closed_is_dropped_elsewhere_and_in_a_simulation_here() {
        let (sender, dropped_on) = channel();
        let close = DeferredClose::new();
        close.close(Probe(sender.clone()));
        close.clone().close(Probe(sender.clone()));
        let threads: Vec<_> = dropped_on.iter().take(2).collect();
        assert_eq!(threads[0], threads[1]);
        assert_ne!(threads[0], thread::current().id());
        DeferredClose::inline().close(Probe(sender));
        assert_eq!(dropped_on.recv(), Ok(thread::current().id()));
    }

    #[test]
    fn one_that_is_stuck_holds_up_nobody_who_closes() {
        struct Stuck(Receiver<()>);
        impl Drop for Stuck {
            fn drop(&mut self) {
                let _ = self.0.recv();
            }
        }
        let (release, stuck) = channel();
        let (sender, dropped_on) = channel();
        let close = DeferredClose::new();
        close.close(Stuck(stuck));
        for _ in 0..100 {
            close.close(Probe(sender.clone()));
        }
        drop(release);
        assert_eq!(dropped_on.iter().take(100).count(), 100);
    }
}
