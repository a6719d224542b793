//! The logs of a run: the one that it writes, and the one that it replays.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use wippy_dispatcher::Simulation;
use wippy_dispatcher::sim::{Edits, FaultId, Log, LogError, RunNotes, Switch};

use super::arguments::SimRun;
use super::edit::{self, Without};
use super::output_file::OutputFile;
use super::prepared::Prepared;

/// The logs of a run.
pub(super) struct Logs {
    log: Option<OutputFile>,
    replay: Option<Log>,
    label: Vec<u8>,
    /// What the command line says of edits.
    edits: Edits,
    /// The faults that the run which is edited lists.
    listed: BTreeSet<FaultId>,
    /// Switches that the run is to be without and that it does not have.
    unmet: Vec<String>,
    /// The run of the log is changed, so that it is not compared with the log.
    is_changed: bool,
}

impl Logs {
    /// Opens the logs that the command line names.
    ///
    /// # Errors
    /// A text that names the file, also of a log of another scenario, and of a file that a new log would
    /// destroy.
    pub(super) fn open(sim: &SimRun, prepared: &Prepared) -> Result<Logs, String> {
        edit::check_hosts(&sim.with, prepared.scenario.hosts())?;
        let label = prepared.scenario.digest(&prepared.simulation).to_string();
        let replay = sim.replay.as_deref();
        let replay = replay.map(|path| recorded(path, &label)).transpose()?;
        let edits = replay.as_ref().map(|log| log.header().edits.clone());
        let mut edits = edits.unwrap_or_default();
        let listed = edits.listed().map(|(fault, _)| fault).collect();
        let removes_switch = sim
            .without
            .iter()
            .any(|it| matches!(it, Without::Switch(_)));
        if removes_switch && edits.switches().is_none() {
            edits = edits.order(switches(sim, prepared, replay.as_ref())?);
        }
        let unmet = edit::unknown_switches(&edits, &sim.without);
        let mut edits = edit::changed(edits, &sim.without, &sim.with);
        if let Some(cut) = sim.until {
            edits = edits.until(cut);
        }
        let log = sim.log.as_deref();
        let log = log.map(|path| created(path, sim.replay.as_deref()));
        Ok(Logs {
            edits,
            listed,
            unmet,
            is_changed: sim.shrink || !sim.without.is_empty() || !sim.with.is_empty(),
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
        let is_changed = self.is_changed;
        let mut simulation = self.base(simulation).label(&self.label);
        if let Some(log) = self.replay.filter(|_| !is_changed) {
            simulation = simulation.replay(log);
        }
        match self.log {
            Some(file) => simulation.log(file),
            None => simulation,
        }
    }

    /// The settings of a run without these logs: those that it has in common with the run that is replayed.
    pub(super) fn base(&self, simulation: Simulation) -> Simulation {
        let simulation = simulation.edits(self.edits.clone());
        match &self.replay {
            None => simulation,
            Some(log) => as_recorded(log, simulation),
        }
    }

    /// The file of the log that is written.
    pub(super) fn file(&self) -> Option<&OutputFile> {
        self.log.as_ref()
    }

    /// The edits of the run.
    pub(super) fn edits(&self) -> &Edits {
        &self.edits
    }

    /// The faults that the run which is edited lists.
    pub(super) fn listed(&self) -> &BTreeSet<FaultId> {
        &self.listed
    }

    /// Switches that the run is to be without and that it does not have.
    pub(super) fn unmet(&self) -> &[String] {
        &self.unmet
    }

    /// The same run with other edits.
    pub(super) fn with_edits(self, edits: Edits) -> Logs {
        Logs { edits, ..self }
    }
}

/// The picker of the run of a log.
pub(super) fn as_recorded(log: &Log, simulation: Simulation) -> Simulation {
    let header = log.header();
    let simulation = simulation.picker(header.picker);
    match header.priority_change_steps {
        Some(steps) => simulation.priority_change_steps(steps),
        None => simulation,
    }
}

/// The switches of the run that is edited.
fn switches(
    sim: &SimRun,
    prepared: &Prepared,
    replay: Option<&Log>,
) -> Result<Vec<Switch>, String> {
    let notes = RunNotes::new();
    let seed = replay.map_or(sim.seed, |log| log.header().seed);
    let set = |simulation: Simulation| match replay {
        Some(log) => as_recorded(log, simulation)
            .edits(log.header().edits.clone())
            .note(&notes),
        None => simulation.note(&notes),
    };
    let world = prepared.simulation.start_with(seed, set);
    world.map_err(|error| error.to_string())?.run();
    Ok(notes.switches().iter().map(|found| found.switch).collect())
}

/// A file for a new log. It replaces an older log, but no other file, and not the log that is replayed.
fn created(path: &Path, replayed: Option<&Path>) -> Result<OutputFile, String> {
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
    OutputFile::open(path)
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
