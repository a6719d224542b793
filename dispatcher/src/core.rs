//! What a dispatcher's thread owns: the four seams and everything that waits.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::task::Waker;
use std::time::Duration;

use crossbeam_channel::Receiver;

use crate::Error;
use crate::entropy::{Entropy, Stream};
use crate::executor::listener::Listener;
use crate::executor::tasks::Executor;
use crate::executor::wake::{discard, wake};
use crate::io::reactor::Reactor;
use crate::io::readiness::{Interest, ReadyKey, ReadyTable};
use crate::io::wait_set::WaitSets;
use crate::net::Lookups;
use crate::shared::Message;
use crate::sim::{Record, Simulation, Trace, hash_of};
use crate::time::clock::{Clock, Instant};
use crate::time::timers::{TimerKey, Timers};

/// The driver seam: where readiness comes from and how the dispatcher waits.
pub(crate) enum Driver {
    System(Reactor),
    Simulated(Simulation),
}

pub(crate) struct Core {
    pub(crate) clock: Clock,
    pub(crate) driver: Driver,
    pub(crate) entropy: Entropy,
    pub(crate) executor: Executor,
    pub(crate) timers: RefCell<Timers>,
    pub(crate) ready: RefCell<ReadyTable>,
    pub(crate) sets: RefCell<WaitSets>,
    pub(crate) lookups: Lookups,
    pub(crate) messages: Receiver<Message>,
    pub(crate) trace: RefCell<Trace>,
    /// Within a turn: wakes need no signal, because the turn looks at its queue before it ends.
    pub(crate) in_turn: Cell<bool>,
    /// Tasks that gave way: they are woken once I/O and timers were looked at, so that whoever these
    /// wake goes first.
    pub(crate) yielded: RefCell<VecDeque<Waker>>,
    /// How often in this turn a task went on because nobody else could run.
    pub(crate) undisturbed: Cell<u8>,
    /// Somebody was told of I/O, a timer or a signal since the task that runs began: that may be a
    /// part of this very task, which the executor cannot see.
    pub(crate) told: Cell<bool>,
    /// Kept between uses so that waking many allocates nothing.
    pub(crate) scratch: RefCell<Vec<Listener>>,
}

impl Core {
    pub(crate) fn simulation(&self) -> Option<&Simulation> {
        match &self.driver {
            Driver::System(_) => None,
            Driver::Simulated(simulation) => Some(simulation),
        }
    }

    /// Wakes those that gave way until now.
    pub(crate) fn resume_yielded(&self) {
        let count = self.yielded.borrow().len();
        for _ in 0..count {
            // Waking may run code of the waker's owner: nothing is borrowed meanwhile.
            let next = self.yielded.borrow_mut().pop_front();
            next.into_iter().for_each(wake);
        }
    }

    /// How many tasks can run.
    pub(crate) fn runnable(&self) -> usize {
        self.executor.runnable() + self.yielded.borrow().len()
    }

    pub(crate) fn record(&self, record: Record) {
        if self.simulation().is_some() {
            self.trace.borrow_mut().push(record);
        }
    }

    /// Arms a timer. Outside of a turn the timerfd follows at once, so that `as_fd` tells the truth.
    pub(crate) fn arm(&self, deadline: Instant, listener: Listener) -> Result<TimerKey, Error> {
        let full = self.timers.borrow().full();
        if let Some(error) = full {
            discard(listener);
            return Err(error);
        }
        let key = self.timers.borrow_mut().arm(deadline, listener)?;
        if !self.in_turn.get()
            && let Driver::System(reactor) = &self.driver
        {
            reactor.arm(self.next_deadline())?;
        }
        Ok(key)
    }

    pub(crate) fn disarm(&self, key: TimerKey) {
        let listener = self.timers.borrow_mut().disarm(key);
        discard(listener);
    }

    pub(crate) fn next_deadline(&self) -> Option<Instant> {
        self.timers.borrow().next_deadline()
    }

    /// Fires all timers that are due, in their order, in one pass over one reading of the clock.
    pub(crate) fn fire_timers(&self) {
        if self.timers.borrow().len() == 0 {
            return;
        }
        let now = self.clock.now();
        loop {
            let due = self.timers.borrow_mut().pop_due(now);
            match due {
                Some(listener) => listener.notify(self),
                None => return,
            }
        }
    }

    /// Marks a source ready and tells those who wait for it.
    pub(crate) fn mark_ready(&self, key: ReadyKey, interests: &[Interest]) {
        let mut told = self.scratch.take();
        for &interest in interests {
            self.ready.borrow_mut().mark(key, interest, &mut told);
        }
        self.tell(told);
    }

    /// Forgets a source; those who wait for it are told, and find it gone.
    pub(crate) fn remove_source(&self, key: ReadyKey) {
        let mut told = self.scratch.take();
        self.ready.borrow_mut().remove(key, &mut told);
        self.tell(told);
    }

    /// Forgets somebody who waits for a source.
    pub(crate) fn unlisten(&self, key: ReadyKey, interest: Interest, id: u64) {
        let listener = self.ready.borrow_mut().unlisten(key, interest, id);
        discard(listener);
    }

    fn tell(&self, mut told: Vec<Listener>) {
        for listener in told.drain(..) {
            listener.notify(self);
        }
        // A listener's waker may have come through here itself and left a vector behind.
        if told.capacity() > self.scratch.borrow().capacity() {
            self.scratch.replace(told);
        }
    }

    /// Looks at I/O and timers once, without waiting and without running any task.
    pub(crate) fn poll_driver(&self) -> Result<(), Error> {
        if let Driver::System(reactor) = &self.driver {
            reactor.poll(self)?;
        }
        self.fire_timers();
        Ok(())
    }

    /// Fills `buffer` and, in a simulation, records the draw.
    pub(crate) fn fill_random(&self, stream: Stream, buffer: &mut [u8]) -> Result<(), Error> {
        self.entropy.fill(stream, buffer)?;
        if self.simulation().is_some() {
            self.record(Record::Draw {
                length: buffer.len() as u64,
                hash: hash_of(buffer),
            });
        }
        Ok(())
    }

    /// How long a simulated blocking job takes; recorded.
    pub(crate) fn draw_job_delay(&self, simulation: &Simulation) -> Result<Duration, Error> {
        let (least, most) = simulation.job_delay;
        let span = u64::try_from((most - least).as_nanos()).unwrap_or(u64::MAX);
        let extra = self.entropy.below(Stream::Delay, span.saturating_add(1))?;
        let delay = least + Duration::from_nanos(extra);
        self.record(Record::Job {
            nanos: u64::try_from(delay.as_nanos()).unwrap_or(u64::MAX),
        });
        Ok(delay)
    }
}
