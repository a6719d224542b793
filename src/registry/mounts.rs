//! The directories that a project's mounts make writable for guests, and checks that these are
//! allowed.
//!
//! Nothing that a guest can write is read as configuration. A writable mount may name any directory
//! outside the source directories. Inside one, it must lie strictly below the directory of the
//! document that mounts it and below that of the document that declares its `fs`. Because documents
//! are read from the top down, such a directory is known before it would be entered, and is
//! skipped. Both the written and the overridden value of each field count, even in disabled or
//! invalid entries, because an earlier run may have used them.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::document::{namespace_text, put_config};
use super::entry::Entry;
use super::kinds::is_data;
use super::scalar::{Resolved, resolve};
use super::source::SourceRoot;
use super::tree::{Node, Place, Value};
use crate::id::Id;
use crate::trust::{Base, FileId, Location, PathError, PathGuard, Walk, WritableDir};

/// The hint for a writable mount that is not allowed.
const HINT: &str = "mount another directory, or write `read_only: true`; documents in a `src/` of \
                    their own leave the directories beside it to guests";

/// Overrides from the settings and the command line, by entry: path in the entry and value.
pub(crate) type Overrides = HashMap<Id, Vec<(String, Node)>>;

/// The writable mounts of a project.
#[derive(Default)]
pub(crate) struct WritableMounts {
    project_dir: PathBuf,
    base: Base,
    overrides: Overrides,
    sources: Vec<(Location, PathBuf)>,
    /// Directories that do not exist and would be source directories if they did.
    future_sources: Vec<(Location, PathBuf)>,
    /// Locations that contain a part of the project, and the description of that part.
    held: HashMap<Location, String>,
    /// The directories that contain the project directory or its source directory, and those two.
    above: HashSet<Location>,
    /// The directory of each document.
    documents: HashMap<Arc<Path>, DocumentDir>,
    mounts: Vec<Mount>,
    mounts_of: HashMap<Id, Vec<usize>>,
    roots: Vec<Root>,
    roots_of: HashMap<Id, Vec<usize>>,
    /// Directories within source directories that hold guests' data.
    data: HashSet<Location>,
    misplaced: Vec<Misplaced>,
    seen: HashSet<(Place, String, PathBuf)>,
    guard: PathGuard,
    /// Entries whose mounts contain placeholders.
    unresolved_mounts: HashSet<Id>,
    /// Whether some mounts or directories are unknown until placeholders are replaced.
    pub unresolved: bool,
}

/// The directory of a document.
#[derive(Clone)]
pub(crate) struct DocumentDir {
    pub location: Location,
    pub path: PathBuf,
    /// Whether the document was read before the directories beside and below it were entered.
    pub first: bool,
}

/// One item of `wasi.mounts` that is not literally `read_only: true`.
struct Mount {
    entry: Id,
    entry_place: Place,
    place: Place,
    field: String,
    document: DocumentDir,
}

/// The directory of an `fs.directory` entry.
struct Root {
    path: PathBuf,
    /// Whether the path is written literally in the document.
    literal: bool,
    document: DocumentDir,
    location: Location,
    /// Its ancestors, the nearest first.
    ancestors: Vec<Location>,
}

/// A writable mount of a directory that guests must not write.
pub(crate) struct Misplaced {
    pub entry: Id,
    pub entry_place: Place,
    pub place: Place,
    pub field: String,
    pub message: String,
    pub hint: &'static str,
}

impl WritableMounts {
    pub fn new(project_dir: &Path, base: Base, overrides: Overrides) -> Self {
        Self {
            project_dir: project_dir.to_owned(),
            guard: PathGuard::new(base.clone()),
            base,
            overrides,
            ..Self::default()
        }
    }

    /// Refuses paths that pass through the writable directories known so far.
    pub fn guard(&self) -> &PathGuard {
        &self.guard
    }

    /// The mounts that are not allowed, in the order in which they were found.
    pub fn misplaced(&self) -> &[Misplaced] {
        &self.misplaced
    }

    /// Whether a mount's target depends on this entry.
    pub fn depend_on(&self, id: &Id) -> bool {
        self.mounts_of.contains_key(id) || self.unresolved_mounts.contains(id)
    }

    /// Whether a directory within a source directory holds guests' data.
    pub fn is_data(&self, dir: FileId) -> bool {
        self.data.contains(&Location::existing(dir))
    }

    /// Makes a writable mount of this path, or of a directory that contains it, an error.
    pub fn protect(&mut self, what: &str, path: &Path) {
        let Ok(walk) = self.base.walk(path) else {
            return;
        };
        let what = format!("{what} {}", path.display());
        for location in self_and_above(&walk) {
            self.held.entry(location).or_insert_with(|| what.clone());
        }
    }

    /// Adds the project directory or its own source directory. A guest that may write a directory
    /// that contains it may write the whole project, which is reported once rather than for each
    /// path.
    pub fn project(&mut self, path: &Path, what: &str) {
        self.protect(what, path);
        if let Ok(walk) = self.base.walk(path) {
            self.above.extend(self_and_above(&walk));
        }
    }

    /// The location that a path leads to.
    ///
    /// # Errors
    /// As [`Walk::new`](crate::trust::Walk::new).
    pub fn locate(&self, path: &Path) -> Result<Location, PathError> {
        Ok(self.base.walk(path)?.location())
    }

    /// A directory and its ancestors, the nearest first. Empty if the path cannot be followed.
    pub fn with_ancestors(&self, path: &Path) -> Vec<Location> {
        let walk = self.base.walk(path);
        walk.map_or(Vec::new(), |walk| self_and_above(&walk))
    }

    /// Adds a source directory.
    pub fn source(&mut self, path: &Path) {
        self.protect("the source directory", path);
        if let Ok(walk) = self.base.walk(path) {
            self.sources.push((walk.location(), path.to_owned()));
        }
    }

    /// Adds a directory that would be a source directory, if it does not exist.
    pub fn future_source(&mut self, path: &Path) {
        if let Ok(walk) = self.base.walk(path)
            && walk.is_missing()
        {
            self.future_sources.push((walk.location(), path.to_owned()));
        }
    }

    /// Adds the mounts and directories of a document, even if the rest of it is invalid.
    pub fn document(&mut self, document: &Node, dir: &DocumentDir, root: &SourceRoot) {
        let Some(mapping) = document.as_mapping() else {
            return;
        };
        let known = self.documents.entry(document.place.file.clone());
        known.or_insert_with(|| dir.clone());
        let namespace = namespace_text(mapping);
        self.entry(document, namespace, dir, root);
        // All lists, since the key `entries` may be misspelt.
        let lists = mapping
            .entries
            .iter()
            .filter_map(|(_, node)| node.as_sequence());
        for item in lists.flatten() {
            self.entry(item, namespace, dir, root);
        }
    }

    fn entry(&mut self, node: &Node, namespace: &str, dir: &DocumentDir, root: &SourceRoot) {
        let Some(mapping) = node.as_mapping() else {
            return;
        };
        let id = Id::new(namespace, text(mapping.get("name")).unwrap_or_default());
        let written = mapping.get("data").unwrap_or(node);
        let mut changed = written.clone();
        let mut kind = text(mapping.get("kind")).unwrap_or_default().to_owned();
        for (path, value) in self.overrides.get(&id).into_iter().flatten() {
            if path == "kind" && is_data(&kind) {
                kind = text(Some(value)).unwrap_or_default().to_owned();
            }
            // An override that does not fit is reported when the entry is read.
            if let Ok(Some(new)) = put_config(&changed, path, value) {
                changed = new;
            }
        }
        if is_data(&kind) {
            return;
        }
        let place = &node.place;
        self.directory(&id, written, Some(written), dir, root);
        self.mounts(&id, place, written, dir);
        if changed != *written {
            self.directory(&id, &changed, Some(written), dir, root);
            self.mounts(&id, place, &changed, dir);
        }
    }

    /// Adds the directory of an entry; it counts as literal if `written` has the same value.
    fn directory(
        &mut self,
        id: &Id,
        config: &Node,
        written: Option<&Node>,
        dir: &DocumentDir,
        root: &SourceRoot,
    ) {
        let Some(directory) = text(config.get("directory")) else {
            self.unresolved |= config.get("directory_env").is_some();
            return;
        };
        let base = text(config.get("base"));
        if !is_literal(directory) || base.is_some_and(|base| !is_literal(base)) {
            self.unresolved = true;
            return;
        }
        let of = |node: &Node| {
            let older = ["directory_env", "base_env"].map(|field| node.get(field).is_some());
            let own = ["directory", "base"].map(|field| text(node.get(field)).map(str::to_owned));
            (own, older)
        };
        let (own, older) = of(config);
        self.unresolved |= older.contains(&true);
        let literal = written.is_some_and(|written| of(written) == (own, [false; 2]));
        let from = match base {
            Some("module") => &root.module_dir,
            _ => &self.project_dir,
        };
        let path = from.join(directory);
        self.root(id.clone(), path, literal, dir);
    }

    fn root(&mut self, id: Id, path: PathBuf, literal: bool, dir: &DocumentDir) {
        let known = self.roots_of.get(&id).into_iter().flatten();
        let mut known = known.filter_map(|n| self.roots.get(*n));
        let same = |root: &Root| {
            let at = &root.document.location;
            root.path == path && *at == dir.location && (root.literal || !literal)
        };
        if known.any(same) {
            return;
        }
        let walk = match self.base.walk(&path) {
            Ok(walk) if walk.is_missing() || walk.is_dir() => walk,
            // Neither missing nor a directory: opening the entry fails.
            _ => return,
        };
        let Ok(ancestors) = walk.ancestors() else {
            return;
        };
        let n = self.roots.len();
        self.roots.push(Root {
            path,
            literal,
            document: dir.clone(),
            location: walk.location(),
            ancestors,
        });
        self.roots_of.entry(id.clone()).or_default().push(n);
        for mount in self.mounts_of.get(&id).cloned().unwrap_or_default() {
            self.judge(mount, n);
        }
    }

    fn mounts(&mut self, id: &Id, entry_place: &Place, config: &Node, dir: &DocumentDir) {
        let mounts = config.at("wasi.mounts").and_then(Node::as_sequence);
        for (i, item) in mounts.unwrap_or_default().iter().enumerate() {
            if item.get("fs_env").is_some() {
                self.unresolved = true;
                self.unresolved_mounts.insert(id.clone());
            }
            let Some((fs, node)) = item.get("fs").and_then(|fs| Some((text(Some(fs))?, fs))) else {
                continue;
            };
            if is_literally_read_only(item) {
                continue;
            }
            if !is_literal(fs) {
                self.unresolved = true;
                self.unresolved_mounts.insert(id.clone());
                continue;
            }
            if let Ok(fs) = Id::reference(fs, &id.namespace) {
                self.mount(fs, id, entry_place, &node.place, i, dir);
            }
        }
    }

    fn mount(
        &mut self,
        fs: Id,
        entry: &Id,
        entry_place: &Place,
        place: &Place,
        index: usize,
        dir: &DocumentDir,
    ) {
        let n = self.mounts.len();
        self.mounts.push(Mount {
            entry: entry.clone(),
            entry_place: entry_place.clone(),
            place: place.clone(),
            field: format!("wasi.mounts[{index}].fs"),
            document: dir.clone(),
        });
        self.mounts_of.entry(fs.clone()).or_default().push(n);
        for root in self.roots_of.get(&fs).cloned().unwrap_or_default() {
            self.judge(n, root);
        }
    }

    /// Adds the directory and mounts of an entry whose placeholders are replaced.
    pub fn resolved(&mut self, entry: &Entry) {
        let Some(dir) = self.documents.get(&entry.place.file).cloned() else {
            return;
        };
        if let Some(directory) = entry.fs_directory() {
            self.root(entry.id.clone(), directory.directory.clone(), false, &dir);
        }
        let mounts = entry.function().map(|function| &function.wasi.mounts[..]);
        for (i, mount) in mounts.unwrap_or_default().iter().enumerate() {
            let field = format!("wasi.mounts[{i}]");
            let item = entry.config.at(&field);
            let known = self.mounts_of.get(&mount.fs).into_iter().flatten();
            let mut known = known.filter_map(|n| self.mounts.get(*n));
            if item.is_some_and(is_literally_read_only)
                || known.any(|m| m.entry_place == entry.place)
            {
                continue;
            }
            let place = entry.place_of(&format!("{field}.fs")).clone();
            self.mount(mount.fs.clone(), &entry.id, &entry.place, &place, i, &dir);
        }
    }

    /// Checks one mount of one directory and records the result.
    fn judge(&mut self, mount: usize, root: usize) {
        let (Some(mount), Some(root)) = (self.mounts.get(mount), self.roots.get(root)) else {
            return;
        };
        if self.is_below_documents(mount, root) {
            self.data.insert(root.location.clone());
        }
        if let Err(message) = self.verdict(mount, root) {
            let key = (
                mount.entry_place.clone(),
                mount.field.clone(),
                root.path.clone(),
            );
            if self.seen.insert(key) {
                self.misplaced.push(Misplaced {
                    entry: mount.entry.clone(),
                    entry_place: mount.entry_place.clone(),
                    place: mount.place.clone(),
                    field: mount.field.clone(),
                    message,
                    hint: HINT,
                });
            }
        }
        if !self.above.contains(&root.location) {
            self.guard.add(WritableDir {
                path: root.path.clone(),
                location: root.location.clone(),
                entry: mount.entry.to_string(),
            });
        }
    }

    /// Whether the directory lies in a source directory and strictly below the documents that make
    /// it writable. Then it holds guests' data, even if the mount is not allowed for another
    /// reason.
    fn is_below_documents(&self, mount: &Mount, root: &Root) -> bool {
        let below = |dir: &Location| root.ancestors.contains(dir);
        let documents = [&mount.document, &root.document];
        self.sources.iter().any(|(dir, _)| below(dir))
            && documents
                .iter()
                .all(|dir| dir.first && below(&dir.location))
    }

    /// Whether guests may write the directory.
    ///
    /// # Errors
    /// The message of the diagnostic, if not.
    fn verdict(&self, mount: &Mount, root: &Root) -> Result<(), String> {
        let writable = format!("guests may write {}, which", root.path.display());
        if let Some(what) = self.held.get(&root.location) {
            return Err(format!("{writable} is or holds {what}"));
        }
        let mut future = self.future_sources.iter();
        if let Some((_, source)) = future.find(|(dir, _)| root.location.is_within(dir)) {
            let source = source.display();
            return Err(format!(
                "{writable} is or lies in {source}, the source directory as soon as it exists"
            ));
        }
        let below = |dir: &Location| root.ancestors.contains(dir);
        let Some((_, source)) = self.sources.iter().find(|(dir, _)| below(dir)) else {
            return Ok(());
        };
        let source = source.display();
        let inside = format!("{writable} lies in the source directory {source}");
        if !root.literal {
            let message = "and is not written literally: a placeholder or an override names it";
            return Err(format!("{inside} {message}"));
        }
        for (dir, what) in [
            (&mount.document, "mounts it"),
            (&root.document, "declares its fs"),
        ] {
            if !below(&dir.location) {
                let dir = dir.path.display();
                return Err(format!(
                    "{inside}, but not below {dir}, the directory of the document that {what}"
                ));
            }
            if !dir.first && !self.data.contains(&root.location) {
                let message = "is a symbolic link, and is read after the directories";
                return Err(format!("{inside}; the document that {what} {message}"));
            }
        }
        Ok(())
    }
}

fn self_and_above(walk: &Walk) -> Vec<Location> {
    let mut found = vec![walk.location()];
    found.extend(walk.ancestors().unwrap_or_default());
    found
}

/// A scalar's text, regardless of its type.
fn text(node: Option<&Node>) -> Option<&str> {
    match &node?.value {
        Value::Scalar(scalar) => Some(&scalar.text),
        _ => None,
    }
}

fn is_literal(text: &str) -> bool {
    !text.contains("${") && !text.starts_with("file://")
}

/// Whether a mount has `read_only: true` literally, and no `read_only_env`, which would override
/// it.
fn is_literally_read_only(mount: &Node) -> bool {
    let value = mount.get("read_only").map(|node| &node.value);
    mount.get("read_only_env").is_none()
        && matches!(value, Some(Value::Scalar(scalar)) if resolve(scalar) == Resolved::Bool(true))
}
