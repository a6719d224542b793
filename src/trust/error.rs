//! Why a path is not opened.

use std::path::PathBuf;

/// Why a path was not opened.
#[derive(Debug, thiserror::Error)]
pub enum PathError {
    /// The system refuses to look the path up, to open it or to make what is missing.
    #[error(transparent)]
    System(#[from] std::io::Error),
    /// A name of it would be looked up in a directory that a guest may write.
    #[error("its path passes through {}, which guests of {entry} may write", dir.display())]
    Writable {
        /// The directory.
        dir: PathBuf,
        /// The entry whose guests may write there.
        entry: String,
    },
    /// It is no regular file.
    #[error("is not a regular file")]
    Irregular,
    /// Something else stood there when it was opened.
    #[error("was changed while it was opened")]
    Changed,
    /// What guests may write is not known yet.
    #[error("cannot be read before the directories of all mounts are known")]
    Closed,
}

impl From<rustix::io::Errno> for PathError {
    fn from(errno: rustix::io::Errno) -> PathError {
        PathError::System(errno.into())
    }
}
