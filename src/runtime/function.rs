//! An entry's function on one dispatcher.

use std::sync::Arc;

use crate::host::SharedBudget;
use crate::module::Engine;
use crate::preemption::GuestWatch;
use crate::program::{Admission, LinkedFunction};

/// A function of the program, and what bounds its calls on this dispatcher.
pub(crate) struct Function {
    pub(crate) linked: Arc<LinkedFunction>,
    pub(crate) engine: Engine,
    /// The guests of this dispatcher.
    pub(crate) watch: Arc<GuestWatch>,
    /// The group of its calls' flows.
    pub(crate) group: u64,
    /// The bound on instances of its kind, pooled or not, over all entries.
    pub(crate) instances: Admission,
    /// What calls leave to the next one, over all entries.
    pub(crate) budget: SharedBudget,
}
