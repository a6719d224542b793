//! The logs of a run: the one that it writes, and the one that it replays.

use std::fs::File;
use std::path::Path;

use wippy_dispatcher::Simulation;
use wippy_dispatcher::sim::{Log, LogError};

use super::arguments::SimRun;
use super::prepared::Prepared;

/// The logs of a run.
pub(super) struct Logs {
    log: Option<File>,
    replay: Option<Log>,
    label: Vec<u8>,
}

impl Logs {
    /// Opens the logs that the command line names.
    ///
    /// # Errors
    /// A text that names the file, also of a log of another scenario.
    pub(super) fn open(sim: &SimRun, prepared: &Prepared) -> Result<Logs, String> {
        let label = prepared.scenario.digest(&prepared.simulation).to_string();
        let replay = sim.replay.as_deref();
        let replay = replay.map(|path| recorded(path, &label)).transpose()?;
        let create = |path: &Path| {
            File::create(path).map_err(|error| format!("cannot write {}: {error}", path.display()))
        };
        Ok(Logs {
            log: sim.log.as_deref().map(create).transpose()?,
            replay,
            label: label.into_bytes(),
        })
    }

    /// The seed that is run: that of the log which is replayed.
    pub(super) fn seed(&self, sim: &SimRun) -> u64 {
        self.replay
            .as_ref()
            .map_or(sim.seed, |log| log.header().seed)
    }

    /// The settings of a run with these logs.
    pub(super) fn set(self, simulation: Simulation) -> Simulation {
        let mut simulation = simulation.label(&self.label);
        if let Some(log) = self.replay {
            simulation = simulation.picker(log.header().picker).replay(log);
        }
        match self.log {
            Some(file) => simulation.log(file),
            None => simulation,
        }
    }
}

/// The log of a run of the scenario with this label.
pub(super) fn recorded(path: &Path, label: &str) -> Result<Log, String> {
    let log = open(path)?;
    match log.header().label == label.as_bytes() {
        true => Ok(log),
        false => Err(format!(
            "{} is not of this scenario: its text or one of its modules was another when the log was \
             recorded",
            path.display()
        )),
    }
}

/// Opens a log.
///
/// # Errors
/// A text that names the file.
pub(super) fn open(path: &Path) -> Result<Log, String> {
    Log::open(path).map_err(|error| match error {
        error @ LogError::Open { .. } => error.to_string(),
        error => format!("{}: {error}", path.display()),
    })
}
