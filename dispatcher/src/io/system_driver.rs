//! The driver over the operating system.

use std::cell::RefCell;
use std::io;

use crate::executor::listener::Listener;
use crate::io::reactor::Reactor;
use crate::time::timer_heap::TimerHeap;

/// Readiness and wakes from the kernel, and the timers that its timerfd is set by.
pub(crate) struct SystemDriver {
    pub(crate) reactor: Reactor,
    pub(crate) timers: RefCell<TimerHeap<Listener>>,
}

impl SystemDriver {
    /// # Errors
    /// As [`Reactor::new`].
    pub(crate) fn new(max_timers: usize) -> io::Result<SystemDriver> {
        Ok(SystemDriver {
            reactor: Reactor::new()?,
            timers: RefCell::new(TimerHeap::new(max_timers)),
        })
    }
}
