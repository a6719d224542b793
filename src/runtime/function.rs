//! An entry's function on one dispatcher.

use std::rc::Rc;
use std::sync::Arc;

use wasmtime::Store;

use super::callee::Callee;
use super::fixed_context::FixedContext;
use super::spares::{AllSpares, Spares};
use crate::activity::EntryStats;
use crate::host::{SharedBudget, State};
use crate::module::Engine;
use crate::preemption::GuestWatch;
use crate::program::{Admission, LinkedFunction};

/// A function of the program, and what bounds its calls on this dispatcher.
pub(crate) struct Function {
    pub(crate) linked: Arc<LinkedFunction>,
    pub(crate) engine: Engine,
    pub(crate) fixed: FixedContext,
    /// The guests of this dispatcher.
    pub(crate) watch: Arc<GuestWatch>,
    /// The bound on its calls: over all threads, in a simulation of this runtime; a process has none.
    pub(crate) pool: Option<Admission>,
    /// The group of its calls' flows.
    pub(crate) group: u64,
    /// The bound on instances of its kind, pooled or not, over all entries.
    pub(crate) instances: Admission,
    /// The bound on those of the pool that are made before their calls, over all entries.
    pub(crate) spare_places: Admission,
    /// What calls leave to the next one, over all entries.
    pub(crate) budget: SharedBudget,
    /// The instances that it keeps ready.
    pub(crate) spares: Rc<Spares>,
    /// Those of all entries, which give way to calls.
    pub(crate) all_spares: AllSpares,
    /// What is counted of its entry's calls.
    pub(crate) stats: Arc<EntryStats>,
}

impl Function {
    /// Makes an instance in a store, for one call.
    ///
    /// # Errors
    /// What the engine says, and traps of the guest.
    pub(super) async fn instantiate(&self, store: &mut Store<State>) -> wasmtime::Result<Callee> {
        Callee::instantiate(&self.linked, store).await
    }
}
