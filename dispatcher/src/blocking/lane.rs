//! A class of blocking jobs with threads and bounds of its own, so that stuck jobs of one class stop
//! no other, and fair between those whose jobs they are.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Weak};
use std::task::{Context, Poll};

use crate::Error;
use crate::blocking::flow::Flow;
use crate::blocking::job::Job;
use crate::blocking::pool::Pool;
use crate::blocking::semaphore::{Acquired, Permit, Semaphore, Waiter};
use crate::handle::Handle;

/// Blocking jobs of one class: a bounded number runs, on threads that start at need, and a bounded
/// number waits, without a thread. Clones are the same lane.
///
/// Jobs may belong to a [`Flow`]. Groups take turns, within a group its members do, and jobs of one
/// flow start in order. Of the jobs that may run, and of those that may wait, a group may take one
/// more while it holds less than is free, and a member while it holds less than a sixteenth of what
/// its group could still take. So there is something left for the next flow, whatever the others are
/// stuck in.
///
/// A job whose future is dropped while it runs is abandoned: it no longer counts against the bound on
/// jobs that run, so another may start, although its thread is busy until it ends. A quarter as many
/// jobs as may run, at least one, can be abandoned at a time, shared between flows in the same way;
/// those beyond that go on counting.
///
/// ```
/// use wippy_dispatcher::Dispatcher;
///
/// let dispatcher = Dispatcher::new()?;
/// let lane = dispatcher.handle().lane(1, 10);
/// let (first, second) = (lane.unblock(|| 1), lane.unblock(|| 2));
/// assert_eq!(dispatcher.block_on(first)??, 1);
/// assert_eq!(dispatcher.block_on(second)??, 2);
/// # Ok::<(), wippy_dispatcher::Error>(())
/// ```
#[derive(Clone)]
pub struct Lane {
    handle: Handle,
    semaphore: Semaphore,
    pool: Arc<Pool>,
}

impl Handle {
    /// A lane for one class of blocking jobs: at most `max_running` (at least one) of them run, and
    /// `max_waiting` more wait. It has threads of its own; how long idle ones stay is
    /// [`Builder::blocking_idle`](crate::Builder::blocking_idle).
    pub fn lane(&self, max_running: usize, max_waiting: usize) -> Lane {
        Lane::new(self, max_running, max_waiting)
    }
}

impl Lane {
    fn new(handle: &Handle, max_running: usize, max_waiting: usize) -> Lane {
        let pool = &handle.shared().pool;
        let semaphore = Semaphore::new(max_running.max(1), max_waiting, pool.counts().clone());
        let pool = pool.for_permits(semaphore.max_threads());
        Lane {
            handle: handle.clone(),
            semaphore,
            pool: Arc::new(pool),
        }
    }

    /// Runs a job that belongs to no flow: it may take whatever is free. Otherwise as
    /// [`Lane::unblock_for`].
    ///
    /// # Errors
    /// As [`Lane::unblock_for`].
    pub fn unblock<T, F>(&self, job: F) -> LaneJob<T>
    where
        T: Send + 'static,
        F: FnOnce() -> T + Send + 'static,
    {
        self.start(None, job)
    }

    /// Runs a job of a flow once this lane permits it; see [`Handle::unblock`]. A job that has to
    /// wait starts when its future is polled after its turn has come. Dropping the future of a job
    /// that waits takes it out of the lane.
    ///
    /// # Errors
    /// The future gives `LaneFull` and what [`Handle::unblock`] gives.
    pub fn unblock_for<T, F>(&self, flow: Flow, job: F) -> LaneJob<T>
    where
        T: Send + 'static,
        F: FnOnce() -> T + Send + 'static,
    {
        self.start(Some(flow), job)
    }

    fn start<T, F>(&self, flow: Option<Flow>, job: F) -> LaneJob<T>
    where
        T: Send + 'static,
        F: FnOnce() -> T + Send + 'static,
    {
        let state = match self.semaphore.acquire(flow) {
            Ok(Acquired::Permit(permit)) => run(self, permit, job),
            Ok(Acquired::Queued(waiter)) => State::Waiting {
                lane: self.clone(),
                waiter,
                job: Some(Box::new(job)),
            },
            Err(error) => State::Failed(Some(error)),
        };
        LaneJob { state }
    }

    /// How many jobs run or have been admitted to run, those included that are abandoned and no
    /// longer count against the lane's bound.
    pub fn running(&self) -> usize {
        self.semaphore.running()
    }

    /// How many jobs wait for their turn.
    pub fn waiting(&self) -> usize {
        self.semaphore.waiting()
    }
}

impl fmt::Debug for Lane {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lane")
            .field("running", &self.running())
            .field("waiting", &self.waiting())
            .finish_non_exhaustive()
    }
}

fn run<T, F>(lane: &Lane, permit: Arc<Permit>, job: F) -> State<T>
where
    T: Send + 'static,
    F: FnOnce() -> T + Send + 'static,
{
    let held = Arc::downgrade(&permit);
    let job = move || {
        let result = job();
        // Before the result can be seen, so that there is room for the next job by then.
        drop(permit);
        result
    };
    State::Running {
        job: Job::new(&lane.handle, &lane.pool, job),
        permit: held,
        _pool: lane.pool.clone(),
    }
}

/// A job of a lane, as the future of its result.
///
/// ```
/// use wippy_dispatcher::LaneJob;
///
/// # let dispatcher = wippy_dispatcher::Dispatcher::new()?;
/// let lane = dispatcher.handle().lane(1, 10);
/// let job: LaneJob<u64> = lane.unblock(|| (1..=20).product());
/// assert_eq!(dispatcher.block_on(job)??, 2_432_902_008_176_640_000);
/// # Ok::<(), wippy_dispatcher::Error>(())
/// ```
#[must_use = "dropping a job abandons it"]
pub struct LaneJob<T> {
    state: State<T>,
}

enum State<T> {
    Failed(Option<Error>),
    Waiting {
        lane: Lane,
        waiter: Waiter,
        job: Option<Box<dyn FnOnce() -> T + Send>>,
    },
    Running {
        job: Job<T>,
        permit: Weak<Permit>,
        /// Kept, because dropping a lane's pool drops the jobs that no thread has taken yet.
        _pool: Arc<Pool>,
    },
}

impl<T: Send + 'static> Future for LaneJob<T> {
    type Output = Result<T, Error>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<T, Error>> {
        if let State::Waiting { lane, waiter, job } = &mut self.state {
            let Some(permit) = waiter.try_acquire(cx.waker()) else {
                return Poll::Pending;
            };
            let running = job.take().map(|job| run(lane, permit, job));
            self.state = running.unwrap_or(State::Failed(Some(Error::Closed)));
        }
        match &mut self.state {
            State::Running { job, .. } => Pin::new(job).poll(cx),
            State::Failed(error) => Poll::Ready(Err(error.take().unwrap_or(Error::Closed))),
            State::Waiting { .. } => Poll::Pending,
        }
    }
}

impl<T> fmt::Debug for LaneJob<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = match &self.state {
            State::Failed(_) => "failed",
            State::Waiting { .. } => "waiting",
            State::Running { .. } => "running",
        };
        f.debug_tuple("LaneJob").field(&state).finish()
    }
}

// Nothing in it is pinned.
impl<T> Unpin for LaneJob<T> {}

impl<T> Drop for LaneJob<T> {
    fn drop(&mut self) {
        if let State::Running { job, permit, .. } = &self.state {
            job.abandon();
            if let Some(permit) = permit.upgrade() {
                permit.abandon();
            }
        }
    }
}
