//! Why a directory cannot be opened.

use std::io;
use std::path::{Path, PathBuf};

use crate::io_reason::io_reason;

/// A directory that is not there or cannot be opened.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("cannot open {}: {reason}", plain(.directory))]
pub struct OpenError {
    /// The directory of the host.
    pub directory: PathBuf,
    /// What the system said.
    pub reason: String,
}

/// The path without `.` in it.
fn plain(path: &Path) -> String {
    let plain: PathBuf = path.components().collect();
    plain.display().to_string()
}

/// What the system said; of a directory that is not there, what to do as well.
pub(super) fn open_reason(error: &io::Error, is_created: bool) -> String {
    let reason = io_reason(error, "directory");
    match error.kind() {
        io::ErrorKind::NotFound if !is_created => {
            format!("{reason}; create it, or set `auto_init: true` in its fs.directory")
        }
        _ => reason,
    }
}
