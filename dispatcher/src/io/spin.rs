//! How long the dispatcher polls I/O and timers before it parks.

use std::cell::Cell;
use std::time::Duration;

use crate::time::clock::Instant;

/// About the CPU time of parking and being woken. What comes within this time is better spun for: it
/// is seen sooner, at no higher cost.
const BRIEF: Duration = Duration::from_micros(10);
/// While brief spins do not pay, one wait of so many tries again.
const TRIAL: u32 = 64;
/// The most credit that spins which paid can earn, at one each.
const CREDIT_MAX: u8 = 8;
/// The credit that a spin loses which did not pay: to go on, three of four have to.
const LOSS: u8 = 3;

/// The setting, and whether spinning has paid lately.
pub(crate) struct Spin {
    /// The time that was set; without it, [`BRIEF`] where that pays.
    configured: Option<Duration>,
    /// Brief spins go on while this is above zero.
    credit: Cell<u8>,
    /// Waits since the last spin.
    waits: Cell<u32>,
}

impl Spin {
    pub(crate) fn new(configured: Option<Duration>) -> Spin {
        Spin {
            configured,
            credit: Cell::new(0),
            waits: Cell::new(0),
        }
    }

    /// How long to spin in a wait that ends at `deadline`.
    pub(crate) fn time(&self, now: Instant, deadline: Option<Instant>) -> Duration {
        if let Some(configured) = self.configured {
            return configured;
        }
        if deadline.is_some_and(|deadline| deadline.since(now) <= BRIEF) {
            return BRIEF;
        }
        let waits = self.waits.get() + 1;
        let spin = self.credit.get() > 0 || waits >= TRIAL;
        self.waits.set(if spin { 0 } else { waits });
        if spin { BRIEF } else { Duration::ZERO }
    }

    /// Notes whether something came within a spin. A deadline that came does not count, because it
    /// was known before.
    pub(crate) fn learn(&self, came: bool) {
        let credit = self.credit.get();
        self.credit.set(match came {
            true => CREDIT_MAX.min(credit + 1),
            // Zero is the least: a long time without I/O is forgotten at once when it comes.
            false => credit.saturating_sub(LOSS),
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Instant = Instant::from_nanos(1_000_000_000);

    fn spins(spin: &Spin) -> bool {
        !spin.time(NOW, None).is_zero()
    }

    #[test]
    fn what_was_asked_for_is_done_always() {
        let spin = Spin::new(Some(Duration::from_micros(7)));
        spin.learn(false);
        assert_eq!(spin.time(NOW, None), Duration::from_micros(7));
        let never = Spin::new(Some(Duration::ZERO));
        assert_eq!(never.time(NOW, Some(NOW)), Duration::ZERO);
    }

    #[test]
    fn brief_spins_go_on_while_they_pay_and_are_tried_now_and_then() {
        let spin = Spin::new(None);
        for _ in 0..2 {
            for _ in 1..TRIAL {
                assert!(!spins(&spin));
            }
            assert!(spins(&spin));
            spin.learn(false);
        }
        for _ in 0..100 {
            spin.learn(true);
            assert!(spins(&spin));
        }
        // Two of eight that fail are no reason to stop, three are.
        for _ in 0..2 {
            spin.learn(false);
            assert!(spins(&spin));
        }
        spin.learn(false);
        assert!(!spins(&spin));
    }

    #[test]
    fn a_deadline_that_is_near_is_spun_for() {
        let spin = Spin::new(None);
        for _ in 0..TRIAL {
            assert_eq!(spin.time(NOW, Some(NOW + BRIEF)), BRIEF);
        }
        let later = NOW + BRIEF + Duration::from_nanos(1);
        assert_eq!(spin.time(NOW, Some(later)), Duration::ZERO);
    }
}
