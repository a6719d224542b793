//! The driver seam: what happens outside of the dispatcher, and when.
//!
//! A driver holds the armed deadlines, knows which comes next, and reports the readiness of what it
//! watches. Waiting is not the same for both: the system driver parks the thread (only
//! `Dispatcher::park` may do that), the simulated one has the clock moved to its next event.

use std::task::Waker;
use std::time::Duration;

use crate::Error;
use crate::executor::listener::Listener;
use crate::io::reactor::Report;
use crate::io::system_driver::SystemDriver;
use crate::sim::driver::SimDriver;
use crate::sim::record::{Record, Waiter};
use crate::time::clock::Instant;
use crate::time::timer_heap::{DeadlineKind, TimerKey};

// There is one a dispatcher, and what it does all the time should not have to follow a pointer first.
#[allow(clippy::large_enum_variant)]
pub(crate) enum Driver {
    System(SystemDriver),
    Simulated(Box<SimDriver>),
}

impl Driver {
    /// The system driver, for what only it can do.
    ///
    /// # Errors
    /// `Simulated` with `what` in a simulation.
    pub(crate) fn system(&self, what: &'static str) -> Result<&SystemDriver, Error> {
        match self {
            Driver::System(system) => Ok(system),
            Driver::Simulated(_) => Err(Error::Simulated(what)),
        }
    }

    /// The simulated driver, `None` on the system.
    #[inline]
    pub(crate) fn simulated(&self) -> Option<&SimDriver> {
        match self {
            Driver::System(_) => None,
            Driver::Simulated(simulated) => Some(simulated),
        }
    }

    /// The bound on armed deadlines, if it is reached.
    #[inline]
    pub(crate) fn bound_reached(&self) -> Option<usize> {
        match self {
            Driver::System(system) => system.timers.borrow().bound_reached(),
            Driver::Simulated(simulated) => simulated.bound_reached(),
        }
    }

    /// Arms a deadline. The caller has checked [`bound_reached`](Driver::bound_reached).
    #[inline]
    pub(crate) fn arm(
        &self,
        kind: DeadlineKind,
        deadline: Instant,
        listener: Listener,
    ) -> TimerKey {
        match self {
            Driver::System(system) => system.timers.borrow_mut().arm(deadline, listener),
            Driver::Simulated(simulated) => simulated.arm(kind, deadline, listener),
        }
    }

    /// Takes the listener of a deadline that has not come yet.
    #[inline]
    pub(crate) fn disarm(&self, key: TimerKey) -> Option<Listener> {
        match self {
            Driver::System(system) => system.timers.borrow_mut().disarm(key),
            Driver::Simulated(simulated) => simulated.disarm(key),
        }
    }

    /// Swaps the waker of a deadline that has not come yet; the caller drops the old one while
    /// nothing is borrowed. False: it has come.
    #[inline]
    pub(crate) fn swap_waker(&self, key: TimerKey, waker: &mut Waker) -> bool {
        match self {
            Driver::System(system) => {
                let mut timers = system.timers.borrow_mut();
                timers
                    .get_mut(key)
                    .is_some_and(|listener| listener.swap_waker(waker))
            }
            Driver::Simulated(simulated) => simulated.swap_waker(key, waker),
        }
    }

    /// Whether a deadline is known to have come, without a look at the clock. A simulation does not say, because
    /// its hosts read clocks of their own.
    #[inline]
    pub(crate) fn has_fired(&self, key: TimerKey) -> bool {
        match self {
            Driver::System(system) => !system.timers.borrow().is_armed(key),
            Driver::Simulated(_) => false,
        }
    }

    /// When the next thing happens that is known in advance.
    #[inline]
    pub(crate) fn next_deadline(&self) -> Option<Instant> {
        match self {
            Driver::System(system) => system.timers.borrow_mut().next_deadline(),
            Driver::Simulated(simulated) => simulated.next_event(),
        }
    }

    /// How many deadlines are armed.
    pub(crate) fn armed(&self) -> usize {
        match self {
            Driver::System(system) => system.timers.borrow().len(),
            Driver::Simulated(simulated) => simulated.armed(),
        }
    }

    /// How long was looked at I/O and the clock instead of waiting.
    pub(crate) fn looked(&self) -> Duration {
        match self {
            Driver::System(system) => system.lead.looked(),
            Driver::Simulated(_) => Duration::ZERO,
        }
    }

    /// How many descriptors are watched; in a simulation how many sockets there are.
    pub(crate) fn descriptors(&self) -> usize {
        match self {
            Driver::System(system) => system.reactor.registered(),
            Driver::Simulated(simulated) => simulated.sockets(),
        }
    }

    /// Passes the readiness that has been reported to `sink`, without waiting.
    ///
    /// # Errors
    /// `Io` from `epoll_wait`.
    #[inline]
    pub(crate) fn poll(&self, sink: impl FnMut(Report)) -> Result<(), Error> {
        match self {
            Driver::System(system) => Ok(system.reactor.poll(sink)?),
            Driver::Simulated(_) => Ok(()),
        }
    }

    /// Makes the dispatcher's descriptor readable at the next deadline; a simulation has none.
    ///
    /// # Errors
    /// `Io` from `timerfd_settime`.
    pub(crate) fn arm_descriptor(&self) -> Result<(), Error> {
        match self {
            Driver::System(system) => Ok(system.reactor.arm(system.wake_time())?),
            Driver::Simulated(_) => Ok(()),
        }
    }

    /// Adds a choice to the trace of a simulation.
    #[inline]
    pub(crate) fn record(&self, record: impl FnOnce() -> Record) {
        if let Driver::Simulated(simulated) = self {
            simulated.record(record());
        }
    }

    /// Notes that something is waited for with this waker; only a simulation does.
    #[inline]
    pub(crate) fn registered(&self, waker: &Waker) {
        if let Driver::Simulated(simulated) = self {
            simulated.tasks.registered(waker);
        }
    }

    /// In a simulation: records that a waiter has found out that it was notified.
    #[inline]
    pub(crate) fn record_consumption(&self, waiter: Waiter) {
        if let Driver::Simulated(simulated) = self {
            simulated.record_consumption(waiter);
        }
    }

    /// The virtual time that a yield takes; `None` where it takes real time.
    pub(crate) fn yield_cost(&self) -> Option<Duration> {
        Some(self.simulated()?.yield_cost())
    }
}
