//! The simulated driver: all that will happen, in one order.

use std::cell::RefCell;
use std::task::Waker;
use std::time::Duration;

use crate::Error;
use crate::entropy::{Entropy, Purpose};
use crate::executor::listener::Listener;
use crate::io::readiness::{Interest, ReadyKey, ReadyTable};
use crate::sim::context::{Mark, SimContext};
use crate::sim::draws::{Choice, Draws};
use crate::sim::edits::{Counted, FaultId, Injected, Timetable};
use crate::sim::event::{Due, SimEvent};
use crate::sim::fault::Fault;
use crate::sim::host_error::HostError;
use crate::sim::host_key::HostKey;
use crate::sim::invariants::Assertions;
use crate::sim::limits::Limits;
use crate::sim::net::network::Network;
use crate::sim::picture::Picture;
use crate::sim::picture::sketch::Sketch;
use crate::sim::probability::Probability;
use crate::sim::record::{Operation, Record, Waiter};
use crate::sim::recorder::Recorder;
use crate::sim::settings::Simulation;
use crate::sim::trace::Trace;
use crate::sim::waits::WaitFor;
use crate::sim::waits::task_notes::{AwaitedBy, TaskNotes};
use crate::time::clock::Instant;
use crate::time::timer_heap::{DeadlineKind, TimerHeap, TimerKey};

/// Owns every event to come, totally ordered by (time, sequence), the network, and the recorder of
/// what was decided. Virtual time moves from one event to the next and never by itself.
pub(crate) struct SimDriver {
    yield_cost: Duration,
    job_delay: (Duration, Duration),
    lookup_delay: (Duration, Duration),
    /// How often operations on files fail, and how much longer they take at most, whatever the file.
    pub(crate) file_faults: (Probability, Duration),
    events: RefCell<TimerHeap<SimEvent>>,
    pub(super) recorder: RefCell<Recorder>,
    pub(super) draws: RefCell<Draws>,
    pub(super) network: RefCell<Network>,
    /// What is yet to come of the timetable.
    pub(super) timetable: RefCell<Timetable>,
    /// The edits of the run.
    pub(crate) injected: RefCell<Injected>,
    /// An empty vector, kept between uses.
    marks: RefCell<Vec<Mark>>,
    pub(super) start: Instant,
    pub(crate) limits: Limits,
    pub(crate) tasks: TaskNotes,
    pub(crate) assertions: Assertions,
    /// Picks are noted.
    pub(crate) has_notes: bool,
}

impl SimDriver {
    /// At most `max_events` are to come at any time. `start` is the time now.
    ///
    /// # Errors
    /// a `HostError`; `TooManyTimers` for a timetable beyond the bound; `Log`.
    pub(crate) fn new(
        mut settings: Simulation,
        max_events: usize,
        start: Instant,
    ) -> Result<SimDriver, Error> {
        let mut draws = Draws::new(settings.seed);
        let drawn_latency = settings.mix(&mut draws);
        let edits = settings.edits_in_force();
        let mut network = settings.network()?;
        for timed in settings.timetable.iter().chain(edits.added()) {
            check(&network, &timed.fault)?;
        }
        if let Some(notes) = &settings.notes {
            notes.begin(network.hosts.names());
        }
        let cut = edits.cut();
        let added = edits.added().to_vec();
        let mut injected = Injected::new(edits, settings.notes.clone(), start);
        let latency = injected.latency(drawn_latency, start);
        network.links.change_default_latency(drawn_latency, latency);
        let mut events = TimerHeap::new(max_events);
        let (timetable, planned) = Timetable::new(&settings.timetable, &added, &injected, start);
        for planned in planned {
            if let Some(bound) = events.bound_reached() {
                return Err(Error::TooManyTimers(bound));
            }
            events.arm(planned.at, SimEvent::Fault(planned.place));
        }
        Ok(SimDriver {
            has_notes: settings.notes.is_some(),
            yield_cost: settings.yield_cost,
            job_delay: settings.job_delay,
            lookup_delay: settings.lookup_delay,
            file_faults: (settings.file_errors, settings.file_delay),
            events: RefCell::new(events),
            recorder: RefCell::new(settings.recorder()?),
            draws: RefCell::new(draws),
            network: RefCell::new(network),
            timetable: RefCell::new(timetable),
            injected: RefCell::new(injected),
            marks: RefCell::default(),
            start,
            limits: Limits::new(settings.bounds, cut, start),
            tasks: TaskNotes::default(),
            assertions: Assertions::default(),
        })
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
        if let Listener::Waker(waker) = &listener {
            self.tasks.registered(waker);
        }
        let event = match kind {
            DeadlineKind::Timer => SimEvent::Timer(listener),
            DeadlineKind::Yield => SimEvent::Yield(listener),
            DeadlineKind::Lookup => SimEvent::Lookup(listener, Box::default()),
            DeadlineKind::JobDone => SimEvent::JobDone(listener),
        };
        self.events.borrow_mut().arm(deadline, event)
    }

    #[inline]
    pub(crate) fn disarm(&self, key: TimerKey) -> Option<Listener> {
        let event = self.events.borrow_mut().disarm(key);
        event.and_then(SimEvent::into_listener)
    }

    #[inline]
    pub(crate) fn swap_waker(&self, key: TimerKey, waker: &mut Waker) -> bool {
        self.tasks.registered(waker);
        let mut events = self.events.borrow_mut();
        events
            .get_mut(key)
            .and_then(SimEvent::listener)
            .is_some_and(|listener| listener.swap_waker(waker))
    }

    /// Notes which name an armed lookup looks up.
    pub(crate) fn name_lookup(&self, key: TimerKey, looked_up: &str) {
        if let Some(SimEvent::Lookup(_, name)) = self.events.borrow_mut().get_mut(key)
            && name.is_empty()
        {
            *name = looked_up.into();
        }
    }

    /// Has a check called so long after the start. The caller has checked
    /// [`bound_reached`](SimDriver::bound_reached).
    pub(crate) fn schedule_check(&self, after: Duration, key: usize) {
        let at = self.start + after;
        self.events.borrow_mut().arm(at, SimEvent::Check(key));
    }

    /// Passes on what is waited for of the events to come, in their order, with who is notified.
    pub(crate) fn for_each_wait(&self, mut pass: impl FnMut(WaitFor, &Listener)) {
        for (at, event) in self.events.borrow().in_order() {
            if let Some((wait, listener)) = event.wait(at) {
                pass(wait, listener);
            }
        }
    }

    /// How many events are to come.
    pub(crate) fn armed(&self) -> usize {
        self.events.borrow().len()
    }

    /// How many sockets there are, on all hosts.
    pub(crate) fn sockets(&self) -> usize {
        self.network.borrow().sockets()
    }

    /// When the next event happens, of whatever kind.
    #[inline]
    pub(crate) fn next_event(&self) -> Option<Instant> {
        self.events.borrow_mut().next_deadline()
    }

    /// Takes the first event that has happened at `now`, with the time at which it did.
    #[inline]
    pub(crate) fn pop_due(&self, now: Instant) -> Option<(Instant, Due)> {
        let fired = self.events.borrow_mut().pop_due(now)?;
        let due = fired.value.into_due();
        if let Due::Notify(operation, listener) = &due {
            let alone = Waiter::Timer(fired.sequence);
            self.record_completion(*operation, listener.waiter(alone));
        }
        Some((fired.deadline, due))
    }

    #[inline]
    pub(crate) fn record(&self, record: Record) {
        self.recorder.borrow_mut().push(record);
    }

    /// How many records there are.
    pub(crate) fn records(&self) -> u64 {
        self.recorder.borrow().trace().length()
    }

    /// What was decided until now.
    pub(crate) fn trace(&self) -> Trace {
        self.recorder.borrow().trace().clone()
    }

    /// The picture so far.
    pub(crate) fn picture(&self) -> Option<Picture> {
        self.sketch(|sketch| sketch.picture())
    }

    /// Passes on the picture that is made, if one is.
    pub(crate) fn sketch<R>(&self, pass: impl FnOnce(&mut Sketch) -> R) -> Option<R> {
        self.recorder.borrow_mut().sketch().map(pass)
    }

    /// A task is started in the place `key`.
    pub(crate) fn spawned(
        &self,
        key: usize,
        number: u64,
        host: HostKey,
        now: Instant,
        name: Option<&str>,
    ) -> AwaitedBy {
        let running = self.tasks.current_task();
        self.sketch(|sketch| sketch.spawned(number, host.number, name, running));
        self.tasks.spawned(key, number, now, name)
    }

    /// A task begins to run, or has stopped.
    pub(crate) fn set_running(&self, task: Option<u64>) {
        self.recorder.borrow_mut().set_running(task);
    }

    /// The task that the log of a replay says goes next.
    pub(crate) fn recorded_pick(&self) -> Option<u64> {
        self.recorder.borrow().recorded_pick()
    }

    /// Records that what a waiter waits for has happened.
    pub(crate) fn record_completion(&self, operation: Operation, waiter: Waiter) {
        self.record(Record::Completion { operation, waiter });
    }

    /// Records that those who wait for a direction are notified.
    #[cold]
    #[inline(never)]
    pub(crate) fn record_ready(
        &self,
        table: &RefCell<ReadyTable>,
        key: ReadyKey,
        interest: Interest,
    ) {
        let operation = match interest.direction() {
            Interest::Readable => Operation::Readable,
            _ => Operation::Writable,
        };
        for waiter in table.borrow_mut().waiters(key, interest) {
            self.record_completion(operation, waiter);
        }
    }

    /// Records that a waiter has found out.
    #[cold]
    #[inline(never)]
    pub(crate) fn record_consumption(&self, waiter: Waiter) {
        let task = self.recorder.borrow().running();
        self.record(Record::Consumption { task, waiter });
    }

    /// Whether the run can go on.
    ///
    /// # Errors
    /// `Log`, `Diverged`.
    pub(crate) fn check_records(&self) -> Result<(), Error> {
        self.recorder.borrow().check()
    }

    /// How a turn ended.
    pub(crate) fn note_outcome<T>(&self, outcome: &Result<T, Error>) {
        self.recorder.borrow_mut().note_outcome(outcome);
    }

    /// Ends the log and the replay.
    ///
    /// # Errors
    /// `Log`, `Diverged`.
    pub(crate) fn finish_log(&self) -> Result<(), Error> {
        let is_cut = self.limits.is_cut();
        self.recorder.borrow_mut().finish(is_cut)
    }

    pub(crate) fn yield_cost(&self) -> Duration {
        self.yield_cost
    }

    /// Draws how long a blocking job of a host's task takes, and records it.
    ///
    /// # Errors
    /// Those of [`Entropy::fill`].
    pub(crate) fn draw_job_delay(
        &self,
        entropy: &Entropy,
        host: u32,
        now: Instant,
    ) -> Result<Duration, Error> {
        let (least, most) = self.job_delay;
        let span = nanos(most - least).saturating_add(1);
        let drawn = entropy.below(Purpose::Delay, span)?;
        let mut injected = self.injected.borrow_mut();
        let job = injected.count(Counted::Jobs(host));
        let delay = least + injected.delay(FaultId::Job { host, job }, drawn, now);
        self.record(Record::Job {
            nanos: nanos(delay),
        });
        Ok(delay)
    }

    /// Draws how long a name lookup on a host takes, and records it.
    pub(crate) fn draw_lookup_delay(&self, host: u32, now: Instant) -> Duration {
        let (least, most) = self.lookup_delay;
        let span = nanos(most - least);
        let drawn = self.draws.borrow_mut().up_to(Choice::NameDelay, span);
        let mut injected = self.injected.borrow_mut();
        let lookup = injected.count(Counted::Lookups(host));
        let delay = least + injected.delay(FaultId::Lookup { host, lookup }, drawn, now);
        self.record(Record::Lookup {
            host,
            nanos: nanos(delay),
        });
        delay
    }

    /// Draws something that is no matter of the network.
    pub(crate) fn draw<R>(&self, draw: impl FnOnce(&mut Draws) -> R) -> R {
        draw(&mut self.draws.borrow_mut())
    }

    /// What becomes of the next fault of a kind, which was drawn with this amount, or was not drawn.
    pub(crate) fn decide_next(
        &self,
        counted: Counted,
        fault: impl FnOnce(u64) -> FaultId,
        drawn: Option<u64>,
        now: Instant,
        detail: impl FnOnce() -> String,
    ) -> Option<u64> {
        let mut injected = self.injected.borrow_mut();
        let number = injected.count(counted);
        injected.decide(fault(number), drawn, now, detail)
    }

    /// Looks at the network, or at what of it takes no time.
    pub(crate) fn look<R>(&self, look: impl FnOnce(&mut Network) -> R) -> R {
        look(&mut self.network.borrow_mut())
    }

    /// Does something with the network. What becomes ready is appended to the vector that is given
    /// back, to be notified while nothing is borrowed; [`SimDriver::keep`] takes the vector again.
    pub(crate) fn operate<R>(
        &self,
        now: Instant,
        operation: impl FnOnce(&mut Network, &mut SimContext<'_>) -> R,
    ) -> (R, Vec<Mark>) {
        let mut marks = self.marks.take();
        let mut context = SimContext {
            now,
            draws: &mut self.draws.borrow_mut(),
            injected: &mut self.injected.borrow_mut(),
            recorder: &mut self.recorder.borrow_mut(),
            events: &mut self.events.borrow_mut(),
            marks: &mut marks,
        };
        let result = operation(&mut self.network.borrow_mut(), &mut context);
        (result, marks)
    }

    /// Keeps an empty vector for the next use.
    pub(crate) fn keep(&self, marks: Vec<Mark>) {
        debug_assert!(marks.is_empty(), "all were notified");
        if marks.capacity() > self.marks.borrow().capacity() {
            self.marks.replace(marks);
        }
    }

    /// Whether a fault can take effect.
    ///
    /// # Errors
    /// a `HostError`, also for a crash of the default host.
    pub(crate) fn check(&self, fault: &Fault) -> Result<(), Error> {
        check(&self.network.borrow(), fault)
    }
}

fn check(network: &Network, fault: &Fault) -> Result<(), Error> {
    for host in fault.hosts() {
        let number = network.hosts.number(host)?;
        if number == 0 && matches!(fault, Fault::Crash(..) | Fault::Restart(_)) {
            let host = host.to_owned();
            let reason = "what is on no other host is on this one, which does not crash";
            return Err(HostError::Invalid { host, reason }.into());
        }
    }
    Ok(())
}

/// Nanoseconds, at most `u64::MAX` (584 years).
fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}
