//! The host's directories and files that entries name: what guests write is none of these.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use super::diagnostic::Diagnostic;
use super::entry::{Entry, Kind};
use super::id::Id;
use super::kinds::EnvStorage;
use super::load::{Loader, Slot};
use crate::env::Environment;
use crate::trust::PathError;

/// Directories of mounts that are only known once others are, and so on, are followed this far.
const MAX_ROUNDS: usize = 8;

impl Loader<'_> {
    /// Reads every draft, with all directories known that guests may write. Some are named by
    /// placeholders: entries are then read once without opening files, and again with what that
    /// told, until nothing new is told.
    pub(super) fn resolve(&mut self) {
        if !self.mounts.unresolved {
            self.read_all();
            self.learn();
            return;
        }
        let drafts = self.slots.clone();
        self.guard = self.mounts.guard().closed().into();
        self.read_again(drafts.clone());
        for _ in 0..MAX_ROUNDS {
            self.guard = self.mounts.guard().clone().into();
            self.read_again(drafts.clone());
            if !self.learn() {
                return;
            }
        }
        self.guard = self.mounts.guard().closed().into();
        self.read_again(drafts);
    }

    fn read_again(&mut self, drafts: Vec<Slot>) {
        self.slots = drafts;
        self.includes = Default::default();
        self.by_id.clear();
        self.by_public_name.clear();
        self.environment = Environment::new(self.options.os.clone()).guarded(self.guard.clone());
        self.values.clear();
        (self.depth, self.expanded) = (0, 0);
        self.read_all();
        self.learn();
    }

    /// Takes what entries say of mounts by now; true if guests may write more than was known to
    /// the guard.
    fn learn(&mut self) -> bool {
        let slots = self.slots.iter().filter_map(|slot| match slot {
            Slot::Entry(read) => read.entry.as_ref(),
            _ => None,
        });
        for entry in slots {
            self.mounts.resolved(entry);
        }
        self.mounts.guard().dirs().len() > self.guard.dirs().len()
    }

    /// Reports writable mounts of directories that must not be written.
    pub(super) fn check_mounts(&mut self) {
        let mut slots = HashMap::new();
        for (i, read) in self.entries() {
            slots.insert((read.id.clone(), read.place.clone()), i);
        }
        let (mut found, mut loose) = (Vec::new(), Vec::new());
        for misplaced in self.mounts.mistakes() {
            let error = Diagnostic::error(misplaced.message.clone())
                .at(&misplaced.place)
                .of(&misplaced.entry)
                .field(misplaced.field.clone())
                .hint(misplaced.hint);
            let key = (misplaced.entry.clone(), misplaced.entry_place.clone());
            match slots.get(&key) {
                Some(i) => found.push((*i, error)),
                // It is disabled, or is none for another mistake.
                None => loose.push(error),
            }
        }
        self.report(found);
        self.loose(loose);
    }

    /// Reports paths that pass through what guests may write. They are refused when they are
    /// opened, too; this finds them before.
    pub(super) fn check_paths(&mut self) {
        let mut directories: HashMap<&Id, &Path> = HashMap::new();
        for (_, read) in self.entries() {
            let directory = read.entry.as_ref().and_then(Entry::fs_directory);
            if let Some(directory) = directory {
                directories.entry(&read.id).or_insert(&directory.directory);
            }
        }
        let mut ways: HashMap<PathBuf, Option<String>> = HashMap::new();
        let mut found = Vec::new();
        for (i, read) in self.entries() {
            let Some(entry) = &read.entry else { continue };
            let mut report = |field: &str, refused: Option<String>| {
                if let Some(message) = refused {
                    let error = entry.mistake(field, message);
                    found.push((i, error.hint("guests could lead it elsewhere")));
                }
            };
            if let Kind::EnvStorage(EnvStorage::File(file)) = &entry.kind {
                report("file_path", refused(self.guard.walk(&file.path)));
            }
            let Some(function) = entry.function() else {
                continue;
            };
            for (n, mount) in function.wasi.mounts.iter().enumerate() {
                let Some(path) = directories.get(&mount.fs) else {
                    continue;
                };
                let way = ways.entry(path.to_path_buf());
                let way = way.or_insert_with(|| refused(self.guard.walk(path)));
                report(&format!("wasi.mounts[{n}].fs"), way.clone());
            }
            for (n, file) in function.wasi.http_ca.iter().enumerate() {
                let Some(path) = directories.get(&file.fs) else {
                    continue;
                };
                let inside = file.path.trim_start_matches('/');
                let way = self.guard.walk_beneath(path, inside.as_ref());
                report(&format!("wasi.http.ca[{n}]"), refused(way));
            }
        }
        self.report(found);
    }
}

/// Why a path is refused; anything else that is wrong with it is told where it is opened.
fn refused<T>(way: Result<T, PathError>) -> Option<String> {
    match way {
        Err(error @ PathError::Writable { .. }) => Some(error.to_string()),
        _ => None,
    }
}
