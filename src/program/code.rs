//! What is made of a program's modules for one engine profile.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::admission::Admission;
use super::async_once_cell::AsyncOnceCell;
use super::linked::LinkedFunction;
use super::modules::{Modules, cell};
use super::options::ProgramOptions;
use crate::activity::LiveCalls;
use crate::id::Id;
use crate::module::{CodeStore, Engine, MAX_ON_DEMAND, ModuleError, Profile};
use crate::preemption::Ticker;
use crate::registry::Entry;

/// The calls that may wait for an instance, over all entries.
const MAX_WAITING: u32 = 1 << 20;

/// What was made of the modules for one engine profile.
pub(crate) struct Code {
    pub(crate) engine: Engine,
    pub(crate) modules: Modules,
    /// Preempts the guests of all dispatchers that run this code.
    pub(crate) ticker: Ticker,
    /// What the runtimes on the system share.
    shared: CallBounds,
    functions: Mutex<Functions>,
}

/// What bounds and counts calls. The runtimes of a program on the system have the same. In a simulation
/// each has its own, as if it were another process: no run depends on one beside it.
#[derive(Clone)]
pub(crate) struct CallBounds {
    /// The bound on instances from the pool, over all entries and threads.
    pub(crate) instances: Admission,
    /// The bound on those of the pool that are made before their calls, over all entries and threads: half
    /// of all, so that calls which wait for an instance get one.
    pub(crate) spares: Admission,
    /// The bound on instances that are allocated on demand.
    pub(crate) on_demand: Admission,
    /// The calls that have not ended, and what was counted of the others.
    pub(crate) calls: Arc<LiveCalls>,
}

impl CallBounds {
    fn new(options: &ProgramOptions) -> CallBounds {
        CallBounds {
            instances: Admission::new(options.pool.instances(), MAX_WAITING),
            spares: Admission::new(options.pool.instances() / 2, 0),
            on_demand: Admission::new(MAX_ON_DEMAND, MAX_WAITING),
            calls: Arc::new(LiveCalls::new(options.metrics)),
        }
    }
}

type Functions = HashMap<Id, Arc<AsyncOnceCell<Arc<LinkedFunction>, ModuleError>>>;

impl Code {
    /// Nothing is compiled yet.
    ///
    /// # Errors
    /// `Invalid` when the machine cannot run the engine.
    pub(super) fn new(
        profile: Profile,
        options: &ProgramOptions,
        store: Option<Arc<CodeStore>>,
    ) -> Result<Code, ModuleError> {
        let engine = Engine::with_pool(profile, options.pool)?;
        Ok(Code {
            modules: Modules::new(
                engine.clone(),
                store,
                options.slow_compiles.clone(),
                options.packages.clone(),
            ),
            ticker: match options.preemption {
                true => {
                    let epochs = engine.epochs();
                    Ticker::new(options.tick, move || epochs.increment())
                }
                false => Ticker::off(),
            },
            engine,
            shared: CallBounds::new(options),
            functions: Mutex::default(),
        })
    }

    /// What bounds and counts the calls of one more runtime.
    pub(crate) fn bounds(&self, options: &ProgramOptions) -> CallBounds {
        match self.engine.profile() {
            Profile::Live => self.shared.clone(),
            Profile::Simulated => CallBounds::new(options),
        }
    }

    /// An entry's function, if it was linked.
    pub(crate) fn linked(&self, entry: &Id) -> Option<Arc<LinkedFunction>> {
        // Nothing but the map's own code runs under the lock.
        let functions = self.functions.lock();
        let functions = functions.unwrap_or_else(PoisonError::into_inner);
        let cell = functions.get(entry)?.clone();
        drop(functions);
        cell.peek()
    }

    /// Where an entry's function is kept once it is linked.
    pub(super) fn cell(
        &self,
        entry: &Entry,
    ) -> Arc<AsyncOnceCell<Arc<LinkedFunction>, ModuleError>> {
        cell(&self.functions, entry.id.clone())
    }
}
