//! Worker threads: a queue, threads that start when it is needed, and end when they are idle.

use std::collections::VecDeque;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use crate::blocking::job_counts::JobCounts;

/// A job of a worker thread. It is run once and then dropped, both on that thread.
pub(crate) trait Work: Send {
    fn run(&mut self);
}

impl<W: Work + ?Sized> Work for Box<W> {
    fn run(&mut self) {
        (**self).run();
    }
}

/// The settings of a group of workers.
pub(crate) struct WorkersConfig {
    /// The name of each thread, at most 15 bytes.
    pub(crate) thread_name: &'static str,
    /// At least one.
    pub(crate) max_threads: usize,
    /// How many jobs may wait beside those that have a thread.
    pub(crate) max_queue: usize,
    /// After how long without a job a thread ends.
    pub(crate) idle: Duration,
    /// Counts the threads and jobs of this group and of all others that share the counts.
    pub(crate) counts: Arc<JobCounts>,
}

/// Why a job was not taken. The job comes back, to be dropped by the caller.
pub(crate) enum Refused<J> {
    Closed(J),
    QueueFull(J),
    /// There is no thread, and none could be started.
    NoThread(J, io::Error),
}

/// A bounded group of threads with a bounded queue, first in, first out.
///
/// Nothing joins the threads. Dropping this leaves them to finish the queue and then to end;
/// [`Workers::close`] gives the queue up.
pub(crate) struct Workers<J> {
    inner: Arc<Inner<J>>,
}

struct Inner<J> {
    state: Mutex<State<J>>,
    work: Condvar,
    config: WorkersConfig,
}

struct State<J> {
    queue: VecDeque<J>,
    threads: usize,
    running: usize,
    idle: usize,
    closed: bool,
}

impl<J: Work + 'static> Workers<J> {
    /// Without a thread so far.
    pub(crate) fn new(config: WorkersConfig) -> Workers<J> {
        Workers {
            inner: Arc::new(Inner {
                state: Mutex::new(State {
                    queue: VecDeque::new(),
                    threads: 0,
                    running: 0,
                    idle: 0,
                    closed: false,
                }),
                work: Condvar::new(),
                config,
            }),
        }
    }

    pub(crate) fn config(&self) -> &WorkersConfig {
        &self.inner.config
    }

    /// How many jobs wait for a thread.
    pub(crate) fn waiting(&self) -> usize {
        self.inner.lock().queue.len()
    }

    /// Queues a job and starts a thread for it if none is idle. Jobs that an idle thread will take
    /// do not count as waiting, however slow that thread is to wake.
    pub(crate) fn submit(&self, job: J) -> Result<(), Refused<J>> {
        let config = &self.inner.config;
        let mut state = self.inner.lock();
        if state.closed {
            return Err(Refused::Closed(job));
        }
        let bound = config.max_queue.saturating_add(config.max_threads);
        if state.queue.len() + state.running >= bound {
            return Err(Refused::QueueFull(job));
        }
        state.queue.push_back(job);
        config.counts.waiting.up();
        if state.queue.len() > state.idle && state.threads < config.max_threads {
            match self.inner.start_thread() {
                Ok(()) => state.threads += 1,
                // Without any thread the job would never be taken.
                Err(error) if state.threads == 0 => {
                    if let Some(job) = state.queue.pop_back() {
                        config.counts.waiting.down();
                        return Err(Refused::NoThread(job, error));
                    }
                }
                Err(_) => {}
            }
        }
        drop(state);
        self.inner.work.notify_one();
        Ok(())
    }

    /// Queues a job whatever the bound, without starting a thread: the next one that
    /// [`Workers::submit`] starts will take it.
    pub(crate) fn enqueue(&self, job: J) {
        let mut state = self.inner.lock();
        state.queue.push_back(job);
        self.config().counts.waiting.up();
        drop(state);
        self.inner.work.notify_one();
    }

    /// Lets idle threads go and drops the jobs that wait.
    pub(crate) fn close(&self) {
        let mut state = self.inner.lock();
        state.closed = true;
        let abandoned = std::mem::take(&mut state.queue);
        self.config().counts.waiting.down_by(abandoned.len());
        drop(state);
        self.inner.work.notify_all();
        drop(abandoned);
    }
}

impl<J: Work + 'static> Inner<J> {
    fn lock(&self) -> MutexGuard<'_, State<J>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The caller holds the lock and counts the thread in the state.
    fn start_thread(self: &Arc<Self>) -> io::Result<()> {
        let inner = self.clone();
        thread::Builder::new()
            .name(self.config.thread_name.into())
            .spawn(move || inner.run())?;
        self.config.counts.threads.up();
        Ok(())
    }

    /// A thread: works until it was idle for the configured time.
    fn run(&self) {
        let mut state = self.lock();
        loop {
            if let Some(mut job) = state.queue.pop_front() {
                state.running += 1;
                self.config.counts.waiting.down();
                self.config.counts.running.up();
                drop(state);
                // Jobs catch their own panics; this is for the destructors around them.
                let _ = catch_unwind(AssertUnwindSafe(|| job.run()));
                self.config.counts.running.down();
                self.lock().running -= 1;
                // Dropping it delivers the result. It no longer counts as running by then, so that
                // there is room for the next job.
                let _ = catch_unwind(AssertUnwindSafe(|| drop(job)));
                state = self.lock();
                continue;
            }
            if state.closed {
                break;
            }
            state.idle += 1;
            let (woken, wait) = self
                .work
                .wait_timeout(state, self.config.idle)
                .unwrap_or_else(PoisonError::into_inner);
            state = woken;
            state.idle -= 1;
            if wait.timed_out() && state.queue.is_empty() {
                break;
            }
        }
        state.threads -= 1;
        self.config.counts.threads.down();
    }
}
