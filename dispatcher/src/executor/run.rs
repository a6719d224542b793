//! Picking a task and running it once.

use async_task::Runnable;

use crate::Error;
use crate::core::Core;
use crate::driver::Driver;
use crate::executor::meta::Meta;
use crate::sim::driver::SimDriver;
use crate::sim::record::Record;

impl Core {
    /// The next task to run, and among how many it was chosen.
    ///
    /// # Errors
    /// `Io` from `getrandom`.
    #[inline]
    pub(crate) fn pick(&self) -> Result<Option<(Runnable<Meta>, usize)>, Error> {
        let recorded = || self.driver.simulated()?.recorded_pick();
        self.executor.pick(&self.entropy, recorded)
    }

    /// Polls a task that was picked among so many.
    ///
    /// # Errors
    /// In a simulation `Log` and `Diverged`.
    #[inline]
    pub(crate) fn run(&self, runnable: Runnable<Meta>, among: usize) -> Result<(), Error> {
        self.begin_poll();
        match &self.driver {
            Driver::System(_) => {
                runnable.run();
                Ok(())
            }
            Driver::Simulated(simulated) => self.run_simulated(simulated, runnable, among),
        }
    }

    #[cold]
    #[inline(never)]
    fn run_simulated(
        &self,
        simulated: &SimDriver,
        runnable: Runnable<Meta>,
        among: usize,
    ) -> Result<(), Error> {
        let task = runnable.metadata().id;
        simulated.record(Record::Pick {
            task,
            among: among as u64,
        });
        if let Err(error) = simulated.check_records() {
            self.executor.has_run();
            // It stays runnable, for the end of the dispatcher.
            self.executor.push(runnable);
            return Err(error);
        }
        simulated.set_running(Some(task));
        runnable.run();
        simulated.set_running(None);
        self.executor.has_run();
        simulated.check_records()
    }
}
