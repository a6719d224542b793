//! `wippy.lock`: where a project's own source is, and the modules that belong to it.

use std::collections::HashSet;
use std::path::{Component, Path, PathBuf};

use super::diagnostic::Diagnostic;
use super::source::{ControlFile, SourceRoot, read, src_or_itself};
use super::tree::Node;
use crate::trust::{Base, normalize};

/// The name of a project's lock file.
pub const LOCK_FILE: &str = "wippy.lock";
const MODULES: &str = ".wippy";

/// What a lock file says.
#[derive(Debug, Default)]
pub(crate) struct Lock {
    /// `directories.src`
    pub source_dir: Option<PathBuf>,
    /// `directories.modules`, or where modules are without it.
    pub modules_dir: PathBuf,
    /// Replacements, then modules.
    pub roots: Vec<SourceRoot>,
    /// Each directory that would be one of them, or the source of one, if it were there.
    pub future: Vec<PathBuf>,
    /// The file itself, where there is one.
    pub file: Option<ControlFile>,
}

/// Reads the lock file of a project; one that is not there says nothing.
pub(crate) fn read_lock(project_dir: &Path, base: &Base, found: &mut Vec<Diagnostic>) -> Lock {
    let mut lock = Lock {
        modules_dir: project_dir.join(MODULES),
        ..Lock::default()
    };
    let path = project_dir.join(LOCK_FILE);
    if !path.exists() {
        return lock;
    }
    let (parsed, file) = read("the lock file", &path, base);
    lock.file = Some(file);
    found.extend(parsed.error);
    let Some(document) = parsed.documents.first() else {
        return lock;
    };
    lock.source_dir = source_dir(document, project_dir, found);
    if let Some((name, _)) = string(document, "directories.modules", "", found) {
        lock.modules_dir = below(project_dir, name);
    }
    let mut replaced = HashSet::new();
    for (i, item) in list(document, "replacements", found) {
        let field = format!("replacements[{i}].");
        let from = string(item, "from", &field, found);
        let Some((to, place)) = string(item, "to", &field, found) else {
            if item.get("to").is_none() {
                let error = Diagnostic::error("replacements[].to is required");
                found.push(error.at(&item.place).field(format!("replacements[{i}]")));
            }
            continue;
        };
        replaced.extend(from.map(|(name, _)| name));
        let dir = below(project_dir, to);
        if dir.is_dir() {
            let root = root(dir, &mut lock.future);
            lock.roots.push(root);
        } else {
            lock.future.push(dir);
            let message = format!("the directory {to:?} of a replacement does not exist");
            let warning = Diagnostic::warning(message).at(&place.place);
            found.push(warning.field(format!("{field}to")));
        }
    }
    for (i, item) in list(document, "modules", found) {
        let field = format!("modules[{i}].");
        let Some((name, place)) = string(item, "name", &field, found) else {
            continue;
        };
        if replaced.contains(name) {
            continue;
        }
        let plain = |c: Component<'_>| matches!(c, Component::Normal(_));
        let dirs = match Path::new(name).components().all(plain) {
            true => vec![
                lock.modules_dir.join(name),
                lock.modules_dir.join("vendor").join(name),
            ],
            false => Vec::new(),
        };
        let dir = dirs.iter().find(|dir| dir.is_dir()).cloned();
        // Whichever of them comes to be there is read from then on.
        lock.future.extend(dirs);
        match dir {
            Some(dir) => {
                let root = root(dir, &mut lock.future);
                lock.roots.push(root);
            }
            None => {
                let message = format!("the module {name:?} is not there");
                let hint = format!(
                    "its entries are missing; looked in {}",
                    lock.modules_dir.display()
                );
                let warning = Diagnostic::warning(message).hint(hint);
                found.push(warning.at(&place.place).field(format!("{field}name")));
            }
        }
    }
    lock
}

fn source_dir(document: &Node, project_dir: &Path, found: &mut Vec<Diagnostic>) -> Option<PathBuf> {
    let (name, node) = string(document, "directories.src", "", found)?;
    let dir = below(project_dir, name);
    if !dir.is_dir() {
        let message = format!("the source directory {name:?} does not exist");
        let error = Diagnostic::error(message).at(&node.place);
        found.push(error.field("directories.src"));
    }
    Some(dir)
}

/// A module's directory, or its `src/`.
fn root(module_dir: PathBuf, future: &mut Vec<PathBuf>) -> SourceRoot {
    SourceRoot {
        source_dir: src_or_itself(&module_dir, future),
        module_dir,
    }
}

fn below(project_dir: &Path, name: &str) -> PathBuf {
    let dir = normalize(&project_dir.join(name));
    match dir.as_os_str().is_empty() {
        true => PathBuf::from("."),
        false => dir,
    }
}

fn string<'a>(
    node: &'a Node,
    path: &str,
    prefix: &str,
    found: &mut Vec<Diagnostic>,
) -> Option<(&'a str, &'a Node)> {
    let node = node.at(path).filter(|node| !node.is_null())?;
    let Some(text) = node.as_str() else {
        let message = format!("expected a string, found {}", node.describe());
        let error = Diagnostic::error(message).at(&node.place);
        found.push(error.field(format!("{prefix}{path}")));
        return None;
    };
    Some((text, node))
}

fn list<'a>(
    document: &'a Node,
    name: &str,
    found: &mut Vec<Diagnostic>,
) -> impl Iterator<Item = (usize, &'a Node)> + use<'a> {
    let node = document.get(name).filter(|node| !node.is_null());
    let items = node.and_then(Node::as_sequence);
    if let (Some(node), None) = (node, items) {
        let message = format!("expected a list, found {}", node.describe());
        found.push(Diagnostic::error(message).at(&node.place).field(name));
    }
    items.unwrap_or_default().iter().enumerate()
}
