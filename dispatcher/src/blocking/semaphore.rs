//! A semaphore that is fair between flows: who may run, and who waits.

use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Waker;

use crate::Error;
use crate::blocking::fair_queue::FairQueue;
use crate::blocking::flow::{Flow, Shares};
use crate::executor::wake::{discard, wake};

/// Permits for a bounded number of jobs, and a bounded queue for more. No flow holds all of either;
/// see [`Shares`]. Clones are the same semaphore.
#[derive(Clone)]
pub(crate) struct Semaphore(Arc<Mutex<State>>);

struct State {
    running: Shares,
    /// Jobs that run although nobody wants their results. Beyond this bound they count as running.
    abandoned: Shares,
    waiting: Shares,
    queue: FairQueue<Option<Waker>>,
    /// Those whose turn has come and who have not fetched their permit. They count as running.
    called: HashSet<u64>,
}

/// How many jobs may run on although nobody wants their results, beside `running` others.
fn max_abandoned(running: usize) -> usize {
    (running / 4).max(1)
}

pub(crate) enum Entered {
    Now(Arc<Permit>),
    Waits(Waiter),
}

impl Semaphore {
    /// For `running` jobs at once and `waiting` more.
    pub(crate) fn new(running: usize, waiting: usize) -> Semaphore {
        Semaphore(Arc::new(Mutex::new(State {
            running: Shares::new(running),
            abandoned: Shares::new(max_abandoned(running)),
            waiting: Shares::new(waiting),
            queue: FairQueue::new(),
            called: HashSet::new(),
        })))
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many jobs can have a thread at the same time: those that run and those that are abandoned.
    pub(crate) fn max_threads(&self) -> usize {
        let state = self.lock();
        state.running.bound() + state.abandoned.bound()
    }

    /// How many run, abandoned ones included.
    pub(crate) fn running(&self) -> usize {
        let state = self.lock();
        state.running.used() + state.abandoned.used()
    }

    pub(crate) fn waiting(&self) -> usize {
        self.lock().waiting.used()
    }

    /// A permit, or a place in the queue.
    ///
    /// # Errors
    /// `LaneFull` where the flow may not wait either.
    pub(crate) fn enter(&self, flow: Option<Flow>) -> Result<Entered, Error> {
        let mut state = self.lock();
        // Nobody who waits may be let run now: whoever leaves sees to that.
        if state.running.take(flow) {
            drop(state);
            return Ok(Entered::Now(self.permit(flow)));
        }
        if !state.waiting.take(flow) {
            return Err(Error::LaneFull(state.waiting.bound()));
        }
        let number = state.queue.push(flow, None);
        Ok(Entered::Waits(Waiter {
            semaphore: self.clone(),
            flow,
            number,
        }))
    }

    fn permit(&self, flow: Option<Flow>) -> Arc<Permit> {
        Arc::new(Permit {
            semaphore: self.clone(),
            flow,
            abandoned: AtomicBool::new(false),
        })
    }

    /// Changes the state, and wakes those whom that lets run.
    fn update<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        let mut state = self.lock();
        let result = change(&mut state);
        let called = state.call();
        drop(state);
        called.into_iter().for_each(wake);
        result
    }
}

impl State {
    /// Moves whoever may run out of the queue.
    fn call(&mut self) -> Vec<Waker> {
        let mut wakers = Vec::new();
        loop {
            let State { running, queue, .. } = self;
            let next = queue.pop(
                |group| running.admits_group(group),
                |flow| running.admits(flow),
            );
            let Some((flow, number, waker)) = next else {
                return wakers;
            };
            let admitted = self.running.take(flow);
            debug_assert!(admitted, "it was admitted a moment ago");
            self.waiting.give(flow);
            self.called.insert(number);
            wakers.extend(waker);
        }
    }
}

/// The right to run; given back when dropped, on any thread.
pub(crate) struct Permit {
    semaphore: Semaphore,
    flow: Option<Flow>,
    /// It counts among the abandoned. Changed with the state locked only.
    abandoned: AtomicBool,
}

impl Permit {
    /// Nobody wants the result any more: others may run instead, as far as the bound on abandoned
    /// jobs permits it.
    pub(crate) fn abandon(&self) {
        self.semaphore.update(|state| {
            if !self.abandoned.load(Ordering::Relaxed) && state.abandoned.take(self.flow) {
                self.abandoned.store(true, Ordering::Relaxed);
                state.running.give(self.flow);
            }
        });
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        let abandoned = *self.abandoned.get_mut();
        self.semaphore.update(|state| match abandoned {
            true => state.abandoned.give(self.flow),
            false => state.running.give(self.flow),
        });
    }
}

/// A place in the queue; left when dropped.
pub(crate) struct Waiter {
    semaphore: Semaphore,
    flow: Option<Flow>,
    number: u64,
}

impl Waiter {
    /// The permit, if it is this one's turn; otherwise leaves the waker.
    pub(crate) fn claim(&self, waker: &Waker) -> Option<Arc<Permit>> {
        let waker = waker.clone();
        let mut state = self.semaphore.lock();
        if state.called.remove(&self.number) {
            drop(state);
            return Some(self.semaphore.permit(self.flow));
        }
        let place = state.queue.get_mut(self.flow, self.number);
        let old = place.and_then(|place| place.replace(waker));
        drop(state);
        discard(old);
        None
    }
}

impl Drop for Waiter {
    fn drop(&mut self) {
        let waker = self.semaphore.update(|state| {
            let left = state.queue.remove(self.flow, self.number);
            if left.is_some() {
                state.waiting.give(self.flow);
            } else if state.called.remove(&self.number) {
                state.running.give(self.flow);
            }
            left
        });
        discard(waker);
    }
}
