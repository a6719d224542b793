//! How a program says what has to hold.

use std::time::Duration;

use crate::Error;
use crate::dispatcher::Dispatcher;
use crate::sim::invariants::table::Invariant;

impl Dispatcher {
    /// Has `condition` called after each run of a task, and each poll of the future of `block_on`, in the
    /// order in which invariants were given. The first time that it gives an error the simulation
    /// ends: `block_on` and turns fail with [`Error::Invariant`] from then on. Its panic is the
    /// panic of `block_on` or the turn.
    ///
    /// ```
    /// use std::cell::Cell;
    /// use std::rc::Rc;
    /// use wippy_dispatcher::{Dispatcher, Error};
    ///
    /// let dispatcher = Dispatcher::simulated(1)?;
    /// let leaders = Rc::new(Cell::new(0));
    /// let seen = leaders.clone();
    /// dispatcher.invariant("one leader", move || match seen.get() {
    ///     0 | 1 => Ok(()),
    ///     more => Err(format!("there are {more}")),
    /// })?;
    /// let elect = async move { leaders.set(2) };
    /// let Err(Error::Invariant(broken)) = dispatcher.block_on(elect) else {
    ///     panic!("there are two leaders");
    /// };
    /// assert_eq!((&*broken.name, &*broken.reason), ("one leader", "there are 2"));
    /// # Ok::<(), Error>(())
    /// ```
    ///
    /// # Errors
    /// `NotSimulated`.
    pub fn invariant<F>(&self, name: &str, condition: F) -> Result<(), Error>
    where
        F: FnMut() -> Result<(), String> + 'static,
    {
        let simulated = self.core.driver.simulated();
        let simulated = simulated.ok_or(Error::NotSimulated("an invariant"))?;
        simulated.assertions.add_invariant(Invariant {
            name: name.to_owned(),
            condition: Box::new(condition),
        });
        Ok(())
    }

    /// Has `condition` called so long after the start of the simulation, in virtual time: an event among
    /// the others, to which time moves, and a record of the trace. One for a time that has passed is
    /// called when the dispatcher next looks at what has happened. If it gives an error the simulation
    /// ends as with [`Dispatcher::invariant`].
    ///
    /// ```
    /// use std::time::Duration;
    /// use wippy_dispatcher::{Dispatcher, Error};
    ///
    /// let dispatcher = Dispatcher::simulated(1)?;
    /// let task = dispatcher.spawn(dispatcher.handle().sleep(Duration::from_secs(2)))?;
    /// dispatcher.check_at(Duration::from_secs(1), "it sleeps", move || match task.is_finished() {
    ///     false => Ok(()),
    ///     true => Err("it woke early".to_owned()),
    /// })?;
    /// dispatcher.block_on(dispatcher.handle().sleep(Duration::from_secs(1)))??;
    /// # Ok::<(), Error>(())
    /// ```
    ///
    /// # Errors
    /// `NotSimulated`, `TooManyTimers`.
    pub fn check_at<F>(&self, after: Duration, name: &str, condition: F) -> Result<(), Error>
    where
        F: FnOnce() -> Result<(), String> + 'static,
    {
        let simulated = self.core.driver.simulated();
        let simulated = simulated.ok_or(Error::NotSimulated("a check at a time"))?;
        if let Some(bound) = simulated.bound_reached() {
            return Err(Error::TooManyTimers(bound));
        }
        let key = simulated.assertions.add_check(name, Box::new(condition));
        simulated.schedule_check(after, key);
        Ok(())
    }
}
