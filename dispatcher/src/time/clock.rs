//! The clock seam: what time it is. The driver holds the timers.

use std::time::Duration;

use rustix::time::{ClockId, clock_getres, clock_gettime};

use crate::time::virtual_clock::VirtualClock;

pub use crate::time::instant::{Instant, WallTime};

pub(crate) enum Clock {
    System,
    Virtual(Box<VirtualClock>),
}

impl Clock {
    pub(crate) fn system() -> Clock {
        Clock::System
    }

    pub(crate) fn simulated() -> Clock {
        Clock::Virtual(Box::new(VirtualClock::new()))
    }

    /// The time of the system, or of all events of a simulation.
    #[inline]
    pub(crate) fn now(&self) -> Instant {
        match self {
            Clock::System => monotonic(),
            Clock::Virtual(clock) => clock.now(),
        }
    }

    /// The time as a simulated host reads it; on the system all read the same.
    #[inline]
    pub(crate) fn now_on(&self, host: u32) -> Instant {
        match self {
            Clock::System => monotonic(),
            Clock::Virtual(clock) => clock.read(host),
        }
    }

    /// When a deadline of a simulated host comes; on the system deadlines are what they are.
    #[inline]
    pub(crate) fn time_of(&self, host: u32, deadline: Instant) -> Instant {
        match self {
            Clock::System => deadline,
            Clock::Virtual(clock) => clock.time_of(host, deadline),
        }
    }

    /// The wall clock of a simulated host, or the system's.
    pub(crate) fn wall(&self, host: u32) -> WallTime {
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
            Clock::Virtual(clock) => clock.wall(host),
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

    /// Virtual time since the simulation's start; none on the system.
    pub(crate) fn elapsed(&self) -> Option<Duration> {
        match self {
            Clock::System => None,
            Clock::Virtual(clock) => Some(clock.elapsed()),
        }
    }

    /// Moves a virtual clock forward to `instant`; the system's clock moves by itself.
    pub(crate) fn advance(&self, instant: Instant) {
        if let Clock::Virtual(clock) = self {
            clock.advance(instant);
        }
    }

    /// Changes how fast a simulated host's clocks run; see [`VirtualClock`]. The system's are left alone.
    pub(crate) fn set_drift(&self, host: u32, parts_per_billion: i64) {
        if let Clock::Virtual(clock) = self {
            clock.set_drift(host, parts_per_billion);
        }
    }

    /// Sets a simulated host's wall clock forward or back. The system's is left alone.
    pub(crate) fn step_wall(&self, host: u32, nanos: i128) {
        if let Clock::Virtual(clock) = self {
            clock.step_wall(host, nanos);
        }
    }
}

#[inline]
fn monotonic() -> Instant {
    let now = clock_gettime(ClockId::Monotonic);
    debug_assert!(now.tv_sec >= 0, "the monotonic clock starts at zero");
    Instant::from_nanos(now.tv_sec as u64 * 1_000_000_000 + now.tv_nsec as u64)
}

fn resolution_of(id: ClockId) -> Duration {
    let resolution = clock_getres(id);
    let nanos = resolution.tv_sec as u64 * 1_000_000_000 + resolution.tv_nsec as u64;
    debug_assert!(nanos > 0, "a clock has a smallest step");
    Duration::from_nanos(nanos)
}
