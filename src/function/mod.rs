//! Calling functions: values in and out, the pool's bound, one fresh instance a call.

mod backtrace;
mod call;
mod error;
mod pool;
pub mod values;

pub use backtrace::Backtrace;
pub use call::{Arguments, Function, call};
pub use error::{CallError, Problem, Trap};
pub use pool::{Permit, Pool, PoolFull};
