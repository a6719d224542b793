//! Entries: what the registry holds.

use std::path::Path;

use super::diagnostic::Diagnostic;
use super::kinds::{
    FsDirectory, Function, HttpEndpoint, HttpRouter, HttpService, Lifecycle, Process,
    ProcessService,
};
use super::tree::COMMAND_LINE;
use super::tree::{Node, Place};
use crate::env::{EnvStorage, EnvVariable};
use crate::id::Id;

/// One entry of a project.
///
/// ```
/// use wippy::project::{LoadOptions, from_yaml};
///
/// let yaml = r#"
/// version: "1.0"
/// namespace: app
/// entries:
///   - {name: one, kind: function.wat, method: one, source: '(module (func (export "one")))'}
/// "#;
/// let registry = from_yaml(yaml, None, &LoadOptions::default()).registry;
/// let entry = registry.resolve("one")?;
/// assert_eq!(entry.id.to_string(), "app:one");
/// assert_eq!(entry.kind_name(), "function.wat");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// Its ID.
    pub id: Id,
    /// Its meta as written and overridden, with the document's meta below it.
    pub meta: Node,
    /// Its configuration as written and overridden. Neither `file://` references nor
    /// placeholders, which may stand for secrets, are replaced here; they are in `kind`.
    pub config: Node,
    /// What it is.
    pub kind: Kind,
    /// When it is started, and what happens when it ends.
    pub lifecycle: Lifecycle,
    /// Where it begins.
    pub place: Place,
}

/// The kinds of entries: `docs/entries.md`.
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
    /// `process.service`
    ProcessService(ProcessService),
    /// `process.host`; its configuration has no effect.
    ProcessHost(Node),
    /// `terminal.host`; its configuration has no effect.
    TerminalHost(Node),
    /// `env.variable`
    EnvVariable(EnvVariable),
    /// `env.storage.*`
    EnvStorage(EnvStorage),
    /// `http.service`
    HttpService(HttpService),
    /// `http.router`
    HttpRouter(HttpRouter),
    /// `http.endpoint`
    HttpEndpoint(HttpEndpoint),
    /// `registry.entry` and `ns.*`: data, kept as written.
    Data {
        /// The kind as written.
        kind: String,
        /// The configuration as written.
        config: Node,
    },
    /// Any other kind: kept and listed, and an error only for what needs it.
    NotRun {
        /// The kind as written.
        kind: String,
        /// The configuration as written; `file://` references are not replaced.
        config: Node,
    },
}

impl Kind {
    /// True for entries that are kept and listed only, because their kind is not run here.
    pub fn is_not_run(&self) -> bool {
        matches!(self, Kind::NotRun { .. })
    }
}

impl Entry {
    /// The kind as written, such as `function.wasm`.
    pub fn kind_name(&self) -> &str {
        match &self.kind {
            Kind::FsDirectory(_) => "fs.directory",
            Kind::FunctionWasm(_) => "function.wasm",
            Kind::FunctionWat(_) => "function.wat",
            Kind::ProcessWasm(_) => "process.wasm",
            Kind::ProcessService(_) => "process.service",
            Kind::ProcessHost(_) => "process.host",
            Kind::TerminalHost(_) => "terminal.host",
            Kind::EnvVariable(_) => "env.variable",
            Kind::EnvStorage(storage) => storage.kind_name(),
            Kind::HttpService(_) => "http.service",
            Kind::HttpRouter(_) => "http.router",
            Kind::HttpEndpoint(_) => "http.endpoint",
            Kind::Data { kind, .. } | Kind::NotRun { kind, .. } => kind,
        }
    }

    /// Whether it was written on the command line rather than in YAML.
    pub fn is_of_command_line(&self) -> bool {
        *self.place.file == *Path::new(COMMAND_LINE)
    }

    /// The function of a `function.*` or `process.wasm` entry.
    pub fn function(&self) -> Option<&Function> {
        match &self.kind {
            Kind::FunctionWasm(function) | Kind::FunctionWat(function) => Some(function),
            Kind::ProcessWasm(process) => Some(&process.function),
            Kind::FsDirectory(_)
            | Kind::ProcessService(_)
            | Kind::ProcessHost(_)
            | Kind::TerminalHost(_)
            | Kind::EnvVariable(_)
            | Kind::EnvStorage(_)
            | Kind::HttpService(_)
            | Kind::HttpRouter(_)
            | Kind::HttpEndpoint(_)
            | Kind::Data { .. }
            | Kind::NotRun { .. } => None,
        }
    }

    /// The same, to be changed.
    pub(crate) fn function_mut(&mut self) -> Option<&mut Function> {
        match &mut self.kind {
            Kind::FunctionWasm(function) | Kind::FunctionWat(function) => Some(function),
            Kind::ProcessWasm(process) => Some(&mut process.function),
            Kind::FsDirectory(_)
            | Kind::ProcessService(_)
            | Kind::ProcessHost(_)
            | Kind::TerminalHost(_)
            | Kind::EnvVariable(_)
            | Kind::EnvStorage(_)
            | Kind::HttpService(_)
            | Kind::HttpRouter(_)
            | Kind::HttpEndpoint(_)
            | Kind::Data { .. }
            | Kind::NotRun { .. } => None,
        }
    }

    /// The directory of an `fs.directory` entry.
    pub fn fs_directory(&self) -> Option<&FsDirectory> {
        let Kind::FsDirectory(directory) = &self.kind else {
            return None;
        };
        Some(directory)
    }

    /// The process of a `process.wasm` entry.
    pub fn process(&self) -> Option<&Process> {
        let Kind::ProcessWasm(process) = &self.kind else {
            return None;
        };
        Some(process)
    }

    /// Where a field stands (`hash`, `wasi.mounts[1].fs`, `meta.router`), or the nearest
    /// enclosing value that exists, at last the entry itself.
    pub fn place_of(&self, field: &str) -> &Place {
        let mut path = field;
        loop {
            let found = match path.strip_prefix("meta.") {
                Some(path) => self.meta.at(path),
                None => self.config.at(path),
            };
            if let Some(node) = found {
                return &node.place;
            }
            match path.rfind(['.', '[']).and_then(|end| path.get(..end)) {
                Some(parent) if !parent.is_empty() => path = parent,
                _ => return &self.place,
            }
        }
    }

    /// An error about a field of this entry that was found after loading, such as a wrong hash.
    pub fn error_at(&self, field: &str, message: impl Into<String>) -> Diagnostic {
        Diagnostic::error(message)
            .at(self.place_of(field))
            .of(&self.id)
            .field(field)
    }
}
