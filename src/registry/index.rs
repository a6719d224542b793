//! The registry: a project's entries by ID, by name and by command.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, btree_map};
use std::path::Path;
use std::sync::Arc;

use super::diagnostic::Diagnostic;
use super::entry::{Entry, Kind};
use super::kinds::{Command, with_article};
use super::tree::Node;
use crate::env::Environment;
use crate::id::Id;
use crate::nearest::nearest;
use crate::trust::{PathGuard, Walk, WritableDir};

/// The entries of a project, in the order of its files.
///
/// ```
/// use wippy::project::{Id, LoadOptions, from_yaml};
///
/// let yaml = r#"
/// version: "1.0"
/// namespace: app
/// entries:
///   - {name: one, kind: function.wat, method: one, source: '(module (func (export "one")))'}
/// "#;
/// let registry = from_yaml(yaml, None, &LoadOptions::default()).registry;
/// assert_eq!(registry.entries().len(), 1);
/// assert!(registry.get(&Id::new("app", "one")).is_some());
/// assert!(registry.resolve("on").is_err());
/// ```
#[derive(Clone, Debug, Default)]
pub struct Registry {
    entries: Vec<Arc<Entry>>,
    by_id: HashMap<Id, usize>,
    by_name: HashMap<String, Vec<Id>>,
    commands: BTreeMap<String, Id>,
    invalid: BTreeMap<Id, InvalidEntry>,
    /// Further entries with the IDs of `invalid`.
    duplicates: Vec<(Id, InvalidEntry)>,
    /// Entries that the settings disable.
    disabled: BTreeSet<Id>,
    links: Links,
    environment: Environment,
    guard: Arc<PathGuard>,
}

/// The links between well-formed entries.
#[derive(Clone, Debug, Default)]
pub(crate) struct Links {
    /// The known entries that an entry needs.
    pub needs: HashMap<Id, Vec<Id>>,
    /// For entries that refer to kinds that are not run here: the diagnostics of those references.
    pub not_run: HashMap<Id, Vec<Diagnostic>>,
}

/// An entry that could not be read, or that must not be used.
#[derive(Clone, Debug)]
pub struct InvalidEntry {
    /// Its kind as written.
    pub kind: String,
    /// Its configuration as written.
    pub config: Node,
    /// Its meta as written.
    pub(crate) meta: Node,
    /// Its errors.
    pub errors: Vec<Diagnostic>,
    /// What was read of it, where its own fields are as they should be.
    pub(crate) entry: Option<Arc<Entry>>,
}

/// Why a lookup gave no entry.
#[derive(Clone, Debug, thiserror::Error)]
pub enum LookupError {
    /// No entry has the ID or name.
    #[error("entry {name:?} not found{}", did_you_mean(.nearest))]
    Unknown {
        /// What was asked for.
        name: String,
        /// The ID that was probably meant.
        nearest: Option<Id>,
    },
    /// Entries of several namespaces have the name.
    #[error("entry name {name:?} is ambiguous: {}", list(.candidates))]
    Ambiguous {
        /// What was asked for.
        name: String,
        /// The entries that have it.
        candidates: Vec<Id>,
    },
    /// No command has the name.
    #[error(
        "command {name:?} not found. Use 'wippy run list' to see available commands{}",
        in_parentheses(.hint)
    )]
    UnknownCommand {
        /// What was asked for.
        name: String,
        /// What was probably meant: another command, or an entry of that name and how to use it.
        hint: Option<String>,
    },
    /// The entry is no terminal host.
    #[error("{id} is no terminal.host")]
    NoTerminalHost {
        /// What was asked for.
        id: Id,
    },
    /// The project has several terminal hosts, and none was named.
    #[error("several terminal hosts: {}; choose one with --host", list(.candidates))]
    SeveralHosts {
        /// The hosts.
        candidates: Vec<Id>,
    },
    /// The entry, or one that it needs, has errors.
    #[error("{}", lines(.errors))]
    Invalid {
        /// The entry.
        id: Id,
        /// The errors; at least one.
        errors: Vec<Diagnostic>,
    },
    /// The entry, or one that it needs, refers to a kind that is not run here.
    #[error("{id} is not run here: {}", without_places(.reasons))]
    NotRun {
        /// The entry.
        id: Id,
        /// The references that lead there; at least one.
        reasons: Vec<Diagnostic>,
    },
}

fn did_you_mean(nearest: &Option<Id>) -> String {
    nearest
        .as_ref()
        .map_or_else(String::new, |id| format!(" (did you mean {id}?)"))
}

fn in_parentheses(hint: &Option<String>) -> String {
    hint.as_ref()
        .map_or_else(String::new, |hint| format!(" ({hint})"))
}

fn list(ids: &[Id]) -> String {
    let ids: Vec<_> = ids.iter().map(Id::to_string).collect();
    ids.join(", ")
}

fn lines(errors: &[Diagnostic]) -> String {
    let lines: Vec<_> = errors.iter().map(Diagnostic::to_string).collect();
    lines.join("\n")
}

/// `entry: field: message` of each.
fn without_places(reasons: &[Diagnostic]) -> String {
    let parts = |reason: &Diagnostic| {
        let entry = reason.entry.as_ref().map(Id::to_string);
        let parts = [entry, reason.field.clone(), Some(reason.message.clone())];
        parts.into_iter().flatten().collect::<Vec<_>>().join(": ")
    };
    let reasons: Vec<_> = reasons.iter().map(parts).collect();
    reasons.join("; ")
}

impl Registry {
    /// The well-formed entry with this ID. What it needs may still be invalid: see
    /// [`Registry::errors_of`].
    pub fn get(&self, id: &Id) -> Option<&Arc<Entry>> {
        self.by_id.get(id).and_then(|i| self.entries.get(*i))
    }

    /// All well-formed entries in the order of the files and within them.
    pub fn entries(&self) -> impl ExactSizeIterator<Item = &Arc<Entry>> {
        self.entries.iter()
    }

    /// The entries that cannot be used, by ID.
    pub fn invalid_entries(&self) -> impl ExactSizeIterator<Item = (&Id, &InvalidEntry)> {
        self.invalid.iter()
    }

    /// All entries that cannot be used: also those that have one ID.
    pub(super) fn all_invalid(&self) -> impl Iterator<Item = (&Id, &InvalidEntry)> {
        let duplicates = self.duplicates.iter();
        let duplicates = duplicates.map(|(id, invalid)| (id, invalid));
        self.invalid.iter().chain(duplicates)
    }

    /// Whether the settings disable an entry.
    pub(super) fn is_disabled(&self, id: &Id) -> bool {
        self.disabled.contains(id)
    }

    /// The variables and storages of the project.
    pub fn environment(&self) -> &Environment {
        &self.environment
    }

    /// The gate through which the project's paths are opened; it knows what guests may write.
    pub(crate) fn guard(&self) -> &Arc<PathGuard> {
        &self.guard
    }

    /// The errors that make an entry unusable: its own and those of the entries that it needs.
    /// Empty if it can be used.
    pub fn errors_of(&self, id: &Id) -> Vec<&Diagnostic> {
        let mut found = Vec::new();
        for id in self.with_dependencies(id) {
            let own = self.invalid.get(id).map(|invalid| &invalid.errors);
            found.extend(own.into_iter().flatten());
            found.extend(self.links.not_run.get(id).into_iter().flatten());
        }
        found
    }

    /// True if the entry, or one that it needs, refers to a kind that is not run here, or is of
    /// such a kind.
    pub fn is_not_run(&self, id: &Id) -> bool {
        let own = self.get(id).is_some_and(|entry| entry.kind.is_not_run());
        let needed = self.with_dependencies(id).into_iter();
        own || needed
            .into_iter()
            .any(|id| self.links.not_run.contains_key(id))
    }

    /// True if the entry, or one that it needs, is invalid. A reference to a kind that is not run
    /// here is not an error in this sense.
    pub fn has_errors(&self, id: &Id) -> bool {
        let needed = self.with_dependencies(id);
        needed.into_iter().any(|id| self.invalid.contains_key(id))
    }

    /// The entry and all that it needs, each once.
    pub fn with_dependencies<'a>(&'a self, id: &'a Id) -> Vec<&'a Id> {
        let mut seen = HashSet::from([id]);
        let mut order = vec![id];
        let mut next = 0;
        while let Some(id) = order.get(next).copied() {
            next += 1;
            let needs = self.links.needs.get(id).into_iter().flatten();
            order.extend(needs.filter(|id| seen.insert(id)));
        }
        order
    }

    /// The usable entry with this full ID, or with this bare name if only one namespace has it.
    ///
    /// # Errors
    /// `Unknown` when there is none, `Ambiguous` when several namespaces have the bare name; `Invalid`
    /// when the entry or one that it needs has errors, `NotRun` when it refers to a kind that is not
    /// run here.
    pub fn resolve(&self, name: &str) -> Result<&Arc<Entry>, LookupError> {
        let id = match Id::parse(name) {
            Ok(id) => id,
            Err(_) => match self.by_name.get(name).map(Vec::as_slice) {
                Some([id]) => id.clone(),
                Some(ids) if ids.len() > 1 => {
                    return Err(LookupError::Ambiguous {
                        name: name.to_owned(),
                        candidates: ids.to_vec(),
                    });
                }
                _ => return Err(self.unknown(name)),
            },
        };
        self.usable(&id).unwrap_or_else(|| Err(self.unknown(name)))
    }

    /// The usable entry of a command.
    ///
    /// # Errors
    /// `UnknownCommand` when there is none; `Invalid` and `NotRun` as of [`Registry::resolve`].
    pub fn command(&self, name: &str) -> Result<&Arc<Entry>, LookupError> {
        let id = self.commands.get(name);
        id.and_then(|id| self.usable(id)).unwrap_or_else(|| {
            Err(LookupError::UnknownCommand {
                name: name.to_owned(),
                hint: self.instead_of_command(name),
            })
        })
    }

    /// A hint for a name that no command has.
    fn instead_of_command(&self, name: &str) -> Option<String> {
        let id = match Id::parse(name) {
            Ok(id) => Some(id),
            Err(_) => self.by_name.get(name).and_then(|ids| ids.first()).cloned(),
        };
        if let Some(entry) = id.and_then(|id| self.get(&id)) {
            let id = &entry.id;
            return Some(match (entry.process(), entry.function()) {
                (Some(process), _) => match &process.command {
                    Some(command) => format!("the command of {id} is {:?}", command.name),
                    None => format!(
                        "{id} is a process without `meta.command`; run it with 'wippy run -x {id}'"
                    ),
                },
                (None, Some(_)) => format!("{id} is a function; call it with 'wippy call {id}'"),
                (None, None) => format!("{id} is {}", with_article(entry.kind_name())),
            });
        }
        let near = nearest(name, self.commands.keys().map(String::as_str))?;
        Some(format!("did you mean {near:?}?"))
    }

    /// The commands of well-formed processes, by name.
    pub fn commands(&self) -> impl Iterator<Item = (&Command, &Arc<Entry>)> {
        self.commands.values().filter_map(|id| {
            let entry = self.get(id)?;
            Some((entry.process()?.command.as_ref()?, entry))
        })
    }

    /// The terminal host that commands run on: the named one, or else the only one. `None` if the
    /// project declares none, in which case a default one is used.
    ///
    /// # Errors
    /// `SeveralHosts` when there are several and none is named, `NoTerminalHost` when the named entry is
    /// none; those of [`Registry::resolve`] of the named one.
    pub(crate) fn terminal_host(&self, name: Option<&str>) -> Result<Option<&Id>, LookupError> {
        let hosts = self.entries.iter();
        let hosts = hosts.filter(|entry| matches!(entry.kind, Kind::TerminalHost(_)));
        let hosts: Vec<&Id> = hosts.map(|entry| &entry.id).collect();
        match (name, hosts.as_slice()) {
            (Some(name), hosts) => {
                let id = &self.resolve(name)?.id;
                match hosts.contains(&id) {
                    true => Ok(Some(id)),
                    false => Err(LookupError::NoTerminalHost { id: id.clone() }),
                }
            }
            (None, []) => Ok(None),
            (None, [one]) => Ok(Some(one)),
            (None, several) => Err(LookupError::SeveralHosts {
                candidates: several.iter().copied().cloned().collect(),
            }),
        }
    }

    fn usable(&self, id: &Id) -> Option<Result<&Arc<Entry>, LookupError>> {
        let found: Vec<_> = self.errors_of(id).into_iter().cloned().collect();
        if found.is_empty() {
            return self.get(id).map(Ok);
        }
        let (id, has_errors) = (id.clone(), self.has_errors(id));
        Some(Err(match has_errors {
            true => LookupError::Invalid { id, errors: found },
            false => LookupError::NotRun { id, reasons: found },
        }))
    }

    fn unknown(&self, name: &str) -> LookupError {
        let known: Vec<&Id> = self.by_id.keys().chain(self.invalid.keys()).collect();
        LookupError::Unknown {
            name: name.to_owned(),
            nearest: nearest_id(name, &known),
        }
    }

    pub(crate) fn add(&mut self, entry: Entry) {
        self.name(&entry.id);
        self.by_id.insert(entry.id.clone(), self.entries.len());
        self.entries.push(Arc::new(entry));
    }

    pub(crate) fn add_invalid(&mut self, id: Id, invalid: InvalidEntry) {
        self.name(&id);
        match self.invalid.entry(id) {
            btree_map::Entry::Occupied(mut known) => {
                let errors = invalid.errors.iter().cloned();
                known.get_mut().errors.extend(errors);
                self.duplicates.push((known.key().clone(), invalid));
            }
            btree_map::Entry::Vacant(new) => {
                new.insert(invalid);
            }
        }
    }

    pub(crate) fn add_command(&mut self, name: String, id: Id) {
        self.commands.entry(name).or_insert(id);
    }

    /// Whether an entry has this ID, usable or not.
    pub(crate) fn has(&self, id: &Id) -> bool {
        self.by_id.contains_key(id) || self.invalid.contains_key(id)
    }

    /// A directory that the guests of an entry may write from now on. Blocks.
    pub(crate) fn add_writable(&mut self, directory: &Path, entry: &Id) {
        let guard = Arc::make_mut(&mut self.guard);
        // Where it cannot be followed, its mount cannot be opened either.
        let Ok(walk) = Walk::new(None, directory) else {
            return;
        };
        guard.add(WritableDir {
            path: directory.to_owned(),
            location: walk.location(),
            entry: entry.to_string(),
        });
    }

    /// Reads a file wherever it is, for a caller who knows what it has to hold. Blocks.
    ///
    /// # Errors
    /// The rest of a message that begins with the path.
    pub(crate) fn unguarded_read(&self, path: &Path, limit: u64) -> Result<Vec<u8>, String> {
        PathGuard::default().read(path, limit)
    }

    pub(crate) fn connect(
        &mut self,
        links: Links,
        disabled: BTreeSet<Id>,
        environment: Environment,
        guard: Arc<PathGuard>,
    ) {
        self.guard = guard;
        self.links = links;
        self.disabled = disabled;
        self.environment = environment;
    }

    fn name(&mut self, id: &Id) {
        if !self.by_id.contains_key(id) && !self.invalid.contains_key(id) {
            let ids = self.by_name.entry(id.name.clone()).or_default();
            ids.push(id.clone());
        }
    }
}

/// The ID most similar to `name`: similar as a whole, or the same name in another namespace, or a
/// similar bare name.
pub(crate) fn nearest_id(name: &str, known: &[&Id]) -> Option<Id> {
    let bare = name.split_once(':').map_or(name, |(_, bare)| bare);
    let mut known = known.to_vec();
    known.sort();
    let full: Vec<String> = known.iter().map(|id| id.to_string()).collect();
    let found = nearest(name, full.iter().map(String::as_str))
        .and_then(|near| known.iter().find(|id| id.to_string() == near))
        .or_else(|| known.iter().find(|id| id.name == bare))
        .or_else(|| {
            let near = nearest(bare, known.iter().map(|id| id.name.as_str()))?;
            known.iter().find(|id| id.name == near)
        });
    found.map(|id| (*id).clone())
}
