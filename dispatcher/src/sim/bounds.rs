//! How far a simulation may run, and what has ended it.

use std::cell::{Cell, RefCell};
use std::time::Duration;

use crate::Error;
use crate::sim::ended::Ended;
use crate::sim::settings::Simulation;
use crate::time::instant::Instant;

/// The settings.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bounds {
    max_time: Option<Duration>,
    max_records: u64,
    max_stalled_runs: u64,
}

impl Default for Bounds {
    fn default() -> Bounds {
        Bounds {
            max_time: None,
            max_records: u64::MAX,
            max_stalled_runs: 10_000_000,
        }
    }
}

impl Simulation {
    /// How long the simulation may last, in virtual time from its start. What happens exactly then still
    /// happens. Instead of moving virtual time further, `block_on` and turns fail with
    /// [`Error::TimeOver`] from then on. Default: no bound.
    ///
    /// ```
    /// use std::time::Duration;
    /// use wippy_dispatcher::{Dispatcher, Error, Simulation};
    ///
    /// let simulation = Simulation::new(1).max_time(Duration::from_secs(60));
    /// let dispatcher = Dispatcher::builder().simulation(simulation).build()?;
    /// let hour = dispatcher.handle().sleep(Duration::from_secs(3_600));
    /// assert!(matches!(dispatcher.block_on(hour), Err(Error::TimeOver(_))));
    /// # Ok::<(), Error>(())
    /// ```
    pub fn max_time(mut self, time: Duration) -> Simulation {
        self.bounds.max_time = Some(time);
        self
    }

    /// How many records the simulation may decide. With one more, `block_on` and turns fail with
    /// [`Error::TooManyRecords`] from the end of the task's run on. Default: no bound.
    pub fn max_records(mut self, records: u64) -> Simulation {
        self.bounds.max_records = records;
        self
    }

    /// How often tasks may run, and the future of `block_on` be polled, without virtual time moving: tasks
    /// that wake each other without end never let it move. With one more, `block_on` and turns fail with
    /// [`Error::Livelock`] from then on. Default 10,000,000.
    pub fn max_stalled_runs(mut self, runs: u64) -> Simulation {
        self.bounds.max_stalled_runs = runs;
        self
    }
}

/// The bounds of a simulation that runs, and what has ended it for good.
pub(crate) struct Limits {
    bounds: Bounds,
    end: Instant,
    /// Since virtual time last moved.
    stalled_runs: Cell<u64>,
    ended: RefCell<Option<Ended>>,
}

/// A bound that was passed.
pub(crate) enum Passed {
    Records(u64),
    StalledRuns(u64),
}

impl Limits {
    pub(crate) fn new(bounds: Bounds, start: Instant) -> Limits {
        Limits {
            bounds,
            end: bounds.max_time.map_or(Instant::NEVER, |time| start + time),
            stalled_runs: Cell::new(0),
            ended: RefCell::new(None),
        }
    }

    /// How far virtual time may move.
    pub(crate) fn end(&self) -> Instant {
        self.end
    }

    pub(crate) fn time_has_moved(&self) {
        self.stalled_runs.set(0);
    }

    /// A task has run.
    pub(crate) fn count_run(&self) {
        self.stalled_runs.set(self.stalled_runs.get() + 1);
    }

    /// The bound that is passed, with so many records.
    pub(crate) fn passed(&self, records: u64) -> Option<Passed> {
        if records > self.bounds.max_records {
            return Some(Passed::Records(self.bounds.max_records));
        }
        let runs = self.stalled_runs.get();
        (runs > self.bounds.max_stalled_runs).then_some(Passed::StalledRuns(runs))
    }

    /// Ends the simulation. What ended it before counts.
    pub(crate) fn end_with(&self, ended: Ended) {
        self.ended.borrow_mut().get_or_insert(ended);
    }

    pub(crate) fn has_ended(&self) -> bool {
        self.ended.borrow().is_some()
    }

    /// # Errors
    /// `TimeOver`, `TooManyRecords`, `Livelock` or `Invariant`, with which it has ended.
    pub(crate) fn check(&self) -> Result<(), Error> {
        match &*self.ended.borrow() {
            Some(ended) => Err(ended.clone().into()),
            None => Ok(()),
        }
    }
}
