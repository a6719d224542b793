//! The clock seam: what time it is. The timers that it drives stand in `timer.rs`.

use std::cell::Cell;
use std::fmt;
use std::ops::{Add, Sub};
use std::time::Duration;

use rustix::time::{ClockId, clock_getres, clock_gettime};

/// A point of the monotonic clock, in nanoseconds. The origin is the system's `CLOCK_MONOTONIC`,
/// or one second before the start of a simulation.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Instant(u64);

impl Instant {
    /// The instant that never comes.
    pub const NEVER: Instant = Instant(u64::MAX);

    /// From nanoseconds since the clock's origin.
    pub const fn from_nanos(nanos: u64) -> Instant {
        Instant(nanos)
    }

    /// Nanoseconds since the clock's origin.
    pub const fn as_nanos(self) -> u64 {
        self.0
    }

    /// The instant `duration` before, the clock's origin if that is later.
    pub(crate) fn before(self, duration: Duration) -> Instant {
        let nanos = u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX);
        Instant(self.0.saturating_sub(nanos))
    }

    /// The time from `earlier` to `self`, zero if `earlier` is later.
    pub const fn since(self, earlier: Instant) -> Duration {
        Duration::from_nanos(self.0.saturating_sub(earlier.0))
    }
}

/// Saturates at [`Instant::NEVER`].
impl Add<Duration> for Instant {
    type Output = Instant;
    fn add(self, duration: Duration) -> Instant {
        let nanos = u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX);
        Instant(self.0.saturating_add(nanos))
    }
}

/// Saturates at zero.
impl Sub<Instant> for Instant {
    type Output = Duration;
    fn sub(self, earlier: Instant) -> Duration {
        self.since(earlier)
    }
}

impl fmt::Display for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}.{:09} s",
            self.0 / 1_000_000_000,
            self.0 % 1_000_000_000
        )
    }
}

/// Time since 1970-01-01T00:00:00Z, without leap seconds. Never negative: a system clock before
/// 1970 reads as zero.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct WallTime {
    /// Whole seconds.
    pub seconds: u64,
    /// Nanoseconds below one second.
    pub nanoseconds: u32,
}

/// Where a simulation begins: one second after the origin, so that instants before it exist.
const VIRTUAL_START: u64 = 1_000_000_000;
/// The wall clock at a simulation's origin: 2000-01-01T00:00:00Z.
const VIRTUAL_EPOCH: u64 = 946_684_800;

pub(crate) enum Clock {
    System,
    Virtual(Cell<u64>),
}

impl Clock {
    pub(crate) fn system() -> Clock {
        Clock::System
    }

    pub(crate) fn simulated() -> Clock {
        Clock::Virtual(Cell::new(VIRTUAL_START))
    }

    pub(crate) fn now(&self) -> Instant {
        match self {
            Clock::System => {
                let now = clock_gettime(ClockId::Monotonic);
                let seconds = u64::try_from(now.tv_sec).unwrap_or(0);
                let nanos = u64::try_from(now.tv_nsec).unwrap_or(0);
                Instant(seconds.saturating_mul(1_000_000_000).saturating_add(nanos))
            }
            Clock::Virtual(now) => Instant(now.get()),
        }
    }

    pub(crate) fn wall(&self) -> WallTime {
        match self {
            Clock::System => {
                let now = clock_gettime(ClockId::Realtime);
                WallTime {
                    seconds: u64::try_from(now.tv_sec).unwrap_or(0),
                    nanoseconds: u32::try_from(now.tv_nsec).unwrap_or(0),
                }
            }
            Clock::Virtual(now) => WallTime {
                seconds: VIRTUAL_EPOCH + now.get() / 1_000_000_000,
                nanoseconds: u32::try_from(now.get() % 1_000_000_000).unwrap_or(0),
            },
        }
    }

    pub(crate) fn resolution(&self) -> Duration {
        match self {
            Clock::System => resolution_of(ClockId::Monotonic),
            Clock::Virtual(_) => Duration::from_nanos(1),
        }
    }

    pub(crate) fn wall_resolution(&self) -> Duration {
        match self {
            Clock::System => resolution_of(ClockId::Realtime),
            Clock::Virtual(_) => Duration::from_nanos(1),
        }
    }

    /// Moves a virtual clock forward to `instant`; the system's clock moves by itself.
    pub(crate) fn advance(&self, instant: Instant) {
        if let Clock::Virtual(now) = self {
            now.set(now.get().max(instant.0));
        }
    }
}

fn resolution_of(id: ClockId) -> Duration {
    let resolution = clock_getres(id);
    let nanos = u64::try_from(resolution.tv_nsec).unwrap_or(1);
    let seconds = u64::try_from(resolution.tv_sec).unwrap_or(0);
    Duration::from_nanos(
        seconds
            .saturating_mul(1_000_000_000)
            .saturating_add(nanos)
            .max(1),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_saturate() {
        assert_eq!(Instant::NEVER + Duration::from_secs(1), Instant::NEVER);
        assert_eq!(Instant::from_nanos(5) + Duration::MAX, Instant::NEVER);
        assert_eq!(
            Instant::from_nanos(5) - Instant::from_nanos(9),
            Duration::ZERO
        );
    }

    #[test]
    fn a_virtual_clock_never_goes_back() {
        let clock = Clock::simulated();
        let start = clock.now();
        clock.advance(start + Duration::from_nanos(3));
        clock.advance(start);
        assert_eq!(clock.now() - start, Duration::from_nanos(3));
        assert_eq!(clock.wall().seconds, VIRTUAL_EPOCH + 1);
    }
}
