//! A value that is computed once, however many tasks on however many threads ask for it.
//!
//! A cell is asked in one of two ways: by tasks, or by threads that wait (`get_blocking`), as those of
//! simulated dispatchers do.

use std::collections::BTreeMap;
use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Poll, Waker};

use wippy_dispatcher::{Error, Handle};

/// A cell whose value is computed by a task of its own, on the dispatcher of whoever asks first.
/// Whoever waits may be dropped at any time; the computation goes on. Its failure is given to all
/// who waited for it, and the next who asks tries again. Where the computing dispatcher ends, those
/// who wait on other dispatchers try again by themselves.
#[derive(Debug)]
pub(crate) struct AsyncOnceCell<T, E> {
    state: Arc<Mutex<State<T, E>>>,
    /// Held by a thread that computes and by those that wait for it.
    blocking: Arc<Mutex<()>>,
}

#[derive(Debug)]
enum State<T, E> {
    Empty,
    Running(Arc<Attempt<T, E>>),
    Done(T),
}

/// One computation and the tasks that wait for it.
#[derive(Debug)]
struct Attempt<T, E> {
    progress: Mutex<Progress<T, E>>,
}

#[derive(Debug)]
struct Progress<T, E> {
    outcome: Option<Outcome<T, E>>,
    waiting: BTreeMap<u64, Waker>,
    next: u64,
}

#[derive(Clone, Debug)]
enum Outcome<T, E> {
    Finished(Result<T, E>),
    /// Its dispatcher ended before it did.
    Abandoned,
}

impl<T, E> Default for AsyncOnceCell<T, E> {
    fn default() -> AsyncOnceCell<T, E> {
        AsyncOnceCell {
            state: Arc::new(Mutex::new(State::Empty)),
            blocking: Arc::default(),
        }
    }
}

impl<T: Clone, E> AsyncOnceCell<T, E> {
    /// The value, computed by `make` on this thread; where another thread computes it, this one
    /// blocks until it has. No task and no timer takes part, so that a simulation runs the same
    /// whether there is a value already or not.
    ///
    /// # Errors
    /// What `make` gives; the next who asks tries again.
    pub(crate) fn get_blocking(&self, make: impl FnOnce() -> Result<T, E>) -> Result<T, E> {
        let _turn = lock(&self.blocking);
        if let Some(value) = self.peek() {
            return Ok(value);
        }
        let value = make()?;
        *lock(&self.state) = State::Done(value.clone());
        Ok(value)
    }

    /// The value, if it was computed.
    pub(crate) fn peek(&self) -> Option<T> {
        match &*lock(&self.state) {
            State::Done(value) => Some(value.clone()),
            State::Running(_) | State::Empty => None,
        }
    }
}

impl<T, E> AsyncOnceCell<T, E>
where
    T: Clone + 'static,
    E: Clone + From<Error> + 'static,
{
    /// The value, computed by `make` on `handle`'s dispatcher if nobody has begun. `make` is called
    /// at most once.
    ///
    /// # Errors
    /// What `make` gives; `TooManyTasks`, `WrongThread` and `Closed` of the dispatcher.
    pub(crate) async fn get<M, F>(&self, handle: &Handle, make: M) -> Result<T, E>
    where
        M: FnOnce() -> F,
        F: Future<Output = Result<T, E>> + 'static,
    {
        let mut make = Some(make);
        loop {
            let attempt = match self.look()? {
                Look::Done(value) => return Ok(value),
                Look::Running(attempt) => attempt,
                Look::Ours(attempt) => {
                    let started = Started {
                        state: self.state.clone(),
                        attempt: attempt.clone(),
                    };
                    // Its own attempt was abandoned: the dispatcher has ended.
                    let make = make.take().ok_or(Error::Closed)?;
                    started.spawn(handle, make())?;
                    attempt
                }
            };
            if let Outcome::Finished(result) = attempt.ended().await {
                return result;
            }
        }
    }

    fn look(&self) -> Result<Look<T, E>, E> {
        let mut state = lock(&self.state);
        Ok(match &*state {
            State::Done(value) => Look::Done(value.clone()),
            State::Running(attempt) => Look::Running(attempt.clone()),
            State::Empty => {
                let attempt = Arc::new(Attempt::new());
                *state = State::Running(attempt.clone());
                Look::Ours(attempt)
            }
        })
    }
}

/// What somebody who asks finds.
enum Look<T, E> {
    Done(T),
    Running(Arc<Attempt<T, E>>),
    /// Nothing; this attempt is now the asker's to start.
    Ours(Arc<Attempt<T, E>>),
}

/// An attempt that has been announced: it ends, or is abandoned when this is dropped.
struct Started<T, E> {
    state: Arc<Mutex<State<T, E>>>,
    attempt: Arc<Attempt<T, E>>,
}

impl<T, E> Started<T, E>
where
    T: Clone + 'static,
    E: Clone + From<Error> + 'static,
{
    fn spawn<F>(self, handle: &Handle, making: F) -> Result<(), Error>
    where
        F: Future<Output = Result<T, E>> + 'static,
    {
        let task = handle.spawn(async move {
            let result = making.await;
            if let Ok(value) = &result {
                *lock(&self.state) = State::Done(value.clone());
            }
            self.finish(Outcome::Finished(result));
        })?;
        task.detach();
        Ok(())
    }
}

impl<T, E> Started<T, E> {
    /// The first outcome counts. A cell without a value is empty again.
    fn finish(&self, outcome: Outcome<T, E>) {
        let mut state = lock(&self.state);
        if matches!(&*state, State::Running(running) if Arc::ptr_eq(running, &self.attempt)) {
            *state = State::Empty;
        }
        drop(state);
        self.attempt.end(outcome);
    }
}

impl<T, E> Drop for Started<T, E> {
    fn drop(&mut self) {
        self.finish(Outcome::Abandoned);
    }
}

impl<T, E> Attempt<T, E> {
    fn new() -> Attempt<T, E> {
        Attempt {
            progress: Mutex::new(Progress {
                outcome: None,
                waiting: BTreeMap::new(),
                next: 0,
            }),
        }
    }

    fn end(&self, outcome: Outcome<T, E>) {
        let mut progress = lock(&self.progress);
        if progress.outcome.is_some() {
            return;
        }
        progress.outcome = Some(outcome);
        let waiting = std::mem::take(&mut progress.waiting);
        drop(progress);
        for waker in waiting.into_values() {
            // A waker of a foreign executor may panic: that must not keep the others asleep.
            let _ = catch_unwind(AssertUnwindSafe(|| waker.wake()));
        }
    }
}

impl<T: Clone, E: Clone> Attempt<T, E> {
    async fn ended(&self) -> Outcome<T, E> {
        let number = {
            let mut progress = lock(&self.progress);
            progress.next += 1;
            progress.next
        };
        let place = Waiting {
            attempt: self,
            number,
        };
        poll_fn(|cx| {
            let mut progress = lock(&place.attempt.progress);
            match &progress.outcome {
                Some(outcome) => Poll::Ready(outcome.clone()),
                None => {
                    progress.waiting.insert(number, cx.waker().clone());
                    Poll::Pending
                }
            }
        })
        .await
    }
}

/// A task that waits; dropped, it leaves no waker behind.
struct Waiting<'a, T, E> {
    attempt: &'a Attempt<T, E>,
    number: u64,
}

impl<T, E> Drop for Waiting<'_, T, E> {
    fn drop(&mut self) {
        let waker = lock(&self.attempt.progress).waiting.remove(&self.number);
        // Dropped without the lock: it may run code of a foreign executor.
        drop(waker);
    }
}

/// No code of others runs under these locks, so a poisoned one holds nothing half done.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};
    use std::thread;
    use std::time::Duration;

    use wippy_dispatcher::Dispatcher;

    use super::*;

    #[derive(Clone, PartialEq, Debug)]
    enum Failure {
        Refused,
        Dispatcher,
    }

    impl From<Error> for Failure {
        fn from(_: Error) -> Failure {
            Failure::Dispatcher
        }
    }

    type Cell = AsyncOnceCell<u32, Failure>;

    #[test]
    fn it_is_computed_once_for_all_threads() {
        let cell = Arc::new(Cell::default());
        let made = Arc::new(AtomicU32::new(0));
        let ask = || {
            let (cell, made) = (cell.clone(), made.clone());
            thread::spawn(move || {
                let dispatcher = Dispatcher::new().expect("a dispatcher");
                let handle = dispatcher.handle();
                let make = || {
                    let handle = handle.clone();
                    async move {
                        handle.sleep(Duration::from_millis(2)).await.expect("sleep");
                        Ok(made.fetch_add(1, Ordering::Relaxed) + 7)
                    }
                };
                dispatcher
                    .block_on(cell.get(&handle, make))
                    .expect("no deadlock")
            })
        };
        let threads: Vec<_> = (0..4).map(|_| ask()).collect();
        for thread in threads {
            assert_eq!(thread.join().expect("no panic"), Ok(7));
        }
        assert_eq!(made.load(Ordering::Relaxed), 1);
    }

    #[test]
    fn a_failure_is_told_and_the_next_tries_again() {
        let dispatcher = Dispatcher::simulated(1).expect("a dispatcher");
        let handle = dispatcher.handle();
        let cell = Cell::default();
        let results = dispatcher.block_on(async {
            let failed = cell.get(&handle, || async { Err(Failure::Refused) }).await;
            let made = cell.get(&handle, || async { Ok(1) }).await;
            (failed, made, cell.get(&handle, || async { Ok(2) }).await)
        });
        let expected = (Err(Failure::Refused), Ok(1), Ok(1));
        assert_eq!(results.expect("no deadlock"), expected);
    }

    #[test]
    fn whoever_waits_elsewhere_takes_over_from_a_dispatcher_that_ends() {
        let cell = Cell::default();
        let first = Dispatcher::new().expect("a dispatcher");
        let handle = first.handle();
        let mut cx = std::task::Context::from_waker(Waker::noop());
        let mut asked = Box::pin(cell.get(&handle, std::future::pending));
        assert!(asked.as_mut().poll(&mut cx).is_pending());
        let second = Dispatcher::new().expect("a dispatcher");
        let other = second.handle();
        let mut waiting = Box::pin(cell.get(&other, || async { Ok(3) }));
        assert!(waiting.as_mut().poll(&mut cx).is_pending());
        drop(first);
        let made = second.block_on(waiting).expect("no deadlock");
        assert_eq!(made, Ok(3));
        drop(asked);
    }

    #[test]
    fn threads_that_block_compute_it_once_and_after_a_failure_again() {
        let cell = Arc::new(Cell::default());
        let failed = cell.get_blocking(|| Err(Failure::Refused));
        assert_eq!(failed, Err(Failure::Refused));
        let made = Arc::new(AtomicU32::new(0));
        let ask = |_| {
            let (cell, made) = (cell.clone(), made.clone());
            thread::spawn(move || cell.get_blocking(|| Ok(made.fetch_add(1, Ordering::Relaxed))))
        };
        for thread in (0..4).map(ask).collect::<Vec<_>>() {
            assert_eq!(thread.join().expect("no panic"), Ok(0));
        }
        assert_eq!(made.load(Ordering::Relaxed), 1);
    }
}
