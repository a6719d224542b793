//! Readiness: of descriptors, of events that the program sets, and of any of several at once.

pub(crate) mod event;
pub(crate) mod reactor;
pub(crate) mod readiness;
pub(crate) mod source;
pub(crate) mod spin;
pub(crate) mod wait_set;
