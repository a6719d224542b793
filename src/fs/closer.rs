//! Closing what may wait for a server or a disk, where nobody waits for it.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use rustix::process::{Resource, getrlimit};

/// After how long without work its thread ends.
const IDLE: Duration = Duration::from_secs(1);

/// Drops what it is given on a thread of its own, one after the other: a `close` that is stuck holds
/// up the other closes of its filesystem and nothing else, not even the end of the dispatcher. Clones
/// are the same closer.
#[derive(Clone)]
pub struct Closer {
    inner: Option<Arc<Inner>>,
    bound: usize,
}

#[derive(Default)]
struct Inner {
    state: Mutex<State>,
    more: Condvar,
}

#[derive(Default)]
struct State {
    waiting: Vec<Box<dyn Send>>,
    has_thread: bool,
}

impl Closer {
    /// Without a thread so far; it starts at the first need. A quarter of the descriptors that the
    /// process may have can wait.
    pub fn new() -> Closer {
        let limit = getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX);
        Closer {
            inner: Some(Arc::default()),
            bound: usize::try_from(limit / 4).unwrap_or(usize::MAX),
        }
    }

    /// One that drops where it is called: a simulation does everything in an order of its own.
    pub fn inline() -> Closer {
        Closer {
            inner: None,
            bound: usize::MAX,
        }
    }

    /// Whether so much waits that nothing more is to be opened.
    pub fn is_full(&self) -> bool {
        let inner = self.inner.as_ref();
        inner.is_some_and(|inner| inner.lock().waiting.len() >= self.bound)
    }

    /// Drops it. Never blocks, from whatever thread.
    pub fn close(&self, what: impl Send + 'static) {
        let Some(inner) = &self.inner else {
            return drop(what);
        };
        let mut state = inner.lock();
        state.waiting.push(Box::new(what));
        if state.has_thread {
            inner.more.notify_one();
            return;
        }
        let own = inner.clone();
        let started = thread::Builder::new()
            .name("wippy-closing".into())
            .spawn(move || own.run());
        // Where the system has no thread for it, it waits for the next one.
        state.has_thread = started.is_ok();
    }
}

impl Default for Closer {
    fn default() -> Closer {
        Closer::new()
    }
}

impl Inner {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn run(&self) {
        let mut state = self.lock();
        loop {
            if let Some(what) = state.waiting.pop() {
                drop(state);
                drop(what);
                state = self.lock();
                continue;
            }
            let (woken, wait) = self
                .more
                .wait_timeout(state, IDLE)
                .unwrap_or_else(PoisonError::into_inner);
            state = woken;
            if wait.timed_out() && state.waiting.is_empty() {
                state.has_thread = false;
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{Sender, channel};
    use std::thread::ThreadId;

    use super::*;

    struct Told(Sender<ThreadId>);

    impl Drop for Told {
        fn drop(&mut self) {
            let _ = self.0.send(thread::current().id());
        }
    }

    #[test]
    fn what_is_closed_is_dropped_elsewhere_and_in_a_simulation_here() {
        let (tell, told) = channel();
        let closer = Closer::new();
        closer.close(Told(tell.clone()));
        closer.clone().close(Told(tell.clone()));
        let threads: Vec<_> = told.iter().take(2).collect();
        assert_eq!(threads[0], threads[1]);
        assert_ne!(threads[0], thread::current().id());
        Closer::inline().close(Told(tell));
        assert_eq!(told.recv(), Ok(thread::current().id()));
    }

    #[test]
    fn one_that_is_stuck_holds_up_nobody_who_closes() {
        struct Stuck(std::sync::mpsc::Receiver<()>);
        impl Drop for Stuck {
            fn drop(&mut self) {
                let _ = self.0.recv();
            }
        }
        let (release, stuck) = channel();
        let (tell, told) = channel();
        let closer = Closer::new();
        closer.close(Stuck(stuck));
        for _ in 0..100 {
            closer.close(Told(tell.clone()));
        }
        drop(release);
        assert_eq!(told.iter().take(100).count(), 100);
    }
}
