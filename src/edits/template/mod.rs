//! A small project that runs: what `wippy new` writes.

use std::fs;
use std::io;
use std::path::Path;

use crate::module::{Digest, ModuleError, to_binary};

const PROJECT: &str = include_str!("project.yaml");
const GREET: &str = include_str!("greet.wat");
const NOTE: &str = include_str!("note.wat");

/// Why no project is written.
///
/// ```
/// use wippy::project::{NewProjectError, new_project};
///
/// # let dir = tempfile::tempdir()?;
/// new_project(dir.path())?;
/// assert!(matches!(new_project(dir.path()), Err(NewProjectError::NotEmpty)));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, thiserror::Error)]
pub enum NewProjectError {
    /// The directory holds something.
    #[error("the directory is not empty")]
    NotEmpty,
    /// The system's.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// The command's text could not be made a binary.
    #[error(transparent)]
    Module(#[from] ModuleError),
}

/// Writes a project into a directory, which is made if it is not there: a function, and a command
/// that keeps notes in a directory of its own. Blocks.
///
/// # Errors
/// `NotEmpty`, and what the system says.
pub fn new_project(directory: &Path) -> Result<(), NewProjectError> {
    fs::create_dir_all(directory)?;
    if fs::read_dir(directory)?.next().is_some() {
        return Err(NewProjectError::NotEmpty);
    }
    let note = to_binary(NOTE)?;
    let yaml = PROJECT.replace("@NOTE@", &Digest::of(&note).to_string());
    let modules = directory.join("modules");
    fs::create_dir(&modules)?;
    fs::write(modules.join("note.wat"), NOTE)?;
    fs::write(modules.join("note.wasm"), note)?;
    fs::write(directory.join("greet.wat"), GREET)?;
    // Last: without it there is no project.
    fs::write(directory.join("_index.yaml"), yaml)?;
    Ok(())
}
