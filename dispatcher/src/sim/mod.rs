//! The simulated counterpart of the system: what a seed decides, and the trace of it.

pub(crate) mod driver;
pub(crate) mod settings;
pub(crate) mod trace;
