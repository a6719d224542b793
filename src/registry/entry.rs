//! Entries: what the registry holds.

use super::diagnostic::Diagnostic;
use super::id::Id;
use super::kinds::{FsDirectory, Function, Process};
use super::tree::{Node, Place};

/// One entry of a project.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// Its ID.
    pub id: Id,
    /// Its meta, with the document's meta below it.
    pub meta: Node,
    /// Its configuration as written, `file://` references replaced.
    pub config: Node,
    /// What it is.
    pub kind: Kind,
    /// Where it begins.
    pub place: Place,
}

/// The kinds of entries (contract §2).
#[derive(Clone, Debug, PartialEq)]
pub enum Kind {
    /// `fs.directory`
    FsDirectory(FsDirectory),
    /// `function.wasm`
    FunctionWasm(Function),
    /// `function.wat`
    FunctionWat(Function),
    /// `process.wasm`
    ProcessWasm(Process),
    /// Any other kind: kept and listed, and an error only for what needs it.
    NotRun {
        /// The kind as written.
        kind: String,
        /// The configuration as written; `file://` references are not replaced.
        config: Node,
    },
}

impl Entry {
    /// The kind as written, such as `function.wasm`.
    pub fn kind_name(&self) -> &str {
        match &self.kind {
            Kind::FsDirectory(_) => "fs.directory",
            Kind::FunctionWasm(_) => "function.wasm",
            Kind::FunctionWat(_) => "function.wat",
            Kind::ProcessWasm(_) => "process.wasm",
            Kind::NotRun { kind, .. } => kind,
        }
    }

    /// The function of a `function.*` or `process.wasm` entry.
    pub fn function(&self) -> Option<&Function> {
        match &self.kind {
            Kind::FunctionWasm(function) | Kind::FunctionWat(function) => Some(function),
            Kind::ProcessWasm(process) => Some(&process.function),
            Kind::FsDirectory(_) | Kind::NotRun { .. } => None,
        }
    }

    /// The directory of an `fs.directory` entry.
    pub fn fs_directory(&self) -> Option<&FsDirectory> {
        match &self.kind {
            Kind::FsDirectory(directory) => Some(directory),
            _ => None,
        }
    }

    /// The process of a `process.wasm` entry.
    pub fn process(&self) -> Option<&Process> {
        match &self.kind {
            Kind::ProcessWasm(process) => Some(process),
            _ => None,
        }
    }

    /// Where a field of the configuration stands (`hash`, `wasi.mounts[1].fs`), or the nearest
    /// enclosing value that exists, at last the entry itself.
    pub fn place_of(&self, field: &str) -> &Place {
        let mut path = field;
        loop {
            if let Some(node) = self.config.at(path) {
                return &node.place;
            }
            match path.rfind(['.', '[']).and_then(|end| path.get(..end)) {
                Some(parent) if !parent.is_empty() => path = parent,
                _ => return &self.place,
            }
        }
    }

    /// An error about a field of this entry that was found after loading, such as a wrong hash.
    pub fn mistake(&self, field: &str, message: impl Into<String>) -> Diagnostic {
        Diagnostic::error(message)
            .at(self.place_of(field))
            .of(&self.id)
            .field(field)
    }
}
