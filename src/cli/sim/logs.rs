//! The logs of a run: the one that it writes, and the one that it replays.

use std::fs::{self, File};
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use wippy_dispatcher::Simulation;
use wippy_dispatcher::sim::{Log, LogError};

use super::arguments::SimRun;
use super::diff::open;
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
    /// A text that names the file, also of a log of another scenario, and of a file that a new log would
    /// destroy.
    pub(super) fn open(sim: &SimRun, prepared: &Prepared) -> Result<Logs, String> {
        let label = prepared.scenario.digest(&prepared.simulation).to_string();
        let replay = sim.replay.as_deref();
        let replay = replay.map(|path| recorded(path, &label)).transpose()?;
        let log = sim.log.as_deref();
        let log = log.map(|path| created(path, sim.replay.as_deref()));
        Ok(Logs {
            log: log.transpose()?,
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

/// A file for a new log. It replaces an older log, but no other file, and not the log that is replayed.
fn created(path: &Path, replayed: Option<&Path>) -> Result<File, String> {
    let shown = path.display();
    if let Ok(existing) = fs::metadata(path)
        && existing.is_file()
    {
        let is_same =
            |other: fs::Metadata| (other.dev(), other.ino()) == (existing.dev(), existing.ino());
        if replayed.is_some_and(|path| fs::metadata(path).is_ok_and(is_same)) {
            return Err(format!(
                "{shown} is the log that is replayed; write the new one to another file"
            ));
        }
        if existing.len() > 0 && matches!(Log::open(path), Err(LogError::NotALog)) {
            return Err(format!(
                "{shown} exists and is not a log; write the log to another file, or remove this one"
            ));
        }
    }
    File::create(path).map_err(|error| format!("cannot write {shown}: {error}"))
}

/// The log of a run of the scenario with this label.
fn recorded(path: &Path, label: &str) -> Result<Log, String> {
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
