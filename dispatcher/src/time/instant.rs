//! Points in time of the two clocks.

use std::fmt;
use std::ops::{Add, Sub};
use std::time::Duration;

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

    /// The nanoseconds from `earlier` to `self`, zero if `earlier` is later.
    pub(crate) const fn nanos_since(self, earlier: Instant) -> u64 {
        self.0.saturating_sub(earlier.0)
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
}
