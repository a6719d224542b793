//! The hashes that a project's entries name, made those of the files as they are.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use super::file_replacement::replace_file;
use crate::module::ModuleError;
use crate::program::digest;
use crate::registry::{
    Diagnostic, EditError, Entry, Id, Node, Place, Registry, Source, replace_scalar, set_field,
};

/// An entry whose hash is not that of its module's file, or that has none.
///
/// ```
/// use wippy::project::{Id, LoadOptions, hash_changes, load, new_project, write_hashes};
/// use wippy::to_binary;
///
/// # let dir = tempfile::tempdir()?;
/// new_project(dir.path())?;
/// // The module was built anew.
/// std::fs::write(dir.path().join("modules/note.wasm"), to_binary("(module)")?)?;
/// let registry = load(dir.path(), &LoadOptions::default()).registry;
/// let (changes, _) = hash_changes(&registry, [Id::new("app", "note")]);
/// assert_eq!(changes[0].entry.to_string(), "app:note");
/// write_hashes(&changes)?;
///
/// let registry = load(dir.path(), &LoadOptions::default()).registry;
/// assert!(hash_changes(&registry, [Id::new("app", "note")]).0.is_empty());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct HashChange {
    /// The entry.
    pub entry: Id,
    /// Where its hash is written, or the key behind which a new one is put.
    pub place: Place,
    /// The hash as it is written; empty where there is none.
    pub old: String,
    /// `sha256:` and the digest of the file.
    pub new: String,
}

/// Why hashes are not written.
#[derive(Debug, thiserror::Error)]
pub enum WriteHashError {
    /// A document cannot be read or replaced.
    #[error("{}: {error}", .path.display())]
    Io {
        /// The document.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// A hash cannot be put into its document's text.
    #[error("{place}: {entry}: {error}")]
    Edit {
        /// Where the hash is, or would be.
        place: Place,
        /// The entry.
        entry: Id,
        /// Why.
        error: EditError,
    },
}

/// Compares the hashes of the entries with these IDs with the files of their modules. Gives a change
/// for each hash that differs or is missing, and an error for each file that cannot be read. An entry
/// that is invalid for another reason than a missing hash is left out, as are modules that are
/// written as text. Reads the files, so it blocks.
pub fn hash_changes(
    registry: &Registry,
    ids: impl IntoIterator<Item = Id>,
) -> (Vec<HashChange>, Vec<Diagnostic>) {
    let (mut changes, mut errors) = (Vec::new(), Vec::new());
    for id in ids {
        let Some(entry) = registry.get(&id) else {
            changes.extend(missing(registry, &id));
            continue;
        };
        match outdated(registry, entry) {
            Ok(change) => changes.extend(change),
            Err(error) => errors.push(entry.error_at("path", error.to_string())),
        }
    }
    (changes, errors)
}

fn outdated(registry: &Registry, entry: &Entry) -> Result<Option<HashChange>, ModuleError> {
    let Some(Source::File { fs, path, hash }) = entry.function().map(|f| &f.source) else {
        return Ok(None);
    };
    let new = format!("sha256:{}", digest(registry, fs, path)?);
    Ok((!new.eq_ignore_ascii_case(hash)).then(|| HashChange {
        entry: entry.id.clone(),
        place: entry.place_of("hash").clone(),
        old: hash.clone(),
        new,
    }))
}

/// The hash of an entry that has none, and so cannot be used, if it says where its module is.
fn missing(registry: &Registry, id: &Id) -> Option<HashChange> {
    let (_, invalid) = registry
        .invalid_entries()
        .find(|(invalid, _)| *invalid == id)?;
    if !matches!(&*invalid.kind, "function.wasm" | "process.wasm") {
        return None;
    }
    let fields = invalid.config.as_mapping()?;
    let text = |name| fields.get(name).and_then(Node::as_str);
    let keys = |name: &str| fields.entries.iter().find(|(key, _)| *key.text == *name);
    // Its own line, or else it comes behind the path.
    let (key, _) = match keys("hash") {
        Some((_, node)) if !node.is_null() => return None,
        Some(own) => own,
        None => keys("path")?,
    };
    let fs = Id::reference(text("fs")?, &id.namespace).ok()?;
    // What cannot be read is among the entry's errors.
    let digest = digest(registry, &fs, text("path")?).ok()?;
    Some(HashChange {
        entry: id.clone(),
        place: key.place.clone(),
        old: String::new(),
        new: format!("sha256:{digest}"),
    })
}

/// Writes the new hashes where the old ones stand; the rest of the documents stays as it is. A
/// document is replaced as a whole or not at all. Blocks.
///
/// # Errors
/// `Edit` when a hash cannot be put into its document, `Io` when a document cannot be read: nothing is
/// written then. `Io` when a document cannot be replaced, or was changed meanwhile: those before it, in
/// the order of their paths, are written.
pub fn write_hashes(changes: &[HashChange]) -> Result<(), WriteHashError> {
    let mut files: BTreeMap<&Path, Vec<&HashChange>> = BTreeMap::new();
    for change in changes {
        files.entry(&change.place.file).or_default().push(change);
    }
    let mut written = Vec::new();
    for (path, mut changes) in files {
        let old = std::fs::read_to_string(path).map_err(|error| failed(path, error))?;
        // From the end, so that the places before stay what they are. Entries that share a value
        // through an anchor change it once.
        changes.sort_by(|a, b| b.place.cmp(&a.place));
        changes.dedup_by(|a, b| a.place == b.place && a.new == b.new);
        let mut new = old.clone();
        for change in changes {
            let HashChange {
                place,
                old,
                new: hash,
                ..
            } = change;
            let changed = match old.as_str() {
                "" => set_field(&new, place, "hash", hash),
                old => replace_scalar(&new, place, old, hash),
            };
            new = changed.map_err(|error| WriteHashError::Edit {
                place: place.clone(),
                entry: change.entry.clone(),
                error,
            })?;
        }
        written.push((path, old, new));
    }
    for (path, old, new) in written {
        replace_file(path, &old, &new).map_err(|error| failed(path, error))?;
    }
    Ok(())
}

fn failed(path: &Path, error: io::Error) -> WriteHashError {
    WriteHashError::Io {
        path: path.to_owned(),
        error,
    }
}
