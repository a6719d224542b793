//! What a dispatcher's thread owns: the four seams and the tables of who waits for what.
//!
//! The tables know nothing of each other. They hand out what is to be woken or dropped, and the core
//! does that while none of them is borrowed, because wakers may run any code, the core's included.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::task::Waker;
use std::time::Duration;

use crate::Error;
use crate::driver::Driver;
use crate::entropy::{Entropy, Purpose, RngStream};
use crate::executor::listener::Listener;
use crate::executor::picker::RunQueue;
use crate::executor::tasks::Executor;
use crate::executor::wake::{discard, wake};
use crate::histogram::SharedHistogram;
use crate::io::reactor::Report;
use crate::io::readiness::{Interest, ReadyKey, ReadyTable};
use crate::io::system_driver::SystemDriver;
use crate::io::wait_sets::{Registration, WaitSets};
use crate::locals::Locals;
use crate::net::Lookups;
use crate::sim::driver::SimDriver;
use crate::sim::hash::hash_of;
use crate::sim::record::Record;
use crate::sim::{Boots, Disks};
use crate::time::clock::{Clock, Instant};
use crate::time::timer_heap::{DeadlineKind, TimerKey};

/// How often in one turn a task that yields may go on at once.
const MAX_YIELD_SKIPS: u8 = 8;

pub(crate) struct Core {
    pub(crate) clock: Clock,
    pub(crate) driver: Driver,
    pub(crate) entropy: Entropy,
    pub(crate) executor: Executor,
    pub(crate) ready: RefCell<ReadyTable>,
    pub(crate) sets: RefCell<WaitSets>,
    pub(crate) lookups: Lookups,
    pub(crate) locals: Locals,
    /// What simulated hosts begin with.
    pub(crate) boots: Boots,
    /// What simulated hosts keep when they crash.
    pub(crate) disks: Disks,
    /// Within a turn: wakes need not end the dispatcher's wait, because the turn looks at its queue
    /// before it ends.
    pub(crate) in_turn: Cell<bool>,
    /// Tasks that yielded. They are woken after the next look at I/O and timers, so that tasks
    /// which that look wakes run before them.
    pub(crate) yielded: RefCell<VecDeque<Waker>>,
    /// Tasks that wait until nothing else can run. They are not among [`Core::runnable`].
    pub(crate) idle: RefCell<VecDeque<Waker>>,
    /// Tasks that yielded after they had kept the thread for long. One a turn is woken.
    yielded_long: RefCell<VecDeque<Waker>>,
    /// The turn is to end before another task runs.
    ends_turn: Cell<bool>,
    /// How often in this turn a task that yielded went on at once.
    yield_skips: Cell<u8>,
    /// A waker fired since the current task's poll began. It may be this task's own, which
    /// `runnable()` does not count, so its yield must not be skipped.
    woke_any: Cell<bool>,
    /// An empty vector, kept between uses so that notifying many allocates nothing.
    listeners: RefCell<Vec<Listener>>,
    /// How late timers fire; `None` where nobody asked.
    pub(crate) overshoot: Option<Box<SharedHistogram>>,
}

/// The bounds of the tables; see `Builder`.
pub(crate) struct Bounds {
    pub(crate) max_tasks: usize,
    pub(crate) max_sources: usize,
    pub(crate) max_wait_sets: usize,
    pub(crate) max_wait_set_members: usize,
}

/// The seams, put together for the system or for a simulation.
pub(crate) struct Seams {
    pub(crate) clock: Clock,
    pub(crate) driver: Driver,
    pub(crate) queue: RunQueue,
    pub(crate) entropy: Entropy,
}

impl Core {
    pub(crate) fn new(
        seams: Seams,
        bounds: &Bounds,
        lookups: Lookups,
        overshoot: Option<Box<SharedHistogram>>,
    ) -> Core {
        Core {
            clock: seams.clock,
            driver: seams.driver,
            entropy: seams.entropy,
            executor: Executor::new(seams.queue, bounds.max_tasks),
            ready: RefCell::new(ReadyTable::new(bounds.max_sources)),
            sets: RefCell::new(WaitSets::new(
                bounds.max_wait_sets,
                bounds.max_wait_set_members,
            )),
            lookups,
            locals: Locals::new(bounds.max_sources),
            boots: Boots::default(),
            disks: Disks::default(),
            in_turn: Cell::new(false),
            yielded: RefCell::default(),
            idle: RefCell::default(),
            yielded_long: RefCell::default(),
            ends_turn: Cell::new(false),
            yield_skips: Cell::new(0),
            woke_any: Cell::new(false),
            listeners: RefCell::default(),
            overshoot,
        }
    }

    /// Wakes the tasks that have yielded until now.
    pub(crate) fn resume_yielded(&self) {
        let count = self.yielded.borrow().len();
        for _ in 0..count {
            let next = self.yielded.borrow_mut().pop_front();
            next.into_iter().for_each(wake);
        }
    }

    /// Wakes one that waits until nothing else can run. False: none does.
    pub(crate) fn resume_idle(&self) -> bool {
        let next = self.idle.borrow_mut().pop_front();
        let is_some = next.is_some();
        next.into_iter().for_each(wake);
        is_some
    }

    /// How many wait until nothing else can run.
    pub(crate) fn idlers(&self) -> usize {
        self.idle.borrow().len()
    }

    /// Keeps a task that has kept the thread for long, and ends the turn.
    pub(crate) fn yield_long(&self, waker: Waker) {
        self.yielded_long.borrow_mut().push_back(waker);
        self.ends_turn.set(true);
    }

    /// Wakes the task that has waited the longest of those that had kept the thread for long, if there
    /// is one.
    pub(crate) fn resume_one_long(&self) -> bool {
        let Some(next) = self.yielded_long.borrow_mut().pop_front() else {
            return false;
        };
        wake(next);
        true
    }

    /// Whether the turn is to end now. The next one begins without that.
    pub(crate) fn take_end_of_turn(&self) -> bool {
        self.ends_turn.take()
    }

    /// How many tasks can run, those that yielded included.
    #[inline]
    pub(crate) fn runnable(&self) -> usize {
        let yielded = self.yielded.borrow().len() + self.yielded_long.borrow().len();
        self.executor.runnable() + yielded
    }

    /// A new turn begins: its tasks may skip yields again.
    pub(crate) fn begin_yield_skips(&self) {
        self.yield_skips.set(0);
    }

    /// A task, or the future of `block_on`, is about to be polled.
    pub(crate) fn begin_poll(&self) {
        self.woke_any.set(false);
    }

    /// Whether a task that yields may go on at once, because a look at I/O and timers makes nothing
    /// else runnable. `others_wait` says whether other threads have sent something. A turn
    /// permits it a few times only, so that it ends however busy its tasks are.
    ///
    /// # Errors
    /// As [`Core::poll_driver`].
    pub(crate) fn can_skip_yield(&self, others_wait: impl Fn() -> bool) -> Result<bool, Error> {
        if !self.in_turn.get() || self.yield_skips.get() == MAX_YIELD_SKIPS {
            return Ok(false);
        }
        let runs_alone = || !self.woke_any.get() && self.runnable() == 0 && !others_wait();
        // Where others run before the task goes on, the next turn looks.
        if !runs_alone() {
            return Ok(false);
        }
        self.poll_driver()?;
        let can_skip = runs_alone();
        if can_skip {
            self.yield_skips.set(self.yield_skips.get() + 1);
        }
        Ok(can_skip)
    }

    /// Arms a deadline. Outside of a turn the dispatcher's descriptor follows at once, because its
    /// owner may be waiting for it in another event loop.
    ///
    /// # Errors
    /// `TooManyTimers`, and `Io` from the timerfd.
    pub(crate) fn arm(
        &self,
        kind: DeadlineKind,
        deadline: Instant,
        listener: Listener,
    ) -> Result<TimerKey, Error> {
        if let Some(bound) = self.driver.bound_reached() {
            discard(listener);
            return Err(Error::TooManyTimers(bound));
        }
        let key = self.driver.arm(kind, deadline, listener);
        if !self.in_turn.get() {
            self.driver.arm_descriptor()?;
        }
        Ok(key)
    }

    pub(crate) fn disarm(&self, key: TimerKey) {
        let listener = self.driver.disarm(key);
        discard(listener);
    }

    /// Notifies the listeners of all deadlines that have come, in their order, in one pass over one
    /// reading of the clock.
    #[inline]
    pub(crate) fn fire_timers(&self) {
        match &self.driver {
            Driver::System(system) => self.fire_timers_of(system, &mut None),
            Driver::Simulated(simulated) => self.take_events(simulated),
        }
    }

    /// The same on the system, for a reading of the clock that the caller has just made. Without one the clock is
    /// read where there is a deadline to read it for.
    #[inline(always)]
    pub(crate) fn fire_timers_of(&self, system: &SystemDriver, now: &mut Option<Instant>) {
        if system.timers.borrow().is_empty() {
            return;
        }
        let now = *now.get_or_insert_with(|| self.clock.now());
        if let Some(overshoot) = &self.overshoot {
            return self.fire_measured(system, now, overshoot);
        }
        loop {
            let due = system.timers.borrow_mut().pop_due(now);
            let Some(fired) = due else { break };
            self.notify(fired.value);
        }
    }

    /// The same, and notes how late each of them is.
    #[cold]
    fn fire_measured(&self, system: &SystemDriver, now: Instant, overshoot: &SharedHistogram) {
        loop {
            let due = system.timers.borrow_mut().pop_due(now);
            let Some(fired) = due else { break };
            overshoot.record(now - fired.deadline);
            self.notify(fired.value);
        }
    }

    /// Marks a direction of a source or event ready and notifies its listeners.
    pub(crate) fn mark_ready(&self, key: ReadyKey, interest: Interest) {
        match &self.driver {
            Driver::System(_) => self.mark(key, interest),
            Driver::Simulated(simulated) => self.mark_recorded(simulated, key, interest),
        }
    }

    #[cold]
    #[inline(never)]
    fn mark_recorded(&self, simulated: &SimDriver, key: ReadyKey, interest: Interest) {
        simulated.record_ready(&self.ready, key, interest);
        self.mark(key, interest);
    }

    #[inline]
    fn mark(&self, key: ReadyKey, interest: Interest) {
        let mut listeners = self.listeners.take();
        self.ready.borrow_mut().mark(key, interest, &mut listeners);
        self.notify_all(listeners);
    }

    /// Takes a report of the driver's into the table of readiness.
    pub(crate) fn take_report(&self, report: Report) {
        let mut listeners = self.listeners.take();
        let mut ready = self.ready.borrow_mut();
        for interest in Interest::DIRECTIONS {
            if report.closed[interest.index()] {
                ready.close(report.key, interest);
            }
            if report.ready[interest.index()] {
                ready.mark(report.key, interest, &mut listeners);
            }
        }
        if report.ended != [false; 2] {
            for (interest, _) in Interest::ENDS
                .into_iter()
                .zip(report.ended)
                .filter(|(_, ended)| *ended)
            {
                ready.mark(report.key, interest, &mut listeners);
            }
        }
        drop(ready);
        self.notify_all(listeners);
    }

    /// Removes a source or event. Its listeners are notified and find it gone.
    pub(crate) fn remove_source(&self, key: ReadyKey) {
        let mut listeners = self.listeners.take();
        self.ready.borrow_mut().remove(key, &mut listeners);
        self.notify_all(listeners);
    }

    /// Removes a listener of a source or event.
    pub(crate) fn unlisten(&self, key: ReadyKey, interest: Interest, number: u64) {
        let listener = self.ready.borrow_mut().unlisten(key, interest, number);
        discard(listener);
    }

    /// Gives up what members of a wait set have registered.
    pub(crate) fn unregister(&self, registrations: &[Registration]) {
        for &registration in registrations {
            match registration {
                Registration::Timer(key) => self.disarm(key),
                Registration::Listener {
                    key,
                    interest,
                    number,
                } => self.unlisten(key, interest, number),
            }
        }
    }

    /// Removes a wait set with what its members have registered.
    pub(crate) fn remove_set(&self, id: usize, registrations: &[Registration]) {
        self.unregister(registrations);
        let waker = self.sets.borrow_mut().remove(id);
        discard(waker);
    }

    /// Looks at I/O without waiting and without running any task.
    ///
    /// # Errors
    /// `Io` from `epoll_wait`.
    pub(crate) fn poll_io(&self) -> Result<(), Error> {
        self.driver.poll(|report| self.take_report(report))
    }

    /// Looks at I/O and timers without waiting and without running any task.
    ///
    /// # Errors
    /// As [`Core::poll_io`].
    pub(crate) fn poll_driver(&self) -> Result<(), Error> {
        self.poll_io()?;
        self.fire_timers();
        Ok(())
    }

    /// Fills `buffer` with random bytes, which a simulation records.
    ///
    /// # Errors
    /// `Io` from `getrandom`.
    pub(crate) fn fill_random(&self, stream: RngStream, buffer: &mut [u8]) -> Result<(), Error> {
        self.entropy.fill(Purpose::Random(stream), buffer)?;
        self.driver.record(|| Record::Draw {
            length: buffer.len() as u64,
            hash: hash_of(buffer),
        });
        Ok(())
    }

    /// In a simulation: draws how long a blocking job takes. `None` on the system, where it takes a
    /// thread and real time.
    ///
    /// # Errors
    /// `Io` from `getrandom`.
    pub(crate) fn draw_job_delay(&self, host: u32) -> Result<Option<Duration>, Error> {
        match self.driver.simulated() {
            Some(simulated) => {
                let delay = simulated.draw_job_delay(&self.entropy, host, self.clock.now());
                delay.map(Some)
            }
            None => Ok(None),
        }
    }

    /// Wakes a listener, or has its wait set note the member and wakes the task that waits for the
    /// set.
    pub(crate) fn notify(&self, listener: Listener) {
        let waker = match listener {
            Listener::Waker(waker) => Some(waker),
            Listener::Member { set, tag } => self.sets.borrow_mut().fire(set, tag),
        };
        if let Some(waker) = waker {
            self.woke_any.set(true);
            wake(waker);
        }
    }

    fn notify_all(&self, mut listeners: Vec<Listener>) {
        for listener in listeners.drain(..) {
            self.notify(listener);
        }
        // A waker may have come through here itself and left a vector behind.
        if listeners.capacity() > self.listeners.borrow().capacity() {
            self.listeners.replace(listeners);
        }
    }
}

/// The earlier of two instants, either of which may be missing.
pub(crate) fn earlier(a: Option<Instant>, b: Option<Instant>) -> Option<Instant> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    }
}
