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

/// The most that is learned.
const LEAD_MAX: Duration = Duration::from_micros(100);
/// The longest look at the end of a wait. Who was woken earlier than that parks again.
const LOOK_MAX: Duration = Duration::from_micros(50);
/// A shorter park costs as much processor time as looking for as long.
const PARK_MIN: Duration = Duration::from_micros(10);
/// Waits are told apart by their length, because the processor sleeps deeper in longer ones. Each class is
/// four times as long as the one before; this is the end of the first.
const FIRST_CLASS: Duration = Duration::from_micros(64);
const CLASSES: usize = 5;
/// A deadline that another follows within so many leads is one of many.
const CROWD: u32 = 4;
/// Of many deadlines, this part of the time may go into looking.
const SHARE: u32 = 4;
/// What may be looked at once after a time without.
const CREDIT_MAX: Duration = Duration::from_micros(400);

/// The setting, and what was learned about waking.
pub(crate) struct Lead {
    setting: TimerLead,
    /// For each class of waits the time to wake that seven of eight stay below, in nanoseconds; zero where
    /// none was seen yet.
    estimates: [Cell<u32>; CLASSES],
    /// What may still be looked, and when that was counted.
    credit: Cell<Duration>,
    counted: Cell<Instant>,
    /// All looking so far.
    looked: Cell<Duration>,
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
    pub(crate) fn park_until(
        &self,
        now: Instant,
        deadline: Instant,
        following: impl FnOnce() -> Option<Instant>,
    ) -> Instant {
        let lead = match self.setting {
            TimerLead::Off => return deadline,
            TimerLead::Fixed(lead) => return deadline.before(lead),
            TimerLead::Adaptive => self.estimate(deadline - now),
        };
        if lead.is_zero() {
            return deadline;
        }
        let is_crowded = following().is_some_and(|next| next - deadline < lead * CROWD);
        if is_crowded && self.credit(now) < lead {
            return deadline;
        }
        match deadline - now <= lead + PARK_MIN {
            // What is left is looked for, or as much of it as may be.
            true => deadline.before(LOOK_MAX),
            false => deadline.before(lead),
        }
    }

    /// Whether a thread that was woken early looks for what is left of its wait, or parks again because that is too long.
    pub(crate) fn covers(&self, left: Duration) -> bool {
        self.setting != TimerLead::Adaptive || left <= LOOK_MAX
    }

    /// A park in a wait of this length was ended by the system's timer, late by so much; or there was no
    /// park, because no time was left for one.
    pub(crate) fn learn(&self, wait: Duration, late: Option<Duration>) {
        if self.setting != TimerLead::Adaptive {
            return;
        }
        let estimate = &self.estimates[class(wait)];
        let known = estimate.get();
        // One large step up for seven small ones down: it rests where one of eight is above. How far above does not
        // count, so that a single one that was very late changes little. A wait without a park counts as one below,
        // because otherwise too large an estimate would never be corrected.
        let step = (known / 112).max(32);
        let late = late.map(|late| late.min(LEAD_MAX).as_nanos() as u32);
        estimate.set(match late {
            Some(late) if known == 0 => late.max(1),
            Some(late) if late > known => (known + 7 * step).min(LEAD_MAX.as_nanos() as u32),
            _ => known.saturating_sub(step).max(1),
        });
    }

    /// Counts a look that took so long and has just ended.
    pub(crate) fn spend(&self, now: Instant, time: Duration) {
        self.looked.set(self.looked.get() + time);
        if self.setting == TimerLead::Adaptive {
            self.credit.set(self.credit(now).saturating_sub(time));
            self.counted.set(now);
        }
    }

    /// All looking so far.
    pub(crate) fn looked(&self) -> Duration {
        self.looked.get()
    }

    fn estimate(&self, wait: Duration) -> Duration {
        Duration::from_nanos(self.estimates[class(wait)].get().into())
    }

    /// What may be looked now where deadlines follow each other closely.
    fn credit(&self, now: Instant) -> Duration {
        let earned = (now - self.counted.get()) / SHARE;
        CREDIT_MAX.min(self.credit.get() + earned)
    }
}

/// The class of waits of this length.
fn class(wait: Duration) -> usize {
    let quadruples = (wait.as_nanos() / FIRST_CLASS.as_nanos()).checked_ilog2();
    quadruples.map_or(0, |log| (log as usize / 2 + 1).min(CLASSES - 1))
}

#[cfg(test)]
mod tests;
