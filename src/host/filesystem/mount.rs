//! What a guest is given of a filesystem.

use std::sync::Arc;

use super::error::{ErrorCode, FsError};
use crate::fs::Filesystem;

/// A filesystem at a path of the guest's.
#[derive(Debug)]
pub struct Mount {
    /// The filesystem.
    pub filesystem: Arc<Filesystem>,
    /// The guest's path, absolute and cleaned.
    pub guest: String,
    /// Nothing beneath may be changed.
    pub read_only: bool,
}

/// What an operation does to a filesystem.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Operation {
    /// Reads a file's bytes.
    Read,
    /// Changes a file, or which files there are.
    Change,
    /// Lists a directory.
    List,
    /// Creates a directory.
    CreateDirectory,
}

impl Mount {
    /// Whether the mount and its filesystem's mask permit this.
    ///
    /// # Errors
    /// `not-permitted` for a change where nothing may be changed, `access` beyond the mask.
    pub(super) fn permit(&self, operation: Operation) -> Result<(), FsError> {
        let changes = matches!(operation, Operation::Change | Operation::CreateDirectory);
        if changes && self.read_only {
            return Err(ErrorCode::NotPermitted.into());
        }
        let mask = self.filesystem.mask();
        let allowed = match operation {
            Operation::Read => mask.read,
            Operation::Change => mask.write,
            Operation::List | Operation::CreateDirectory => mask.list,
        };
        match allowed {
            true => Ok(()),
            false => Err(ErrorCode::Access.into()),
        }
    }

    /// Whether files may be changed.
    pub(super) fn is_writable(&self) -> bool {
        self.permit(Operation::Change).is_ok()
    }
}
