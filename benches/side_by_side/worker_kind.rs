//! The kinds of processes that answer the driver.

use clap::ValueEnum;

/// Who a process is.
#[derive(Clone, Copy, ValueEnum, Debug)]
pub enum WorkerKind {
    /// Guests on this project's runtime.
    Wippy,
    /// The same on a dispatcher that spins.
    WippySpinning,
    /// Guests on this project's engine, without what host functions do.
    Crossing,
    /// The dispatcher without guests.
    Dispatcher,
    /// epoll and timerfd.
    Native,
    /// The crate `polling`.
    Polling,
}
