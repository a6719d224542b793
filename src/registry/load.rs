//! Drafts → entries → a linked registry; collects every error on the way.

use std::collections::{BTreeSet, HashMap};
use std::path::Path;
use std::sync::Arc;

use super::diagnostic::{Diagnostic, push_bounded};
use super::document::{Draft, split};
use super::entry::{Entry, Kind};
use super::include::Includes;
use super::index::{InvalidEntry, Registry};
use super::mounts::WritableMounts;
use super::options::LoadOptions;
use super::parse::Parsed;
use super::source::SourceRoot;
use super::tree::{Node, Place};
use crate::env::Environment;
use crate::id::Id;
use crate::trust::PathGuard;

/// The most diagnostics of a project.
const MAX_DIAGNOSTICS: usize = 10_000;

/// The state of loading a project.
pub(crate) struct Loader<'a> {
    pub(super) project_dir: &'a Path,
    pub(super) options: &'a LoadOptions,
    /// False if the YAML belongs to no directory, so that `file://` cannot be resolved.
    pub(super) has_files: bool,
    pub(super) includes: Includes,
    pub(super) slots: Vec<Slot>,
    /// Files that could not be read completely.
    pub(super) unread: Vec<Arc<Path>>,
    /// Entries that the settings disable.
    pub(super) disabled: BTreeSet<Id>,
    /// The first slot of each ID.
    pub(super) by_id: HashMap<Id, usize>,
    /// The slots of variables by their public names.
    pub(super) by_public_name: HashMap<String, usize>,
    /// The variables and storages read so far.
    pub(super) environment: Environment,
    /// The values of variables that were looked up so far.
    pub(super) values: HashMap<usize, Result<Option<String>, String>>,
    /// The depth of nested reads: an entry's placeholder may require another entry to be read.
    pub(super) depth: usize,
    /// The total length of the placeholders' values so far, in bytes.
    pub(super) expanded: usize,
    /// The directories that guests may write through mounts.
    pub(super) mounts: WritableMounts,
    /// Opens paths, and refuses those that pass through a directory that guests may write.
    pub(super) guard: Arc<PathGuard>,
}

/// Diagnostics of a file, or an entry with its diagnostics; slots are in the order of the
/// documents.
#[derive(Clone)]
pub(super) enum Slot {
    Loose(Vec<Diagnostic>),
    Draft(Box<Draft>),
    /// A draft that is being read.
    Reading(Id),
    Entry(Box<Read>),
}

/// An entry after its configuration was read.
#[derive(Clone)]
pub(super) struct Read {
    pub id: Id,
    pub kind: String,
    pub place: Place,
    /// The command's name, even if the rest is invalid.
    pub command: Option<String>,
    pub entry: Option<Entry>,
    /// The configuration as written.
    pub config: Node,
    /// The meta as written.
    pub meta: Node,
    /// Its references with their fields and places, if `entry` is `None`.
    pub references: Vec<(String, Id, Place)>,
    pub diagnostics: Vec<Diagnostic>,
    pub failed: bool,
}

impl<'a> Loader<'a> {
    pub fn new(
        project_dir: &'a Path,
        options: &'a LoadOptions,
        has_files: bool,
        mounts: WritableMounts,
    ) -> Self {
        Self {
            guard: Arc::new(mounts.guard().clone()),
            mounts,
            project_dir,
            options,
            has_files,
            includes: Includes::default(),
            slots: Vec::new(),
            unread: Vec::new(),
            disabled: BTreeSet::new(),
            by_id: HashMap::new(),
            by_public_name: HashMap::new(),
            environment: Environment::new(options.os.clone()),
            values: HashMap::new(),
            depth: 0,
            expanded: 0,
        }
    }

    /// Adds diagnostics that belong to no document.
    pub fn loose(&mut self, diagnostics: Vec<Diagnostic>) {
        self.slots.push(Slot::Loose(diagnostics));
    }

    /// Adds the documents of one file.
    pub fn file(&mut self, parsed: &Parsed, root: &Arc<SourceRoot>) {
        if let Some(error) = &parsed.error {
            self.unread
                .extend(error.place.as_ref().map(|p| p.file.clone()));
            self.loose(vec![error.clone()]);
        }
        for document in &parsed.documents {
            let split = split(document, root, self.options.strict);
            self.loose(split.diagnostics);
            let drafts = split.drafts.into_iter().map(Box::new);
            self.slots.extend(drafts.map(Slot::Draft));
        }
    }

    /// Checks the references between resolved entries and builds the registry.
    pub fn link(mut self) -> (Registry, Vec<Diagnostic>) {
        self.check_duplicates();
        self.check_commands();
        self.check_public_names();
        self.imply();
        self.name_bindings();
        let links = self.check_references();
        self.check_routes();
        self.check_enforced();
        self.check_mounts();
        self.check_paths();
        let mut registry = Registry::default();
        let mut diagnostics = Vec::new();
        let mut environment = Environment::new(self.options.os.clone()).guarded(self.guard.clone());
        for slot in self.slots {
            match slot {
                Slot::Loose(found) => diagnostics.extend(found),
                Slot::Entry(read) => {
                    diagnostics.extend(read.diagnostics.iter().cloned());
                    read.put_into(&mut registry, &mut environment);
                }
                Slot::Draft(_) | Slot::Reading(_) => {}
            }
        }
        registry.connect(links, self.disabled, environment, self.guard);
        bound(&mut diagnostics);
        (registry, diagnostics)
    }

    /// The entries that were read, with their slots.
    pub(super) fn entries(&self) -> impl Iterator<Item = (usize, &Read)> {
        let slots = self.slots.iter().enumerate();
        slots.filter_map(|(i, slot)| match slot {
            Slot::Entry(read) => Some((i, &**read)),
            _ => None,
        })
    }

    /// The well-formed entries, to be changed.
    pub(super) fn entries_mut(&mut self) -> impl Iterator<Item = (usize, &mut Entry)> {
        let slots = self.slots.iter_mut().enumerate();
        slots.filter_map(|(i, slot)| match slot {
            Slot::Entry(read) => Some((i, read.entry.as_mut()?)),
            _ => None,
        })
    }

    /// Adds diagnostics to the entries in the given slots.
    pub(super) fn report(&mut self, found: Vec<(usize, Diagnostic)>) {
        for (i, diagnostic) in found {
            if let Some(Slot::Entry(read)) = self.slots.get_mut(i) {
                read.failed |= diagnostic.is_error();
                push_bounded(&mut read.diagnostics, diagnostic);
            }
        }
    }

    fn check_duplicates(&mut self) {
        let mut first: HashMap<&Id, (usize, &Place)> = HashMap::new();
        let mut found = Vec::new();
        let mut ambiguous = Vec::new();
        for (i, read) in self.entries() {
            let Some((earlier, place)) = first.get(&read.id) else {
                first.insert(&read.id, (i, &read.place));
                continue;
            };
            ambiguous.push(*earlier);
            let message = format!("duplicate entry ID {}: first defined at {place}", read.id);
            found.push((i, Diagnostic::error(message).at(&read.place).of(&read.id)));
        }
        // The ID is ambiguous, so neither entry can be used.
        for i in ambiguous {
            if let Some(Slot::Entry(read)) = self.slots.get_mut(i) {
                read.failed = true;
            }
        }
        self.report(found);
    }

    fn check_commands(&mut self) {
        let name = |read: &'_ Read| read.command.clone();
        self.check_unique("command name", "meta.command.name", name);
    }

    fn check_public_names(&mut self) {
        let name = |read: &'_ Read| {
            let Kind::EnvVariable(variable) = &read.entry.as_ref()?.kind else {
                return None;
            };
            variable.name.clone()
        };
        self.check_unique("variable name", "variable", name);
    }

    fn check_unique(&mut self, what: &str, field: &str, name: impl Fn(&Read) -> Option<String>) {
        let mut first: HashMap<String, &Read> = HashMap::new();
        let mut found = Vec::new();
        for (i, read) in self.entries() {
            let Some(name) = name(read) else { continue };
            let Some(before) = first.get(&name) else {
                first.insert(name, read);
                continue;
            };
            if before.id == read.id {
                continue;
            }
            let message = format!(
                "{what} {name:?} is not unique: {} at {} has it",
                before.id, before.place
            );
            let place = read.entry.as_ref().map(|entry| entry.place_of(field));
            let error = Diagnostic::error(message).at(place.unwrap_or(&read.place));
            found.push((i, error.of(&read.id).field(field)));
        }
        self.report(found);
    }
}

impl Read {
    fn put_into(self, registry: &mut Registry, environment: &mut Environment) {
        if let Some(name) = self.command {
            registry.add_command(name, self.id.clone());
        }
        let errors = self.diagnostics.into_iter().filter(Diagnostic::is_error);
        match self.entry {
            Some(entry) if !self.failed => {
                know(environment, &entry);
                registry.add(entry);
            }
            _ => {
                let invalid = InvalidEntry {
                    kind: self.kind,
                    config: self.config,
                    meta: self.meta,
                    errors: errors.collect(),
                    entry: self.entry.map(Arc::new),
                };
                registry.add_invalid(self.id, invalid);
            }
        }
    }
}

/// Adds an entry to the environment, if it belongs there.
pub(super) fn know(environment: &mut Environment, entry: &Entry) {
    if let Kind::EnvVariable(variable) = &entry.kind {
        environment.add_variable(entry.id.clone(), variable.clone());
    }
    if let Kind::EnvStorage(storage) = &entry.kind {
        environment.add_storage(entry.id.clone(), storage.clone());
    }
}

/// The command name that an entry declares.
pub(super) fn claimed_command(kind: &str, meta: &Node) -> Option<String> {
    let name = meta.at("command.name").and_then(Node::as_str)?;
    (kind == "process.wasm").then(|| name.to_owned())
}

/// Keeps the list of diagnostics within its bound, errors before warnings.
fn bound(diagnostics: &mut Vec<Diagnostic>) {
    if diagnostics.len() <= MAX_DIAGNOSTICS {
        return;
    }
    let dropped = diagnostics.len() - MAX_DIAGNOSTICS;
    let errors = diagnostics.iter().filter(|d| d.is_error()).count();
    let (mut errors_left, mut warnings_left) =
        (MAX_DIAGNOSTICS, MAX_DIAGNOSTICS.saturating_sub(errors));
    diagnostics.retain(|diagnostic| {
        let left = if diagnostic.is_error() {
            &mut errors_left
        } else {
            &mut warnings_left
        };
        let keep = *left > 0;
        *left = left.saturating_sub(1);
        keep
    });
    let message = format!("{dropped} more mistakes and warnings are not shown");
    let more = if errors > MAX_DIAGNOSTICS {
        Diagnostic::error(message)
    } else {
        Diagnostic::warning(message)
    };
    diagnostics.push(more);
}
