//! The registry: a project's YAML as entries, with every mistake and its place.
//!
//! `source` finds the files, `parse` makes a spanned `tree` of each within bounds, `document`
//! splits it into drafts of entries, `kinds` reads their configuration through `fields`, and
//! `load` checks what entries say of each other. Nothing here knows how entries are run.

mod diagnostic;
mod document;
mod duration;
mod entry;
mod fields;
mod id;
mod include;
mod index;
mod kinds;
mod load;
mod nearest;
mod parse;
mod placeholder;
mod read;
mod references;
mod scalar;
mod source;
mod tree;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::env::OsEnvironment;

pub use diagnostic::{Diagnostic, Severity};
pub use entry::{Entry, Kind};
pub use id::{Id, InvalidId};
pub use include::MAX_INCLUDE_BYTES;
pub(crate) use include::read_bounded;
pub use index::{Broken, LookupError, Registry};
pub use kinds::{
    Bound, CaFile, Command, DEFAULT_WAITING, EnvBinding, EnvFile, EnvStorage, EnvVariable,
    FsDirectory, Function, HttpEndpoint, HttpRouter, HttpService, HttpTimeouts, KINDS, Lifecycle,
    Limits, Mode, Mount, Pool, PoolType, Process, ProcessService, Restart, Source, Transport, Wasi,
};
pub use nearest::nearest;
pub use parse::{MAX_DEPTH, MAX_DOCUMENT_BYTES, MAX_NODES};
pub use source::{LOCK_FILE, MAX_DIRECTORY_DEPTH, MAX_FILES};
pub use tree::{Key, Mapping, Node, Place, Problem, Replace, Scalar, Spanned, Style, Value};

/// How a project is loaded.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct LoadOptions {
    /// Unknown fields, and references to entries that are not run here, are errors.
    pub strict: bool,
    /// The operating system's environment, as `env.storage.os` and the settings see it.
    pub os: OsEnvironment,
}

impl LoadOptions {
    /// Sets whether unknown fields, and references to entries that are not run here, are errors.
    pub fn strict(mut self, strict: bool) -> Self {
        self.strict = strict;
        self
    }

    /// Sets the operating system's environment, which is this program's own otherwise.
    pub fn os(mut self, os: OsEnvironment) -> Self {
        self.os = os;
        self
    }
}

/// A loaded project.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// Its entries.
    pub registry: Registry,
    /// Every mistake and warning, in the order of the files and of the entries in them.
    pub diagnostics: Vec<Diagnostic>,
    /// The directory that was read.
    pub source_dir: PathBuf,
    /// The project directory as given.
    pub project_dir: PathBuf,
    /// Directories below the source directory that were not entered.
    pub skipped: Vec<PathBuf>,
}

impl Loaded {
    /// The errors among the diagnostics.
    pub fn errors(&self) -> impl Iterator<Item = &Diagnostic> {
        self.diagnostics.iter().filter(|d| d.is_error())
    }

    /// The warnings among the diagnostics.
    pub fn warnings(&self) -> impl Iterator<Item = &Diagnostic> {
        self.diagnostics.iter().filter(|d| !d.is_error())
    }
}

/// Loads the project in `project_dir` (contract §1). Mistakes stop the entries that they
/// concern, never the loading.
pub fn load(project_dir: &Path, options: &LoadOptions) -> Loaded {
    let mut found = Vec::new();
    let root = Arc::new(source::locate(project_dir, &mut found));
    let listing = source::list(&root.source_dir);
    let mut loader = load::Loader::new(project_dir, options, true);
    loader.loose(found);
    loader.loose(listing.diagnostics);
    for path in &listing.files {
        loader.file(source::read(path), &root);
    }
    let (registry, diagnostics) = loader.link();
    Loaded {
        registry,
        diagnostics,
        source_dir: root.source_dir.clone(),
        project_dir: project_dir.to_owned(),
        skipped: listing.skipped,
    }
}

/// Loads entries from text, as if it were `_index.yaml` of `project_dir`. Without a directory
/// `file://` references are errors, and `fs.directory` is relative to the working directory.
pub fn from_yaml(text: &str, project_dir: Option<&Path>, options: &LoadOptions) -> Loaded {
    let dir = project_dir.unwrap_or(Path::new(""));
    let root = Arc::new(source::SourceRoot {
        source_dir: dir.to_owned(),
        module_dir: dir.to_owned(),
    });
    let mut loader = load::Loader::new(dir, options, project_dir.is_some());
    loader.file(parse::parse(text, &dir.join("_index.yaml").into()), &root);
    let (registry, diagnostics) = loader.link();
    Loaded {
        registry,
        diagnostics,
        source_dir: root.source_dir.clone(),
        project_dir: dir.to_owned(),
        skipped: Vec::new(),
    }
}

#[cfg(test)]
mod tests;
