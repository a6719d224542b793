//! A thread that wakes a contender, and the moment at which it did.

use std::future::poll_fn;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Poll, Waker};
use std::thread::{self, JoinHandle};

use crate::clock;
use crate::core;
use crate::error::Fallible;
use crate::meter::HelperTime;

/// Rung once a trial.
#[derive(Debug, Default)]
pub struct Bell {
    /// How many trials have begun.
    awaited: AtomicU64,
    /// When it rang, zero while it has not in this trial.
    rung: AtomicU64,
    is_over: AtomicBool,
    /// For contenders that run futures: who waits.
    waiting: Mutex<Option<Waker>>,
    /// The ringing thread's processor time.
    processor: AtomicU64,
}

/// How long a contender has to park before it is woken, in nanoseconds: between these, so that wakes keep no step with
/// anything.
const PARKED: std::ops::Range<u64> = 60_000..140_000;

/// A bell with the thread that rings it.
#[derive(Debug)]
pub struct Ringer {
    bell: Arc<Bell>,
    thread: JoinHandle<Fallible<()>>,
}

impl Ringer {
    /// A thread on another core that wakes by `wake`, a while after each trial has begun.
    pub fn start(cores: &[usize], wake: impl Fn(&Bell) + Send + 'static) -> Ringer {
        let bell = Arc::new(Bell::default());
        let (theirs, cores) = (bell.clone(), cores.to_vec());
        let thread = thread::spawn(move || {
            core::stay(&cores, core::HELPER)?;
            let mut trial = 0;
            while let Some(next) = theirs.next_trial(trial, &cores) {
                trial = next;
                let spread = PARKED.end - PARKED.start;
                let ring_at =
                    clock::now() + PARKED.start + trial.wrapping_mul(0x9E37_79B9) % spread;
                while clock::now() < ring_at {
                    core::spin(&cores);
                }
                theirs
                    .processor
                    .store(clock::processor_of_thread(), Ordering::Relaxed);
                theirs.rung.store(clock::now(), Ordering::Release);
                wake(&theirs);
            }
            Ok(())
        });
        Ringer { bell, thread }
    }

    /// The bell.
    pub fn bell(&self) -> Arc<Bell> {
        self.bell.clone()
    }

    /// Ends the thread.
    ///
    /// # Errors
    /// Where the thread could not get its core.
    pub fn stop(self) -> Fallible<()> {
        self.bell.is_over.store(true, Ordering::Release);
        self.thread
            .join()
            .map_err(|_| "the thread that wakes has panicked")?
    }
}

impl Bell {
    fn next_trial(&self, last: u64, cores: &[usize]) -> Option<u64> {
        loop {
            if self.is_over.load(Ordering::Acquire) {
                return None;
            }
            match self.awaited.load(Ordering::Acquire) {
                awaited if awaited != last => return Some(awaited),
                _ => core::spin(cores),
            }
        }
    }

    /// Begins a trial: the bell may ring from now on.
    pub fn begin(&self) {
        self.rung.store(0, Ordering::Release);
        self.awaited.fetch_add(1, Ordering::Release);
    }

    /// How long ago it rang in this trial, in nanoseconds, if it has.
    pub fn heard(&self) -> Option<u64> {
        match self.rung.load(Ordering::Acquire) {
            0 => None,
            at => Some(clock::now().saturating_sub(at)),
        }
    }

    /// Wakes who waits in [`Bell::trial`].
    pub fn wake(&self) {
        let waiting = self
            .waiting
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if let Some(waker) = waiting {
            waker.wake();
        }
    }

    /// A trial within a task: how long it took from the wake until the task ran, in nanoseconds.
    pub async fn trial(&self) -> u64 {
        let mut has_begun = false;
        poll_fn(|context| {
            if has_begun && let Some(time) = self.heard() {
                return Poll::Ready(time);
            }
            *self.waiting.lock().unwrap_or_else(PoisonError::into_inner) =
                Some(context.waker().clone());
            if !std::mem::replace(&mut has_begun, true) {
                self.begin();
            }
            Poll::Pending
        })
        .await
    }
}

impl HelperTime for Arc<Bell> {
    fn processor(&self) -> u64 {
        self.processor.load(Ordering::Relaxed)
    }
}
