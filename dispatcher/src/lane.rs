//! A class of blocking jobs with bounds of its own, so that stuck jobs of one class cannot take the
//! pool from all others.

use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use crate::Error;
use crate::blocking::Job;
use crate::handle::Handle;

/// A share of the blocking pool. At most `max_running` of its jobs are with the pool; the next
/// `max_waiting` wait here, in order and without a thread. Clones are the same lane.
#[derive(Clone)]
pub struct Lane {
    handle: Handle,
    gate: Gate,
}

impl Lane {
    pub(crate) fn new(handle: &Handle, gate: Gate) -> Lane {
        Lane {
            handle: handle.clone(),
            gate,
        }
    }

    /// Runs `job` on the blocking pool when this lane lets it; see [`Handle::unblock`]. A job that
    /// has to wait starts when its future is polled after its turn has come. Dropping the future
    /// of a job that waits takes it out of the lane. A job that runs keeps its place until it ends,
    /// wanted or not.
    ///
    /// # Errors
    /// The future gives `LaneFull` and what [`Handle::unblock`] gives.
    pub fn unblock<T, F>(&self, job: F) -> LaneJob<T>
    where
        T: Send + 'static,
        F: FnOnce() -> T + Send + 'static,
    {
        let state = match self.gate.enter() {
            Ok(Entered::Now(place)) => State::Running(run(&self.handle, place, job)),
            Ok(Entered::Waits(ticket)) => State::Waiting {
                handle: self.handle.clone(),
                ticket,
                job: Some(Box::new(job)),
            },
            Err(error) => State::Failed(Some(error)),
        };
        LaneJob { state }
    }

    /// How many jobs run, or are about to.
    pub fn running(&self) -> usize {
        self.gate.lock().running
    }

    /// How many jobs wait for their turn.
    pub fn waiting(&self) -> usize {
        self.gate.lock().waiting.len()
    }
}

fn run<T, F>(handle: &Handle, place: Place, job: F) -> Job<T>
where
    T: Send + 'static,
    F: FnOnce() -> T + Send + 'static,
{
    handle.unblock(move || {
        let result = job();
        // Before the result is seen: whoever sees it finds room for the next job.
        drop(place);
        result
    })
}

/// A job of a lane, as the future of its result.
#[must_use = "dropping a job abandons it"]
pub struct LaneJob<T> {
    state: State<T>,
}

enum State<T> {
    Failed(Option<Error>),
    Waiting {
        handle: Handle,
        ticket: Ticket,
        job: Option<Box<dyn FnOnce() -> T + Send>>,
    },
    Running(Job<T>),
}

impl<T: Send + 'static> Future for LaneJob<T> {
    type Output = Result<T, Error>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<T, Error>> {
        if let State::Waiting {
            handle,
            ticket,
            job,
        } = &mut self.state
        {
            let Some(place) = ticket.claim(cx.waker()) else {
                return Poll::Pending;
            };
            let running = job.take().map(|job| run(handle, place, job));
            self.state = match running {
                Some(running) => State::Running(running),
                None => State::Failed(Some(Error::Closed)),
            };
        }
        match &mut self.state {
            State::Running(job) => Pin::new(job).poll(cx),
            State::Failed(error) => Poll::Ready(Err(error.take().unwrap_or(Error::Closed))),
            State::Waiting { .. } => Poll::Pending,
        }
    }
}

// Nothing in it is pinned.
impl<T> Unpin for LaneJob<T> {}

/// Who may run and who waits.
#[derive(Clone)]
pub(crate) struct Gate {
    inner: Arc<Inner>,
}

struct Inner {
    max_running: usize,
    max_waiting: usize,
    state: Mutex<GateState>,
}

#[derive(Default)]
struct GateState {
    running: usize,
    next: u64,
    /// By ticket, which is the order of arrival.
    waiting: BTreeMap<u64, Option<Waker>>,
    /// Whose turn it is, and who have not come for it yet. They count as running.
    called: BTreeSet<u64>,
}

enum Entered {
    Now(Place),
    Waits(Ticket),
}

impl Gate {
    pub(crate) fn new(max_running: usize, max_waiting: usize) -> Gate {
        Gate {
            inner: Arc::new(Inner {
                max_running: max_running.max(1),
                max_waiting,
                state: Mutex::default(),
            }),
        }
    }

    fn lock(&self) -> MutexGuard<'_, GateState> {
        self.inner
            .state
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn enter(&self) -> Result<Entered, Error> {
        let mut state = self.lock();
        if state.running < self.inner.max_running {
            state.running += 1;
            return Ok(Entered::Now(Place(self.clone())));
        }
        if state.waiting.len() >= self.inner.max_waiting {
            return Err(Error::LaneFull(self.inner.max_waiting));
        }
        let id = state.next;
        state.next += 1;
        state.waiting.insert(id, None);
        Ok(Entered::Waits(Ticket {
            gate: self.clone(),
            id,
        }))
    }

    /// Gives a place to the next who waits.
    fn leave(&self) {
        let mut state = self.lock();
        let waker = match state.waiting.pop_first() {
            Some((id, waker)) => {
                state.called.insert(id);
                waker
            }
            None => {
                state.running = state.running.saturating_sub(1);
                None
            }
        };
        drop(state);
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

/// The right to be with the pool; goes to the next when dropped, on any thread.
struct Place(Gate);

impl Drop for Place {
    fn drop(&mut self) {
        self.0.leave();
    }
}

/// A place in the queue.
struct Ticket {
    gate: Gate,
    id: u64,
}

impl Ticket {
    /// The place, if it is this one's turn.
    fn claim(&self, waker: &Waker) -> Option<Place> {
        let waker = waker.clone();
        let mut state = self.gate.lock();
        if state.called.remove(&self.id) {
            return Some(Place(self.gate.clone()));
        }
        let old = match state.waiting.get_mut(&self.id) {
            Some(place) => place.replace(waker),
            None => None,
        };
        drop(state);
        drop(old);
        None
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        let mut state = self.gate.lock();
        let waker = state.waiting.remove(&self.id);
        let called = state.called.remove(&self.id);
        drop(state);
        drop(waker);
        if called {
            self.gate.leave();
        }
    }
}
