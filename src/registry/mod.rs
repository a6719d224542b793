//! The registry: a project's YAML as entries, with every mistake and its place.
//!
//! `source` and `lock` find the directories, `settings` reads what changes them, `project` has
//! `listing` read the documents from the top down, of which `mounts` learns what guests can write:
//! that is never read. `parse` makes a spanned `tree` of each within bounds, `document` splits it
//! into drafts of entries, `overrides` changes those, `read` replaces their placeholders and has
//! `kinds` read them through `fields`, and `load`, `references` and `paths` check what entries say
//! of each other and of the host's files. Nothing here knows how entries are run.

mod describe;
mod diagnostic;
mod document;
mod duration;
mod edit;
mod entry;
mod fields;
mod ignore_file;
mod include;
mod index;
mod inputs;
mod kinds;
mod listing;
mod load;
mod lock;
mod mounts;
mod overrides;
mod parse;
mod path;
mod paths;
mod placeholder;
mod project;
mod read;
mod references;
mod scalar;
mod schema;
mod settings;
mod source;
mod tree;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::env::OsEnvironment;
use crate::trust::Base;
use mounts::{DocumentDir, WritableMounts};

pub use crate::id::Id;
pub use diagnostic::{Diagnostic, Severity};
pub use edit::{EditError, append_entries, namespace_of, replace_scalar, set_field};
pub use entry::{Entry, Kind};
pub use index::{Broken, LookupError, Registry};
pub use inputs::Inputs;
pub(crate) use kinds::clean_guest_path;
#[cfg(test)]
pub(crate) use kinds::{Bound, CaFile, HttpTimeouts, KINDS, PoolType, Restart};
pub use kinds::{
    DEFAULT_WAITING, FsDirectory, Function, Lifecycle, Limits, Mode, Mount, Pool, Process,
    ProcessService, Source, Transport, Wasi,
};
pub use listing::MAX_DIRECTORY_DEPTH;
pub use parse::MAX_DOCUMENT_BYTES;
pub use schema::schema;
pub use settings::{COMMAND_LINE, Settings};

pub use tree::{Node, Place, Spanned};

/// How a project is loaded.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct LoadOptions {
    /// Unknown fields, and references to entries that are not run here, are errors.
    pub strict: bool,
    /// The operating system's environment, as `env.storage.os` and the settings see it.
    pub os: OsEnvironment,
    /// `--config`: settings files instead of the project's own; later ones win.
    pub config_files: Vec<PathBuf>,
    /// `--profile`: the profile of the settings that applies.
    pub profile: Option<String>,
    /// `--set`: `section.path=value` of the settings; later ones win.
    pub settings: Vec<String>,
    /// `-o`: `namespace:entry:path=value`, over the settings' own overrides; later ones win.
    pub overrides: Vec<String>,
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

    /// Sets the settings files, which are read instead of the project's own.
    pub fn config_files(mut self, files: impl IntoIterator<Item = impl Into<PathBuf>>) -> Self {
        self.config_files = files.into_iter().map(Into::into).collect();
        self
    }

    /// Sets the profile of the settings.
    pub fn profile(mut self, profile: Option<String>) -> Self {
        self.profile = profile;
        self
    }

    /// Sets what is put over the settings, each `section.path=value`.
    pub fn settings(mut self, settings: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.settings = settings.into_iter().map(Into::into).collect();
        self
    }

    /// Sets what is put over entries, each `namespace:entry:path=value`.
    pub fn overrides(mut self, overrides: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.overrides = overrides.into_iter().map(Into::into).collect();
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

    /// Whether the command line itself is mistaken: an option that cannot be read, or that names
    /// nothing. What it puts over an entry and does not fit there is a mistake of that entry.
    pub fn command_line_is_mistaken(&self) -> bool {
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

/// Loads the project in `project_dir`. Mistakes stop the entries that they
/// concern, never the loading.
pub fn load(project_dir: &Path, options: &LoadOptions) -> Loaded {
    project::load(project_dir, options)
}

/// Loads entries from text, as if it were `_index.yaml` of `project_dir`. Without a directory
/// `file://` references are errors, and `fs.directory` is relative to the working directory.
/// No lock file and no settings are read but those that `options` names.
pub fn from_yaml(text: &str, project_dir: Option<&Path>, options: &LoadOptions) -> Loaded {
    let dir = project_dir.unwrap_or(Path::new(""));
    let mut found = Vec::new();
    let base = Base::new(dir);
    let (mut settings, controls) = settings::load(dir, &base, false, options, &mut found);
    let overrides = overrides::by_entry(&settings, options);
    let mut mounts = WritableMounts::new(dir, base, overrides);
    let root = Arc::new(source::SourceRoot {
        source_dir: dir.to_owned(),
        module_dir: dir.to_owned(),
    });
    if project_dir.is_some() {
        mounts.project(dir, "the project directory");
        mounts.source(dir);
    }
    for file in &controls {
        mounts.protect(file.what, &file.path);
    }
    let parsed = parse::parse(text, &dir.join("_index.yaml").into());
    if let Ok(location) = mounts.locate(dir) {
        let path = dir.to_owned();
        let first = true;
        let here = DocumentDir {
            location,
            path,
            first,
        };
        for document in &parsed.documents {
            mounts.document(document, &here, &root);
        }
    }
    project::check_settings(&controls, &mounts, &mut settings, &mut found);
    let mut loader = load::Loader::new(dir, options, project_dir.is_some(), mounts);
    loader.loose(found);
    loader.file(&parsed, &root);
    loader.apply(&settings);
    loader.resolve();
    finish(loader, settings)
}

fn finish(loader: load::Loader<'_>, settings: Settings) -> Loaded {
    let project_dir = loader.project_dir.to_owned();
    let disabled = loader.disabled.iter().cloned().collect();
    let (registry, diagnostics) = loader.link();
    Loaded {
        registry,
        diagnostics,
        source_dir: project_dir.clone(),
        module_dirs: Vec::new(),
        settings,
        disabled,
        project_dir,
        skipped: Vec::new(),
        is_missing: false,
    }
}

#[cfg(test)]
mod tests;
