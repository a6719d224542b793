//! What the calls of a program are doing now, and what they have done: records that host functions and
//! the runtime keep up to date, and anybody may read, on whatever thread.

mod calls;
mod entry_stats;
mod host_function;
mod record;
mod state;
mod wait;

pub(crate) use calls::{LiveCall, LiveCalls};
pub(crate) use entry_stats::EntryStats;
pub use entry_stats::{CallTimes, Outcome};
pub use host_function::HostFunction;
pub use record::CallReport;
pub(crate) use record::{CallRecord, observed};
pub use state::CallState;
pub use wait::{Wait, WaitKind, WaitKinds};

/// The target of what is traced of calls.
pub(crate) const TARGET: &str = "wippy::call";
