//! How a program asks for a picture.

use super::model::Picture;
use crate::dispatcher::Dispatcher;
use crate::sim::settings::Simulation;

impl Simulation {
    /// Has a picture of the run made, of its first `records` records: see
    /// [`Dispatcher::picture`]. The run is the same as without it and takes longer, the more so the more tasks
    /// wait at a time; a record takes about 100 bytes of memory.
    pub fn picture(mut self, records: u64) -> Simulation {
        self.picture = Some(records);
        self
    }
}

impl Dispatcher {
    /// The run so far, to be drawn. `None` where no picture is made
    /// ([`Simulation::picture`](crate::Simulation::picture)), and for a dispatcher on the system.
    pub fn picture(&self) -> Option<Picture> {
        let simulated = self.core.driver.simulated()?;
        self.core.note_waits(simulated);
        simulated.picture()
    }
}
