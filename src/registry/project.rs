//! Loads a project directory: its settings, its lock file and its source directories.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::diagnostic::Diagnostic;
use super::ignore_file::{IGNORE_FILE, IgnoreFile};
use super::listing::{Lister, Listing};
use super::load::Loader;
use super::loaded::Loaded;
use super::locate::locate;
use super::mounts::WritableMounts;
use super::options::LoadOptions;
use super::settings::SETTINGS_FILE;
use super::settings::Settings;
use super::source::{ControlFile, SourceRoot, about};
use super::tree::COMMAND_LINE;
use super::tree::Place;
use super::{overrides, settings};
use crate::trust::{Base, FileId, Location, PathError, PathGuard};

/// A source directory whose documents were read.
struct Listed {
    /// Its index among the project's source directories.
    n: usize,
    root: SourceRoot,
    /// The directories that its path passes through.
    steps: Vec<Location>,
    listing: Listing,
}

/// The arguments of [`load`].
struct How<'a> {
    project_dir: &'a Path,
    options: &'a LoadOptions,
}

/// Loads the project in `project_dir`. An error makes the entries that it concerns unusable;
/// loading itself never fails. Blocks.
///
/// ```
/// use wippy::project::{LoadOptions, load};
///
/// # let dir = tempfile::tempdir()?;
/// assert!(load(dir.path(), &LoadOptions::default()).is_missing);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn load(project_dir: &Path, options: &LoadOptions) -> Loaded {
    let mut found = Vec::new();
    let base = Base::new(project_dir);
    let (mut settings, settings_files) =
        settings::load(project_dir, &base, true, options, &mut found);
    let located = locate(project_dir, &base, &mut found);
    let ignore = IgnoreFile::read(project_dir, &base, &mut found);
    let overrides = overrides::by_entry(&settings, options);
    let mut mounts = WritableMounts::new(project_dir, base, overrides);

    for (n, root) in located.roots.iter().enumerate() {
        if n == 0 {
            mounts.project(&root.source_dir, "the source directory");
        }
        mounts.source(&root.source_dir);
    }
    mounts.project(project_dir, "the project directory");
    for root in &located.roots {
        mounts.protect("the module directory", &root.module_dir);
    }
    for path in &located.future {
        mounts.future_source(path);
    }
    mounts.protect("the modules directory", &located.modules_dir);
    for file in settings_files.iter().chain(&located.lock) {
        mounts.protect(file.what, &file.path);
    }
    mounts.protect("the file", &project_dir.join(IGNORE_FILE));

    let ids: Vec<FileId> = settings_files.iter().filter_map(|file| file.id).collect();
    let mut closed = HashMap::new();
    closed.extend(FileId::at(&located.modules_dir).ok().map(|id| (id, true)));
    for root in &located.roots {
        closed.extend(FileId::at(&root.source_dir).ok().map(|id| (id, false)));
    }
    let how = How {
        project_dir,
        options,
    };
    let mut lister = Lister {
        closed,
        settings: &ids,
        ignore: &ignore,
        mounts,
    };
    let mut listed = how.list(located.roots, &mut lister, &settings, &mut found);
    how.learn(&listed, &mut lister.mounts, &settings);
    for Listed { root, listing, .. } in &mut listed {
        lister.follow_links(root, listing);
    }
    let is_missing = !check_there_is_one(project_dir, &listed, &mut found);

    // Resolving placeholders can reveal further directories that guests may write. Whatever was
    // read through one of them is discarded and the rest is resolved again, until none is new.
    let mut mounts = lister.mounts;
    let loader = loop {
        check_settings(&settings_files, &mounts, &mut settings, &mut found);
        check_ways(&mut listed, located.lock.as_ref(), &mounts, &mut found);
        let known = mounts.guard().dirs().len();
        let mut loader = how.loader(&listed, mounts, &settings, &found);
        loader.resolve();
        if loader.mounts.guard().dirs().len() == known {
            break loader;
        }
        mounts = loader.mounts;
    };
    let mut skipped = Vec::new();
    let mut source_dirs = Vec::new();
    for Listed { root, listing, .. } in listed {
        let mut own = listing.skipped;
        own.sort();
        skipped.extend(own);
        source_dirs.push(root.source_dir);
    }
    let mut loaded = finish(loader, settings);
    let mut dirs = source_dirs.into_iter();
    loaded.source_dir = dirs.next().unwrap_or_else(|| project_dir.to_owned());
    loaded.module_dirs = dirs.collect();
    loaded.skipped = skipped;
    loaded.is_missing = is_missing;
    loaded
}

impl<'a> How<'a> {
    /// Reads the documents of all source directories: first those that contain the project's own,
    /// then the project's own, then the others. So the mounts of a directory's ancestors are known
    /// before it is read.
    fn list(
        &self,
        roots: Vec<SourceRoot>,
        lister: &mut Lister<'_>,
        settings: &Settings,
        found: &mut Vec<Diagnostic>,
    ) -> Vec<Listed> {
        let above = |root: &SourceRoot| lister.mounts.with_ancestors(&root.source_dir);
        let places: Vec<_> = roots.iter().map(above).collect();
        let own = places.first().cloned().unwrap_or_default();
        let mut order: Vec<usize> = (0..roots.len()).collect();
        order.sort_by_cached_key(|n| {
            let (depth, place) = match places.get(*n) {
                Some(above) => (above.len(), above.first()),
                None => (0, None),
            };
            let holds_own =
                place.is_some_and(|place| own.get(1..).unwrap_or_default().contains(place));
            let rank = match (*n, holds_own) {
                (_, true) => 0,
                (0, _) => 1,
                _ => 2,
            };
            (rank, depth, *n)
        });
        let mut listed: Vec<Listed> = Vec::new();
        let mut roots: Vec<Option<SourceRoot>> = roots.into_iter().map(Some).collect();
        for n in order {
            let Some(root) = roots.get_mut(n).and_then(Option::take) else {
                continue;
            };
            let unread = {
                let above = lister.mounts.with_ancestors(&root.source_dir);
                let mut unread = listed.iter().flat_map(|listed| &listed.listing.unread);
                unread.find(|(dir, _)| above.iter().skip(1).any(|above| above == dir))
            };
            if let Some((_, file)) = unread {
                let message = format!(
                    "the directory is not read: {} above it cannot be read, and may say what \
                     guests can write",
                    file.display()
                );
                found.push(about(&root.source_dir, message));
                listed.push(Listed {
                    n,
                    root,
                    steps: Vec::new(),
                    listing: Listing::default(),
                });
                continue;
            }
            let open = |guard: &PathGuard| {
                let walk = guard.walk(&root.source_dir)?;
                // Documents are opened in the directory itself, so it must not be writable either.
                let steps = [walk.steps(), &[walk.location()]].concat();
                guard.check(&steps)?;
                Ok((walk.open_dir()?, steps))
            };
            let opened = open(lister.mounts.guard());
            let (listing, steps) = match opened {
                Ok((dir, steps)) => (lister.list(&root, dir), steps),
                Err(error) => {
                    let message = match &error {
                        PathError::Writable { .. } => format!("the directory is not read: {error}"),
                        _ => format!("the directory cannot be read: {error}"),
                    };
                    found.push(about(&root.source_dir, message));
                    (Listing::default(), Vec::new())
                }
            };
            listed.push(Listed {
                n,
                root,
                steps,
                listing,
            });
            if n == 0 {
                self.learn(&listed, &mut lister.mounts, settings);
            }
        }
        listed.sort_by_key(|listed| listed.n);
        listed
    }

    /// Resolves placeholders to find directories that guests may write, if mounts depend on any.
    fn learn(&self, listed: &[Listed], mounts: &mut WritableMounts, settings: &Settings) {
        if mounts.unresolved {
            let known = std::mem::take(mounts);
            let mut loader = self.loader(listed, known, settings, &[]);
            loader.resolve();
            *mounts = loader.mounts;
        }
    }

    /// A loader with all documents, to which the settings are applied.
    fn loader(
        &self,
        listed: &[Listed],
        mounts: WritableMounts,
        settings: &Settings,
        found: &[Diagnostic],
    ) -> Loader<'a> {
        let mut loader = Loader::new(self.project_dir, self.options, true, mounts);
        loader.loose(found.to_vec());
        for Listed { root, listing, .. } in listed {
            loader.loose(listing.diagnostics.clone());
            let root = Arc::new(root.clone());
            for document in &listing.documents {
                loader.file(&document.parsed, &root);
            }
        }
        loader.apply(settings);
        loader
    }
}

/// Discards settings that were read through a directory that guests may write.
pub(super) fn check_settings(
    files: &[ControlFile],
    mounts: &WritableMounts,
    settings: &mut Settings,
    found: &mut Vec<Diagnostic>,
) {
    for file in files {
        // An earlier file may have caused them to be discarded.
        if settings.files().is_empty() {
            return;
        }
        if let Err(error) = mounts.guard().check(&file.steps) {
            *settings = Settings::default();
            let own = file
                .path
                .file_name()
                .is_some_and(|name| name == SETTINGS_FILE);
            found.push(match own {
                true => about(&file.path, format!("the file is not read: {error}")),
                // An error: running without the settings that were asked for is worse than not
                // running.
                false => {
                    let message = format!("--config {}: is not read: {error}", file.path.display());
                    Diagnostic::error(message).at(&Place::file(Path::new(COMMAND_LINE).into()))
                }
            });
        }
    }
}

/// Discards what was read on paths that pass through a directory that guests may write.
fn check_ways(
    listed: &mut [Listed],
    lock: Option<&ControlFile>,
    mounts: &WritableMounts,
    found: &mut Vec<Diagnostic>,
) {
    let guard = mounts.guard();
    let lock = lock.map(|lock| (lock, guard.check(&lock.steps)));
    let everything = matches!(lock, Some((_, Err(_))));
    if let Some((lock, Err(error))) = lock
        && listed.iter().any(|listed| !listed.steps.is_empty())
    {
        let message = format!("the file and all that it names is not read: {error}");
        found.push(about(&lock.path, message));
    }
    for Listed {
        root,
        steps,
        listing,
        ..
    } in listed
    {
        let way = guard.check(&*steps);
        if everything || way.is_err() {
            *listing = Listing::default();
            steps.clear();
        }
        if let (false, Err(error)) = (everything, way) {
            let message = format!("the directory is not read: {error}");
            found.push(about(&root.source_dir, message));
        }
        listing.documents.retain(|document| {
            let way = guard.check(&document.steps);
            if let Err(error) = &way {
                let message = format!("the file is not read: {error}");
                found.push(about(&document.path, message));
            }
            way.is_ok()
        });
    }
}

/// Reports a directory without a project, and an `_index.yaml` that is not read because the source
/// directory is another. False if there is no project.
fn check_there_is_one(project_dir: &Path, listed: &[Listed], found: &mut Vec<Diagnostic>) -> bool {
    let Some(own) = listed.first() else {
        return true;
    };
    let source_dir = &own.root.source_dir;
    let beside = project_dir.join("_index.yaml");
    let is_src = *source_dir != *project_dir && source_dir.file_name().is_some_and(|n| n == "src");
    let is_read = |listed: &Listed| {
        let mut paths = listed
            .listing
            .documents
            .iter()
            .map(|document| &document.path);
        same_directory(&listed.root.source_dir, project_dir) || paths.any(|path| *path == beside)
    };
    if is_src && beside.is_file() && !listed.iter().any(is_read) {
        let message = format!(
            "the file is not read: the source is {}",
            source_dir.display()
        );
        let warning = Diagnostic::warning(message).at(&Place::file(beside.into()));
        found.push(warning.hint("move it there"));
    }
    let has_own = |listed: &Listed| {
        let documents = listed.listing.documents.iter();
        let mut documents = documents.map(|document| &document.parsed);
        let has_namespace = |parsed: &super::parse::Parsed| {
            let mut documents = parsed.documents.iter();
            documents.any(|document| document.get("namespace").is_some())
        };
        documents.any(|parsed| parsed.error.is_some() || has_namespace(parsed))
            || !listed.listing.diagnostics.is_empty()
    };
    let has_errors = found.iter().any(Diagnostic::is_error);
    if !has_errors && !listed.iter().any(has_own) {
        let dir = match project_dir.as_os_str().is_empty() {
            true => PathBuf::from("."),
            false => project_dir.to_owned(),
        };
        let error = Diagnostic::error(format!("no project in {}", dir.display()));
        found.push(error.hint(
            "no document below it has a `namespace`; `wippy new DIR` makes a project, -C DIR names one",
        ));
        return false;
    }
    true
}

fn same_directory(a: &Path, b: &Path) -> bool {
    let same = FileId::at(a).ok().zip(FileId::at(b).ok());
    same.is_some_and(|(a, b)| a == b)
}

/// Links the entries of a loader, as a project without module directories.
pub(super) fn finish(loader: Loader<'_>, settings: Settings) -> Loaded {
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
