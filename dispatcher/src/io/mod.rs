//! Readiness: of descriptors, of events that the program sets, and of any of several at once.

pub(crate) mod event;
pub(crate) mod reactor;
pub(crate) mod readiness;
pub(crate) mod ready_future;
pub(crate) mod ready_slot;
pub(crate) mod registration;
pub(crate) mod source;
pub(crate) mod spin;
pub(crate) mod system_driver;
pub(crate) mod wait_set;
pub(crate) mod wait_sets;
