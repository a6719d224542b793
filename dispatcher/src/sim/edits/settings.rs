//! Editing a simulation.

use super::notes::RunNotes;
use super::run_edits::Edits;
use crate::Error;
use crate::dispatcher::Dispatcher;
use crate::sim::settings::Simulation;

impl Simulation {
    /// Edits the run: its faults, the order of its tasks, where it ends. The log's header has them. A replay has the
    /// edits of its log; of these here only the cut counts then.
    ///
    /// ```
    /// use std::time::Duration;
    /// use wippy_dispatcher::sim::{Cut, Edits};
    /// use wippy_dispatcher::{Dispatcher, Error, Simulation};
    ///
    /// let edits = Edits::new().until(Cut::Time(Duration::from_secs(1)));
    /// let dispatcher = Dispatcher::builder().simulation(Simulation::new(7).edits(edits)).build()?;
    /// let minute = dispatcher.handle().sleep(Duration::from_secs(60));
    /// assert!(matches!(dispatcher.block_on(minute), Err(Error::Cut(_))));
    /// # Ok::<(), Error>(())
    /// ```
    pub fn edits(mut self, edits: Edits) -> Simulation {
        self.edits = edits;
        self
    }

    /// Notes which faults and switches the run has. Notes are for one dispatcher at a time: another one begins them
    /// anew.
    ///
    /// ```
    /// use wippy_dispatcher::sim::RunNotes;
    /// use wippy_dispatcher::{Dispatcher, Simulation};
    ///
    /// let notes = RunNotes::new();
    /// let dispatcher = Dispatcher::builder().simulation(Simulation::new(7).note(&notes)).build()?;
    /// dispatcher.block_on(dispatcher.handle().unblock(|| ()))??;
    /// assert_eq!(notes.faults()[0].id.to_string(), "job:0:0");
    /// # Ok::<(), wippy_dispatcher::Error>(())
    /// ```
    pub fn note(mut self, notes: &RunNotes) -> Simulation {
        self.notes = Some(notes.clone());
        self
    }

    /// The edits of the run: those of the log that is replayed, or those that were set.
    pub(crate) fn edits_in_force(&self) -> Edits {
        match &self.replay {
            None => self.edits.clone(),
            Some(log) => {
                let edits = &log.header().edits;
                edits.with_cut(self.edits.cut().or(edits.cut()))
            }
        }
    }
}

impl Dispatcher {
    /// The edits of the run; of a replay those of its log.
    ///
    /// # Errors
    /// `NotSimulated`.
    pub fn edits(&self) -> Result<Edits, Error> {
        match self.core.driver.simulated() {
            Some(simulated) => Ok(simulated.injected.borrow().edits()),
            None => Err(Error::NotSimulated("an edit of the run")),
        }
    }
}
