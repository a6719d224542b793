//! What the machine does to a thread without any runtime: the baseline of what waits for time.

use std::time::Duration;

use rustix::thread::{self, clock_nanosleep_absolute};
use rustix::time::{ClockId, Timespec, clock_gettime};

use super::distribution::Distribution;

/// From one deadline to the next.
const INTERVAL: Duration = Duration::from_micros(200);
/// So many sleeps: a tenth of a second.
const SLEEPS: u32 = 500;

/// How late absolute sleeps of this thread end, as cyclictest measures it. None where the system cannot do it.
pub(super) fn measure() -> Option<Distribution> {
    let begun = now()?;
    let late = (1..=SLEEPS).map(|number| {
        // A deadline does not wait for the one before.
        let deadline = begun + INTERVAL * number;
        clock_nanosleep_absolute(
            thread::ClockId::Monotonic,
            &Timespec::try_from(deadline).ok()?,
        )
        .ok()?;
        Some(now()?.saturating_sub(deadline))
    });
    let late: Option<Vec<Duration>> = late.collect();
    Some(Distribution::of(late?))
}

/// The monotonic clock: the thread is none of the dispatcher's, and what is measured is not part of its time.
fn now() -> Option<Duration> {
    clock_gettime(ClockId::Monotonic).try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_sleep_counts() {
        let late = measure().expect("sleeps");
        assert_eq!(late.count(), u64::from(SLEEPS));
    }
}
