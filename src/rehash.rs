//! The hashes that a project's entries name, made those of the files as they are.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use crate::module::ModuleError;
use crate::registry::{
    Diagnostic, Entry, Id, Place, Registry, Source, replace_file, replace_scalar,
};
use crate::runtime::digest;

/// A hash that an entry names, and its file's own.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct HashChange {
    /// The entry.
    pub entry: Id,
    /// Where its hash is written.
    pub place: Place,
    /// As it is written.
    pub old: String,
    /// `sha256:` and the digest of the file.
    pub new: String,
}

/// The hashes among those of `entries` that are not their files' own. What cannot be read is told.
/// Blocks.
pub fn hash_changes<'a>(
    registry: &Registry,
    entries: impl IntoIterator<Item = &'a Arc<Entry>>,
) -> (Vec<HashChange>, Vec<Diagnostic>) {
    let (mut changes, mut mistakes) = (Vec::new(), Vec::new());
    for entry in entries {
        let Some(Source::File { fs, path, hash }) = entry.function().map(|f| &f.source) else {
            continue;
        };
        let change = |digest| HashChange {
            entry: entry.id.clone(),
            place: entry.place_of("hash").clone(),
            old: hash.clone(),
            new: format!("sha256:{digest}"),
        };
        match digest(registry, fs, path) {
            Ok(digest) => {
                let change = change(digest);
                if !change.new.eq_ignore_ascii_case(hash) {
                    changes.push(change);
                }
            }
            Err(error) => mistakes.push(mistake(entry, &error)),
        }
    }
    (changes, mistakes)
}

fn mistake(entry: &Entry, error: &ModuleError) -> Diagnostic {
    entry.mistake("path", error.to_string())
}

/// Writes the new hashes where the old ones stand; the rest of the files stays as it is. Each file is
/// replaced at once, or not at all. Blocks.
///
/// # Errors
/// Why one of the files is left as it was, with its path; those before it are written.
pub fn write_hashes(changes: &[HashChange]) -> Result<(), String> {
    let mut files: BTreeMap<&Path, Vec<&HashChange>> = BTreeMap::new();
    for change in changes {
        files.entry(&change.place.file).or_default().push(change);
    }
    let mut written = Vec::new();
    for (path, mut changes) in files {
        let failed = |error: &dyn std::fmt::Display| format!("{}: {error}", path.display());
        let old = std::fs::read_to_string(path).map_err(|error| failed(&error))?;
        // From the end, so that the places before stay what they are. Entries that share a value
        // through an anchor change it once.
        changes.sort_by(|a, b| b.place.cmp(&a.place));
        changes.dedup_by(|a, b| a.place == b.place && a.new == b.new);
        let mut new = old.clone();
        for change in changes {
            new = replace_scalar(&new, &change.place, &change.old, &change.new)
                .map_err(|error| format!("{}: {}: {error}", change.place, change.entry))?;
        }
        written.push((path, old, new));
    }
    for (path, old, new) in written {
        replace_file(path, &old, &new).map_err(|error| format!("{}: {error}", path.display()))?;
    }
    Ok(())
}
