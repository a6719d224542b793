//! One run while a run is shrunk.

use crate::sim::edits::{Edits, RunNotes};
use crate::sim::settings::Simulation;

/// A run that is to be made. Its settings are those of the program, changed by [`Trial::set`].
#[derive(Clone, Debug)]
pub struct Trial {
    pub(super) seed: u64,
    pub(super) edits: Edits,
    pub(super) notes: Option<RunNotes>,
}

impl Trial {
    /// The seed.
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// The edits.
    pub fn edits(&self) -> &Edits {
        &self.edits
    }

    /// The settings of a simulation of this seed, with the edits; what happens is noted.
    pub fn set(&self, simulation: Simulation) -> Simulation {
        let simulation = simulation.edits(self.edits.clone());
        match &self.notes {
            Some(notes) => simulation.note(notes),
            None => simulation,
        }
    }
}
