//! The simulated driver: all that will happen, in one order.

use std::cell::RefCell;
use std::task::Waker;
use std::time::Duration;

use crate::Error;
use crate::entropy::{Entropy, Purpose};
use crate::executor::listener::Listener;
use crate::sim::settings::Simulation;
use crate::sim::trace::{Record, Trace};
use crate::time::clock::Instant;
use crate::time::timer_heap::{DeadlineKind, TimerHeap, TimerKey};

/// What happens at a point of virtual time.
enum SimEvent {
    Timer(Listener),
    /// A blocking job is done; its future runs it when it is polled.
    JobDone(Listener),
}

impl SimEvent {
    fn listener(&mut self) -> &mut Listener {
        match self {
            SimEvent::Timer(listener) | SimEvent::JobDone(listener) => listener,
        }
    }

    fn into_listener(self) -> Listener {
        match self {
            SimEvent::Timer(listener) | SimEvent::JobDone(listener) => listener,
        }
    }
}

/// Owns every event to come, totally ordered by (time, sequence), and the trace of what was
/// decided. Virtual time moves from one event to the next and never by itself.
pub(crate) struct SimDriver {
    settings: Simulation,
    events: RefCell<TimerHeap<SimEvent>>,
    trace: RefCell<Trace>,
}

impl SimDriver {
    /// At most `max_events` are to come at any time.
    pub(crate) fn new(settings: Simulation, max_events: usize) -> SimDriver {
        SimDriver {
            events: RefCell::new(TimerHeap::new(max_events)),
            trace: RefCell::new(Trace::new(settings.trace_capacity)),
            settings,
        }
    }

    /// The bound on events to come, if it is reached.
    #[inline]
    pub(crate) fn bound_reached(&self) -> Option<usize> {
        self.events.borrow().bound_reached()
    }

    #[inline]
    pub(crate) fn arm(
        &self,
        kind: DeadlineKind,
        deadline: Instant,
        listener: Listener,
    ) -> TimerKey {
        let event = match kind {
            DeadlineKind::Timer => SimEvent::Timer(listener),
            DeadlineKind::JobDone => SimEvent::JobDone(listener),
        };
        self.events.borrow_mut().arm(deadline, event)
    }

    #[inline]
    pub(crate) fn disarm(&self, key: TimerKey) -> Option<Listener> {
        let event = self.events.borrow_mut().disarm(key);
        event.map(SimEvent::into_listener)
    }

    #[inline]
    pub(crate) fn swap_waker(&self, key: TimerKey, waker: &mut Waker) -> bool {
        let mut events = self.events.borrow_mut();
        events
            .get_mut(key)
            .is_some_and(|event| event.listener().swap_waker(waker))
    }

    /// How many events are to come.
    pub(crate) fn armed(&self) -> usize {
        self.events.borrow().len()
    }

    /// Whether no event is to come.
    #[inline]
    pub(crate) fn is_idle(&self) -> bool {
        self.events.borrow().is_empty()
    }

    /// When the next event happens, of whatever kind.
    #[inline]
    pub(crate) fn next_event(&self) -> Option<Instant> {
        self.events.borrow().next_deadline()
    }

    /// Takes the first event that has happened at `now`.
    #[inline]
    pub(crate) fn pop_due(&self, now: Instant) -> Option<Listener> {
        let event = self.events.borrow_mut().pop_due(now);
        event.map(SimEvent::into_listener)
    }

    #[inline]
    pub(crate) fn record(&self, record: Record) {
        self.trace.borrow_mut().push(record);
    }

    /// What was decided until now.
    pub(crate) fn trace(&self) -> Trace {
        self.trace.borrow().clone()
    }

    pub(crate) fn yield_cost(&self) -> Duration {
        self.settings.yield_cost
    }

    /// Draws how long a blocking job takes, and records it.
    ///
    /// # Errors
    /// Those of [`Entropy::fill`].
    pub(crate) fn draw_job_delay(&self, entropy: &Entropy) -> Result<Duration, Error> {
        let (least, most) = self.settings.job_delay;
        let span = nanos(most - least).saturating_add(1);
        let delay = least + Duration::from_nanos(entropy.below(Purpose::Delay, span)?);
        self.record(Record::Job {
            nanos: nanos(delay),
        });
        Ok(delay)
    }
}

/// Nanoseconds, at most `u64::MAX` (584 years).
fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}
