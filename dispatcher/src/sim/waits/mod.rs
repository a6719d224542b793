//! What the tasks of a simulation wait for.

mod access;
mod collect;
mod report;
pub(crate) mod task_notes;
mod wait_for;

pub use report::{TaskState, TaskWait, Waits};
pub use wait_for::{ConnectionState, WaitFor};
