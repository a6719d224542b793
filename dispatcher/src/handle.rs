//! How futures reach their dispatcher.

use std::future::Future;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use async_task::Builder;

use crate::Error;
use crate::blocking::lane::Lane;
use crate::blocking::pool::Job;
use crate::core::Core;
use crate::entropy::Stream;
use crate::executor::task::Task;
use crate::executor::tasks::Meta;
use crate::executor::yield_now::YieldNow;
use crate::remote::Remote;
use crate::shared::{Message, Shared};
use crate::time::clock::{Instant, WallTime};
use crate::time::sleep::Sleep;

/// A reference to a dispatcher that is `Send` although the dispatcher is not, so that futures and
/// stores that hold one may be `Send`. It works on the dispatcher's thread; on any other each use
/// is [`Error::WrongThread`], and after the dispatcher's end [`Error::Closed`]. Whatever is dropped
/// on a wrong thread is forgotten by the dispatcher at its next turn.
#[derive(Clone)]
pub struct Handle {
    shared: Arc<Shared>,
}

impl Handle {
    pub(crate) fn new(shared: Arc<Shared>) -> Handle {
        Handle { shared }
    }

    pub(crate) fn core(&self) -> Result<Rc<Core>, Error> {
        self.shared.core.get()
    }

    /// Whether both reach the same dispatcher.
    pub(crate) fn is_same(&self, other: &Handle) -> bool {
        Arc::ptr_eq(&self.shared, &other.shared)
    }

    pub(crate) fn shared(&self) -> &Shared {
        &self.shared
    }

    pub(crate) fn send(&self, message: Message) {
        self.shared.send(message);
    }

    /// The monotonic clock.
    ///
    /// # Errors
    /// `WrongThread` and `Closed`.
    pub fn now(&self) -> Result<Instant, Error> {
        Ok(self.core()?.clock.now())
    }

    /// The wall clock.
    ///
    /// # Errors
    /// `WrongThread` and `Closed`.
    pub fn wall_time(&self) -> Result<WallTime, Error> {
        Ok(self.core()?.clock.wall())
    }

    /// The smallest step of the monotonic clock.
    ///
    /// # Errors
    /// `WrongThread` and `Closed`.
    pub fn resolution(&self) -> Result<Duration, Error> {
        Ok(self.core()?.clock.resolution())
    }

    /// The smallest step of the wall clock.
    ///
    /// # Errors
    /// `WrongThread` and `Closed`.
    pub fn wall_resolution(&self) -> Result<Duration, Error> {
        Ok(self.core()?.clock.wall_resolution())
    }

    /// Whether time and order come from a seed.
    ///
    /// # Errors
    /// `WrongThread` and `Closed`.
    pub fn is_simulated(&self) -> Result<bool, Error> {
        Ok(self.core()?.simulation().is_some())
    }

    /// Starts a task on this dispatcher. It runs at the next turn; dropping the [`Task`] cancels
    /// it, [`Task::detach`] lets it run on.
    ///
    /// # Errors
    /// `TooManyTasks`, `WrongThread`, `Closed`.
    pub fn spawn<F>(&self, future: F) -> Result<Task<F::Output>, Error>
    where
        F: Future + 'static,
        F::Output: 'static,
    {
        let core = self.core()?;
        let (runnable, task) = core.executor.add(|id, place| {
            let alive = Alive {
                handle: self.clone(),
                place,
            };
            let shared = self.shared.clone();
            Builder::new()
                .metadata(Meta { id })
                .propagate_panic(true)
                .spawn_local(
                    move |_| async move {
                        let _alive = alive;
                        future.await
                    },
                    move |runnable| shared.schedule(runnable),
                )
        })?;
        runnable.schedule();
        Ok(Task::new(task))
    }

    /// Completes `duration` from now, never early.
    ///
    /// # Errors
    /// The future gives `TooManyTimers`, `WrongThread` or `Closed`.
    pub fn sleep(&self, duration: Duration) -> Sleep {
        match self.now() {
            Ok(now) => Sleep::new(self.clone(), now + duration),
            Err(error) => Sleep::refused(self.clone(), error),
        }
    }

    /// Completes at `deadline`, never early; at once if it is past.
    ///
    /// # Errors
    /// As [`Handle::sleep`].
    pub fn sleep_until(&self, deadline: Instant) -> Sleep {
        Sleep::new(self.clone(), deadline)
    }

    /// Lets all other runnable tasks go first and the driver look at I/O and timers.
    ///
    /// # Errors
    /// The future gives `WrongThread` or `Closed`.
    pub fn yield_now(&self) -> YieldNow {
        YieldNow::new(self.clone())
    }

    /// Runs `job` on the blocking pool. A simulation runs it inline after a drawn virtual time.
    /// Dropping the [`Job`] abandons it: not started, it never runs; started, its result is lost.
    ///
    /// # Errors
    /// The future gives `TooManyJobs`, `JobPanicked`, `Io` (no thread could be started),
    /// `WrongThread` or `Closed`.
    pub fn unblock<T, F>(&self, job: F) -> Job<T>
    where
        T: Send + 'static,
        F: FnOnce() -> T + Send + 'static,
    {
        Job::new(self, &self.shared.pool, job)
    }

    /// A lane for one class of blocking jobs: at most `max_running` (at least one) of them run, and
    /// `max_waiting` more wait. It has threads of its own; how long idle ones stay is
    /// [`Builder::blocking_idle`](crate::Builder::blocking_idle).
    pub fn lane(&self, max_running: usize, max_waiting: usize) -> Lane {
        Lane::new(self, max_running, max_waiting)
    }

    /// One look at I/O and timers, without waiting and without running other tasks: what a task
    /// that busy-polls needs to see progress. In a simulation virtual time stands still meanwhile;
    /// see [`Handle::yield_now`].
    ///
    /// # Errors
    /// `Io`, `WrongThread`, `Closed`.
    pub fn poll_driver(&self) -> Result<(), Error> {
        let core = self.core()?;
        core.poll_driver()?;
        match core.in_turn.get() {
            true => Ok(()),
            false => self.shared.tell_again(&core),
        }
    }

    /// Fills `buffer` with random bytes.
    ///
    /// # Errors
    /// `Io` (the kernel's generator), `WrongThread`, `Closed`.
    pub fn fill_random(&self, stream: Stream, buffer: &mut [u8]) -> Result<(), Error> {
        self.core()?.fill_random(stream, buffer)
    }

    /// A reference for other threads.
    pub fn remote(&self) -> Remote {
        Remote::new(self.shared.clone())
    }
}

/// A task's entry among those alive; ends with its future.
struct Alive {
    handle: Handle,
    place: usize,
}

impl Drop for Alive {
    fn drop(&mut self) {
        if let Ok(core) = self.handle.core() {
            core.executor.remove(self.place);
        }
    }
}
