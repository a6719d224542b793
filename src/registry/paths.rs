//! Checks of the host paths that entries name: none may lie in a directory that guests may write.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::diagnostic::Diagnostic;
use super::entry::{Entry, Kind};
use super::kinds::HttpService;
use super::load::{Loader, Slot};
use crate::env::EnvStorage;
use crate::env::Environment;
use crate::id::Id;
use crate::trust::{PathError, PathGuard};

/// The most rounds of resolving placeholders that reveal further writable directories.
const MAX_ROUNDS: usize = 8;

impl Loader<'_> {
    /// Reads every draft once all directories that guests may write are known. If placeholders name
    /// some of these, the entries that mounts depend on are read first: once without opening files,
    /// then again with the directories found. This repeats until a round finds no further
    /// directory; each round discards what the one before it read.
    pub(super) fn resolve(&mut self) {
        if !self.mounts.unresolved {
            self.index_drafts();
            self.read_all();
            self.learn();
            return;
        }
        let drafts = self.slots.clone();
        let closed = self.mounts.guard().closed();
        self.start_again(drafts.clone(), closed.into());
        self.read_mounted();
        for _ in 0..MAX_ROUNDS {
            let guard = Arc::new(self.mounts.guard().clone());
            self.start_again(drafts.clone(), guard.clone());
            self.read_mounted();
            self.read_all();
            self.learn();
            if self.mounts.guard().dirs().len() == guard.dirs().len() {
                return;
            }
        }
        let closed = self.mounts.guard().closed();
        self.start_again(drafts, closed.into());
        self.read_all();
        self.learn();
    }

    fn start_again(&mut self, drafts: Vec<Slot>, guard: Arc<PathGuard>) {
        self.slots = drafts;
        self.includes = Default::default();
        self.by_id.clear();
        self.by_public_name.clear();
        self.environment = Environment::new(self.options.os.clone()).guarded(guard.clone());
        self.guard = guard;
        self.values.clear();
        (self.depth, self.expanded) = (0, 0);
        self.index_drafts();
    }

    /// Reads the entries that mounts depend on. Each is read with the directories that the previous
    /// ones have revealed.
    fn read_mounted(&mut self) {
        for i in 0..self.slots.len() {
            let Some(Slot::Draft(draft)) = self.slots.get(i) else {
                continue;
            };
            if !self.mounts.depend_on(&draft.id) {
                continue;
            }
            // Its errors are reported when the entry itself is read.
            let _ = self.ensure(i);
            if let Some(Slot::Entry(read)) = self.slots.get(i)
                && let Some(entry) = &read.entry
            {
                self.mounts.resolved(entry);
            }
            let known = self.mounts.guard();
            if known.dirs().len() > self.guard.dirs().len() && !self.guard.is_closed() {
                self.guard = Arc::new(known.clone());
                let environment = std::mem::take(&mut self.environment);
                self.environment = environment.guarded(self.guard.clone());
            }
        }
    }

    /// Adds the mounts and directories of the entries read so far.
    fn learn(&mut self) {
        let slots = self.slots.iter().filter_map(|slot| match slot {
            Slot::Entry(read) => read.entry.as_ref(),
            _ => None,
        });
        for entry in slots {
            self.mounts.resolved(entry);
        }
    }

    /// Reports the writable mounts that are not allowed.
    pub(super) fn check_mounts(&mut self) {
        let mut slots = HashMap::new();
        for (i, read) in self.entries() {
            slots.insert((read.id.clone(), read.place.clone()), i);
        }
        let (mut found, mut loose) = (Vec::new(), Vec::new());
        for misplaced in self.mounts.misplaced() {
            let error = Diagnostic::error(misplaced.message.clone())
                .at(&misplaced.place)
                .of(&misplaced.entry)
                .field(misplaced.field.clone())
                .hint(misplaced.hint);
            let key = (misplaced.entry.clone(), misplaced.entry_place.clone());
            match slots.get(&key) {
                Some(i) => found.push((*i, error)),
                // The entry is disabled, or was not read because of another error.
                None => loose.push(error),
            }
        }
        self.report(found);
        self.loose(loose);
    }

    /// Reports paths that pass through directories that guests may write. Opening them is refused as
    /// well; this reports them when the project is loaded.
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
        let guard = self.guard.at_once();
        for (i, read) in self.entries() {
            let Some(entry) = &read.entry else { continue };
            let mut report = |field: &str, refused: Option<String>| {
                if let Some(message) = refused {
                    let error = entry.error_at(field, message);
                    found.push((i, error.hint("guests could lead it elsewhere")));
                }
            };
            if let Kind::EnvStorage(EnvStorage::File(file)) = &entry.kind {
                report("file_path", refused(guard.walk(&file.path)));
            }
            if let Kind::HttpService(HttpService { tls: Some(tls), .. }) = &entry.kind {
                for (field, file) in [("tls.cert", &tls.cert), ("tls.key", &tls.key)] {
                    if let Some(path) = directories.get(&file.fs) {
                        let inside = file.path.trim_start_matches('/');
                        let way = guard.walk_beneath(path, inside.as_ref());
                        report(field, refused(way));
                    }
                }
            }
            let Some(function) = entry.function() else {
                continue;
            };
            for (n, mount) in function.wasi.mounts.iter().enumerate() {
                let Some(path) = directories.get(&mount.fs) else {
                    continue;
                };
                let way = ways.entry(path.to_path_buf());
                let way = way.or_insert_with(|| refused(guard.walk(path)));
                report(&format!("wasi.mounts[{n}].fs"), way.clone());
            }
            for (n, file) in function.wasi.http_ca.iter().enumerate() {
                let Some(path) = directories.get(&file.fs) else {
                    continue;
                };
                let inside = file.path.trim_start_matches('/');
                let way = guard.walk_beneath(path, inside.as_ref());
                report(&format!("wasi.http.ca[{n}]"), refused(way));
            }
        }
        self.report(found);
    }
}

/// The message if a path passes through a writable directory. Other faults are reported when it is
/// opened.
fn refused<T>(way: Result<T, PathError>) -> Option<String> {
    match way {
        Err(error @ PathError::Writable { .. }) => Some(error.to_string()),
        _ => None,
    }
}
