//! Work that has to block: a pool of threads that starts at the first job and shrinks to none.

use std::collections::VecDeque;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use crate::Error;
use crate::executor::wake::{discard, wake};
use crate::handle::Handle;
use crate::time::sleep::Sleep;

/// A job without its type. Dropping it delivers its result, or `Closed` if it never ran.
pub(crate) trait Work: Send {
    fn run(&mut self);
}

/// A bounded pool with a bounded queue. Nothing joins its threads: the end of the dispatcher lets
/// idle ones go and abandons the others.
pub(crate) struct Pool {
    inner: Arc<Inner>,
}

struct Inner {
    state: Mutex<State>,
    work: Condvar,
    max_threads: usize,
    max_queue: usize,
    idle: Duration,
    /// The threads of all pools of a dispatcher.
    total: Arc<AtomicUsize>,
}

#[derive(Default)]
struct State {
    queue: VecDeque<Box<dyn Work>>,
    threads: usize,
    running: usize,
    idle: usize,
    closed: bool,
}

impl Pool {
    pub(crate) fn new(max_threads: usize, max_queue: usize, idle: Duration) -> Pool {
        Pool::counted(max_threads, max_queue, idle, Arc::default())
    }

    /// Another pool of the same dispatcher, with a thread for each of so many permits. The queue is
    /// for jobs whose permits come from others that are about to leave their threads.
    pub(crate) fn for_permits(&self, permits: usize) -> Pool {
        let Inner { idle, total, .. } = &*self.inner;
        Pool::counted(permits, permits, *idle, total.clone())
    }

    fn counted(
        max_threads: usize,
        max_queue: usize,
        idle: Duration,
        total: Arc<AtomicUsize>,
    ) -> Pool {
        let inner = Inner {
            state: Mutex::new(State::default()),
            work: Condvar::new(),
            max_threads: max_threads.max(1),
            max_queue,
            idle,
            total,
        };
        Pool {
            inner: Arc::new(inner),
        }
    }

    /// How many threads all pools of the dispatcher have now.
    pub(crate) fn threads(&self) -> usize {
        self.inner.total.load(Ordering::Relaxed)
    }

    /// Jobs that a free thread will take do not count as waiting, however slow it is to start.
    pub(crate) fn submit(&self, work: Box<dyn Work>) -> Result<(), Error> {
        let mut state = self.inner.lock();
        if state.closed {
            return Err(Error::Closed);
        }
        let bound = self.inner.max_queue.saturating_add(self.inner.max_threads);
        if state.queue.len() + state.running >= bound {
            return Err(Error::TooManyJobs(self.inner.max_queue));
        }
        state.queue.push_back(work);
        if state.queue.len() > state.idle && state.threads < self.inner.max_threads {
            let inner = self.inner.clone();
            let started = std::thread::Builder::new()
                .name("wippy-blocking".into())
                .spawn(move || inner.run());
            match started {
                Ok(_) => {
                    state.threads += 1;
                    self.inner.total.fetch_add(1, Ordering::Relaxed);
                }
                // With no thread at all nobody would ever take the job.
                Err(error) if state.threads == 0 => {
                    let refused = state.queue.pop_back();
                    drop(state);
                    drop(refused);
                    return Err(error.into());
                }
                Err(_) => {}
            }
        }
        drop(state);
        self.inner.work.notify_one();
        Ok(())
    }
}

impl Pool {
    /// Lets idle threads go and gives up the jobs that wait. A handle or a waker in the queue may
    /// keep the pool itself alive, so that the dispatcher's end cannot leave this to `Drop`.
    pub(crate) fn close(&self) {
        let mut state = self.inner.lock();
        state.closed = true;
        let abandoned = std::mem::take(&mut state.queue);
        drop(state);
        self.inner.work.notify_all();
        drop(abandoned);
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.close();
    }
}

impl Inner {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A thread of the pool: works until it was idle for the pool's idle time.
    fn run(&self) {
        let mut state = self.lock();
        loop {
            if let Some(mut work) = state.queue.pop_front() {
                state.running += 1;
                drop(state);
                // Jobs catch their own panics; this is for the destructors around them.
                let _ = catch_unwind(AssertUnwindSafe(|| work.run()));
                self.lock().running -= 1;
                // Only now: whoever sees the result finds room for the next job.
                let _ = catch_unwind(AssertUnwindSafe(|| drop(work)));
                state = self.lock();
                continue;
            }
            if state.closed {
                break;
            }
            state.idle += 1;
            let (woken, wait) = self
                .work
                .wait_timeout(state, self.idle)
                .unwrap_or_else(PoisonError::into_inner);
            state = woken;
            state.idle -= 1;
            if wait.timed_out() && state.queue.is_empty() {
                break;
            }
        }
        state.threads -= 1;
        self.total.fetch_sub(1, Ordering::Relaxed);
    }
}

/// A job on the blocking pool, as the future of its result.
#[must_use = "dropping a job abandons it"]
pub struct Job<T> {
    state: JobState<T>,
}

enum JobState<T> {
    Failed(Option<Error>),
    Pooled(Arc<Mutex<Cell<T>>>),
    /// In a simulation: runs inline when its time has passed.
    Simulated(Sleep, Option<Box<dyn FnOnce() -> T + Send>>),
}

/// Where a thread of the pool leaves its result.
struct Cell<T> {
    result: Option<Result<T, Error>>,
    waker: Option<Waker>,
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
    if let Some(simulation) = core.simulation() {
        let delay = core.draw_job_delay(simulation)?;
        return Ok(JobState::Simulated(
            handle.sleep(delay),
            Some(Box::new(job)),
        ));
    }
    let cell = Arc::new(Mutex::new(Cell {
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

/// The pool's end of a job.
struct Pooled<T, F> {
    job: Option<F>,
    result: Option<Result<T, Error>>,
    cell: Arc<Mutex<Cell<T>>>,
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
            self.result = Some(catch(job));
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

pub(crate) fn catch<T>(job: impl FnOnce() -> T) -> Result<T, Error> {
    catch_unwind(AssertUnwindSafe(job)).map_err(|payload| {
        let text = payload
            .downcast_ref::<&str>()
            .map(|text| (*text).to_owned())
            .or_else(|| payload.downcast_ref::<String>().cloned());
        Error::JobPanicked(text.unwrap_or_else(|| "a value that is no text".to_owned()))
    })
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
                    Some(job) => catch(job),
                    None => Err(Error::Closed),
                }),
            },
        }
    }
}

// Nothing in a job is pinned: the sleep is `Unpin` and the rest lies on the heap.
impl<T> Unpin for Job<T> {}

impl<T> Job<T> {
    /// Not started, it never runs.
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
