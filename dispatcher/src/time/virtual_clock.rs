//! The clocks of a simulation: one virtual time, and what each host reads of it.

use std::cell::{Cell, RefCell};
use std::time::Duration;

use crate::time::instant::{Instant, WallTime};

/// Where a simulation begins, in nanoseconds: one second after the origin, so that there are instants
/// before it.
pub(crate) const START: u64 = 1_000_000_000;
/// The wall clock at a simulation's origin, in Unix seconds: 2000-01-01T00:00:00Z.
pub(super) const EPOCH: u64 = 946_684_800;
const BILLION: i128 = 1_000_000_000;
/// How far a clock may drift, in parts per billion: half of the time.
const MAX_DRIFT: i64 = 500_000_000;

/// Virtual time, which is that of all events, and a clock for each host that reads it wrong.
pub(crate) struct VirtualClock {
    /// Nanoseconds since the origin.
    now: Cell<u64>,
    /// By number. A host beyond the end reads virtual time itself.
    hosts: RefCell<Vec<HostClock>>,
}

/// How a host's clocks differ from virtual time.
#[derive(Clone, Copy)]
struct HostClock {
    /// Virtual time at the last change, and what the host read then.
    since: u64,
    reading: u64,
    /// How much faster than virtual time it runs, in parts per billion.
    drift: i64,
    /// What was added to the wall clock, in nanoseconds.
    wall_offset: i128,
}

impl HostClock {
    const RIGHT: HostClock = HostClock {
        since: 0,
        reading: 0,
        drift: 0,
        wall_offset: 0,
    };

    /// What the host reads at a virtual time, rounded down.
    fn read(&self, time: u64) -> u64 {
        let passed = i128::from(time.saturating_sub(self.since));
        let ticks = passed * (BILLION + i128::from(self.drift)) / BILLION;
        let reading = i128::from(self.reading) + ticks;
        u64::try_from(reading).unwrap_or(u64::MAX)
    }

    /// The first virtual time at which the host reads `reading`.
    fn time_of(&self, reading: u64) -> u64 {
        let ticks = i128::from(reading.saturating_sub(self.reading)) * BILLION;
        let rate = BILLION + i128::from(self.drift);
        let passed = (ticks + rate - 1) / rate;
        u64::try_from(i128::from(self.since) + passed).unwrap_or(u64::MAX)
    }
}

impl VirtualClock {
    pub(super) fn new() -> VirtualClock {
        VirtualClock {
            now: Cell::new(START),
            hosts: RefCell::default(),
        }
    }

    /// Virtual time.
    #[cold]
    #[inline(never)]
    pub(super) fn now(&self) -> Instant {
        Instant::from_nanos(self.now.get())
    }

    /// Virtual time since the simulation's start.
    pub(super) fn elapsed(&self) -> Duration {
        Duration::from_nanos(self.now.get() - START)
    }

    /// Moves virtual time forward.
    pub(super) fn advance(&self, instant: Instant) {
        // A limit of the caller's may be in the past.
        self.now.set(self.now.get().max(instant.as_nanos()));
    }

    fn host(&self, number: u32) -> HostClock {
        let hosts = self.hosts.borrow();
        hosts
            .get(number as usize)
            .copied()
            .unwrap_or(HostClock::RIGHT)
    }

    /// What a host's monotonic clock reads.
    #[cold]
    #[inline(never)]
    pub(super) fn read(&self, host: u32) -> Instant {
        match self.host(host) {
            HostClock {
                drift: 0, since: 0, ..
            } => self.now(),
            clock => Instant::from_nanos(clock.read(self.now.get())),
        }
    }

    /// The virtual time at which a host's monotonic clock reads `deadline`.
    #[cold]
    #[inline(never)]
    pub(super) fn time_of(&self, host: u32, deadline: Instant) -> Instant {
        match self.host(host) {
            HostClock {
                drift: 0, since: 0, ..
            } => deadline,
            _ if deadline == Instant::NEVER => deadline,
            clock => Instant::from_nanos(clock.time_of(deadline.as_nanos())),
        }
    }

    /// What a host's wall clock reads; one before 1970 reads as 1970.
    #[cold]
    #[inline(never)]
    pub(super) fn wall(&self, host: u32) -> WallTime {
        let since_epoch = i128::from(EPOCH) * BILLION + i128::from(self.read(host).as_nanos());
        let nanos = (since_epoch + self.host(host).wall_offset).max(0);
        WallTime {
            seconds: u64::try_from(nanos / BILLION).unwrap_or(u64::MAX),
            nanoseconds: (nanos % BILLION) as u32,
        }
    }

    fn change(&self, host: u32, change: impl FnOnce(&mut HostClock)) {
        let mut hosts = self.hosts.borrow_mut();
        let place = host as usize;
        if hosts.len() <= place {
            hosts.resize(place + 1, HostClock::RIGHT);
        }
        change(&mut hosts[place]);
    }

    /// From now on a host's clocks run faster than virtual time by so many parts per billion, half of
    /// the time at most; slower where that is negative.
    pub(super) fn set_drift(&self, host: u32, parts_per_billion: i64) {
        let now = self.now.get();
        self.change(host, |clock| {
            clock.reading = clock.read(now);
            clock.since = now;
            clock.drift = parts_per_billion.clamp(-MAX_DRIFT, MAX_DRIFT);
        });
    }

    /// Sets a host's wall clock forward, or back where `nanos` is negative.
    pub(super) fn step_wall(&self, host: u32, nanos: i128) {
        self.change(host, |clock| {
            clock.wall_offset = clock.wall_offset.saturating_add(nanos);
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_virtual_clock_never_goes_back() {
        let clock = VirtualClock::new();
        let start = clock.now();
        clock.advance(Instant::from_nanos(start.as_nanos() + 3));
        clock.advance(start);
        assert_eq!(clock.now().as_nanos() - start.as_nanos(), 3);
        assert_eq!(clock.wall(0).seconds, EPOCH + 1);
    }

    /// A deadline comes at the first nanosecond at which the host reads it, whatever the drift.
    #[test]
    fn deadlines_and_readings_agree() {
        for drift in [
            -MAX_DRIFT, -123_457, -1, 1, 7, 100_000, 99_999_999, MAX_DRIFT,
        ] {
            let clock = VirtualClock::new();
            clock.advance(Instant::from_nanos(START + 17));
            clock.set_drift(3, drift);
            for step in [1, 2, 999, 1_000_003, 86_400_000_000_007] {
                let reading = clock.read(3).as_nanos() + step;
                let time = clock.time_of(3, Instant::from_nanos(reading)).as_nanos();
                assert!(clock.host(3).read(time) >= reading);
                assert!(clock.host(3).read(time - 1) < reading);
            }
            // Others read virtual time.
            assert_eq!(clock.read(2), clock.now());
            assert_eq!(clock.read(4), clock.now());
        }
    }

    #[test]
    fn a_wall_clock_steps_and_stops_at_1970() {
        let clock = VirtualClock::new();
        clock.step_wall(1, -3 * BILLION);
        assert_eq!(clock.wall(1).seconds, EPOCH - 2);
        assert_eq!(clock.wall(0).seconds, EPOCH + 1);
        clock.step_wall(1, i128::MIN);
        assert_eq!((clock.wall(1).seconds, clock.wall(1).nanoseconds), (0, 0));
        assert_eq!(clock.read(1), clock.now());
    }
}
