//! A project's directory, loaded: its settings, its lock file, its source directories.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::diagnostic::Diagnostic;
use super::ignore_file::{IGNORE_FILE, IgnoreFile};
use super::listing::{Lister, Listing};
use super::load::Loader;
use super::mounts::WritableMounts;
use super::settings::{COMMAND_LINE, SETTINGS_FILE};
use super::source::{self, ControlFile, SourceRoot, about};
use super::tree::Place;
use super::{LoadOptions, Loaded, Settings, finish, overrides, settings};
use crate::trust::{Base, FileId, Location, PathError};

/// A source directory whose documents were read, and the way to it.
struct Listed {
    root: SourceRoot,
    steps: Vec<Location>,
    listing: Listing,
}

pub(super) fn load(project_dir: &Path, options: &LoadOptions) -> Loaded {
    let mut found = Vec::new();
    let base = Base::new(project_dir);
    let (mut settings, settings_files) =
        settings::load(project_dir, &base, true, options, &mut found);
    let located = source::locate(project_dir, &base, &mut found);
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
    let mut lister = Lister {
        closed,
        settings: &ids,
        ignore: &ignore,
        mounts: &mut mounts,
    };
    let mut listed = list(located.roots, &mut lister, &mut found);
    for Listed { root, listing, .. } in &mut listed {
        lister.follow_links(root, listing);
    }
    check_settings(&settings_files, &mounts, &mut settings, &mut found);
    let trusted = check_ways(&mut listed, located.lock.as_ref(), &mounts, &mut found);
    check_there_is_one(project_dir, &listed, trusted, &mut found);

    let mut loader = Loader::new(project_dir, options, true, mounts);
    loader.loose(found);
    let mut skipped = Vec::new();
    let mut source_dirs = Vec::new();
    for Listed { root, listing, .. } in listed {
        loader.loose(listing.diagnostics);
        let mut own = listing.skipped;
        own.sort();
        skipped.extend(own);
        source_dirs.push(root.source_dir.clone());
        let root = Arc::new(root);
        for (_, parsed) in listing.documents {
            loader.file(parsed, &root);
        }
    }
    let mut loaded = finish(loader, settings);
    let mut dirs = source_dirs.into_iter();
    loaded.source_dir = dirs.next().unwrap_or_else(|| project_dir.to_owned());
    loaded.module_dirs = dirs.collect();
    loaded.skipped = skipped;
    loaded
}

/// Reads the documents of all source directories: those that hold the project's own first, then the
/// project's own, then the others, so that what is above is known before what is below it.
fn list(
    roots: Vec<SourceRoot>,
    lister: &mut Lister<'_>,
    found: &mut Vec<Diagnostic>,
) -> Vec<Listed> {
    let above = |root: &SourceRoot| lister.mounts.with_ancestors(&root.source_dir);
    let places: Vec<_> = roots.iter().map(above).collect();
    let own = places.first().cloned().unwrap_or_default();
    let mut order: Vec<usize> = (0..roots.len()).collect();
    order.sort_by_key(|n| {
        let (depth, place) = match places.get(*n) {
            Some(above) => (above.len(), above.first()),
            None => (0, None),
        };
        let holds_own = place.is_some_and(|place| own.get(1..).unwrap_or_default().contains(place));
        let rank = match (*n, holds_own) {
            (_, true) => 0,
            (0, _) => 1,
            _ => 2,
        };
        (rank, depth, *n)
    });
    let mut listed: Vec<(usize, Listed)> = Vec::new();
    let mut roots: Vec<Option<SourceRoot>> = roots.into_iter().map(Some).collect();
    for n in order {
        let Some(root) = roots.get_mut(n).and_then(Option::take) else {
            continue;
        };
        let opened = lister.mounts.guard().walk(&root.source_dir);
        let opened = opened.and_then(|walk| Ok((walk.open_dir()?, walk.steps().to_vec())));
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
        let root = Listed {
            root,
            steps,
            listing,
        };
        listed.push((n, root));
    }
    listed.sort_by_key(|(n, _)| *n);
    listed.into_iter().map(|(_, listed)| listed).collect()
}

/// Lets settings go that were read through a directory that guests may write.
pub(super) fn check_settings(
    files: &[ControlFile],
    mounts: &WritableMounts,
    settings: &mut Settings,
    found: &mut Vec<Diagnostic>,
) {
    for file in files {
        if let Err(error) = mounts.guard().check(&file.steps) {
            *settings = Settings::default();
            let own = file
                .path
                .file_name()
                .is_some_and(|name| name == SETTINGS_FILE);
            found.push(match own {
                true => about(&file.path, format!("the file is not read: {error}")),
                // Running with other settings than were asked for is worse than not running.
                false => {
                    let message = format!("--config {}: is not read: {error}", file.path.display());
                    Diagnostic::error(message).at(&Place::file(Path::new(COMMAND_LINE).into()))
                }
            });
        }
    }
}

/// Lets go what was read on ways that are known by now to pass through what guests may write; false
/// if that is everything.
fn check_ways(
    listed: &mut [Listed],
    lock: Option<&ControlFile>,
    mounts: &WritableMounts,
    found: &mut Vec<Diagnostic>,
) -> bool {
    let lock = lock.map(|lock| (lock, mounts.guard().check(&lock.steps)));
    if let Some((lock, Err(error))) = lock {
        let message = format!("the file and all that it names is not read: {error}");
        found.push(about(&lock.path, message));
        for Listed { listing, .. } in listed {
            *listing = Listing::default();
        }
        return false;
    }
    for Listed {
        root,
        steps,
        listing,
    } in listed
    {
        if let Err(error) = mounts.guard().check(&*steps) {
            let message = format!("the directory is not read: {error}");
            found.push(about(&root.source_dir, message));
            *listing = Listing::default();
        }
    }
    true
}

/// Says so where there is no project at all, or a document that looks like its first is not read.
fn check_there_is_one(
    project_dir: &Path,
    listed: &[Listed],
    trusted: bool,
    found: &mut Vec<Diagnostic>,
) {
    let Some(own) = listed.first() else { return };
    let source_dir = &own.root.source_dir;
    let beside = project_dir.join("_index.yaml");
    let is_src = *source_dir != *project_dir && source_dir.file_name().is_some_and(|n| n == "src");
    let is_read = |listed: &Listed| {
        let mut paths = listed.listing.documents.iter().map(|(path, _)| path);
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
        let mut documents = documents.map(|(_, parsed)| parsed);
        let has_namespace = |parsed: &super::parse::Parsed| {
            let mut documents = parsed.documents.iter();
            documents.any(|document| document.get("namespace").is_some())
        };
        documents.any(|parsed| parsed.error.is_some() || has_namespace(parsed))
            || !listed.listing.diagnostics.is_empty()
    };
    let told = found.iter().any(Diagnostic::is_error);
    if trusted && !told && !listed.iter().any(has_own) {
        let dir = match project_dir.as_os_str().is_empty() {
            true => PathBuf::from("."),
            false => project_dir.to_owned(),
        };
        let error = Diagnostic::error(format!("no project in {}", dir.display()));
        found.push(error.hint("no document below it has a `namespace`"));
    }
}

fn same_directory(a: &Path, b: &Path) -> bool {
    let same = FileId::at(a).ok().zip(FileId::at(b).ok());
    same.is_some_and(|(a, b)| a == b)
}
