//! What a dispatcher has to do, in numbers.

use std::time::Duration;

use crate::Error;
use crate::handle::Handle;
use crate::histogram::Histogram;

/// What a dispatcher has at one moment.
///
/// ```
/// use std::time::Duration;
/// use wippy_dispatcher::Dispatcher;
///
/// let dispatcher = Dispatcher::simulated(1)?;
/// let handle = dispatcher.handle();
/// let sleep = handle.sleep(Duration::from_secs(1));
/// let nap = dispatcher.spawn(async { sleep.await })?;
/// dispatcher.turn(Some(Duration::ZERO))?;
/// let stats = handle.stats()?;
/// assert_eq!((stats.tasks, stats.timers), (1, 1));
/// drop(nap);
/// # Ok::<(), wippy_dispatcher::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug, Default)]
#[non_exhaustive]
pub struct Stats {
    /// Tasks that have not ended.
    pub tasks: usize,
    /// Those of them that can run.
    pub runnable: usize,
    /// Armed deadlines; in a simulation the ends of blocking jobs too.
    pub timers: usize,
    /// Descriptors that it watches: sockets, pipes, terminals; in a simulation its sockets, on all hosts.
    pub descriptors: usize,
    /// Descriptors and events: whatever has readiness.
    pub sources: usize,
    /// Sets of things that tasks wait for together.
    pub wait_sets: usize,
    /// Threads for blocking jobs, of the pool, the lanes and lookups of names.
    pub blocking_threads: usize,
    /// Blocking jobs that run on them.
    pub jobs_running: usize,
    /// Blocking jobs that wait for a thread or for their turn.
    pub jobs_waiting: usize,
    /// How long the dispatcher has looked at I/O and the clock instead of parking: before parks
    /// ([`Builder::spin`](crate::Builder::spin)) and before deadlines
    /// ([`Builder::timer_lead`](crate::Builder::timer_lead)). Zero in a simulation.
    pub looked: Duration,
    /// How late timers fired: from the deadline to when the dispatcher saw that it had come. Counted
    /// where [`Builder::timer_overshoot`](crate::Builder::timer_overshoot) says so.
    pub overshoot: Option<Histogram>,
}

impl Handle {
    /// What the dispatcher has now.
    ///
    /// # Errors
    /// `WrongThread` and `Closed`.
    pub fn stats(&self) -> Result<Stats, Error> {
        let core = self.core()?;
        let jobs = self.shared().pool.counts();
        Ok(Stats {
            tasks: core.executor.alive(),
            runnable: core.runnable(),
            timers: core.driver.armed(),
            descriptors: core.driver.descriptors(),
            sources: core.ready.borrow().len(),
            wait_sets: core.sets.borrow().len(),
            blocking_threads: jobs.threads.get(),
            jobs_running: jobs.running.get(),
            jobs_waiting: jobs.waiting.get(),
            looked: core.driver.looked(),
            overshoot: core.overshoot.as_ref().map(|late| late.snapshot()),
        })
    }
}

impl Stats {
    /// Adds those of another dispatcher.
    pub fn add(&mut self, other: &Stats) {
        self.tasks += other.tasks;
        self.runnable += other.runnable;
        self.timers += other.timers;
        self.descriptors += other.descriptors;
        self.sources += other.sources;
        self.wait_sets += other.wait_sets;
        self.blocking_threads += other.blocking_threads;
        self.jobs_running += other.jobs_running;
        self.jobs_waiting += other.jobs_waiting;
        self.looked += other.looked;
        if let Some(late) = &other.overshoot {
            self.overshoot.get_or_insert_default().add(late);
        }
    }
}
