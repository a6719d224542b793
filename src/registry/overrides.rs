//! `disable` and `override` of the settings, and `-o` of the command line, on drafts.

use std::collections::{BTreeSet, HashMap};

use super::diagnostic::Diagnostic;
use super::document::{Draft, put_config};
use super::index::nearest_id;
use super::load::{Loader, Slot};
use super::mounts::Overrides;
use super::options::LoadOptions;
use super::settings::{Settings, command_line, command_line_value};
use super::tree::{Node, Place};
use crate::id::Id;

/// Unknown entries that get a hint; searching for one costs time.
const MAX_HINTS: usize = 100;

impl Loader<'_> {
    /// Applies what the settings and the command line say of entries.
    pub(super) fn apply(&mut self, settings: &Settings) {
        let mut found = Vec::new();
        self.disable(settings, &mut found);
        let overrides = gather(settings, self.options, &mut found);
        if !overrides.is_empty() {
            self.override_all(overrides, &mut found);
        }
        self.slots.insert(0, Slot::Loose(found));
    }

    fn override_all(&mut self, overrides: Vec<(String, Place, Node)>, found: &mut Vec<Diagnostic>) {
        let mut drafts: HashMap<Id, Vec<&mut Draft>> = HashMap::new();
        for slot in &mut self.slots {
            if let Slot::Draft(draft) = slot {
                drafts.entry(draft.id.clone()).or_default().push(draft);
            }
        }
        let mut hints = 0;
        for (key, place, value) in overrides {
            let (id, path) = match split(&key) {
                Ok(parts) => parts,
                Err(message) => {
                    found.push(Diagnostic::error(message).at(&place).field("override"));
                    continue;
                }
            };
            let Some(drafts) = drafts.get_mut(&id) else {
                if self.disabled.contains(&id) {
                    continue;
                }
                let message = format!("override of the unknown entry {id}");
                let mut error = Diagnostic::error(message).at(&place).field("override");
                hints += 1;
                if hints <= MAX_HINTS {
                    let known: Vec<&Id> = drafts.keys().collect();
                    let near = nearest_id(&id.to_string(), &known);
                    error.hint = near.map(|near| format!("did you mean {near}?"));
                }
                found.push(error);
                continue;
            };
            for draft in drafts {
                if let Err(message) = put(draft, path, &value) {
                    let message = format!("cannot be overridden: {message}");
                    let error = Diagnostic::error(message).at(&place).field(path);
                    draft.report(error);
                }
            }
        }
    }

    fn disable(&mut self, settings: &Settings, found: &mut Vec<Diagnostic>) {
        let list = |path: &str| settings.at(path).and_then(Node::as_sequence);
        let namespaces = list("disable.namespaces").unwrap_or_default();
        let entries = list("disable.entries").unwrap_or_default();
        if namespaces.is_empty() && entries.is_empty() {
            return;
        }
        let names: BTreeSet<&str> = namespaces.iter().filter_map(Node::as_str).collect();
        let mut ids = BTreeSet::new();
        for node in entries {
            match node.as_str().map(Id::parse) {
                Some(Ok(id)) => {
                    ids.insert(id);
                }
                Some(Err(e)) => {
                    let error = Diagnostic::error(e.to_string()).at(&node.place);
                    found.push(error.field("disable.entries"));
                }
                // Said where the settings were read.
                None => {}
            }
        }
        let mut seen = BTreeSet::new();
        for slot in &mut self.slots {
            let Slot::Draft(draft) = slot else { continue };
            let is_named = names.contains(draft.id.namespace.as_str());
            if is_named {
                seen.insert(draft.id.namespace.clone());
            }
            if is_named || ids.contains(&draft.id) {
                self.disabled.insert(draft.id.clone());
                *slot = Slot::Loose(Vec::new());
            }
        }
        for node in namespaces {
            if let Some(name) = node.as_str().filter(|name| !seen.contains(*name)) {
                let message = format!("no entry is in the namespace {name:?}");
                let warning = Diagnostic::warning(message).at(&node.place);
                found.push(warning.field("disable.namespaces"));
            }
        }
        for node in entries {
            let id = node.as_str().and_then(|text| Id::parse(text).ok());
            if let Some(id) = id.filter(|id| !self.disabled.contains(id)) {
                let warning = Diagnostic::warning(format!("unknown entry {id}"));
                found.push(warning.at(&node.place).field("disable.entries"));
            }
        }
    }
}

/// Every override: its key, its place and its value, in the order in which they apply.
fn gather(
    settings: &Settings,
    options: &LoadOptions,
    found: &mut Vec<Diagnostic>,
) -> Vec<(String, Place, Node)> {
    let mut overrides: Vec<(String, Place, Node)> = Vec::new();
    for (key, node) in settings.overrides() {
        overrides.push((key.text.to_string(), key.place.clone(), node.clone()));
    }
    let place = command_line();
    for text in &options.overrides {
        match text.split_once('=') {
            Some((key, value)) => {
                let value = command_line_value(value, &place);
                overrides.push((key.to_owned(), place.clone(), value));
            }
            None => {
                let message = format!("-o {text}: expected namespace:entry:path=value");
                found.push(Diagnostic::error(message).at(&place));
            }
        }
    }
    overrides
}

/// The overrides that can be read, by entry. What is wrong with others is reported when they apply.
pub(crate) fn by_entry(settings: &Settings, options: &LoadOptions) -> Overrides {
    let mut overrides = Overrides::new();
    for (key, _, value) in gather(settings, options, &mut Vec::new()) {
        if let Ok((id, path)) = split(&key) {
            let of = overrides.entry(id).or_default();
            of.push((path.to_owned(), value));
        }
    }
    overrides
}

/// `namespace:entry:path` as its ID and path.
fn split(key: &str) -> Result<(Id, &str), String> {
    let mut parts = key.splitn(3, ':');
    match (parts.next(), parts.next(), parts.next()) {
        (Some(namespace), Some(name), Some(path))
            if !namespace.is_empty() && !name.is_empty() && !path.is_empty() =>
        {
            Ok((Id::new(namespace, name), path))
        }
        _ => Err(format!("expected namespace:entry:path, found {key:?}")),
    }
}

fn put(draft: &mut Draft, path: &str, value: &Node) -> Result<(), String> {
    let is_mapping = value.as_mapping().is_some();
    match path {
        "kind" => {
            let kind = value.as_str().filter(|kind| !kind.trim().is_empty());
            let message = || format!("expected a kind, found {}", value.describe());
            draft.kind = kind.ok_or_else(message)?.to_owned();
        }
        "meta" if is_mapping => draft.meta = value.clone(),
        "meta" => {
            return Err(format!("expected a mapping, found {}", value.describe()));
        }
        _ => match path.strip_prefix("meta.") {
            Some(path) => draft.meta = draft.meta.with(path, value.clone())?,
            None => {
                if let Some(config) = put_config(&draft.config, path, value)? {
                    draft.config = config;
                }
            }
        },
    }
    Ok(())
}
