//! Picking a task and running it once.

use async_task::Runnable;

use crate::Error;
use crate::core::Core;
use crate::driver::Driver;
use crate::executor::meta::Meta;
use crate::sim::driver::SimDriver;
use crate::sim::trace::Record;

impl Core {
    /// The next task to run, and among how many it was chosen.
    ///
    /// # Errors
    /// `Io` from `getrandom`.
    #[inline]
    pub(crate) fn pick(&self) -> Result<Option<(Runnable<Meta>, usize)>, Error> {
        self.executor.pick(&self.entropy, || None)
    }

    /// Polls a task that was picked among so many.
    #[inline]
    pub(crate) fn run(&self, runnable: Runnable<Meta>, among: usize) {
        self.begin_poll();
        match &self.driver {
            Driver::System(_) => {
                runnable.run();
            }
            Driver::Simulated(simulated) => self.run_simulated(simulated, runnable, among),
        }
    }

    #[cold]
    #[inline(never)]
    fn run_simulated(&self, simulated: &SimDriver, runnable: Runnable<Meta>, among: usize) {
        simulated.record(Record::Pick {
            task: runnable.metadata().id,
            among: among as u64,
        });
        runnable.run();
        self.executor.has_run();
    }
}
