//! Why variables cannot be read.

use std::path::PathBuf;

use crate::id::Id;

/// Why a variable could not be read. A value that is not set is no error.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EnvError {
    /// No variable has the ID or public name.
    #[error("unknown variable {0:?}")]
    UnknownVariable(String),
    /// A storage is not there, or has errors.
    #[error("{0} is no storage of variables")]
    UnknownStorage(Id),
    /// A guest's variable has no value.
    #[error("required wasi env variable not found: {0}")]
    Required(Id),
    /// A router that leads to itself, to more than 1,024 storages or through more than 16 routers.
    #[error("the router {0} leads to itself, or to more than 1024 storages or 16 routers")]
    Router(Id),
    /// A storage's file cannot be used.
    #[error("{}: {reason}", .path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
}
