//! The pools of threads for jobs that block.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use crate::Error;
use crate::blocking::job_counts::JobCounts;
use crate::blocking::workers::{Refused, Work, Workers, WorkersConfig};

/// A bounded pool with a bounded queue, whose jobs deliver their results when they are dropped. It
/// starts at the first job and shrinks to none.
pub(crate) struct Pool {
    workers: Workers<Box<dyn Work>>,
}

impl Pool {
    pub(crate) fn new(max_threads: usize, max_queue: usize, idle: Duration) -> Pool {
        Pool::counted(max_threads, max_queue, idle, Arc::default())
    }

    /// Another pool of the same dispatcher, with a thread for each of so many permits. The queue is
    /// for jobs whose permits come from others that are about to leave their threads.
    pub(crate) fn for_permits(&self, permits: usize) -> Pool {
        let config = self.workers.config();
        Pool::counted(permits, permits, config.idle, config.counts.clone())
    }

    fn counted(
        max_threads: usize,
        max_queue: usize,
        idle: Duration,
        counts: Arc<JobCounts>,
    ) -> Pool {
        Pool {
            workers: Workers::new(WorkersConfig {
                thread_name: "wippy-blocking",
                max_threads: max_threads.max(1),
                max_queue,
                idle,
                counts,
            }),
        }
    }

    /// What all pools of the dispatcher have now.
    pub(crate) fn counts(&self) -> &Arc<JobCounts> {
        &self.workers.config().counts
    }

    /// # Errors
    /// `Closed`; `TooManyJobs` where the queue is full; `Io` where there is no thread and the system
    /// has none to give.
    pub(crate) fn submit(&self, work: Box<dyn Work>) -> Result<(), Error> {
        // A refused job is dropped here, with no lock held: that delivers its result.
        self.workers.submit(work).map_err(|refused| match refused {
            Refused::Closed(_) => Error::Closed,
            Refused::QueueFull(_) => Error::TooManyJobs(self.workers.config().max_queue),
            Refused::NoThread(_, error) => error.into(),
        })
    }

    /// Lets idle threads go and gives up the jobs that wait. A handle or a waker in the queue may
    /// keep the pool itself alive, so that the dispatcher's end cannot leave this to `Drop`.
    pub(crate) fn close(&self) {
        self.workers.close();
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.close();
    }
}

/// Runs a job, and turns its panic into an error with the panic's text.
///
/// # Errors
/// `JobPanicked`.
pub(crate) fn catch_panic<T>(job: impl FnOnce() -> T) -> Result<T, Error> {
    catch_unwind(AssertUnwindSafe(job)).map_err(|payload| {
        let text = payload
            .downcast_ref::<&str>()
            .map(|text| (*text).to_owned())
            .or_else(|| payload.downcast_ref::<String>().cloned());
        Error::JobPanicked(text.unwrap_or_else(|| "a value that is no text".to_owned()))
    })
}
