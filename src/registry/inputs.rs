//! What a project was read from, and what its entries name.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use super::entry::{Entry, Kind};
use super::kinds::Source;
use super::lock::LOCK_FILE;
use super::settings::SETTINGS_FILE;
use super::tree::COMMAND_LINE;
use super::tree::Node;
use super::{Loaded, MAX_DIRECTORY_DEPTH};
use crate::env::EnvStorage;

/// The most directories that are listed.
const MAX_DIRECTORIES: usize = 8192;

/// The files and directories whose change may make another project of one.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Inputs {
    /// Documents that hold entries, settings, the lock file, what `file://` names, modules, and files
    /// of variables and certificates. Not all need to be there.
    pub files: BTreeSet<PathBuf>,
    /// Where documents are looked for: one that appears belongs to the project.
    pub directories: BTreeSet<PathBuf>,
}

impl Loaded {
    /// What it was read from, and what its entries name. Blocks.
    pub fn inputs(&self) -> Inputs {
        let mut inputs = Inputs::default();
        let files = &mut inputs.files;
        files.extend(self.settings.files().iter().cloned());
        files.extend([SETTINGS_FILE, LOCK_FILE].map(|name| self.project_dir.join(name)));
        let places = self.diagnostics.iter().filter_map(|d| d.place.as_ref());
        let entries = self.registry.entries().map(|entry| &entry.place);
        let places = places.chain(entries);
        let documents = places.map(|place| &*place.file);
        let written = documents.filter(|file| *file != Path::new(COMMAND_LINE));
        files.extend(written.map(Path::to_owned));
        for entry in self.registry.entries() {
            self.includes(&entry.config, files);
            self.named_by(entry, files);
        }
        for root in self.roots() {
            self.directories(root, &mut inputs.directories);
        }
        inputs
    }

    fn roots(&self) -> impl Iterator<Item = &PathBuf> {
        std::iter::once(&self.source_dir).chain(&self.module_dirs)
    }

    /// The files that `file://` names.
    fn includes(&self, config: &Node, files: &mut BTreeSet<PathBuf>) {
        let replaced = config.replace_strings("", &mut |text, place, _| {
            let name = text.strip_prefix("file://")?;
            let base = match name.strip_prefix('/') {
                Some(_) => self.roots().find(|root| place.file.starts_with(root)),
                None => None,
            };
            let base = base.map(PathBuf::as_path).or_else(|| place.file.parent())?;
            files.insert(base.join(name.trim_start_matches('/')));
            None
        });
        debug_assert!(replaced.is_none());
    }

    fn named_by(&self, entry: &Entry, files: &mut BTreeSet<PathBuf>) {
        let inside = |fs, path: &str| {
            let directory = self.registry.get(fs)?.fs_directory()?;
            Some(directory.directory.join(path.trim_start_matches('/')))
        };
        if let Kind::EnvStorage(EnvStorage::File(file)) = &entry.kind {
            files.insert(file.path.clone());
        }
        let Some(function) = entry.function() else {
            return;
        };
        if let Source::File { fs, path, .. } = &function.source {
            files.extend(inside(fs, path));
        }
        let certificates = function.wasi.http_ca.iter();
        files.extend(certificates.filter_map(|ca| inside(&ca.fs, &ca.path)));
    }

    /// A source directory and those below it that documents are read from.
    fn directories(&self, root: &Path, found: &mut BTreeSet<PathBuf>) {
        let mut pending = vec![(root.to_owned(), 0)];
        while let Some((directory, depth)) = pending.pop() {
            if found.len() == MAX_DIRECTORIES || depth > MAX_DIRECTORY_DEPTH {
                continue;
            }
            let below = fs::read_dir(&directory).into_iter().flatten().flatten();
            let below = below.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()));
            let below = below.map(|entry| entry.path());
            let below = below.filter(|path| !self.skipped.contains(path));
            pending.extend(below.map(|path| (path, depth + 1)));
            found.insert(directory);
        }
    }
}
