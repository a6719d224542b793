//! Tasks: which are alive and runnable, which goes next, and what wakes them.

pub(crate) mod host_tasks;
pub(crate) mod idle;
pub(crate) mod listener;
pub(crate) mod meta;
pub(crate) mod park;
pub(crate) mod picker;
mod run;
pub(crate) mod task;
pub(crate) mod tasks;
pub(crate) mod wake;
pub(crate) mod yield_now;
