//! How a program asks what its tasks wait for, and adds what it knows itself.

use crate::Error;
use crate::dispatcher::Dispatcher;
use crate::handle::Handle;
use crate::sim::waits::report::Waits;

impl Dispatcher {
    /// What every task of a simulation waits for now; `None` for a dispatcher on the system.
    pub fn waits(&self) -> Option<Waits> {
        Some(self.core.waits(self.core.driver.simulated()?))
    }
}

impl Handle {
    /// What every task of a simulation waits for now; see [`Dispatcher::waits`].
    ///
    /// # Errors
    /// `NotSimulated`, `WrongThread`, `Closed`.
    pub fn waits(&self) -> Result<Waits, Error> {
        let core = self.core()?;
        let simulated = core.driver.simulated();
        Ok(core.waits(simulated.ok_or(Error::NotSimulated("a report of waits"))?))
    }

    /// Has `describe` called with the number of each task that is put into a report of waits, or `None` for the
    /// future of `block_on`: what it says is a line of its own below the task's. It is for layers that know
    /// what a task does, and [`current_task`](Handle::current_task) says within a task which it is. The
    /// first describer that says something counts.
    ///
    /// ```
    /// use wippy_dispatcher::Dispatcher;
    ///
    /// let dispatcher = Dispatcher::simulated(1)?;
    /// let task = dispatcher.spawn(std::future::pending::<()>())?;
    /// let number = task.number();
    /// dispatcher.handle().describe_waits(move |task| {
    ///     (task == Some(number)).then(|| "the function app:main".to_owned())
    /// })?;
    /// let waits = dispatcher.waits().expect("a simulation");
    /// assert_eq!(waits.to_string(), "task 0 on default can run\n    the function app:main");
    /// # Ok::<(), wippy_dispatcher::Error>(())
    /// ```
    ///
    /// # Errors
    /// `NotSimulated`, `WrongThread`, `Closed`.
    pub fn describe_waits<F>(&self, describe: F) -> Result<(), Error>
    where
        F: Fn(Option<u64>) -> Option<String> + 'static,
    {
        let core = self.core()?;
        let simulated = core.driver.simulated();
        let simulated = simulated.ok_or(Error::NotSimulated("a report of waits"))?;
        simulated.tasks.add_describer(describe);
        Ok(())
    }

    /// The number of the task that runs now in a simulation. `None` in the future of `block_on` and outside of
    /// tasks, and on the system.
    ///
    /// # Errors
    /// `WrongThread` and `Closed`.
    pub fn current_task(&self) -> Result<Option<u64>, Error> {
        let core = self.core()?;
        let simulated = core.driver.simulated();
        Ok(simulated.and_then(|simulated| simulated.tasks.current_task()))
    }
}
