//! The filesystems of a simulated host.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use wippy_dispatcher::Handle;
use wippy_dispatcher::sim::Disk;

use super::faults::DiskFaults;
use super::snapshots::Snapshots;
use super::volume::Volume;
use crate::fs::{OpenError, Settings};
use crate::trust::PathGuard;

/// What a simulated host has of filesystems, by the host's directories that they begin with. It outlives
/// the host's crashes.
#[derive(Debug)]
pub struct HostDisk {
    snapshots: Snapshots,
    faults: BTreeMap<PathBuf, DiskFaults>,
    volumes: Mutex<BTreeMap<PathBuf, Arc<Volume>>>,
}

impl HostDisk {
    /// One whose filesystems begin with these snapshots, and what goes wrong with them.
    pub fn new(snapshots: Snapshots, faults: BTreeMap<PathBuf, DiskFaults>) -> HostDisk {
        HostDisk {
            snapshots,
            faults,
            volumes: Mutex::default(),
        }
    }

    /// The filesystem of a directory, which is read at the first need. Blocks.
    ///
    /// # Errors
    /// `OpenError`.
    pub(in crate::fs) fn volume(
        &self,
        settings: &Settings,
        guard: &PathGuard,
    ) -> Result<Arc<Volume>, OpenError> {
        let mut volumes = self.volumes.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(volume) = volumes.get(&settings.directory) {
            return Ok(volume.clone());
        }
        let snapshot = self.snapshots.get(settings, guard)?;
        let faults = self.faults.get(&settings.directory).cloned();
        let volume = Volume::new(
            volumes.len() as u64 + 1,
            &snapshot,
            faults.unwrap_or_default(),
        );
        let volume = Arc::new(volume);
        volumes.insert(settings.directory.clone(), volume.clone());
        Ok(volume)
    }
}

impl Disk for HostDisk {
    fn crash(&self, handle: &Handle) {
        let volumes = self.volumes.lock().unwrap_or_else(PoisonError::into_inner);
        for volume in volumes.values() {
            volume.crash(handle);
        }
    }
}
