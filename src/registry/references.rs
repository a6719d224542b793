//! References between entries: their defaults and checks.

use std::collections::{BTreeMap, HashMap};

use super::diagnostic::{Diagnostic, Severity};
use super::entry::{Entry, Kind};
use super::index::{Links, nearest_id};
use super::kinds;
use super::load::{Loader, Read};
use super::tree::Place;
use crate::env::EnvStorage;
use crate::id::Id;

/// The most unknown references that get a hint: each one searches all IDs.
const MAX_HINTS: usize = 100;

/// The kind of entry that a reference must lead to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Expects {
    Filesystem,
    Variable,
    Storage,
    Function,
    Process,
    Host,
    Router,
    Server,
}

/// A reference of one entry to another.
struct Reference<'a> {
    field: String,
    target: &'a Id,
    expects: Expects,
}

impl Expects {
    /// The kind that a field's references must lead to. `None` for fields whose references may be
    /// unknown.
    fn of_field(field: &str) -> Option<Self> {
        let name = field.split('[').next().unwrap_or(field);
        Some(match name {
            "fs" | "wasi.mounts" | "wasi.http.ca" | "tls.cert" | "tls.key" => Self::Filesystem,
            "wasi.env" => Self::Variable,
            "storage" | "storages" => Self::Storage,
            "func" => Self::Function,
            "process" => Self::Process,
            "host" => Self::Host,
            "meta.router" => Self::Router,
            "meta.server" => Self::Server,
            _ => return None,
        })
    }

    /// The names of the kinds that are accepted.
    fn kinds(self) -> &'static [&'static str] {
        match self {
            Self::Filesystem => &["fs.directory"],
            Self::Variable => &["env.variable"],
            Self::Storage => &[
                "env.storage.file",
                "env.storage.memory",
                "env.storage.os",
                "env.storage.router",
                "env.storage.static",
            ],
            Self::Function => &["function.wasm", "function.wat"],
            Self::Process => &["process.wasm"],
            Self::Host => &["process.host", "terminal.host"],
            Self::Router => &["http.router"],
            Self::Server => &["http.service"],
        }
    }

    /// Its description with an article, for messages.
    fn what(self) -> &'static str {
        match self {
            Self::Filesystem => "an fs.directory entry",
            Self::Variable => "an env.variable entry",
            Self::Storage => "an env.storage.* entry",
            Self::Function => "a function.* entry",
            Self::Process => "a process.wasm entry",
            Self::Host => "a process.host or terminal.host entry",
            Self::Router => "an http.router entry",
            Self::Server => "an http.service entry",
        }
    }

    /// The prefixes of the kinds that hints suggest, including kinds that are not run here.
    fn family(self) -> &'static [&'static str] {
        match self {
            Self::Filesystem => &["fs."],
            Self::Variable => &["env.variable"],
            Self::Storage => &["env.storage."],
            Self::Function => &["function."],
            Self::Process => &["process.wasm", "process.lua"],
            Self::Host => &["process.host", "terminal.host"],
            Self::Router => &["http.router"],
            Self::Server => &["http.service"],
        }
    }
}

/// The references of an entry, in the order of its fields.
fn references(entry: &Entry) -> Vec<Reference<'_>> {
    let mut found = Vec::new();
    let mut add = |field: String, target, expects| {
        found.push(Reference {
            field,
            target,
            expects,
        });
    };
    if let Some(function) = entry.function() {
        for (field, fs) in function.filesystems() {
            add(field, fs, Expects::Filesystem);
        }
        for (i, binding) in function.wasi.env.iter().enumerate() {
            add(format!("wasi.env[{i}].id"), &binding.id, Expects::Variable);
        }
    }
    match &entry.kind {
        Kind::EnvVariable(variable) => {
            add("storage".into(), &variable.storage, Expects::Storage);
        }
        Kind::EnvStorage(EnvStorage::Router(storages)) => {
            for (i, storage) in storages.iter().enumerate() {
                add(format!("storages[{i}]"), storage, Expects::Storage);
            }
        }
        Kind::ProcessService(service) => {
            add("process".into(), &service.process, Expects::Process);
            add("host".into(), &service.host, Expects::Host);
        }
        Kind::HttpService(service) => {
            if let Some(tls) = &service.tls {
                add("tls.cert".into(), &tls.cert.fs, Expects::Filesystem);
                add("tls.key".into(), &tls.key.fs, Expects::Filesystem);
            }
        }
        Kind::HttpRouter(router) => {
            if let Some(server) = &router.server {
                add("meta.server".into(), server, Expects::Server);
            }
        }
        Kind::HttpEndpoint(endpoint) => {
            if let Some(router) = &endpoint.router {
                add("meta.router".into(), router, Expects::Router);
            }
            add("func".into(), &endpoint.func, Expects::Function);
        }
        Kind::FsDirectory(_)
        | Kind::FunctionWasm(_)
        | Kind::FunctionWat(_)
        | Kind::ProcessWasm(_)
        | Kind::ProcessHost(_)
        | Kind::TerminalHost(_)
        | Kind::EnvStorage(_)
        | Kind::Data { .. }
        | Kind::NotRun { .. } => {}
    }
    found
}

impl Loader<'_> {
    /// Fills in a missing server or router if the project has exactly one.
    pub(super) fn imply(&mut self) {
        let of = |loader: &Self, kind: &str| -> Vec<Id> {
            let reads = loader.entries().filter(|(_, read)| read.kind == kind);
            let mut ids: Vec<_> = reads.map(|(_, read)| read.id.clone()).collect();
            ids.dedup();
            ids
        };
        let servers = of(self, "http.service");
        let routers = of(self, "http.router");
        let mut found = Vec::new();
        for (i, entry) in self.entries_mut() {
            let (slot, field, candidates, kind) = if let Kind::HttpRouter(router) = &mut entry.kind
            {
                (&mut router.server, "meta.server", &servers, "http.service")
            } else if let Kind::HttpEndpoint(endpoint) = &mut entry.kind {
                (&mut endpoint.router, "meta.router", &routers, "http.router")
            } else {
                continue;
            };
            if slot.is_some() {
                continue;
            }
            if let [only] = &candidates[..] {
                *slot = Some(only.clone());
                continue;
            }
            let hint = match candidates.is_empty() {
                true => format!("the project has no {kind} entry"),
                false => there_are(candidates.iter()),
            };
            let message = format!("{field} is required");
            found.push((i, entry.error_at(field, message).hint(hint)));
        }
        self.report(found);
    }

    /// Replaces public names of variables in `wasi.env[].id` by the variables' IDs.
    pub(super) fn name_bindings(&mut self) {
        let mut names: HashMap<String, Id> = HashMap::new();
        for (_, read) in self.entries() {
            if let Some(Kind::EnvVariable(variable)) = read.entry.as_ref().map(|e| &e.kind)
                && let Some(name) = &variable.name
            {
                let name = names.entry(name.clone());
                name.or_insert_with(|| read.id.clone());
            }
        }
        let known: std::collections::HashSet<Id> = self.by_id.keys().cloned().collect();
        for (_, entry) in self.entries_mut() {
            let namespace = entry.id.namespace.clone();
            let Some(function) = entry.function_mut() else {
                continue;
            };
            for binding in &mut function.wasi.env {
                if binding.id.namespace == namespace
                    && !known.contains(&binding.id)
                    && let Some(id) = names.get(&binding.id.name)
                {
                    binding.id = id.clone();
                }
            }
        }
    }

    /// Checks that references lead to entries of the right kinds.
    pub(super) fn check_references(&mut self) -> Links {
        let mut known: HashMap<&Id, &Read> = HashMap::new();
        for (_, read) in self.entries() {
            known.entry(&read.id).or_insert(read);
        }
        let mut candidates = Candidates::default();
        let mut found = Vec::new();
        let mut links = Links::default();
        let mut not_run: BTreeMap<(&str, &str), (usize, usize, Diagnostic)> = BTreeMap::new();
        for (i, read) in self.entries() {
            let Some(entry) = &read.entry else {
                found.extend(
                    self.check_broken(read, &known, &mut candidates)
                        .map(|e| (i, e)),
                );
                continue;
            };
            for Reference {
                field,
                target: id,
                expects,
            } in references(entry)
            {
                let Some(target) = known.get(id) else {
                    let message = match expects {
                        Expects::Variable => {
                            format!("dangling env reference: unknown entry {id}")
                        }
                        _ => format!("unknown entry {id}"),
                    };
                    let mut error = entry.error_at(&field, message);
                    error.hint = self.hint(id, expects, &known, &mut candidates);
                    found.push((i, error));
                    continue;
                };
                let kind = target.kind.as_str();
                if expects.kinds().contains(&kind) {
                    let needs = links.needs.entry(read.id.clone()).or_default();
                    needs.push(id.clone());
                } else if kinds::is_run(kind) || kinds::is_data(kind) {
                    let what = expects.what();
                    let message = format!("expected {what}, but {id} is {kind}");
                    found.push((i, entry.error_at(&field, message)));
                } else {
                    let message = format!("{id} is of kind {kind}, which is not run here");
                    let error = entry.error_at(&field, message);
                    let stops = links.not_run.entry(read.id.clone()).or_default();
                    stops.push(error.clone());
                    if self.options.strict {
                        found.push((i, error));
                        continue;
                    }
                    // One warning for each pair of kinds: a project may have hundreds of such
                    // endpoints.
                    let severity = Severity::Warning;
                    let warning = Diagnostic { severity, ..error };
                    let (_, more, _) = not_run
                        .entry((entry.kind_name(), kind))
                        .or_insert((i, 0, warning));
                    *more += 1;
                }
            }
            for (i_dependency, id) in entry.lifecycle.depends_on.iter().enumerate() {
                if !known.contains_key(id) {
                    let field = format!("lifecycle.depends_on[{i_dependency}]");
                    let message = format!("unknown entry {id}");
                    let severity = Severity::Warning;
                    let warning = entry.error_at(&field, message);
                    found.push((
                        i,
                        Diagnostic {
                            severity,
                            ..warning
                        },
                    ));
                }
            }
        }
        for ((kind, other), (i, count, mut warning)) in not_run {
            if count > 1 {
                let more = count - 1;
                warning.hint = Some(format!("so do {more} more of {kind} to {other}"));
            }
            found.push((i, warning));
        }
        self.check_routers(&known, &mut found);
        self.report(found);
        links
    }

    /// Checks the references of an entry that has other errors.
    fn check_broken<'a>(
        &self,
        read: &Read,
        known: &HashMap<&'a Id, &'a Read>,
        candidates: &mut Candidates<'a>,
    ) -> std::vec::IntoIter<Diagnostic> {
        let mut found = Vec::new();
        for (field, id, place) in &read.references {
            let Some(expects) = Expects::of_field(field) else {
                continue;
            };
            let message = match known.get(id).map(|target| target.kind.as_str()) {
                None if expects == Expects::Variable
                    && self.by_public_name.contains_key(&id.name) =>
                {
                    continue;
                }
                None => format!("unknown entry {id}"),
                Some(kind) if expects.kinds().contains(&kind) => continue,
                Some(kind) if kinds::is_run(kind) || kinds::is_data(kind) => {
                    format!("expected {}, but {id} is {kind}", expects.what())
                }
                Some(_) => continue,
            };
            let mut error = Diagnostic::error(message)
                .at(place)
                .of(&read.id)
                .field(field);
            if !known.contains_key(id) {
                error.hint = self.hint(id, expects, known, candidates);
            }
            found.push(error);
        }
        found.into_iter()
    }

    /// Finds cycles of `env.storage.router` entries. Follows each edge once.
    fn check_routers(&self, known: &HashMap<&Id, &Read>, found: &mut Vec<(usize, Diagnostic)>) {
        let behind = |id: &Id| -> &[Id] {
            let entry = known.get(id).and_then(|read| read.entry.as_ref());
            let Some(Kind::EnvStorage(EnvStorage::Router(storages))) = entry.map(|it| &it.kind)
            else {
                return &[];
            };
            storages
        };
        let mut on_path: HashMap<&Id, bool> = HashMap::new();
        for (_, read) in self.entries() {
            if on_path.contains_key(&read.id) || behind(&read.id).is_empty() {
                continue;
            }
            on_path.insert(&read.id, true);
            let mut path = vec![(&read.id, 0)];
            while let Some((id, next)) = path.last_mut() {
                let (id, n) = (*id, *next);
                *next += 1;
                let Some(storage) = behind(id).get(n) else {
                    on_path.insert(id, false);
                    path.pop();
                    continue;
                };
                match on_path.get(storage) {
                    Some(true) => {
                        let entry = known.get(id).and_then(|read| read.entry.as_ref());
                        let slot = self.by_id.get(id).copied();
                        if let Some((entry, slot)) = entry.zip(slot) {
                            let message = format!("{storage} leads to itself");
                            found.push((slot, entry.error_at(&format!("storages[{n}]"), message)));
                        }
                    }
                    Some(false) => {}
                    None => {
                        on_path.insert(storage, true);
                        path.push((storage, 0));
                    }
                }
            }
        }
    }

    /// A hint for an unknown reference.
    fn hint<'a>(
        &self,
        id: &Id,
        expects: Expects,
        known: &HashMap<&'a Id, &'a Read>,
        candidates: &mut Candidates<'a>,
    ) -> Option<String> {
        if self.disabled.contains(id) {
            return Some(format!("{id} is disabled by the settings"));
        }
        candidates.hints += 1;
        if candidates.hints > MAX_HINTS {
            return None;
        }
        let ids = candidates.of(expects, known);
        let mut hint = match nearest_id(&id.to_string(), ids) {
            Some(id) => format!("did you mean {id}?"),
            None if ids.is_empty() => {
                let what = expects.what();
                let what = what.split_once(' ').map_or(what, |(_, what)| what);
                format!("the project has no {what}")
            }
            None => there_are(ids.iter().copied()),
        };
        if let Some(file) = self.unread.first() {
            let place = Place::file(file.clone());
            hint.push_str(&format!("; {place} could not be read completely"));
        }
        Some(hint)
    }

    /// Warns once of each feature that is accepted and has no effect.
    pub(super) fn check_enforced(&mut self) {
        type Uses = fn(&Entry) -> Option<&'static str>;
        let features: [(&str, Uses); 5] = [
            ("options has no effect, except for limits in it", |entry| {
                uses(entry, "options")
            }),
            ("limits.max_retained_memory_bytes has no effect", |entry| {
                uses(entry, "limits.max_retained_memory_bytes")
            }),
            (
                "limits.retained_memory_check_interval has no effect",
                |entry| uses(entry, "limits.retained_memory_check_interval"),
            ),
            ("pool.warm_start has no effect", |entry| {
                uses(entry, "pool.warm_start")
            }),
            (
                "actors, scopes and security policies do not exist here",
                |entry| match entry.kind_name().starts_with("security.") {
                    true => Some("kind"),
                    false => ["security", "lifecycle.security"]
                        .into_iter()
                        .find(|field| entry.config.at(field).is_some()),
                },
            ),
        ];
        let mut found = Vec::new();
        for (message, uses) in features {
            let using = self.entries().filter_map(|(i, read)| {
                let entry = read.entry.as_ref()?;
                Some((i, entry, uses(entry)?))
            });
            let mut using = using.peekable();
            let Some((i, entry, field)) = using.next() else {
                continue;
            };
            let mut warning = Diagnostic::warning(message)
                .at(entry.place_of(field))
                .of(&entry.id)
                .field(field);
            let more = using.count();
            if more > 0 {
                warning.hint = Some(format!("this concerns {more} more entries"));
            }
            found.push((i, warning));
        }
        self.report(found);
    }
}

/// The field, if an entry with a module has it.
fn uses(entry: &Entry, field: &'static str) -> Option<&'static str> {
    entry.function()?;
    entry.config.at(field).map(|_| field)
}

/// The entries to suggest for unknown references, collected once for each expected kind.
#[derive(Default)]
struct Candidates<'a> {
    hints: usize,
    ids: HashMap<&'static str, Vec<&'a Id>>,
}

impl<'a> Candidates<'a> {
    fn of(&mut self, expects: Expects, known: &HashMap<&'a Id, &'a Read>) -> &[&'a Id] {
        self.ids.entry(expects.what()).or_insert_with(|| {
            let family = expects.family();
            let fits = |read: &Read| family.iter().any(|prefix| read.kind.starts_with(prefix));
            let reads = known.values().filter(|read| fits(read));
            let mut ids: Vec<_> = reads.map(|read| &read.id).collect();
            ids.sort();
            ids
        })
    }
}

fn there_are<'a>(ids: impl ExactSizeIterator<Item = &'a Id>) -> String {
    const SHOWN: usize = 5;
    let more = if ids.len() > SHOWN { ", …" } else { "" };
    let shown: Vec<_> = ids.take(SHOWN).map(Id::to_string).collect();
    format!("there are {}{more}", shown.join(", "))
}
