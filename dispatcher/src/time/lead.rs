//! How much earlier than a deadline the thread wakes, and what that costs.

use std::cell::Cell;
use std::time::Duration;

use crate::time::clock::Instant;

/// How much earlier than a deadline the dispatcher has the system wake it. From then until the deadline it
/// looks at I/O and the clock, so that the wait ends within about a microsecond of its deadline and not when the
/// system has woken the thread, which takes 5 to 100 µs. No timer fires early by it. In a simulation, where waits take
/// no time, it has no effect.
///
/// ```
/// use std::time::Duration;
/// use wippy_dispatcher::{Dispatcher, TimerLead};
///
/// let dispatcher = Dispatcher::builder()
///     .timer_lead(TimerLead::Fixed(Duration::from_micros(80)))
///     .build()?;
/// let handle = dispatcher.handle();
/// let sleep = handle.sleep(Duration::from_millis(1));
/// let deadline = sleep.deadline();
/// dispatcher.block_on(sleep)??;
/// assert!(handle.now()? >= deadline);
/// assert!(handle.stats()?.looked <= Duration::from_millis(1) + (handle.now()? - deadline));
/// # Ok::<(), wippy_dispatcher::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum TimerLead {
    /// Woken at the deadline. Costs no processor time, and waits end late by what waking takes.
    Off,
    /// What waking has taken lately at most, in seven of eight waits of about the same length; 100 µs at most. A wait is
    /// looked for for 50 µs at most. Where deadlines follow each other closely, a quarter of the time at most goes
    /// into looking, and the others are woken at the deadline.
    #[default]
    Adaptive,
    /// So long before each deadline, at that cost of processor time for each wait.
    Fixed(Duration),
}

/// The most that is learned, in nanoseconds, as all times below.
const LEAD_MAX: u64 = 100_000;
/// The longest look at the end of a wait. Who was woken earlier than that parks again.
const LOOK_MAX: u64 = 50_000;
/// A shorter park costs as much processor time as looking for as long.
const PARK_MIN: u64 = 10_000;
/// Waits are told apart by their length, because the processor sleeps deeper in longer ones. The first class ends at
/// 2^16 ns, 65 µs, and each is four times as long as the one before.
const FIRST_CLASS: u32 = 16;
const CLASSES: usize = 5;
/// A deadline that another follows within so many leads is one of many.
const CROWD: u64 = 4;
/// Of many deadlines, this part of the time may go into looking.
const SHARE: u64 = 4;
/// What may be looked at once after a time without.
const CREDIT_MAX: u64 = 400_000;

/// The setting, and what was learned about waking.
pub(crate) struct Lead {
    setting: TimerLead,
    /// For each class of waits the time to wake that seven of eight stay below; zero where none was seen yet.
    estimates: [Cell<u32>; CLASSES],
    /// What may still be looked, and when that was counted.
    credit: Cell<u64>,
    counted: Cell<Instant>,
    /// All looking so far.
    looked: Cell<u64>,
}

impl Lead {
    pub(crate) fn new(setting: TimerLead) -> Lead {
        Lead {
            setting,
            estimates: Default::default(),
            credit: Cell::new(CREDIT_MAX),
            counted: Cell::new(Instant::from_nanos(0)),
            looked: Cell::default(),
        }
    }

    /// Until when to park in a wait that begins now and ends at `deadline`: `now` or earlier where the rest of it is
    /// to be looked for at once, `deadline` where nothing is. `following` is the deadline after that.
    #[inline]
    pub(crate) fn park_until(
        &self,
        now: Instant,
        deadline: Instant,
        following: impl FnOnce() -> Option<Instant>,
    ) -> Instant {
        let left = deadline.nanos_since(now);
        let lead = match self.setting {
            TimerLead::Off => return deadline,
            TimerLead::Fixed(lead) => return deadline.before(lead),
            TimerLead::Adaptive => u64::from(self.estimates[class(left)].get()),
        };
        if lead == 0 {
            return deadline;
        }
        let is_crowded = following().is_some_and(|next| next.nanos_since(deadline) < lead * CROWD);
        if is_crowded && self.credit(now) < lead {
            return deadline;
        }
        // What is left is looked for, or as much of it as may be.
        let lead = if left <= lead + PARK_MIN {
            LOOK_MAX
        } else {
            lead
        };
        Instant::from_nanos(deadline.as_nanos().saturating_sub(lead))
    }

    /// Whether a thread that was woken at `now` looks until its deadline, or parks again because that is too long.
    #[inline]
    pub(crate) fn covers(&self, now: Instant, deadline: Instant) -> bool {
        self.setting != TimerLead::Adaptive || deadline.nanos_since(now) <= LOOK_MAX
    }

    /// A park in a wait from `begin` to `deadline` was ended by the system's timer, so many nanoseconds late; or there
    /// was no park, because no time was left for one.
    #[inline]
    pub(crate) fn learn(&self, begin: Instant, deadline: Instant, late: Option<u64>) {
        if self.setting != TimerLead::Adaptive {
            return;
        }
        let estimate = &self.estimates[class(deadline.nanos_since(begin))];
        let known = estimate.get();
        // One large step up for seven small ones down: it rests where one of eight is above. How far above does not
        // count, so that a single one that was very late changes little. A wait without a park counts as one below,
        // because otherwise too large an estimate would never be corrected.
        let step = (known / 112).max(32);
        let late = late.map(|late| late.min(LEAD_MAX) as u32);
        estimate.set(match late {
            Some(late) if known == 0 => late.max(1),
            Some(late) if late > known => (known + 7 * step).min(LEAD_MAX as u32),
            _ => known.saturating_sub(step).max(1),
        });
    }

    /// Counts a look from `begin` until now.
    pub(crate) fn spend(&self, begin: Instant, now: Instant) {
        let nanos = now.nanos_since(begin);
        self.looked.set(self.looked.get() + nanos);
        if self.setting == TimerLead::Adaptive {
            self.credit.set(self.credit(now).saturating_sub(nanos));
            self.counted.set(now);
        }
    }

    /// All looking so far.
    pub(crate) fn looked(&self) -> Duration {
        Duration::from_nanos(self.looked.get())
    }

    /// What may be looked now where deadlines follow each other closely.
    fn credit(&self, now: Instant) -> u64 {
        let earned = now.nanos_since(self.counted.get()) / SHARE;
        CREDIT_MAX.min(self.credit.get() + earned)
    }
}

/// The class of waits of this length.
#[inline]
fn class(nanos: u64) -> usize {
    let bits = u64::BITS - (nanos >> FIRST_CLASS).leading_zeros();
    (bits.div_ceil(2) as usize).min(CLASSES - 1)
}

#[cfg(test)]
mod tests;
