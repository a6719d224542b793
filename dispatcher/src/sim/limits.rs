//! How far a simulation has run, and what has ended it.

use std::cell::{Cell, RefCell};
use std::time::Duration;

use crate::Error;
use crate::sim::edits::Cut;
use crate::sim::ended::Ended;
use crate::time::instant::Instant;

/// The bounds, as the settings have them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bounds {
    /// From the start.
    pub(crate) max_time: Option<Duration>,
    pub(crate) max_records: u64,
    pub(crate) max_stalled_runs: u64,
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

/// The bounds of a simulation that runs, and what has ended it for good.
pub(crate) struct Limits {
    bounds: Bounds,
    end: Instant,
    /// Where edits cut the run.
    cut: Option<Cut>,
    /// Since virtual time last moved.
    stalled_runs: Cell<u64>,
    ended: RefCell<Option<Ended>>,
}

/// A bound that was passed.
pub(crate) enum Passed {
    Records(u64),
    StalledRuns(u64),
    Cut,
}

impl Limits {
    pub(crate) fn new(bounds: Bounds, cut: Option<Cut>, start: Instant) -> Limits {
        let mut end = bounds.max_time.map_or(Instant::NEVER, |time| start + time);
        let mut cut = cut;
        if let Some(Cut::Time(time)) = cut {
            match start + time < end {
                true => end = start + time,
                false => cut = None,
            }
        }
        Limits {
            bounds,
            end,
            cut,
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
        if matches!(self.cut, Some(Cut::Records(cut)) if records >= cut) {
            return Some(Passed::Cut);
        }
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

    /// Whether the run is cut where virtual time ends.
    pub(crate) fn cuts_time(&self) -> bool {
        matches!(self.cut, Some(Cut::Time(_)))
    }

    /// Whether edits have ended it.
    pub(crate) fn is_cut(&self) -> bool {
        matches!(&*self.ended.borrow(), Some(Ended::Cut(_)))
    }

    pub(crate) fn has_ended(&self) -> bool {
        self.ended.borrow().is_some()
    }

    /// # Errors
    /// `TimeOver`, `TooManyRecords`, `Livelock`, `Cut` or `Invariant`, with which it has ended.
    #[inline]
    pub(crate) fn check(&self) -> Result<(), Error> {
        match &*self.ended.borrow() {
            Some(ended) => Err(error_of(ended)),
            None => Ok(()),
        }
    }
}

#[cold]
fn error_of(ended: &Ended) -> Error {
    ended.clone().into()
}
