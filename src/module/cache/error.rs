//! Why a directory of compiled code is not used.

use crate::trust::PathError;

/// Why a directory of compiled code, or a file of it, is not used. The text goes behind its path.
#[derive(Debug, thiserror::Error)]
pub enum CacheError {
    /// The path is relative.
    #[error("is not an absolute path")]
    NotAbsolute,
    /// Something else stands there.
    #[error("is not a directory")]
    NotDirectory,
    /// It could lead to any other directory.
    #[error("is a symbolic link")]
    SymbolicLink,
    /// Its owner is neither the user that this process runs as nor root.
    #[error("belongs to the user {0}; what it holds would run as machine code")]
    OtherOwner(u32),
    /// Its permissions, which let others write it.
    #[error(
        "may be written by others (its mode is {0:o}); what it holds would run as machine code"
    )]
    WritableByOthers(u32),
    /// A file is not what was once written.
    #[error("is damaged; it is compiled again")]
    Damaged,
    /// The way to it, or it, cannot be used.
    #[error("{}", reason(.0))]
    Path(#[from] PathError),
}

fn reason(error: &PathError) -> String {
    match error {
        PathError::System(error) => error.to_string(),
        PathError::Writable { dir, entry } => format!(
            "guests of {entry} may write {}, and what it holds would run as machine code",
            dir.display()
        ),
        other => other.to_string(),
    }
}

impl CacheError {
    /// What a system call gave.
    pub(super) fn system(error: impl Into<std::io::Error>) -> CacheError {
        CacheError::Path(PathError::System(error.into()))
    }

    /// Whether it is that nothing can be written to that filesystem, which somebody has decided.
    pub(super) fn is_read_only(&self) -> bool {
        let CacheError::Path(PathError::System(error)) = self else {
            return false;
        };
        error.kind() == std::io::ErrorKind::ReadOnlyFilesystem
    }
}
