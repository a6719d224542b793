//! How long a simulation has run.

use std::time::Duration;

use crate::Error;
use crate::handle::Handle;

impl Handle {
    /// Virtual time since the start of the simulation. It is that of all events, and of the timetable:
    /// what a host's clocks read differs from it where they drift.
    ///
    /// # Errors
    /// `NotSimulated`, `WrongThread`, `Closed`.
    ///
    /// ```
    /// use std::time::Duration;
    /// use wippy_dispatcher::Dispatcher;
    ///
    /// let dispatcher = Dispatcher::simulated(1)?;
    /// let handle = dispatcher.handle();
    /// assert_eq!(handle.elapsed()?, Duration::ZERO);
    /// dispatcher.block_on(handle.sleep(Duration::from_secs(3)))??;
    /// assert_eq!(handle.elapsed()?, Duration::from_secs(3));
    /// # Ok::<(), wippy_dispatcher::Error>(())
    /// ```
    pub fn elapsed(&self) -> Result<Duration, Error> {
        let elapsed = self.core()?.clock.elapsed();
        elapsed.ok_or(Error::NotSimulated("virtual time"))
    }
}
