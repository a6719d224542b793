//! A small project that runs: what `wippy new` writes.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::io_reason::io_reason;
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
/// assert!(matches!(new_project(dir.path()), Err(NewProjectError::NotEmpty(_))));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, thiserror::Error)]
pub enum NewProjectError {
    /// The directory holds something.
    #[error("{}: the directory is not empty; name an empty one, or one to be made", .0.display())]
    NotEmpty(PathBuf),
    /// A directory or file cannot be made or looked at.
    #[error("{}: {}", .path.display(), io_reason(.error, "directory"))]
    Io {
        /// The directory or file.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// The command's text could not be made a binary.
    #[error(transparent)]
    Module(#[from] ModuleError),
}

/// Writes a project into a directory, which is made if it is not there: a function, and a command
/// that keeps notes in a directory of its own. Blocks.
///
/// # Errors
/// `NotEmpty` when the directory holds something, `Io` when it or a file in it cannot be made; what was
/// made before stays. `Module` when a module's text cannot be made a binary.
pub fn new_project(directory: &Path) -> Result<(), NewProjectError> {
    at(directory, |path| fs::create_dir_all(path))?;
    if at(directory, |path| fs::read_dir(path))?.next().is_some() {
        return Err(NewProjectError::NotEmpty(directory.to_owned()));
    }
    let note = to_binary(NOTE)?;
    let yaml = PROJECT.replace("@NOTE@", &Digest::of(&note).to_string());
    let modules = directory.join("modules");
    at(&modules, |path| fs::create_dir(path))?;
    at(&modules.join("note.wat"), |path| fs::write(path, NOTE))?;
    at(&modules.join("note.wasm"), |path| fs::write(path, note))?;
    at(&directory.join("greet.wat"), |path| fs::write(path, GREET))?;
    // Last: without it there is no project.
    at(&directory.join("_index.yaml"), |path| fs::write(path, yaml))
}

/// Does something with a path, which its error names.
fn at<T>(
    path: &Path,
    operation: impl FnOnce(&Path) -> io::Result<T>,
) -> Result<T, NewProjectError> {
    operation(path).map_err(|error| NewProjectError::Io {
        path: path.to_owned(),
        error,
    })
}
