//! Dispatchers on threads of their own, over one program, and which of them runs a call.

mod load;
mod worker;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use wasmtime::component::Val;

use super::Runtime;
use super::error::CallErrorKind;
use super::options::CallOptions;
use crate::id::Id;
use crate::program::Program;
use crate::registry::Entry;
pub(super) use load::Load;
use worker::{Placement, Worker};

/// The other threads of a runtime. They start when they are first needed, and end when this is dropped.
pub(super) struct Threads {
    program: Program,
    /// Those that any call may run on.
    shared: Vec<Arc<Worker>>,
    /// Those of entries with a `worker_class`, for their calls alone.
    own: Mutex<HashMap<Id, Arc<[Arc<Worker>]>>>,
    /// What the runtimes of these threads know of them.
    this: Weak<Threads>,
}

impl Threads {
    /// The threads beside the one that the first runtime is on; none of them runs yet.
    pub(super) fn new(program: &Program) -> Arc<Threads> {
        Arc::new_cyclic(|this| Threads {
            shared: (1..program.options().threads)
                .map(|number| Arc::new(Worker::new(Placement::Shared(number))))
                .collect(),
            program: program.clone(),
            own: Mutex::default(),
            this: this.clone(),
        })
    }

    /// The thread that is to run a call of `entry` instead of the runtime that asks, which has
    /// `load` calls. `None` where that has no more to do than the others.
    pub(super) fn choose(&self, entry: &Entry, load: &Load) -> Option<Arc<Worker>> {
        let settings = entry.function()?;
        if settings.pool.worker_class.is_some() && entry.process().is_none() {
            let threads = settings.pool.bound().concurrent.min(MAX_OWN_THREADS);
            return least_loaded(&self.own(&entry.id, threads)).cloned();
        }
        let other = least_loaded(&self.shared)?;
        (other.load().get() < load.get()).then(|| other.clone())
    }

    /// Runs a call on one of these threads.
    ///
    /// # Errors
    /// As [`Runtime::call`]; `Dispatcher` when the thread cannot be started, has ended, or has as many
    /// calls to take as its dispatcher has tasks at most.
    pub(super) async fn run(
        &self,
        worker: &Arc<Worker>,
        entry: Arc<Entry>,
        options: CallOptions,
        arguments: Vec<Val>,
    ) -> Result<Option<Val>, CallErrorKind> {
        let _load = worker.load().add();
        let job = move |runtime: Runtime| async move {
            runtime.call_here(&entry, options, &arguments).await
        };
        worker.run(&self.program, &self.this, job).await?
    }

    /// The threads of an entry with a `worker_class`.
    fn own(&self, entry: &Id, threads: u32) -> Arc<[Arc<Worker>]> {
        let mut own = self.own.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(workers) = own.get(entry) {
            return workers.clone();
        }
        let placement = |number| Placement::Own {
            entry: entry.name.clone(),
            number,
        };
        let workers = (0..threads).map(|number| Arc::new(Worker::new(placement(number))));
        let workers: Arc<[Arc<Worker>]> = workers.collect();
        own.insert(entry.clone(), workers.clone());
        workers
    }
}

impl Drop for Threads {
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
fn least_loaded(workers: &[Arc<Worker>]) -> Option<&Arc<Worker>> {
    workers.iter().min_by_key(|worker| worker.load().get())
}
