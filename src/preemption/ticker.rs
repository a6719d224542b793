//! The thread that notices guests which stay on the processor.

use std::fmt;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};
use std::thread;
use std::time::Duration;

use super::polls::Polls;

/// How much longer than a tick the thread sleeps at most while no guest stays inside for one.
const LONGEST_TICK: u32 = 8;
/// After how many of those without any guest the thread waits to be notified.
const QUIET_TICKS: u32 = 8;
/// How long it waits before it ends.
const LINGER: Duration = Duration::from_millis(500);

/// There is no thread.
const ABSENT: u8 = 0;
/// It looks at the watches at each tick.
const RUNNING: u8 = 1;
/// It waits to be notified.
const WAITING: u8 = 2;

/// Looks at the guests of a program's dispatchers from a thread that exists only while guests run,
/// and moves the engines' epoch on where one of them stays inside for longer than a tick. Clones
/// are the same ticker.
#[derive(Clone)]
pub(crate) struct Ticker(Arc<Shared>);

struct Shared {
    /// How long a guest may stay inside before it is asked to yield: between one and two of these.
    tick: Duration,
    move_epoch: Box<dyn Fn() + Send + Sync>,
    state: AtomicU8,
    watched: Mutex<Vec<Weak<Polls>>>,
    /// Held while the state changes.
    control: Mutex<()>,
    notified: Condvar,
}

impl Ticker {
    /// A ticker without a thread. `move_epoch` is called on the ticker's thread.
    pub(crate) fn new(tick: Duration, move_epoch: impl Fn() + Send + Sync + 'static) -> Ticker {
        Ticker(Arc::new(Shared {
            tick,
            move_epoch: Box::new(move_epoch),
            state: AtomicU8::new(ABSENT),
            watched: Mutex::default(),
            control: Mutex::default(),
            notified: Condvar::new(),
        }))
    }

    /// A ticker that never has a thread: guests that compute are not noticed.
    pub(crate) fn off() -> Ticker {
        let ticker = Ticker::new(Duration::MAX, || {});
        // Nobody starts what runs already.
        ticker.0.state.store(RUNNING, Ordering::SeqCst);
        ticker
    }

    /// Looks at one more dispatcher's polls, until they are dropped.
    pub(super) fn add(&self, polls: &Arc<Polls>) {
        let mut watched = lock(&self.0.watched);
        watched.retain(|other| other.strong_count() > 0);
        watched.push(Arc::downgrade(polls));
    }

    /// Starts or notifies the thread unless it looks at the watches anyway.
    #[inline]
    pub(super) fn ensure_running(&self) {
        if self.0.state.load(Ordering::SeqCst) != RUNNING {
            self.start();
        }
    }

    #[cold]
    fn start(&self) {
        let _control = lock(&self.0.control);
        match self.0.state.swap(RUNNING, Ordering::SeqCst) {
            ABSENT => {
                let shared = self.0.clone();
                let thread = thread::Builder::new().name("wippy-ticker".to_owned());
                if let Err(error) = thread.spawn(move || shared.run()) {
                    self.0.state.store(ABSENT, Ordering::SeqCst);
                    tracing::debug!("no thread for preemption: {error}");
                }
            }
            WAITING => self.0.notified.notify_one(),
            _ => {}
        }
    }
}

impl Shared {
    fn run(&self) {
        let (mut last, mut quiet, mut tick) = (Vec::new(), 0, self.tick);
        loop {
            self.sleep(tick);
            let now = self.counts();
            let is_inside = |count: &u64| !count.is_multiple_of(2);
            tick = match now.iter().any(is_inside) {
                true => self.tick,
                false => (tick * 2).min(self.tick * LONGEST_TICK),
            };
            if self.mark_overdue(&last, &now) {
                (self.move_epoch)();
            }
            quiet = match now == last {
                true if !now.iter().any(is_inside) => quiet + 1,
                _ => 0,
            };
            last = now;
            if quiet >= QUIET_TICKS {
                if !self.wait() {
                    return;
                }
                (quiet, tick) = (0, self.tick);
            }
        }
    }

    fn sleep(&self, tick: Duration) {
        let control = lock(&self.control);
        let slept = self.notified.wait_timeout(control, tick);
        drop(slept.unwrap_or_else(PoisonError::into_inner));
    }

    fn counts(&self) -> Vec<u64> {
        let watched = lock(&self.watched);
        let count = |polls: &Weak<Polls>| polls.upgrade().map_or(0, |polls| polls.count());
        watched.iter().map(count).collect()
    }

    /// Marks the guests that are inside since the last look. Whether there is one.
    fn mark_overdue(&self, last: &[u64], now: &[u64]) -> bool {
        let watched = lock(&self.watched);
        let mut found = false;
        for ((polls, last), now) in watched.iter().zip(last).zip(now) {
            if last == now
                && !now.is_multiple_of(2)
                && let Some(polls) = polls.upgrade()
            {
                polls.mark_overdue(*now);
                found = true;
            }
        }
        found
    }

    /// Waits until a guest is entered. Whether one was: without one the thread ends.
    fn wait(&self) -> bool {
        let control = lock(&self.control);
        self.state.store(WAITING, Ordering::SeqCst);
        // A guest may have been entered while the thread was still running.
        if self.counts().iter().any(|count| !count.is_multiple_of(2)) {
            self.state.store(RUNNING, Ordering::SeqCst);
            return true;
        }
        let is_waiting = |_: &mut ()| self.state.load(Ordering::SeqCst) == WAITING;
        let waited = self
            .notified
            .wait_timeout_while(control, LINGER, is_waiting);
        let (control, _) = waited.unwrap_or_else(PoisonError::into_inner);
        let is_over = self.state.load(Ordering::SeqCst) == WAITING;
        if is_over {
            self.state.store(ABSENT, Ordering::SeqCst);
        }
        drop(control);
        !is_over
    }
}

/// Nothing that panics runs under these locks.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl fmt::Debug for Ticker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.0.state.load(Ordering::Relaxed);
        f.debug_struct("Ticker")
            .field("state", &state)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The thread has the ticker's state besides, so that a second owner shows it.
    #[test]
    fn a_ticker_that_is_off_has_no_thread() {
        for (ticker, owners) in [
            (Ticker::off(), 1),
            (Ticker::new(Duration::from_secs(60), || {}), 2),
        ] {
            ticker.ensure_running();
            assert_eq!(Arc::strong_count(&ticker.0), owners);
        }
    }
}
