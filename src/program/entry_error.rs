//! Why an entry that is made in code cannot be added to a program.

use std::path::PathBuf;

use crate::id::InvalidId;
use crate::module::{ModuleError, UnknownImport};
use crate::network::RuleError;

/// An entry that cannot be added to a program: which, and why.
///
/// ```
/// use wippy::{Entry, EntryErrorKind, Program};
///
/// let entry = Entry::function("app:one").bytes("(component)").import("wasi:teleport");
/// let error = Program::builder().entry(entry).build().unwrap_err();
/// assert_eq!(error.entry, "app:one");
/// assert!(matches!(error.kind, EntryErrorKind::Import(_)));
/// ```
#[derive(Debug, thiserror::Error)]
#[error("{entry}: {kind}")]
pub struct EntryError {
    /// The entry's ID as it was given.
    pub entry: String,
    /// What is wrong with it.
    pub kind: EntryErrorKind,
}

/// What is wrong with an entry that is made in code.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EntryErrorKind {
    /// Its ID is not `namespace:name`.
    #[error(transparent)]
    Id(#[from] InvalidId),
    /// The program has another entry with this ID.
    #[error("the program has an entry with this ID already")]
    Duplicate,
    /// It has no module.
    #[error("it has no module: give its bytes, or a file")]
    NoModule,
    /// The file of its module cannot be read.
    #[error("{}: {reason}", .path.display())]
    File {
        /// The file as it was given.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// Its module is not the one that the hash belongs to, or the hash is none.
    #[error(transparent)]
    Hash(ModuleError),
    /// A name that no `imports` list has.
    #[error(transparent)]
    Import(#[from] UnknownImport),
    /// A directory of the host that does not exist, is no directory or cannot be looked at.
    #[error("{reason}")]
    Directory {
        /// The directory as it was given.
        host: PathBuf,
        /// Why.
        reason: String,
    },
    /// The guest would see two directories under one path.
    #[error("two directories are {0} to the guest: give one another path, as HOST::GUEST")]
    GuestPath(String),
    /// A name of a variable that is empty, or that holds `=` or a zero byte; or a value with a zero byte.
    #[error(
        "the variable {0:?}: a name is not empty and holds no `=`, and neither name nor value holds a zero byte"
    )]
    Variable(String),
    /// A rule of the network that cannot be read.
    #[error(transparent)]
    Rule(#[from] RuleError),
}

impl EntryErrorKind {
    pub(super) fn of(self, entry: &str) -> EntryError {
        EntryError {
            entry: entry.to_owned(),
            kind: self,
        }
    }
}
