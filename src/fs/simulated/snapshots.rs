//! The snapshots that the runs of a simulation share.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use super::snapshot::Snapshot;
use crate::fs::open_error::open_reason;
use crate::fs::status::FileTime;
use crate::fs::{OpenError, Settings};
use crate::trust::{PathError, PathGuard};

/// The time at which all simulations begin, which files have that nobody has changed: one second after
/// 2000-01-01T00:00:00Z.
const START: FileTime = FileTime {
    seconds: 946_684_801,
    nanoseconds: 0,
};

/// What directories of the host hold, read once each, at the first need. Clones are the same.
#[derive(Clone, Debug, Default)]
pub struct Snapshots(Arc<Mutex<HashMap<PathBuf, Arc<Snapshot>>>>);

impl Snapshots {
    /// What a directory holds. A directory that is missing and would be created is empty, and stays missing.
    /// Blocks.
    ///
    /// # Errors
    /// `OpenError` where it cannot be opened, where something beneath it cannot be read, and where there is
    /// more beneath it than a simulation reads.
    pub fn get(&self, settings: &Settings, guard: &PathGuard) -> Result<Arc<Snapshot>, OpenError> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(snapshot) = known.get(&settings.directory) {
            return Ok(snapshot.clone());
        }
        let snapshot = read(settings, guard).map_err(|reason| OpenError {
            directory: settings.directory.clone(),
            reason,
        })?;
        let snapshot = Arc::new(snapshot);
        known.insert(settings.directory.clone(), snapshot.clone());
        Ok(snapshot)
    }

    /// A hash of all that was read until now.
    pub fn hash(&self) -> u64 {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // A sum, which does not depend on where the directories are.
        let hashes = known.values().map(|snapshot| snapshot.hash);
        hashes.fold(0, u64::wrapping_add)
    }
}

fn read(settings: &Settings, guard: &PathGuard) -> Result<Snapshot, String> {
    let is_created = settings.create.is_some();
    let reason = |error: PathError| match &error {
        PathError::System(error) => open_reason(error, is_created),
        other => other.to_string(),
    };
    let walk = guard.walk(&settings.directory).map_err(reason)?;
    if is_created && walk.is_missing() {
        return Ok(Snapshot::empty(START));
    }
    let directory = walk.open_dir().map_err(reason)?;
    Snapshot::read(&directory, START)
}
