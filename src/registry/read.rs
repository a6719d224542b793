//! Reading drafts: placeholders and `file://` replaced, the configuration decoded.
//!
//! A placeholder may need variables and storages that are not read yet; those are read first,
//! and an entry that would need itself is an error.

use std::collections::{HashMap, HashSet};

use super::context::Context;
use super::diagnostic::Diagnostic;
use super::document::Draft;
use super::entry::{Entry, Kind};
use super::kinds;
use super::load::{Loader, Read, Slot, claimed_command, know};
use super::placeholder::{Placeholder, expand, is_upper_snake};
use super::scalar::{Scalar, Style};
use super::source::SourceRoot;
use super::tree::{Key, Mapping, Node, Value, is_extension};
use crate::env::EnvStorage;
use crate::id::Id;
use crate::nearest::nearest;

/// Entries that are read one for a placeholder of the other.
const MAX_NESTED: usize = 16;
/// Fields of one mapping that are read in their older form.
const MAX_OLDER: usize = 64;
/// What all placeholders of a project may give, in bytes.
const MAX_EXPANDED: usize = 16 << 20;

/// What the values of an entry are read by.
struct Frame<'a> {
    kind: &'a str,
    root: &'a SourceRoot,
}

impl Loader<'_> {
    /// Reads every draft that is not read yet.
    pub(super) fn read_all(&mut self) {
        for i in 0..self.slots.len() {
            // What is wrong is with the entry itself.
            let _ = self.ensure(i);
        }
    }

    /// Finds drafts by what others name them.
    pub(super) fn index_drafts(&mut self) {
        for (i, slot) in self.slots.iter().enumerate() {
            let Slot::Draft(draft) = slot else { continue };
            self.by_id.entry(draft.id.clone()).or_insert(i);
            if draft.kind == "env.variable"
                && let Some(name) = draft.config.get("variable").and_then(Node::as_str)
            {
                self.by_public_name.entry(name.to_owned()).or_insert(i);
            }
        }
    }

    /// Reads the draft in a slot, if it is not read yet.
    ///
    /// # Errors
    /// Text for a message, if it cannot be used.
    pub(super) fn ensure(&mut self, i: usize) -> Result<(), String> {
        let Some(slot) = self.slots.get_mut(i) else {
            return Ok(());
        };
        let draft = match slot {
            Slot::Draft(_) if self.depth >= MAX_NESTED => {
                let message = format!("needs more than {MAX_NESTED} entries, one for the other");
                return Err(message);
            }
            Slot::Draft(draft) => {
                let reading = Slot::Reading(draft.id.clone());
                std::mem::replace(slot, reading)
            }
            Slot::Reading(id) => return Err(format!("{id} needs itself through this placeholder")),
            Slot::Entry(read) if read.failed => return Err(format!("{} has mistakes", read.id)),
            Slot::Entry(_) | Slot::Loose(_) => return Ok(()),
        };
        let Slot::Draft(draft) = draft else {
            return Ok(());
        };
        self.depth += 1;
        let read = self.read(*draft);
        self.depth -= 1;
        if let Some(entry) = &read.entry {
            know(&mut self.environment, entry);
        }
        let outcome = match read.failed {
            true => Err(format!("{} has mistakes", read.id)),
            false => Ok(()),
        };
        if let Some(slot) = self.slots.get_mut(i) {
            *slot = Slot::Entry(Box::new(read));
        }
        outcome
    }

    fn read(&mut self, draft: Draft) -> Read {
        let mut cx = Context::new(&draft.id, self.options.strict);
        cx.failed = draft.diagnostics.iter().any(Diagnostic::is_error);
        cx.found = draft.diagnostics;
        let (mut config, mut meta) = (draft.config.clone(), draft.meta.clone());
        if kinds::is_run(&draft.kind) {
            let frame = Frame {
                kind: &draft.kind,
                root: &draft.root,
            };
            if !draft.kind.starts_with("env.") {
                config = self.older_forms(&config, "", &mut cx).unwrap_or(config);
            }
            config = self.replace(config, "", &frame, &mut cx);
            meta = self.replace(meta, "meta", &frame, &mut cx);
        }
        let decoded = kinds::decode(
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
        let (diagnostics, failed, references) = (cx.found, cx.failed, cx.references);
        let config = draft.config.clone();
        let written_meta = draft.meta.clone();
        let entry = decoded.filter(|_| !failed).map(|(kind, lifecycle)| Entry {
            id: draft.id.clone(),
            meta: draft.meta,
            config: draft.config,
            kind,
            lifecycle,
            place: draft.place.clone(),
        });
        Read {
            command: claimed_command(&draft.kind, &meta),
            id: draft.id,
            kind: draft.kind,
            place: draft.place,
            failed: entry.is_none(),
            // Those of a well-formed entry are in its configuration.
            references: match entry {
                Some(_) => Vec::new(),
                None => references,
            },
            entry,
            config,
            meta: written_meta,
            diagnostics,
        }
    }

    /// Replaces placeholders and `file://` references below `node`. What a file holds is not
    /// searched for placeholders, and what a placeholder gives is no reference to a file.
    fn replace(&mut self, node: Node, path: &str, frame: &Frame<'_>, cx: &mut Context<'_>) -> Node {
        let Frame { kind, root } = *frame;
        let mut unresolved = Vec::new();
        let replaced = node.replace_strings(path, &mut |text, place, field| {
            if field.split('.').any(is_extension) {
                return None;
            }
            // Public names are known before any value is.
            if field == "variable" && kind == "env.variable" {
                return None;
            }
            let expanded = expand(text, &mut |placeholder| self.lookup(placeholder));
            let expanded = match expanded {
                Ok(expanded) => expanded,
                Err(errors) => {
                    unresolved.push(place.clone());
                    for error in errors {
                        cx.report(error, place, field);
                    }
                    return None;
                }
            };
            if !text.starts_with("file://") {
                return expanded;
            }
            let source_dir = self.has_files.then_some(root.source_dir.as_path());
            let name = expanded.as_ref().map_or(text, |scalar| &scalar.text);
            match self
                .includes
                .resolve(name, &place.file, source_dir, &self.guard)?
            {
                Ok(text) => Some(Scalar {
                    text,
                    style: Style::Replaced,
                }),
                Err(message) => {
                    cx.error(place, field, message);
                    unresolved.push(place.clone());
                    None
                }
            }
        });
        cx.unresolved.extend(unresolved);
        replaced.unwrap_or(node)
    }

    /// Replaces `<field>_env: NAME` by the field with the value of the variable that it names.
    fn older_forms(&mut self, node: &Node, path: &str, cx: &mut Context<'_>) -> Option<Node> {
        let value = match &node.value {
            Value::Scalar(_) => return None,
            Value::Sequence(items) => {
                let mut changed = None;
                for (i, item) in items.iter().enumerate() {
                    if let Some(new) = self.older_forms(item, &format!("{path}[{i}]"), cx)
                        && let Some(slot) = changed.get_or_insert_with(|| items.to_vec()).get_mut(i)
                    {
                        *slot = new;
                    }
                }
                Value::Sequence(changed?.into())
            }
            Value::Mapping(mapping) => {
                let mut changed = Mapping::default();
                let mut replaced = HashMap::new();
                let mut is_changed = false;
                for (key, node) in &mapping.entries {
                    let field = match path {
                        "" => key.text.to_string(),
                        _ => format!("{path}.{}", key.text),
                    };
                    if replaced.len() < MAX_OLDER
                        && let Some((key, node)) = self.older_form(mapping, key, node, &field, cx)
                    {
                        replaced.insert(key.text.clone(), (key, node));
                        continue;
                    }
                    let new = self.older_forms(node, &field, cx);
                    is_changed |= new.is_some();
                    let node = new.unwrap_or_else(|| node.clone());
                    changed.entries.push((key.clone(), node));
                }
                if replaced.is_empty() && !is_changed {
                    return None;
                }
                if !replaced.is_empty() {
                    let own = &mut changed.entries;
                    own.retain(|(key, _)| !replaced.contains_key(&key.text));
                    own.extend(replaced.into_values());
                    own.sort_by_key(|(key, _)| (key.place.line, key.place.column));
                }
                Value::Mapping(changed.into())
            }
        };
        let place = node.place.clone();
        Some(Node { place, value })
    }

    fn older_form(
        &mut self,
        mapping: &Mapping,
        key: &Key,
        node: &Node,
        field: &str,
        cx: &mut Context<'_>,
    ) -> Option<(Key, Node)> {
        let base = key.text.strip_suffix("_env").filter(|b| !b.is_empty())?;
        let name = node.as_str()?;
        let slot = self.variable_slot(name)?;
        let warning = Diagnostic::warning(format!("{} is an older form", key.text));
        let hint = format!("write {base}: ${{env:{name}}}");
        cx.report(warning.hint(hint), &key.place, field);
        let own = mapping.get(base).cloned();
        let value = match self.variable(slot) {
            Ok(Some(value)) => Node {
                place: node.place.clone(),
                value: Value::Scalar(Scalar {
                    text: value.into(),
                    style: Style::Coerced,
                }),
            },
            Ok(None) if own.is_some() => own?,
            other => {
                let error = match other {
                    Err(reason) => Diagnostic::error(format!("the variable {name:?}: {reason}")),
                    Ok(_) => unset(name),
                };
                cx.report(error, &node.place, field);
                cx.unresolved.insert(node.place.clone());
                node.clone()
            }
        };
        let key = Key {
            text: base.into(),
            place: key.place.clone(),
        };
        Some((key, value))
    }

    /// What a placeholder stands for.
    fn lookup(&mut self, placeholder: &Placeholder<'_>) -> Result<Option<String>, Box<Diagnostic>> {
        let Placeholder { env, name, default } = *placeholder;
        if !env && (default.is_none() || !is_upper_snake(name)) {
            return Ok(None);
        }
        let value = match self.variable_slot(name) {
            Some(slot) => self
                .variable(slot)
                .map_err(|reason| Diagnostic::error(format!("the variable {name:?}: {reason}")))?,
            None if default.is_some() => None,
            None => return Err(self.unknown_variable(name).into()),
        };
        let value = value.or_else(|| default.map(str::to_owned));
        let value = value.ok_or_else(|| unset(name))?;
        self.expanded = self.expanded.saturating_add(value.len());
        if self.expanded > MAX_EXPANDED {
            let message = format!("the project's placeholders give more than {MAX_EXPANDED} bytes");
            return Err(Diagnostic::error(message).into());
        }
        Ok(Some(value))
    }

    /// The slot of the variable with this public name or entry ID.
    fn variable_slot(&self, name: &str) -> Option<usize> {
        let named = self.by_public_name.get(name).copied();
        named.or_else(|| {
            let slot = *self.by_id.get(&Id::parse(name).ok()?)?;
            let kind = match self.slots.get(slot)? {
                Slot::Draft(draft) => draft.kind.as_str(),
                Slot::Entry(read) => read.kind.as_str(),
                Slot::Reading(_) => "env.variable",
                Slot::Loose(_) => return None,
            };
            (kind == "env.variable").then_some(slot)
        })
    }

    /// The value of the variable in a slot.
    fn variable(&mut self, slot: usize) -> Result<Option<String>, String> {
        if let Some(value) = self.values.get(&slot) {
            return value.clone();
        }
        self.ensure(slot)?;
        let Some(Slot::Entry(read)) = self.slots.get(slot) else {
            return Ok(None);
        };
        let Some(Entry { id, kind, .. }) = &read.entry else {
            return Ok(None);
        };
        let Kind::EnvVariable(variable) = kind else {
            return Err(format!("{id} is of kind {}", read.kind));
        };
        let (id, storage) = (id.clone(), variable.storage.clone());
        self.ensure_storages(storage)?;
        let value = self.environment.get(&id).map_err(|e| e.to_string());
        self.values.insert(slot, value.clone());
        value
    }

    /// Reads a storage and those behind it.
    fn ensure_storages(&mut self, storage: Id) -> Result<(), String> {
        let mut seen = HashSet::new();
        let mut pending = vec![storage];
        while let Some(id) = pending.pop() {
            if !seen.insert(id.clone()) {
                continue;
            }
            let slot = self.by_id.get(&id).copied();
            let slot = slot.ok_or_else(|| format!("its storage {id} is not there"))?;
            self.ensure(slot)?;
            let Some(Slot::Entry(read)) = self.slots.get(slot) else {
                continue;
            };
            let kind = read.entry.as_ref().map(|entry| &entry.kind);
            if let Some(Kind::NotRun { kind, .. }) = kind {
                return Err(format!("{id} is of kind {kind}, which is not run here"));
            }
            if let Some(Kind::EnvStorage(EnvStorage::Router(storages))) = kind {
                pending.extend(storages.iter().cloned());
            }
        }
        Ok(())
    }

    fn unknown_variable(&self, name: &str) -> Diagnostic {
        let error = Diagnostic::error(format!("unknown variable {name:?}"));
        let mut names: Vec<&str> = self.by_public_name.keys().map(String::as_str).collect();
        names.sort_unstable();
        match nearest(name, names) {
            Some(near) => error.hint(format!("did you mean {near:?}?")),
            None => error
                .hint("${env:NAME} names a variable of the project, or write ${env:NAME|default}"),
        }
    }
}

fn unset(name: &str) -> Diagnostic {
    Diagnostic::error(format!(
        "the variable {name:?} is not set and has no default"
    ))
}
