//! The clocks of the system, in nanoseconds.

use rustix::time::{ClockId, Timespec, clock_gettime};

fn nanos(time: Timespec) -> u64 {
    time.tv_sec as u64 * 1_000_000_000 + time.tv_nsec as u64
}

/// The monotonic clock.
pub fn now() -> u64 {
    nanos(clock_gettime(ClockId::Monotonic))
}

/// The processor time of the calling thread.
pub fn processor() -> u64 {
    nanos(clock_gettime(ClockId::ThreadCPUTime))
}
