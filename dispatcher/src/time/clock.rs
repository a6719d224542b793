//! The clock seam: what time it is. The driver holds the timers.

use std::cell::Cell;
use std::fmt;
use std::ops::{Add, Sub};
use std::time::Duration;

use rustix::time::{ClockId, clock_getres, clock_gettime};

/// A point of the monotonic clock, in nanoseconds. The origin is that of the system's
/// `CLOCK_MONOTONIC`, or one second before the start of a simulation.
///
/// ```
/// use std::time::Duration;
/// use wippy_dispatcher::Instant;
///
/// let start = Instant::from_nanos(5);
/// assert_eq!((start + Duration::from_nanos(7)) - start, Duration::from_nanos(7));
/// assert_eq!(Instant::NEVER + Duration::from_secs(1), Instant::NEVER);
/// ```
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

    /// The instant `duration` before this one, but not before the clock's origin.
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
///
/// ```
/// use wippy_dispatcher::Dispatcher;
///
/// // A simulation starts one second after 2000-01-01T00:00:00Z.
/// let dispatcher = Dispatcher::simulated(1)?;
/// assert_eq!(dispatcher.handle().wall_time()?.seconds, 946_684_801);
/// # Ok::<(), wippy_dispatcher::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct WallTime {
    /// Whole seconds.
    pub seconds: u64,
    /// Nanoseconds below one second.
    pub nanoseconds: u32,
}

/// Where a simulation begins, in nanoseconds: one second after the origin, so that there are instants
/// before it.
const VIRTUAL_START: u64 = 1_000_000_000;
/// The wall clock at a simulation's origin, in Unix seconds: 2000-01-01T00:00:00Z.
const VIRTUAL_EPOCH: u64 = 946_684_800;

pub(crate) enum Clock {
    System,
    /// Nanoseconds since the origin.
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
                debug_assert!(now.tv_sec >= 0, "the monotonic clock starts at zero");
                Instant(now.tv_sec as u64 * 1_000_000_000 + now.tv_nsec as u64)
            }
            Clock::Virtual(now) => Instant(now.get()),
        }
    }

    pub(crate) fn wall(&self) -> WallTime {
        match self {
            Clock::System => {
                let now = clock_gettime(ClockId::Realtime);
                match u64::try_from(now.tv_sec) {
                    Ok(seconds) => WallTime {
                        seconds,
                        nanoseconds: now.tv_nsec as u32,
                    },
                    Err(_) => WallTime {
                        seconds: 0,
                        nanoseconds: 0,
                    },
                }
            }
            Clock::Virtual(now) => WallTime {
                seconds: VIRTUAL_EPOCH + now.get() / 1_000_000_000,
                nanoseconds: (now.get() % 1_000_000_000) as u32,
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
            // A limit of the caller's may be in the past.
            now.set(now.get().max(instant.0));
        }
    }
}

fn resolution_of(id: ClockId) -> Duration {
    let resolution = clock_getres(id);
    let nanos = resolution.tv_sec as u64 * 1_000_000_000 + resolution.tv_nsec as u64;
    debug_assert!(nanos > 0, "a clock has a smallest step");
    Duration::from_nanos(nanos)
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
