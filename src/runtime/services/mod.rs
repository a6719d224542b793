//! Services: which processes are kept running, in what order they start, and how they restart.

mod plan;
mod restart;
mod supervise;

pub use plan::{Plan, PlanError};
pub use supervise::{Ended, supervise, supervise_with};
