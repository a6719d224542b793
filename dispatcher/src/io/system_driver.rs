//! The driver over the operating system.

use std::cell::RefCell;
use std::io;
use std::time::Duration;

use crate::executor::listener::Listener;
use crate::io::reactor::Reactor;
use crate::time::clock::Instant;
use crate::time::lead::{Lead, TimerLead};
use crate::time::timer_heap::TimerHeap;

/// What a system driver is made with; see `Builder`.
pub(crate) struct SystemSettings {
    pub(crate) max_timers: usize,
    pub(crate) lead: TimerLead,
    pub(crate) window: Duration,
}

/// Readiness and wakes from the kernel, and the timers that its timerfd is set by.
pub(crate) struct SystemDriver {
    pub(crate) reactor: Reactor,
    pub(crate) timers: RefCell<TimerHeap<Listener>>,
    pub(crate) lead: Lead,
    /// By how much a timer may be late so that one wake serves several.
    window: Duration,
}

impl SystemDriver {
    /// # Errors
    /// As [`Reactor::new`].
    pub(crate) fn new(settings: &SystemSettings) -> io::Result<SystemDriver> {
        Ok(SystemDriver {
            reactor: Reactor::new()?,
            timers: RefCell::new(TimerHeap::new(settings.max_timers)),
            lead: Lead::new(settings.lead),
            window: settings.window,
        })
    }

    /// When timers are to be looked at next: at the earliest deadline, or within the window after it at the last
    /// deadline that it covers.
    #[inline]
    pub(crate) fn wake_time(&self) -> Option<Instant> {
        let mut timers = self.timers.borrow_mut();
        let earliest = timers.next_deadline()?;
        Some(match self.window.is_zero() {
            true => earliest,
            false => timers.last_until(earliest + self.window),
        })
    }

    /// The earliest deadline but one.
    pub(crate) fn second_deadline(&self) -> Option<Instant> {
        self.timers.borrow_mut().second_deadline()
    }
}
