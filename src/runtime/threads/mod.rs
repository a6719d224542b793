//! Dispatchers on threads of their own, over one program, and which of them runs a call.

mod load;
mod worker;

use std::collections::HashMap;
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use wippy_dispatcher::{Error, Handle};

use crate::id::Id;
use crate::program::ProgramOptions;
use crate::registry::Entry;
pub(super) use load::Load;
use worker::{Placement, Worker};

/// Makes what runs the calls of a thread, which it knows the load of.
pub(super) type Start<R> = dyn Fn(Handle, Weak<Threads<R>>, Load) -> Result<R, Error> + Send + Sync;

/// The threads of one entry.
type Workers<R> = Arc<[Arc<Worker<R>>]>;

/// The threads beside a runtime's own, on each of which is an `R`. They start when they are first
/// needed, and end when this is dropped.
pub(super) struct Threads<R> {
    start: Arc<worker::Start<R>>,
    /// Those that any call may run on.
    shared: Vec<Arc<Worker<R>>>,
    /// Those of entries with a `worker_class`, for their calls alone.
    own: Mutex<HashMap<Id, Workers<R>>>,
}

impl<R: Clone + 'static> Threads<R> {
    /// The threads beside the one that the first runtime is on; none of them runs yet.
    pub(super) fn new(options: &ProgramOptions, start: Box<Start<R>>) -> Arc<Threads<R>> {
        let pin = options.pin_threads;
        Arc::new_cyclic(|this: &Weak<Threads<R>>| {
            let this = this.clone();
            Threads {
                start: Arc::new(move |handle, load| start(handle, this.clone(), load)),
                shared: (1..options.threads)
                    .map(|number| Arc::new(Worker::new(Placement::Shared { number, pin })))
                    .collect(),
                own: Mutex::default(),
            }
        })
    }

    /// The thread that is to run a call of `entry` instead of the runtime that asks, which has
    /// `load` calls. `None` where that has no more to do than the others.
    pub(super) fn choose(&self, entry: &Entry, load: &Load) -> Option<Arc<Worker<R>>> {
        let settings = entry.function()?;
        if settings.pool.worker_class.is_some() && entry.process().is_none() {
            let threads = settings.pool.bound().concurrent.min(MAX_OWN_THREADS);
            return least_loaded(&self.own(&entry.id, threads)).cloned();
        }
        let other = least_loaded(&self.shared)?;
        (other.load().get() < load.get()).then(|| other.clone())
    }

    /// Runs a job on one of these threads. Dropping this ends the job at the thread's next turn.
    ///
    /// # Errors
    /// `Io` when the thread cannot be started; `Closed` when it has ended; `TooManyJobs` when it has as
    /// many jobs to take as its dispatcher has tasks at most.
    pub(super) async fn run<F, Fut>(
        &self,
        worker: &Arc<Worker<R>>,
        job: F,
    ) -> Result<Fut::Output, Error>
    where
        F: FnOnce(R) -> Fut + Send + 'static,
        Fut: Future + 'static,
        Fut::Output: Send + 'static,
    {
        let _load = worker.load().add();
        worker.run(&self.start, job).await
    }

    /// Those that run now.
    pub(super) fn running(&self) -> Vec<Arc<Worker<R>>> {
        let own = self.own.lock().unwrap_or_else(PoisonError::into_inner);
        let own = own.values().flat_map(|workers| workers.iter());
        let all = self.shared.iter().chain(own);
        all.filter(|worker| worker.is_running()).cloned().collect()
    }

    /// The threads of an entry with a `worker_class`.
    fn own(&self, entry: &Id, threads: u32) -> Workers<R> {
        let mut own = self.own.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(workers) = own.get(entry) {
            return workers.clone();
        }
        let placement = |number| Placement::Own {
            entry: entry.name.clone(),
            number,
        };
        let workers = (0..threads).map(|number| Arc::new(Worker::new(placement(number))));
        let workers: Workers<R> = workers.collect();
        own.insert(entry.clone(), workers.clone());
        workers
    }
}

impl<R> Drop for Threads<R> {
    fn drop(&mut self) {
        let own = self.own.get_mut().unwrap_or_else(PoisonError::into_inner);
        let own = own.values().flat_map(|workers| workers.iter());
        self.shared
            .iter()
            .chain(own)
            .for_each(|worker| worker.stop());
    }
}

/// The most threads of one entry with a `worker_class`; more calls than these share them.
pub(super) const MAX_OWN_THREADS: u32 = 256;

/// Of several with as few calls the first.
fn least_loaded<R>(workers: &[Arc<Worker<R>>]) -> Option<&Arc<Worker<R>>> {
    workers.iter().min_by_key(|worker| worker.load().get())
}
