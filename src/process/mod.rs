//! Processes: what a command's result means to the shell, and services that are kept running.

mod plan;

mod restart;
mod service;
mod status;

pub use plan::{Plan, PlanError};
pub use service::{Ended, supervise};
pub use status::Status;
