//! A job on the blocking pool.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use crate::Error;
use crate::blocking::pool::{Pool, catch_panic};
use crate::blocking::workers::Work;
use crate::executor::wake::{discard, wake};
use crate::handle::Handle;
use crate::time::sleep::Sleep;
use crate::time::timer_heap::DeadlineKind;

impl Handle {
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
        Job::new(self, &self.shared().pool, job)
    }
}

/// A job on the blocking pool, as the future of its result.
///
/// ```
/// use wippy_dispatcher::Dispatcher;
///
/// let dispatcher = Dispatcher::new()?;
/// let job = dispatcher.handle().unblock(|| std::fs::exists("/"));
/// assert!(dispatcher.block_on(job)???);
/// # Ok::<(), wippy_dispatcher::Error>(())
/// ```
#[must_use = "dropping a job abandons it"]
pub struct Job<T> {
    state: JobState<T>,
}

enum JobState<T> {
    Failed(Option<Error>),
    Pooled(Arc<Mutex<ResultCell<T>>>),
    /// In a simulation: runs inline once the drawn time has passed.
    Simulated(Sleep, Option<Box<dyn FnOnce() -> T + Send>>),
}

/// Where a thread of the pool leaves the result of a job.
struct ResultCell<T> {
    result: Option<Result<T, Error>>,
    /// Of the task that waits for the result.
    waker: Option<Waker>,
    /// The future was dropped: a job that has not started never runs.
    abandoned: bool,
}

impl<T: Send + 'static> Job<T> {
    pub(crate) fn new<F>(handle: &Handle, pool: &Pool, job: F) -> Job<T>
    where
        F: FnOnce() -> T + Send + 'static,
    {
        let state = match start(handle, pool, job) {
            Ok(state) => state,
            Err(error) => JobState::Failed(Some(error)),
        };
        Job { state }
    }
}

fn start<T, F>(handle: &Handle, pool: &Pool, job: F) -> Result<JobState<T>, Error>
where
    T: Send + 'static,
    F: FnOnce() -> T + Send + 'static,
{
    let core = handle.core()?;
    if let Some(delay) = core.draw_job_delay(handle.host().number)? {
        let end = handle.now()? + delay;
        let done = Sleep::new(handle.clone(), DeadlineKind::JobDone, end);
        return Ok(JobState::Simulated(done, Some(Box::new(job))));
    }
    let cell = Arc::new(Mutex::new(ResultCell {
        result: None,
        waker: None,
        abandoned: false,
    }));
    pool.submit(Box::new(Pooled {
        job: Some(job),
        result: None,
        cell: cell.clone(),
    }))?;
    Ok(JobState::Pooled(cell))
}

/// The pool's end of a job. Dropping it delivers the result, or `Closed` if it never ran.
struct Pooled<T, F> {
    job: Option<F>,
    result: Option<Result<T, Error>>,
    cell: Arc<Mutex<ResultCell<T>>>,
}

impl<T, F> Work for Pooled<T, F>
where
    T: Send,
    F: FnOnce() -> T + Send,
{
    fn run(&mut self) {
        let abandoned = lock(&self.cell).abandoned;
        if let Some(job) = self.job.take()
            && !abandoned
        {
            self.result = Some(catch_panic(job));
        }
    }
}

impl<T, F> Drop for Pooled<T, F> {
    fn drop(&mut self) {
        let mut cell = lock(&self.cell);
        cell.result = Some(self.result.take().unwrap_or(Err(Error::Closed)));
        let waker = cell.waker.take();
        drop(cell);
        waker.into_iter().for_each(wake);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<T> Future for Job<T> {
    type Output = Result<T, Error>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<T, Error>> {
        match &mut self.state {
            JobState::Failed(error) => Poll::Ready(Err(error.take().unwrap_or(Error::Closed))),
            JobState::Pooled(cell) => {
                // Cloned before and dropped after the lock: either may run foreign code.
                let waker = cx.waker().clone();
                let mut cell = lock(cell);
                let (polled, old) = match cell.result.take() {
                    Some(result) => (Poll::Ready(result), Some(waker)),
                    None => (Poll::Pending, cell.waker.replace(waker)),
                };
                drop(cell);
                discard(old);
                polled
            }
            JobState::Simulated(sleep, job) => match Pin::new(sleep).poll(cx) {
                Poll::Pending => Poll::Pending,
                Poll::Ready(Err(error)) => Poll::Ready(Err(error)),
                Poll::Ready(Ok(())) => Poll::Ready(match job.take() {
                    Some(job) => catch_panic(job),
                    None => Err(Error::Closed),
                }),
            },
        }
    }
}

impl<T> fmt::Debug for Job<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = match &self.state {
            JobState::Failed(_) => "failed",
            JobState::Pooled(_) => "pooled",
            JobState::Simulated(..) => "simulated",
        };
        f.debug_tuple("Job").field(&state).finish()
    }
}

// Nothing in a job is pinned: the sleep is `Unpin` and the rest lies on the heap.
impl<T> Unpin for Job<T> {}

impl<T> Job<T> {
    /// Gives the result up. A job that has not started never runs.
    pub(crate) fn abandon(&self) {
        if let JobState::Pooled(cell) = &self.state {
            let mut cell = lock(cell);
            cell.abandoned = true;
            let waker = cell.waker.take();
            drop(cell);
            discard(waker);
        }
    }
}

impl<T> Drop for Job<T> {
    fn drop(&mut self) {
        self.abandon();
    }
}
