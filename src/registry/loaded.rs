//! A loaded project.

use std::path::{Path, PathBuf};

use super::diagnostic::Diagnostic;
use super::index::Registry;
use super::settings::Settings;
use super::tree::COMMAND_LINE;
use crate::id::Id;

/// A loaded project.
///
/// ```
/// use wippy::project::{LoadOptions, load, new_project};
///
/// # let dir = tempfile::tempdir()?;
/// new_project(dir.path())?;
/// let loaded = load(dir.path(), &LoadOptions::default());
/// assert!(loaded.diagnostics.is_empty());
/// assert!(loaded.registry.command("note").is_ok());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Loaded {
    /// Its entries.
    pub registry: Registry,
    /// Every error and warning, in the order of the files and of the entries in them.
    pub diagnostics: Vec<Diagnostic>,
    /// The project's own source directory.
    pub source_dir: PathBuf,
    /// The source directories of replacements and modules.
    pub module_dirs: Vec<PathBuf>,
    /// The settings that apply.
    pub settings: Settings,
    /// The entries that the settings disable; they are not in the registry.
    pub disabled: Vec<Id>,
    /// The project directory as given.
    pub project_dir: PathBuf,
    /// Directories below the source directory that were not entered.
    pub skipped: Vec<PathBuf>,
    /// There is no project in the directory.
    pub is_missing: bool,
}

impl Loaded {
    /// What was made in code rather than read.
    pub(crate) fn of(registry: Registry) -> Loaded {
        Loaded {
            registry,
            diagnostics: Vec::new(),
            source_dir: PathBuf::new(),
            module_dirs: Vec::new(),
            settings: Settings::default(),
            disabled: Vec::new(),
            project_dir: PathBuf::new(),
            skipped: Vec::new(),
            is_missing: false,
        }
    }

    /// The errors among the diagnostics.
    pub fn errors(&self) -> impl Iterator<Item = &Diagnostic> {
        self.diagnostics.iter().filter(|d| d.is_error())
    }

    /// Whether the command line itself is invalid: an option that cannot be read, or that names
    /// nothing. What it puts over an entry and does not fit there is an error of that entry.
    pub(crate) fn has_command_line_errors(&self) -> bool {
        let own = |d: &Diagnostic| {
            let place = d.place.as_ref().map(|place| &*place.file);
            d.entry.is_none() && place == Some(Path::new(COMMAND_LINE))
        };
        self.errors().any(own)
    }

    /// The warnings among the diagnostics.
    pub fn warnings(&self) -> impl Iterator<Item = &Diagnostic> {
        self.diagnostics.iter().filter(|d| !d.is_error())
    }
}
