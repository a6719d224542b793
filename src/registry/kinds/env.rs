//! `env.variable` and `env.storage.*`: what a project knows of its environment.

use std::path::Path;

use super::directory::octal;
use crate::env::{EnvFile, EnvStorage, EnvVariable};
use crate::id::Id;
use crate::registry::context::Context;
use crate::registry::describe::Shape;
use crate::registry::fields::Fields;
use crate::registry::tree::Node;

const FILE_MODE: u32 = 0o600;
const DIR_MODE: u32 = 0o755;
/// The most storages of a router.
const MAX_STORAGES: usize = 64;

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
            name: name.map(|name| name.value),
            storage: storage?,
            default,
            readonly,
        })
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
