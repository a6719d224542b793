//! How long the dispatcher looks at I/O and timers before it parks.

use std::cell::Cell;
use std::time::Duration;

use crate::time::clock::Instant;

/// About what parking and being woken cost a core. What comes within this time is better looked
/// for: it is seen sooner, and for no more work.
const BRIEF: Duration = Duration::from_micros(10);
/// While brief looks do not pay, one wait of so many tries again.
const TRIAL: u32 = 64;
/// The most that looks which paid are worth.
const CREDIT_MAX: u8 = 8;
/// What a look costs that did not pay: three of four have to.
const LOSS: u8 = 3;

/// The setting, and what came of the last look.
pub(crate) struct Spin {
    /// What was asked for; without it, [`BRIEF`] where that pays.
    asked: Option<Duration>,
    /// Brief looks go on while this is above zero: one for each that paid, less for each that did
    /// not.
    credit: Cell<u8>,
    /// Waits since a look was tried.
    waits: Cell<u32>,
}

impl Spin {
    pub(crate) fn new(asked: Option<Duration>) -> Spin {
        Spin {
            asked,
            credit: Cell::new(0),
            waits: Cell::new(0),
        }
    }

    /// How long to look in a wait that `deadline` ends.
    pub(crate) fn time(&self, now: Instant, deadline: Option<Instant>) -> Duration {
        if let Some(asked) = self.asked {
            return asked;
        }
        if deadline.is_some_and(|deadline| deadline.since(now) <= BRIEF) {
            return BRIEF;
        }
        let waits = self.waits.get() + 1;
        let look = self.credit.get() > 0 || waits >= TRIAL;
        self.waits.set(if look { 0 } else { waits });
        if look { BRIEF } else { Duration::ZERO }
    }

    /// Whether something came within a look. A deadline is no news: it was known.
    pub(crate) fn learn(&self, came: bool) {
        let credit = self.credit.get();
        self.credit.set(match came {
            true => CREDIT_MAX.min(credit + 1),
            false => credit.saturating_sub(LOSS),
        });
    }

    /// Until when to park, so that the rest of the wait is spent looking and ends on time.
    pub(crate) fn park_until(&self, deadline: Instant) -> Instant {
        match self.asked {
            Some(asked) => deadline.before(asked),
            None => deadline,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Instant = Instant::from_nanos(1_000_000_000);

    fn looks(spin: &Spin) -> bool {
        !spin.time(NOW, None).is_zero()
    }

    #[test]
    fn what_was_asked_for_is_done_always() {
        let spin = Spin::new(Some(Duration::from_micros(7)));
        spin.learn(false);
        assert_eq!(spin.time(NOW, None), Duration::from_micros(7));
        assert_eq!(
            spin.park_until(NOW),
            Instant::from_nanos(NOW.as_nanos() - 7_000)
        );
        let never = Spin::new(Some(Duration::ZERO));
        assert_eq!(never.time(NOW, Some(NOW)), Duration::ZERO);
        assert_eq!(never.park_until(NOW), NOW);
    }

    #[test]
    fn brief_looks_go_on_while_they_pay_and_are_tried_now_and_then() {
        let spin = Spin::new(None);
        for _ in 0..2 {
            for _ in 1..TRIAL {
                assert!(!looks(&spin));
            }
            assert!(looks(&spin));
            spin.learn(false);
        }
        for _ in 0..100 {
            spin.learn(true);
            assert!(looks(&spin));
        }
        // Two of eight that fail are no reason to stop, three are.
        for _ in 0..2 {
            spin.learn(false);
            assert!(looks(&spin));
        }
        spin.learn(false);
        assert!(!looks(&spin));
        assert_eq!(spin.park_until(NOW), NOW);
    }

    #[test]
    fn a_deadline_that_is_near_is_looked_for() {
        let spin = Spin::new(None);
        for _ in 0..TRIAL {
            assert_eq!(spin.time(NOW, Some(NOW + BRIEF)), BRIEF);
        }
        let later = NOW + BRIEF + Duration::from_nanos(1);
        assert_eq!(spin.time(NOW, Some(later)), Duration::ZERO);
    }
}
