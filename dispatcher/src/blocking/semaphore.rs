//! A semaphore that is fair between flows: who may run, and who waits.

use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Waker;

use crate::Error;
use crate::blocking::fair_queue::FairQueue;
use crate::blocking::flow::Flow;
use crate::blocking::flow_quota::FlowQuota;
use crate::blocking::job_counts::JobCounts;
use crate::executor::wake::{discard, wake};

/// Permits for a bounded number of jobs, and a bounded queue for more. No flow holds all of either;
/// see [`FlowQuota`]. Clones are the same semaphore.
#[derive(Clone)]
pub(crate) struct Semaphore(Arc<Mutex<State>>);

struct State {
    running: FlowQuota,
    /// Jobs that run although nobody waits for their results. Beyond this bound they stay among the
    /// running.
    abandoned: FlowQuota,
    waiting: FlowQuota,
    queue: FairQueue<Option<Waker>>,
    /// The waiters that were granted a permit and have not fetched it. They count as running.
    granted: HashSet<u64>,
    /// Where those that wait are counted, too.
    counts: Arc<JobCounts>,
}

/// How many jobs may run on although nobody waits for their results, beside `running` others.
fn max_abandoned(running: usize) -> usize {
    (running / 4).max(1)
}

/// What a job gets that asks for a permit.
pub(crate) enum Acquired {
    Permit(Arc<Permit>),
    Queued(Waiter),
}

impl Semaphore {
    /// For `running` jobs at once and `waiting` more, which count among the dispatcher's.
    pub(crate) fn new(running: usize, waiting: usize, counts: Arc<JobCounts>) -> Semaphore {
        Semaphore(Arc::new(Mutex::new(State {
            running: FlowQuota::new(running),
            abandoned: FlowQuota::new(max_abandoned(running)),
            waiting: FlowQuota::new(waiting),
            queue: FairQueue::new(),
            granted: HashSet::new(),
            counts,
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

    /// How many jobs run, those included that are abandoned and have given their permit's place back.
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
    pub(crate) fn acquire(&self, flow: Option<Flow>) -> Result<Acquired, Error> {
        let mut state = self.lock();
        // This overtakes no waiter: those that could have run were granted a permit when the last
        // one was given back.
        if state.running.take(flow) {
            drop(state);
            return Ok(Acquired::Permit(self.permit(flow)));
        }
        if !state.waiting.take(flow) {
            return Err(Error::LaneFull(state.waiting.bound()));
        }
        state.counts.waiting.up();
        let number = state.queue.push(flow, None);
        Ok(Acquired::Queued(Waiter {
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

    /// Changes the state, and wakes the waiters that are granted a permit by that.
    fn update<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        let mut state = self.lock();
        let result = change(&mut state);
        let granted = state.grant();
        drop(state);
        granted.into_iter().for_each(wake);
        result
    }
}

impl State {
    /// Grants permits to the waiters that may run, in turn, and takes them out of the queue.
    fn grant(&mut self) -> Vec<Waker> {
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
            let taken = self.running.take(flow);
            debug_assert!(taken, "it was admitted a moment ago");
            self.waiting.give(flow);
            self.counts.waiting.down();
            self.granted.insert(number);
            wakers.extend(waker);
        }
    }
}

/// The right to run; given back when dropped, on any thread.
pub(crate) struct Permit {
    semaphore: Semaphore,
    flow: Option<Flow>,
    /// It counts among the abandoned. Changed only while the state is locked.
    abandoned: AtomicBool,
}

impl Permit {
    /// Nobody waits for the result any more: another job may run instead, as far as the bound on
    /// abandoned jobs permits it.
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

/// A place in the queue, given up when dropped.
pub(crate) struct Waiter {
    semaphore: Semaphore,
    flow: Option<Flow>,
    number: u64,
}

impl Waiter {
    /// The permit, if it was granted; otherwise leaves the waker.
    pub(crate) fn try_acquire(&self, waker: &Waker) -> Option<Arc<Permit>> {
        let waker = waker.clone();
        let mut state = self.semaphore.lock();
        if state.granted.remove(&self.number) {
            drop(state);
            return Some(self.semaphore.permit(self.flow));
        }
        let slot = state.queue.get_mut(self.flow, self.number);
        debug_assert!(slot.is_some(), "it waits until it is granted a permit");
        let old = slot.and_then(|slot| slot.replace(waker));
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
                state.counts.waiting.down();
            } else if state.granted.remove(&self.number) {
                state.running.give(self.flow);
            }
            left
        });
        discard(waker);
    }
}
