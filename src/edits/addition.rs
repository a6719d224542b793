//! A module's entry in a project that is there already.

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};

use super::file_replacement::replace_file;
use crate::host::PACKAGES;
use crate::io_reason::io_reason;
use crate::module::{ModuleError, describe, fs_entry, to_binary};
use crate::registry::{
    EditError, Entry, Function, Id, Loaded, Registry, Source, append_entries, namespace_of,
};

/// The file that new entries go to.
const DOCUMENT: &str = "_index.yaml";
/// The name of the filesystem entry that is made where none holds the module.
const MODULES: &str = "modules";

/// The entry of a module, with a filesystem entry where the project has none that holds it.
///
/// ```
/// use wippy::project::{LoadOptions, addition, load, new_project};
///
/// # let dir = tempfile::tempdir()?;
/// new_project(dir.path())?;
/// let file = dir.path().join("five.wat");
/// std::fs::write(&file, r#"(module (func (export "five") (result i32) i32.const 5))"#)?;
/// let loaded = load(dir.path(), &LoadOptions::default());
/// let addition = addition(&loaded, &file, None, None)?;
/// assert_eq!(addition.id.to_string(), "app:five");
/// addition.write()?;
///
/// let loaded = load(dir.path(), &LoadOptions::default());
/// assert!(loaded.registry.get(&addition.id).is_some());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Addition {
    /// The entry's ID.
    pub id: Id,
    /// The document that it goes to.
    pub document: PathBuf,
    /// The lines, as items of a list.
    pub lines: String,
    /// The entry that has the same module and function already, unless a name was chosen.
    present: Option<Id>,
}

/// Why there is no entry.
///
/// ```
/// use wippy::project::{AddError, LoadOptions, addition, load, new_project};
///
/// # let dir = tempfile::tempdir()?;
/// new_project(dir.path())?;
/// let loaded = load(dir.path(), &LoadOptions::default());
/// let refused = addition(&loaded, &dir.path().join("absent.wasm"), None, None);
/// assert!(matches!(refused, Err(AddError::Io { .. })));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, thiserror::Error)]
pub enum AddError {
    /// The file or the document cannot be read or written.
    #[error("{}: {}", .path.display(), io_reason(.error, "file"))]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        error: std::io::Error,
    },
    /// The file is no module, or its function has to be named.
    #[error("{}: {error}", .path.display())]
    Module {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        error: ModuleError,
    },
    /// The file is text, which documents include from their source directory only.
    #[error(
        "{}: a module as text has to lie in the project's source directory, {}: entries include \
         files from there only",
        .path.display(), absolute(.source_dir).display()
    )]
    Outside {
        /// The file.
        path: PathBuf,
        /// The source directory.
        source_dir: PathBuf,
    },
    /// An entry has this module and this function already.
    #[error("{0} is there already, with this module and function; --name adds another")]
    Present(Id),
    /// There is no project to add it to.
    #[error("no project in {}: 'wippy new DIR' writes one", absolute(.0).display())]
    NoProject(PathBuf),
    /// The name is taken.
    #[error("{0} is there already")]
    Taken(Id),
    /// The document cannot be changed line by line.
    #[error("{}: {error}", .path.display())]
    Document {
        /// The document.
        path: PathBuf,
        /// Why.
        error: EditError,
    },
}

/// Makes the entry of a module's file, binary or text. Without a name it has the file's; without a method it is the
/// command, or else the only function. Compiles the module; blocks.
///
/// # Errors
/// `Io`, `Module`, `NoProject`, `Outside` and `Taken`.
pub fn addition(
    loaded: &Loaded,
    file: &Path,
    name: Option<&str>,
    method: Option<&str>,
) -> Result<Addition, AddError> {
    let io = |error| AddError::Io {
        path: file.to_owned(),
        error,
    };
    let wrong = |error| AddError::Module {
        path: file.to_owned(),
        error,
    };
    let mut bytes = fs::read(file).map_err(io)?;
    let bytes_as_written = bytes.clone();
    let is_text = !bytes.starts_with(b"\0") && str::from_utf8(&bytes).is_ok();
    if is_text {
        bytes = to_binary(&String::from_utf8_lossy(&bytes)).map_err(wrong)?;
    }
    let described = describe(&bytes, None, &PACKAGES).map_err(wrong)?;
    let method = described
        .method(method.unwrap_or_default())
        .map_err(wrong)?;
    let file = file.canonicalize().map_err(io)?;
    let document = loaded.source_dir.join(DOCUMENT);
    let namespace = fs::read_to_string(&document).ok();
    let namespace = namespace.and_then(|text| namespace_of(&text));
    let namespace = namespace.unwrap_or_else(|| "app".to_owned());
    let registry = &loaded.registry;

    let stem = file.file_stem().unwrap_or_default().to_string_lossy();
    let id = match name {
        Some(name) => Id::new(&*namespace, name),
        None => free(registry, &namespace, &stem),
    };
    let present = match name {
        Some(_) => None,
        None => present(registry, &file, &bytes_as_written, &method),
    };
    if is_taken(registry, &id) {
        return Err(AddError::Taken(id));
    }
    let mut lines = String::new();
    if is_text && loaded.is_missing {
        return Err(AddError::NoProject(loaded.project_dir.clone()));
    }
    if is_text {
        let outside = || AddError::Outside {
            path: file.clone(),
            source_dir: loaded.source_dir.clone(),
        };
        let root = loaded.source_dir.canonicalize().map_err(|_| outside())?;
        let path = file.strip_prefix(root).map_err(|_| outside())?;
        let source = format!("file:///{}", path.display());
        lines = described.text_entry(&id.name, &source, &method);
        return Ok(Addition {
            id,
            document,
            lines,
            present,
        });
    }
    let (fs, path) = match holder(registry, &file) {
        Some((entry, path)) => (reference(&entry.id, &namespace), path),
        None => {
            let fs = free(registry, &namespace, MODULES);
            let directory = file.parent().unwrap_or(Path::new("/"));
            lines = fs_entry(&fs.name, &shown(directory, &loaded.project_dir));
            let path = file.file_name().unwrap_or_default();
            (fs.name, PathBuf::from(path))
        }
    };
    let path = format!("/{}", path.display());
    lines.push_str(&described.entry(&id.name, &fs, &path, &method));
    Ok(Addition {
        id,
        document,
        lines,
        present,
    })
}

impl Addition {
    /// Appends it to the document; the rest of that stays as it is. Blocks.
    ///
    /// # Errors
    /// `Present` where an entry of the project is the same; `Io` and `Document`.
    pub fn write(&self) -> Result<(), AddError> {
        if let Some(present) = &self.present {
            return Err(AddError::Present(present.clone()));
        }
        let path = self.document.clone();
        let old = fs::read_to_string(&path);
        let old = old.map_err(|error| AddError::Io {
            path: path.clone(),
            error,
        })?;
        let new = append_entries(&old, &self.lines);
        let new = new.map_err(|error| AddError::Document {
            path: path.clone(),
            error,
        })?;
        replace_file(&path, &old, &new).map_err(|error| AddError::Io { path, error })
    }
}

/// The entry that has this module, by its file or its text, and this function.
fn present(registry: &Registry, file: &Path, text: &[u8], method: &str) -> Option<Id> {
    let is_same = |function: &Function| match &function.source {
        Source::File { fs, path, .. } => {
            let directory = registry.get(fs).and_then(|fs| fs.fs_directory());
            let path = directory.map(|it| it.directory.join(path.trim_start_matches('/')));
            path.and_then(|path| path.canonicalize().ok())
                .is_some_and(|path| path == file)
        }
        Source::Text(source) => source.as_bytes() == text,
        Source::Bytes(_) => false,
    };
    let mut functions = registry
        .entries()
        .filter_map(|it| Some((it, it.function()?)));
    let found = functions.find(|(_, it)| it.method == method && is_same(it));
    found.map(|(entry, _)| entry.id.clone())
}

/// A directory with its place in the file system, as far as that is known.
fn absolute(directory: &Path) -> PathBuf {
    let directory = match directory.as_os_str().is_empty() {
        true => Path::new("."),
        false => directory,
    };
    directory
        .canonicalize()
        .unwrap_or_else(|_| directory.to_owned())
}

fn is_taken(registry: &Registry, id: &Id) -> bool {
    registry.get(id).is_some() || registry.invalid_entries().any(|(invalid, _)| invalid == id)
}

/// An ID that no entry has, of this name or with a number behind it.
fn free(registry: &Registry, namespace: &str, name: &str) -> Id {
    let mut id = Id::new(namespace, name);
    let mut number = 2u64;
    while is_taken(registry, &id) {
        id.name = format!("{name}-{number}");
        number += 1;
    }
    id
}

/// The filesystem entry that holds a file most closely, and the path within it. What guests can
/// write to is none: modules do not belong there.
fn holder<'a>(registry: &'a Registry, file: &Path) -> Option<(&'a Entry, PathBuf)> {
    let mounts = registry.entries().filter_map(|entry| entry.function());
    let mounts = mounts.flat_map(|function| &function.wasi.mounts);
    let writable = mounts
        .filter(|mount| !mount.read_only)
        .map(|mount| &mount.fs);
    let writable: HashSet<&Id> = writable.collect();
    let holders = registry.entries().filter_map(|entry| {
        let directory = entry.fs_directory().filter(|fs| fs.mode.read)?;
        let directory = directory.directory.canonicalize().ok()?;
        let path = file.strip_prefix(directory).ok()?;
        (!writable.contains(&entry.id)).then(|| (&**entry, path.to_owned()))
    });
    holders.min_by_key(|(_, path)| path.components().count())
}

fn reference(id: &Id, namespace: &str) -> String {
    match id.namespace == namespace {
        true => id.name.clone(),
        false => id.to_string(),
    }
}

/// A directory as an entry writes it: from the project's where it lies below that.
fn shown(directory: &Path, project_dir: &Path) -> String {
    let project = match project_dir.as_os_str().is_empty() {
        true => Path::new("."),
        false => project_dir,
    };
    let project = project.canonicalize().unwrap_or_default();
    match directory.strip_prefix(&project) {
        Ok(inside) if inside.as_os_str().is_empty() => ".".to_owned(),
        Ok(inside) => inside.display().to_string(),
        Err(_) => directory.display().to_string(),
    }
}
