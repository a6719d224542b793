//! How much a worker computes. The peer includes this file too.

use rustix::time::{ClockId, clock_gettime};

/// Nanoseconds of processor time of this process, over all its threads.
pub fn now() -> u64 {
    let now = clock_gettime(ClockId::ProcessCPUTime);
    now.tv_sec as u64 * 1_000_000_000 + now.tv_nsec as u64
}
