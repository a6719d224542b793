//! A filesystem of a simulated host, shared by all that have it open.

use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rustix::io::Errno;
use wippy_dispatcher::Handle;

use super::faults::DiskFaults;
use super::inodes::ROOT;
use super::snapshot::Snapshot;
use super::tree::Tree;
use crate::fs::status::FileTime;

/// A filesystem of a simulated host, in memory. It outlives the host's crashes.
pub struct Volume {
    /// Among the filesystems of its host.
    pub(super) device: u64,
    faults: DiskFaults,
    state: Mutex<State>,
}

struct State {
    tree: Tree,
    /// How often its host has crashed.
    crashes: u64,
    /// What the last operation takes longer than others.
    delay: Duration,
}

/// Of which life of its host something is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Life(u64);

impl Volume {
    pub(super) fn new(device: u64, snapshot: &Snapshot, faults: DiskFaults) -> Volume {
        let tree = Tree::new(snapshot, faults.capacity);
        Volume {
            device,
            faults,
            state: Mutex::new(State {
                tree,
                crashes: 0,
                delay: Duration::ZERO,
            }),
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Opens the root: the present life of its host.
    pub(super) fn open_root(&self) -> Life {
        let mut state = self.lock();
        let opened = state.tree.open_inode(ROOT);
        debug_assert!(opened.is_ok(), "the root is always there");
        Life(state.crashes)
    }

    /// Does something with the tree, for what was opened in a life of its host.
    ///
    /// # Errors
    /// `EIO` where that life is over, and as faults have it; those of the operation.
    pub(super) fn operate<R>(
        &self,
        (handle, life): (&Handle, Life),
        (number, path): (u64, &str),
        operation: impl FnOnce(&mut Tree) -> Result<R, Errno>,
    ) -> Result<R, Errno> {
        let (least, most) = self.faults.delay(path);
        let delay = handle.draw_file_delay(number, least, most).map_err(gone)?;
        let probability = self.faults.error(path);
        let fails = handle.draw_file_error(number, probability).map_err(gone)?;
        let mut state = self.lock();
        state.delay += delay;
        if fails || Life(state.crashes) != life {
            return Err(Errno::IO);
        }
        state.tree.now = now(handle)?;
        operation(&mut state.tree)
    }

    /// What the operations since the last question take longer than others, in virtual time.
    pub(super) fn take_delay(&self) -> Duration {
        std::mem::take(&mut self.lock().delay)
    }

    /// What was opened in a life of the host is closed.
    pub(super) fn close(&self, life: Life, number: u64) {
        let mut state = self.lock();
        if Life(state.crashes) == life {
            state.tree.close_inode(number);
        }
    }

    /// The host has crashed.
    pub(super) fn crash(&self, handle: &Handle) {
        let mut state = self.lock();
        state.crashes += 1;
        state.delay = Duration::ZERO;
        state.tree.crash(handle);
    }
}

impl fmt::Debug for Volume {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Volume")
            .field("device", &self.device)
            .finish_non_exhaustive()
    }
}

/// The host's wall clock, as a file's time.
pub(super) fn now(handle: &Handle) -> Result<FileTime, Errno> {
    let now = handle.wall_time().map_err(gone)?;
    Ok(FileTime {
        seconds: i64::try_from(now.seconds).unwrap_or(i64::MAX),
        nanoseconds: now.nanoseconds.into(),
    })
}

/// The dispatcher has ended, and what is done with its files fails.
fn gone(_: wippy_dispatcher::Error) -> Errno {
    Errno::IO
}
