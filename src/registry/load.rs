//! Drafts → entries → a linked registry, with every mistake gathered on the way.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use super::LoadOptions;
use super::diagnostic::{Diagnostic, Severity, push_bounded};
use super::document::{Draft, split};
use super::entry::{Entry, Kind};
use super::fields::Context;
use super::id::Id;
use super::include::Includes;
use super::index::{Broken, Registry, Stop, nearest_id};
use super::kinds;
use super::parse::Parsed;
use super::source::SourceRoot;
use super::tree::{Node, Place};

/// The most diagnostics of a project.
const MAX_DIAGNOSTICS: usize = 10_000;
/// Unknown references that get a hint; searching for one costs time.
const MAX_HINTS: usize = 100;

/// What is gathered while a project is loaded.
pub(crate) struct Loader<'a> {
    project_dir: &'a Path,
    options: &'a LoadOptions,
    /// False if the text has no directory that `file://` could start from.
    has_files: bool,
    includes: Includes,
    slots: Vec<Slot>,
    /// Files that could not be read to their end.
    unread: Vec<Arc<Path>>,
}

/// Diagnostics of a file, or an entry with its own, in the order of the project.
enum Slot {
    Loose(Vec<Diagnostic>),
    Entry(Box<Read>),
}

/// An entry after its configuration was read.
struct Read {
    id: Id,
    kind: String,
    place: Place,
    /// The command's name, even if the rest is mistaken.
    command: Option<String>,
    entry: Option<Entry>,
    diagnostics: Vec<Diagnostic>,
    failed: bool,
}

impl<'a> Loader<'a> {
    pub fn new(project_dir: &'a Path, options: &'a LoadOptions, has_files: bool) -> Self {
        Self {
            project_dir,
            options,
            has_files,
            includes: Includes::default(),
            slots: Vec::new(),
            unread: Vec::new(),
        }
    }

    /// Takes diagnostics that belong to no document.
    pub fn loose(&mut self, diagnostics: Vec<Diagnostic>) {
        self.slots.push(Slot::Loose(diagnostics));
    }

    /// Takes the documents of one file.
    pub fn file(&mut self, parsed: Parsed, root: &Arc<SourceRoot>) {
        if let Some(error) = parsed.error {
            self.unread
                .extend(error.place.as_ref().map(|p| p.file.clone()));
            self.loose(vec![error]);
        }
        for document in &parsed.documents {
            let split = split(document, root, self.options.strict);
            self.loose(split.diagnostics);
            for draft in split.drafts {
                let read = self.read(draft);
                self.slots.push(Slot::Entry(Box::new(read)));
            }
        }
    }

    fn read(&mut self, draft: Draft) -> Read {
        let mut cx = Context::new(&draft.id, self.options.strict);
        cx.failed = draft.diagnostics.iter().any(Diagnostic::is_error);
        cx.found = draft.diagnostics;
        let (mut config, mut meta) = (draft.config, draft.meta);
        if kinds::is_run(&draft.kind) {
            config = self.include(config, "", &draft.root, &mut cx);
            meta = self.include(meta, "meta", &draft.root, &mut cx);
        }
        let kind = kinds::decode(
            &draft.kind,
            &config,
            &meta,
            &draft.root,
            self.project_dir,
            &mut cx,
        );
        if let Some(near) = kinds::misspelt(&draft.kind) {
            let warning = Diagnostic::warning(format!("the kind {:?} is not run here", draft.kind));
            cx.report(
                warning.hint(format!("did you mean {near:?}?")),
                &draft.place,
                "kind",
            );
        }
        let command = meta.at("command.name").and_then(Node::as_str);
        let command = command
            .filter(|_| draft.kind == "process.wasm")
            .map(str::to_owned);
        let (diagnostics, failed) = (cx.found, cx.failed);
        let entry = kind.filter(|_| !failed).map(|kind| Entry {
            id: draft.id.clone(),
            meta,
            config,
            kind,
            place: draft.place.clone(),
        });
        Read {
            id: draft.id,
            kind: draft.kind,
            place: draft.place,
            command,
            failed: entry.is_none(),
            entry,
            diagnostics,
        }
    }

    /// Replaces `file://` references below `node`.
    fn include(&mut self, node: Node, path: &str, root: &SourceRoot, cx: &mut Context<'_>) -> Node {
        let source_dir = self.has_files.then_some(root.source_dir.as_path());
        let includes = &mut self.includes;
        let replaced = node.replace_strings(
            path,
            &mut |text, place, field| match includes.resolve(text, &place.file, source_dir)? {
                Ok(text) => Some(text),
                Err(message) => {
                    cx.error(place, field, message);
                    None
                }
            },
        );
        replaced.unwrap_or(node)
    }

    /// Checks what entries say of each other and builds the registry.
    pub fn link(mut self) -> (Registry, Vec<Diagnostic>) {
        self.check_duplicates();
        self.check_commands();
        let stopped = self.check_references();
        let mut registry = Registry::default();
        let mut diagnostics = Vec::new();
        for slot in self.slots {
            match slot {
                Slot::Loose(found) => diagnostics.extend(found),
                Slot::Entry(read) => {
                    diagnostics.extend(read.diagnostics.iter().cloned());
                    read.put_into(&mut registry);
                }
            }
        }
        for (id, why) in stopped {
            registry.stop(id, why);
        }
        bound(&mut diagnostics);
        (registry, diagnostics)
    }

    fn entries(&self) -> impl Iterator<Item = (usize, &Read)> {
        self.slots
            .iter()
            .enumerate()
            .filter_map(|(i, slot)| match slot {
                Slot::Entry(read) => Some((i, &**read)),
                Slot::Loose(_) => None,
            })
    }

    /// Adds diagnostics to the entries in the given slots.
    fn report(&mut self, found: Vec<(usize, Diagnostic)>) {
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
        // Neither of them is the entry that its ID means.
        for i in ambiguous {
            if let Some(Slot::Entry(read)) = self.slots.get_mut(i) {
                read.failed = true;
            }
        }
        self.report(found);
    }

    fn check_commands(&mut self) {
        let mut first: HashMap<&str, &Read> = HashMap::new();
        let mut found = Vec::new();
        for (i, read) in self.entries() {
            let Some(name) = &read.command else { continue };
            let Some(before) = first.get(name.as_str()) else {
                first.insert(name, read);
                continue;
            };
            if before.id == read.id {
                continue;
            }
            let message = format!(
                "command name {name:?} is not unique: {} at {} has it",
                before.id, before.place
            );
            let place = read
                .entry
                .as_ref()
                .and_then(|e| Some(&e.meta.at("command.name")?.place));
            let error = Diagnostic::error(message).at(place.unwrap_or(&read.place));
            found.push((i, error.of(&read.id).field("meta.command.name")));
        }
        self.report(found);
    }

    /// Checks references to filesystems. Returns what stops well-formed entries.
    fn check_references(&mut self) -> Vec<(Id, Stop)> {
        let mut known: HashMap<&Id, &Read> = HashMap::new();
        let mut broken: Vec<&Id> = Vec::new();
        for (_, read) in self.entries() {
            known.entry(&read.id).or_insert(read);
            if read.failed {
                broken.push(&read.id);
            }
        }
        broken.sort();
        let mut filesystems: Vec<&Id> = known
            .values()
            .filter(|read| read.kind.starts_with("fs."))
            .map(|read| &read.id)
            .collect();
        filesystems.sort();
        let mut hints = 0;
        let mut found = Vec::new();
        let mut stopped = Vec::new();
        for (i, read) in self.entries() {
            let Some(entry) = &read.entry else { continue };
            let Some(function) = entry.function() else {
                continue;
            };
            for (field, fs) in function.filesystems() {
                let Some(target) = known.get(fs) else {
                    let mut error = entry.mistake(&field, format!("unknown entry {fs}"));
                    hints += 1;
                    if hints <= MAX_HINTS {
                        error.hint = Some(self.candidates(fs, &filesystems));
                    }
                    found.push((i, error));
                    continue;
                };
                if target.kind == "fs.directory" {
                    if broken.binary_search(&fs).is_ok() {
                        stopped.push((read.id.clone(), Stop::Broken(fs.clone())));
                    }
                } else if kinds::is_run(&target.kind) {
                    let message = format!(
                        "expected an fs.directory entry, but {fs} is {}",
                        target.kind
                    );
                    found.push((i, entry.mistake(&field, message)));
                } else {
                    let message = format!("{fs} is of kind {}, which is not run here", target.kind);
                    let error = entry.mistake(&field, message);
                    stopped.push((read.id.clone(), Stop::NotRun(error.clone())));
                    let severity = match self.options.strict {
                        true => Severity::Error,
                        false => Severity::Warning,
                    };
                    found.push((i, Diagnostic { severity, ..error }));
                }
            }
        }
        self.report(found);
        stopped
    }

    /// What an unknown filesystem may have been meant to be.
    fn candidates(&self, fs: &Id, ids: &[&Id]) -> String {
        const SHOWN: usize = 5;
        let mut hint = match nearest_id(&fs.to_string(), ids) {
            Some(id) => format!("did you mean {id}?"),
            None if ids.is_empty() => "the project has no fs.directory entry".into(),
            None => {
                let shown: Vec<_> = ids.iter().take(SHOWN).map(|id| id.to_string()).collect();
                let more = if ids.len() > SHOWN { ", …" } else { "" };
                format!("there are {}{more}", shown.join(", "))
            }
        };
        if let Some(file) = self.unread.first() {
            let place = Place::file(file.clone());
            hint.push_str(&format!("; {place} could not be read completely"));
        }
        hint
    }
}

impl Read {
    fn put_into(self, registry: &mut Registry) {
        if let Some(name) = self.command {
            registry.add_command(name, self.id.clone());
        }
        let errors = self.diagnostics.into_iter().filter(Diagnostic::is_error);
        match self.entry {
            Some(entry) if !self.failed => registry.add(entry),
            _ => {
                let broken = Broken {
                    kind: self.kind,
                    mistakes: errors.collect(),
                };
                registry.add_broken(self.id, broken);
            }
        }
    }
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

impl Kind {
    /// True for entries that are kept and listed only.
    pub fn is_not_run(&self) -> bool {
        matches!(self, Kind::NotRun { .. })
    }
}
