//! Ending a log.

use crate::Error;
use crate::dispatcher::Dispatcher;

impl Dispatcher {
    /// Ends what [`Simulation::log`](crate::Simulation::log) and [`Simulation::replay`](crate::Simulation::replay)
    /// have begun: the log gets its end and is flushed, and of a replay it is checked that its log has no further
    /// record. What is decided afterwards is in the trace alone. Without this the log ends when the dispatcher is
    /// dropped, before its tasks are; then nobody is told of an error of the sink, but the log has no end, and nothing
    /// is checked.
    ///
    /// # Errors
    /// `Log` where the sink fails or the log that is replayed is damaged; `Diverged` where that one goes on; where one
    /// of the two has ended the run before, that error again; `NotSimulated`.
    pub fn finish_log(&self) -> Result<(), Error> {
        match self.core.driver.simulated() {
            Some(simulated) => simulated.finish_log(),
            None => Err(Error::NotSimulated("a decision log")),
        }
    }
}
