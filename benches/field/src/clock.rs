//! The clock by which everything is measured.

use std::time::Duration;

use rustix::time::{ClockId, Timespec, clock_gettime};

/// Nanoseconds of the monotonic clock.
pub fn now() -> u64 {
    nanos(clock_gettime(ClockId::Monotonic))
}

/// Nanoseconds of processor time of this process, over all its threads.
pub fn processor() -> u64 {
    nanos(clock_gettime(ClockId::ProcessCPUTime))
}

/// Nanoseconds of processor time of this thread.
pub fn processor_of_thread() -> u64 {
    nanos(clock_gettime(ClockId::ThreadCPUTime))
}

/// Nanoseconds as the system takes them.
pub fn timespec(nanos: u64) -> Timespec {
    Timespec {
        tv_sec: (nanos / 1_000_000_000) as _,
        tv_nsec: (nanos % 1_000_000_000) as _,
    }
}

/// How long from `now` to a deadline; nothing when it has passed.
pub fn until(deadline: u64, now: u64) -> Duration {
    Duration::from_nanos(deadline.saturating_sub(now))
}

fn nanos(time: Timespec) -> u64 {
    time.tv_sec as u64 * 1_000_000_000 + time.tv_nsec as u64
}
