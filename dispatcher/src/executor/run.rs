//! Picking a task.

use async_task::Runnable;

use crate::Error;
use crate::core::Core;
use crate::executor::meta::Meta;

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
}
