//! The registry: a project's YAML as entries, with every mistake and its place.
//!
//! `source` and `lock` find the files, `settings` reads what changes them, `parse` makes a
//! spanned `tree` of each within bounds, `document` splits it into drafts of entries, `overrides`
//! changes those, `read` replaces their placeholders and has `kinds` read them through `fields`,
//! and `load` and `references` check what entries say of each other. Nothing here knows how
//! entries are run.

mod describe;
mod diagnostic;
mod document;
mod duration;
mod edit;
mod entry;
mod fields;
mod id;
mod include;
mod index;
mod inputs;
mod kinds;
mod load;
mod lock;
mod nearest;
mod overrides;
mod parse;
mod path;
mod placeholder;
mod read;
mod references;
mod scalar;
mod schema;
mod settings;
mod source;
mod tree;

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::env::OsEnvironment;

pub use diagnostic::{Diagnostic, Severity};
pub use edit::{EditError, append_entries, namespace_of, replace_file, replace_scalar, set_field};
pub use entry::{Entry, Kind};
pub use id::{Id, InvalidId};
pub use include::MAX_INCLUDE_BYTES;
pub(crate) use include::read_bounded;
pub use index::{Broken, LookupError, Registry};
pub use inputs::Inputs;
pub(crate) use kinds::clean_guest_path;
pub use kinds::{
    Bound, CaFile, Command, DEFAULT_WAITING, EnvBinding, EnvFile, EnvStorage, EnvVariable,
    FsDirectory, Function, HttpEndpoint, HttpRouter, HttpService, HttpTimeouts, KINDS, Lifecycle,
    Limits, Mode, Mount, Pool, PoolType, Process, ProcessService, Restart, Source, Transport, Wasi,
};
pub use lock::LOCK_FILE;
pub use nearest::nearest;
pub use parse::{MAX_DEPTH, MAX_DOCUMENT_BYTES, MAX_NODES};
pub use schema::schema;
pub use settings::{COMMAND_LINE, SETTINGS_FILE, Settings};
pub use source::{MAX_DIRECTORY_DEPTH, MAX_FILES};
pub use tree::{Key, Mapping, Node, Place, Problem, Replace, Scalar, Spanned, Style, Value};

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

/// Loads the project in `project_dir` (contract §1). Mistakes stop the entries that they
/// concern, never the loading.
pub fn load(project_dir: &Path, options: &LoadOptions) -> Loaded {
    let mut found = Vec::new();
    let settings = settings::load(project_dir, true, options, &mut found);
    let located = source::locate(project_dir, &mut found);
    let mut loader = load::Loader::new(project_dir, options, true);
    loader.loose(found);
    let canonical = |path: &Path| path.canonicalize().ok();
    let own: HashSet<_> = settings
        .files()
        .iter()
        .filter_map(|f| canonical(f))
        .collect();
    let dirs = located.roots.iter().map(|root| root.source_dir.as_path());
    let read: HashSet<_> = dirs.filter_map(canonical).collect();
    let mut closed = read.clone();
    closed.extend(canonical(&located.modules_dir));
    let mut skipped = Vec::new();
    let mut source_dirs = Vec::new();
    for root in located.roots {
        let listing = source::list(&root.source_dir, &closed);
        loader.loose(listing.diagnostics);
        let elsewhere = |dir: &PathBuf| canonical(dir).is_some_and(|dir| read.contains(&dir));
        skipped.extend(listing.skipped.into_iter().filter(|dir| !elsewhere(dir)));
        source_dirs.push(root.source_dir.clone());
        let root = Arc::new(root);
        for path in &listing.files {
            // The settings are no document; their mistakes are said already.
            let is_settings = own.iter().any(|file| file.file_name() == path.file_name());
            if !is_settings || canonical(path).is_none_or(|path| !own.contains(&path)) {
                loader.file(source::read(path), &root);
            }
        }
    }
    let mut loaded = finish(loader, settings);
    let mut dirs = source_dirs.into_iter();
    loaded.source_dir = dirs.next().unwrap_or_else(|| project_dir.to_owned());
    loaded.module_dirs = dirs.collect();
    loaded.skipped = skipped;
    loaded
}

/// Loads entries from text, as if it were `_index.yaml` of `project_dir`. Without a directory
/// `file://` references are errors, and `fs.directory` is relative to the working directory.
/// No lock file and no settings are read but those that `options` names.
pub fn from_yaml(text: &str, project_dir: Option<&Path>, options: &LoadOptions) -> Loaded {
    let dir = project_dir.unwrap_or(Path::new(""));
    let mut found = Vec::new();
    let settings = settings::load(dir, false, options, &mut found);
    let root = Arc::new(source::SourceRoot {
        source_dir: dir.to_owned(),
        module_dir: dir.to_owned(),
    });
    let mut loader = load::Loader::new(dir, options, project_dir.is_some());
    loader.loose(found);
    loader.file(parse::parse(text, &dir.join("_index.yaml").into()), &root);
    finish(loader, settings)
}

fn finish(mut loader: load::Loader<'_>, settings: Settings) -> Loaded {
    loader.apply(&settings);
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
    }
}

#[cfg(test)]
mod tests;
