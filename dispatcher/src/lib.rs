//! A single-threaded reactor and executor.
//!
//! A [`Dispatcher`] is a value that a thread owns: it runs local tasks, wakes them when a [`Sleep`]
//! is due, a [`Source`] is ready, an [`Event`] is set or a blocking [`Job`] ends, and parks in
//! exactly one place. It can drive a whole program ([`Dispatcher::block_on`]) or take single steps
//! inside another event loop ([`Dispatcher::turn`] and [`Dispatcher::as_fd`]).
//!
//! Time, order, readiness and randomness reach it through four seams: the clock, the driver (which
//! holds the armed deadlines), the picker and the entropy. [`Builder::simulation`] replaces all
//! four: virtual time moves only when nothing can run, the next task is drawn from a seed, and every
//! choice is a record in a [`Trace`] with a rolling hash, and in a [log](sim::Log) that can be replayed.
//!
//! ```
//! use std::time::Duration;
//! use wippy_dispatcher::Dispatcher;
//!
//! let dispatcher = Dispatcher::new()?;
//! let handle = dispatcher.handle();
//! let before = handle.now()?;
//! dispatcher.block_on(handle.sleep(Duration::from_millis(2)))??;
//! assert!(handle.now()? >= before + Duration::from_millis(2));
//! # Ok::<(), wippy_dispatcher::Error>(())
//! ```
//!
//! # Layers
//!
//! Imports between the files run in one direction. From the bottom: tables that know nothing of each
//! other (timers, readiness, wait sets, tasks), the drivers over them, the core that owns both, what
//! threads share (the park flag, the messages), [`Handle`], the futures over it, each with its own
//! `impl Handle`, and at the top [`Dispatcher`] and [`Builder`].
//!
//! `unsafe` stands in two small modules only: [`Handle`]'s thread-bound cell and the borrowed
//! descriptor of [`Dispatcher::as_fd`].
#![warn(missing_debug_implementations)]

#[cfg(not(target_os = "linux"))]
compile_error!("wippy-dispatcher parks on epoll and timerfd and runs on Linux only");

mod blocking;
mod builder;
mod core;
mod dispatcher;
mod driver;
mod entropy;
mod error;
mod executor;
mod handle;
mod histogram;
mod in_turn;
mod io;
mod local;
mod locals;
pub mod net;
mod parking;
mod remote;
mod shared;
pub mod sim;
mod stats;
mod stepping;
mod thread_bound;
mod time;
mod turn;

/// The atomics of the park flag; its model-checked test replaces this module with loom's.
mod sync {
    pub(crate) use std::sync::atomic::{AtomicU8, Ordering};
}

pub use blocking::flow::Flow;
pub use blocking::job::Job;
pub use blocking::lane::{Lane, LaneJob};
pub use builder::Builder;
pub use dispatcher::Dispatcher;
pub use entropy::RngStream;
pub use error::Error;
pub use executor::idle::Idle;
pub use executor::task::{Cancelled, Task};
pub use executor::yield_now::YieldNow;
pub use handle::Handle;
pub use histogram::{Histogram, SharedHistogram};
pub use io::event::Event;
pub use io::readiness::Interest;
pub use io::source::Source;
pub use io::wait_set::WaitSet;
pub use local::Local;
pub use remote::Remote;
pub use sim::record::Record;
pub use sim::settings::Simulation;
pub use sim::trace::Trace;
pub use stats::Stats;
pub use time::clock::{Instant, WallTime};
pub use time::lead::TimerLead;
pub use time::sleep::Sleep;
pub use turn::{Turn, TurnBudget};

// Hidden from the documentation: what only the other packages of this workspace need. It may change
// with any release.
#[doc(hidden)]
pub use blocking::deferred_close::DeferredClose;
