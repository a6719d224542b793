//! `env.variable` and `env.storage.*`: what a project knows of its environment.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::directory::octal;
use crate::registry::describe::Shape;
use crate::registry::fields::{Context, Fields};
use crate::registry::id::Id;
use crate::registry::tree::{Node, Spanned};

const FILE_MODE: u32 = 0o600;
const DIR_MODE: u32 = 0o755;
/// The most storages of a router.
const MAX_STORAGES: usize = 64;

/// An `env.variable` entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EnvVariable {
    /// `variable`: the public name, if it has one.
    pub name: Option<Spanned<String>>,
    /// Where its value is kept.
    pub storage: Id,
    /// Its value where the storage has none.
    pub default: Option<String>,
    /// It is not to be written.
    pub readonly: bool,
}

/// An `env.storage.*` entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EnvStorage {
    /// `env.storage.memory`: empty at start.
    Memory,
    /// `env.storage.os`: the environment of this program.
    Os,
    /// `env.storage.static`: values that the entry itself holds.
    Static(BTreeMap<String, String>),
    /// `env.storage.file`: a file of `KEY=VALUE` lines.
    File(EnvFile),
    /// `env.storage.router`: other storages in order; the first that has the key wins.
    Router(Vec<Id>),
}

/// The file of an `env.storage.file` entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EnvFile {
    /// `file_path`, relative to the working directory if the project's path was.
    pub path: PathBuf,
    /// A missing file is made, empty, when it is first read.
    pub auto_create: bool,
    /// The permission bits of a file that is made.
    pub file_mode: u32,
    /// The permission bits of directories that are made.
    pub dir_mode: u32,
}

impl EnvVariable {
    pub(crate) fn decode(fields: &mut Fields<'_>, cx: &mut Context<'_>) -> Option<Self> {
        let name = fields.string("variable", cx);
        let name = name.filter(|name| !name.value.is_empty());
        if let Some(name) = &name
            && !is_public_name(&name.value)
        {
            let found = &name.value;
            let message = format!("expected letters, digits and underscores, found {found:?}");
            cx.error(&name.place, "variable", message);
        }
        let storage = fields.required("storage", "storage is required", cx);
        let storage = storage.and_then(|storage| cx.reference(&storage, "storage"));
        let default = fields.text("default", cx);
        let readonly = fields.flag("readonly", cx);
        Some(Self {
            name,
            storage: storage?,
            default,
            readonly,
        })
    }

    /// The key in its storage: the public name, else the entry's ID.
    pub fn key(&self, id: &Id) -> String {
        match &self.name {
            Some(name) => name.value.clone(),
            None => id.to_string(),
        }
    }
}

impl EnvStorage {
    /// Reads a storage of the given kind. Paths are relative to `project_dir`.
    pub(crate) fn decode(
        kind: &str,
        fields: &mut Fields<'_>,
        project_dir: &Path,
        cx: &mut Context<'_>,
    ) -> Option<Self> {
        match kind {
            "env.storage.os" => Some(Self::Os),
            "env.storage.static" => Some(Self::Static(fields.texts("values", cx))),
            "env.storage.file" => EnvFile::decode(fields, project_dir, cx).map(Self::File),
            "env.storage.router" => router(fields, cx).map(Self::Router),
            _ => Some(Self::Memory),
        }
    }

    /// The kind of its entry.
    pub fn kind_name(&self) -> &'static str {
        match self {
            Self::Memory => "env.storage.memory",
            Self::Os => "env.storage.os",
            Self::Static(_) => "env.storage.static",
            Self::File(_) => "env.storage.file",
            Self::Router(_) => "env.storage.router",
        }
    }
}

impl EnvFile {
    fn decode(fields: &mut Fields<'_>, project_dir: &Path, cx: &mut Context<'_>) -> Option<Self> {
        let path = fields.required("file_path", "file_path is required", cx);
        let auto_create = fields.flag("auto_create", cx);
        let file_mode = octal(fields, "file_mode", cx).unwrap_or(FILE_MODE);
        let dir_mode = octal(fields, "dir_mode", cx).unwrap_or(DIR_MODE);
        Some(Self {
            path: project_dir.join(path?.value),
            auto_create,
            file_mode,
            dir_mode,
        })
    }
}

fn router(fields: &mut Fields<'_>, cx: &mut Context<'_>) -> Option<Vec<Id>> {
    let node = fields.node("storages", Shape::Strings, cx);
    let is_empty = |node: &Node| node.as_sequence().is_some_and(<[_]>::is_empty);
    if node.is_none_or(is_empty) {
        cx.describe("storages".into(), Shape::Strings, true);
        cx.error(fields.place, "storages", "storages is required");
        return None;
    }
    let storages = fields.strings("storages", cx)?;
    if storages.len() > MAX_STORAGES {
        let message = format!("a router has at most {MAX_STORAGES} storages");
        cx.error(fields.place, "storages", message);
        return None;
    }
    let mut read = Vec::new();
    for (i, storage) in storages.iter().enumerate() {
        read.extend(cx.reference(storage, &format!("storages[{i}]")));
    }
    Some(read)
}

fn is_public_name(name: &str) -> bool {
    name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}
