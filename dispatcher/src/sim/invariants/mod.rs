//! What has to hold in a simulation: after each run of a task, and at times.

mod register;
mod run;
mod table;

pub(crate) use table::Assertions;
