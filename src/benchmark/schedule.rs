//! When the calls of an open loop are due.

use std::time::Duration;

use wippy_dispatcher::Instant;

/// How many calls may be due and not begun; what is due before those is given up.
pub(super) const MAX_QUEUED: u64 = 10_000;

/// When the calls of an open loop are due: at a fixed rate, whatever becomes of them.
pub(super) struct Schedule {
    /// When the first call was taken.
    begun: Option<Instant>,
    nanos_between: f64,
    /// The next call, by its number.
    next: u64,
    /// The calls that no lane was free for when they were due.
    pub(super) late: u64,
    /// The calls that were given up, because too many were due.
    pub(super) given_up: u64,
}

impl Schedule {
    /// The first call is due when it is taken, so many a second from then on.
    pub(super) fn new(rate: f64) -> Schedule {
        Schedule {
            begun: None,
            nanos_between: 1e9 / rate,
            next: 0,
            late: 0,
            given_up: 0,
        }
    }

    /// When the call is due that a free lane makes next. It may be in the past.
    pub(super) fn take(&mut self, now: Instant) -> Instant {
        let begun = *self.begun.get_or_insert(now);
        let queued = self.queued(now);
        if queued > MAX_QUEUED {
            self.given_up += queued - MAX_QUEUED;
            self.next += queued - MAX_QUEUED;
        }
        let due = self.due(begun, self.next);
        self.next += 1;
        self.late += u64::from(due < now);
        due
    }

    /// How many calls are due and not begun.
    pub(super) fn queued(&self, now: Instant) -> u64 {
        let Some(begun) = self.begun else {
            return 0;
        };
        let passed = (now - begun).as_nanos() as f64;
        let mut due = (passed / self.nanos_between) as u64;
        // Whatever was lost to rounding: the number of calls that are due before now.
        while self.due(begun, due) < now {
            due += 1;
        }
        due.saturating_sub(self.next)
    }

    /// Counts from here on.
    pub(super) fn reset_counts(&mut self) {
        (self.late, self.given_up) = (0, 0);
    }

    fn due(&self, begun: Instant, number: u64) -> Instant {
        let nanos = number as f64 * self.nanos_between;
        begun + Duration::from_nanos(nanos.round() as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(nanos: u64) -> Instant {
        Instant::from_nanos(nanos)
    }

    #[test]
    fn calls_are_due_at_the_rate_whatever_was_taken() {
        let mut schedule = Schedule::new(3.0);
        let due: Vec<u64> = (0..4).map(|_| schedule.take(at(5)).as_nanos()).collect();
        assert_eq!(due, [5, 333_333_338, 666_666_672, 1_000_000_005]);
        assert_eq!((schedule.late, schedule.given_up), (0, 0));
        assert_eq!(schedule.queued(at(1_000_000_005)), 0);
        assert_eq!(schedule.queued(at(2_000_000_006)), 3);
        // The call of 1.333 s is late by then.
        assert_eq!(schedule.take(at(2_000_000_006)), at(1_333_333_338));
        assert_eq!((schedule.late, schedule.queued(at(2_000_000_006))), (1, 2));
    }

    #[test]
    fn what_is_due_and_not_begun_is_bounded() {
        let mut schedule = Schedule::new(1e9);
        assert_eq!(schedule.take(at(0)), at(0));
        // 29,999 calls are due between 0 and 30,000 ns.
        assert_eq!(schedule.take(at(30_000)), at(30_000 - MAX_QUEUED));
        assert_eq!(schedule.given_up, 29_999 - MAX_QUEUED);
        assert_eq!(schedule.queued(at(30_000)), MAX_QUEUED - 1);
    }
}
