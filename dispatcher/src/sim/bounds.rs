//! The settings of how far a simulation may run.

use std::time::Duration;

use crate::sim::settings::Simulation;

impl Simulation {
    /// How long the simulation may last, in virtual time from its start. What happens exactly then still
    /// happens. Instead of moving virtual time further, `block_on` and turns fail with
    /// [`Error::TimeOver`](crate::Error::TimeOver) from then on. Default: no bound.
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
    /// [`Error::TooManyRecords`](crate::Error::TooManyRecords) from the end of the task's run on. Default: no bound.
    pub fn max_records(mut self, records: u64) -> Simulation {
        self.bounds.max_records = records;
        self
    }

    /// How often tasks may run, and the future of `block_on` be polled, without virtual time moving: tasks
    /// that wake each other without end never let it move. With one more, `block_on` and turns fail with
    /// [`Error::Livelock`](crate::Error::Livelock) from then on. Default 10,000,000.
    pub fn max_stalled_runs(mut self, runs: u64) -> Simulation {
        self.bounds.max_stalled_runs = runs;
        self
    }
}
