//! The kinds of processes that answer the driver.

use clap::ValueEnum;

/// Who a process is.
#[derive(Clone, Copy, ValueEnum, Debug)]
pub enum WorkerKind {
    /// Guests on this project's runtime.
    Wippy,
    /// The same on a dispatcher that spins.
    WippySpinning,
    /// The same on one whose timers are armed for their deadlines, and no earlier.
    WippyLeadOff,
    /// The same on one with a coalescing window of a millisecond.
    WippyWindow,
    /// Guests on this project's engine, without what host functions do.
    Crossing,
    /// The dispatcher without guests.
    Dispatcher,
    /// epoll and timerfd.
    Native,
    /// The crate `polling`.
    Polling,
}
