//! Documents → drafts of entries: namespaces, file-level meta, the `data:` key.

use std::collections::HashSet;
use std::sync::Arc;

use super::diagnostic::{Diagnostic, MAX_DIAGNOSTICS, push_bounded};
use super::kinds::{is_data, is_run};
use super::parse::MAX_NODES;
use super::source::SourceRoot;
use super::tree::{Mapping, Node, Place, Value, is_extension, shorten};
use crate::id::Id;
use crate::nearest::nearest;

/// An entry whose ID and kind are known and whose configuration is not read yet.
#[derive(Clone, Debug)]
pub(crate) struct Draft {
    pub id: Id,
    pub kind: String,
    /// The entry's meta over the document's.
    pub meta: Node,
    /// The configuration: the value of `data`, or all keys but `name`, `kind` and `meta`.
    pub config: Node,
    pub place: Place,
    pub root: Arc<SourceRoot>,
    /// Mistakes in the entry's frame.
    pub diagnostics: Vec<Diagnostic>,
}

/// What a document holds.
#[derive(Debug, Default)]
pub(crate) struct Split {
    pub drafts: Vec<Draft>,
    /// Mistakes that belong to no entry with an ID.
    pub diagnostics: Vec<Diagnostic>,
}

/// Keys of an entry that are not configuration.
const FRAME: [&str; 3] = ["name", "kind", "meta"];
/// Keys of a document with `entries`.
const DOCUMENT: [&str; 4] = ["version", "namespace", "meta", "entries"];

/// Whether a document is the project's, or may be meant to be.
pub(crate) fn is_candidate(document: &Node) -> bool {
    let mapping = document.as_mapping();
    mapping.is_some_and(|mapping| mapping.has("namespace") || lacks_namespace(mapping))
}

/// The namespace as written, whatever is wrong with it; empty without one.
pub(crate) fn namespace_text(mapping: &Mapping) -> &str {
    match mapping.get("namespace").map(|node| &node.value) {
        Some(Value::Scalar(scalar)) => &scalar.text,
        _ => "",
    }
}

/// Whether a document without `namespace` looks as if that had been forgotten: it holds a list of
/// entries, or is one of a kind that is known here.
fn lacks_namespace(mapping: &Mapping) -> bool {
    let is_list = |node: &Node| node.as_sequence().is_some();
    let kind = mapping.get("kind").and_then(Node::as_str);
    mapping.get("entries").is_some_and(is_list)
        || (mapping.has("name") && kind.is_some_and(|kind| is_run(kind) || is_data(kind)))
}

/// Splits a document into its entries. One without `namespace` is not ours and gives nothing.
pub(crate) fn split(document: &Node, root: &Arc<SourceRoot>, strict: bool) -> Split {
    let mut split = Split::default();
    let Some(mapping) = document.as_mapping() else {
        return split;
    };
    let Some(namespace) = mapping.get("namespace") else {
        if lacks_namespace(mapping) {
            let warning = Diagnostic::warning("namespace is missing");
            let hint = "without it nothing of this document is read";
            split.report(warning.at(&document.place).hint(hint));
        }
        return split;
    };
    let Some(namespace_name) = namespace_of(namespace, &mut split) else {
        return split;
    };
    let single = !mapping.has("entries") && (mapping.has("kind") || mapping.has("name"));
    if !single {
        for problem in &mapping.problems {
            let error = Diagnostic::error(problem.message.clone());
            split.report(error.at(&problem.place));
        }
    }
    let mut reader = Reader {
        namespace: namespace_name,
        meta: None,
        merged: 0,
        root,
        split,
    };
    if single {
        let mut frame = mapping.clone();
        frame
            .entries
            .retain(|(key, _)| !matches!(&*key.text, "namespace" | "version"));
        reader.entry(&Node::mapping(document.place.clone(), frame));
        return reader.split;
    }
    reader.unknown_keys(mapping, strict);
    reader.meta = mapping.get("meta").filter(|n| !n.is_null());
    if let Some(meta) = reader.meta {
        reader.document_meta(meta);
    }
    let entries = mapping.get("entries").filter(|n| !n.is_null());
    match entries.map(|n| (n, n.as_sequence())) {
        None => {}
        Some((_, Some(items))) => items.iter().for_each(|item| reader.entry(item)),
        Some((node, None)) => {
            let message = format!("expected a list of entries, found {}", node.describe());
            reader
                .split
                .report(Diagnostic::error(message).at(&node.place).field("entries"));
        }
    }
    reader.split
}

fn namespace_of<'a>(node: &'a Node, split: &mut Split) -> Option<&'a str> {
    let message = match node.as_str() {
        Some(name) if name.contains(':') => "a namespace cannot contain a colon".into(),
        Some(name) if !name.trim().is_empty() => return Some(name),
        Some(_) => "namespace is required".into(),
        None => format!("expected a string, found {}", node.describe()),
    };
    split.report(
        Diagnostic::error(message)
            .at(&node.place)
            .field("namespace"),
    );
    None
}

impl Split {
    fn report(&mut self, diagnostic: Diagnostic) {
        push_bounded(&mut self.diagnostics, diagnostic);
    }
}

struct Reader<'a> {
    namespace: &'a str,
    meta: Option<&'a Node>,
    /// Keys of the document's meta copied into entries so far.
    merged: usize,
    root: &'a Arc<SourceRoot>,
    split: Split,
}

impl Reader<'_> {
    fn unknown_keys(&mut self, mapping: &Mapping, strict: bool) {
        for (key, _) in &mapping.entries {
            if DOCUMENT.contains(&&*key.text) || is_extension(&key.text) {
                continue;
            }
            if self.split.diagnostics.len() >= MAX_DIAGNOSTICS {
                break;
            }
            let message = format!("unknown field {:?} of a document", shorten(&key.text));
            let mut diagnostic = if strict {
                Diagnostic::error(message)
            } else {
                Diagnostic::warning(message)
            };
            if let Some(known) = nearest(&key.text, DOCUMENT) {
                diagnostic = diagnostic.hint(format!("did you mean {known:?}?"));
            }
            self.split.report(diagnostic.at(&key.place));
        }
    }

    fn document_meta(&mut self, meta: &Node) {
        if meta.as_mapping().is_none() {
            let message = format!("expected a mapping, found {}", meta.describe());
            self.split
                .report(Diagnostic::error(message).at(&meta.place).field("meta"));
            self.meta = None;
        }
        meta.problems(&mut |problem| {
            let error = Diagnostic::error(problem.message.clone());
            self.split.report(error.at(&problem.place).field("meta"));
        });
    }

    fn entry(&mut self, node: &Node) {
        let Some(mapping) = node.as_mapping() else {
            let message = format!("expected an entry, found {}", node.describe());
            self.split
                .report(Diagnostic::error(message).at(&node.place));
            return;
        };
        let Some(name) = self.frame_string(node, mapping, "name", None) else {
            return;
        };
        let id = Id::new(self.namespace, name);
        let Some(kind) = self.frame_string(node, mapping, "kind", Some(&id)) else {
            return;
        };
        let mut draft = Draft {
            meta: Node::empty(node.place.clone()),
            config: Node::empty(node.place.clone()),
            place: node.place.clone(),
            root: self.root.clone(),
            diagnostics: Vec::new(),
            id,
            kind,
        };
        draft.meta = self.entry_meta(mapping, &mut draft);
        draft.config = config(node, mapping, &mut draft);
        node.problems(&mut |problem| {
            let error = Diagnostic::error(problem.message.clone());
            draft.report(error.at(&problem.place));
        });
        self.split.drafts.push(draft);
    }

    fn frame_string(
        &mut self,
        entry: &Node,
        mapping: &Mapping,
        key: &str,
        id: Option<&Id>,
    ) -> Option<String> {
        let node = mapping.get(key).filter(|n| !n.is_null());
        let message = match node.map(|n| (n, n.as_str())) {
            Some((_, Some(text))) if !text.trim().is_empty() => return Some(text.to_owned()),
            Some((node, None)) => format!("expected a string, found {}", node.describe()),
            _ => format!("{key} is required"),
        };
        let mut error = Diagnostic::error(message)
            .at(&node.unwrap_or(entry).place)
            .field(key);
        error.entry = id.cloned();
        self.split.report(error);
        None
    }

    /// The entry's meta, with the document's below it.
    fn entry_meta(&mut self, mapping: &Mapping, draft: &mut Draft) -> Node {
        let own = mapping.get("meta").filter(|n| !n.is_null());
        if let Some(node) = own
            && node.as_mapping().is_none()
        {
            let message = format!("expected a mapping, found {}", node.describe());
            draft.report(Diagnostic::error(message).at(&node.place).field("meta"));
        }
        let below = self.meta.and_then(Node::as_mapping);
        match (own.and_then(|n| Some((n, n.as_mapping()?))), below) {
            (Some((node, _)), None) => node.clone(),
            (None, None) => Node::empty(draft.place.clone()),
            (None, Some(_)) => self
                .meta
                .cloned()
                .unwrap_or_else(|| Node::empty(draft.place.clone())),
            (Some((node, own)), Some(below)) => {
                self.merged += below.entries.len();
                if self.merged > MAX_NODES {
                    let message = "the document's meta is too large to be inherited";
                    draft.report(Diagnostic::error(message).at(&node.place).field("meta"));
                    return node.clone();
                }
                let keys: HashSet<&str> = own.entries.iter().map(|(key, _)| &*key.text).collect();
                let inherited = below
                    .entries
                    .iter()
                    .filter(|(key, _)| !keys.contains(&*key.text));
                let mut merged = own.clone();
                merged.entries.extend(inherited.cloned());
                Node::mapping(node.place.clone(), merged)
            }
        }
    }
}

impl Draft {
    /// Adds a diagnostic about the entry.
    pub fn report(&mut self, diagnostic: Diagnostic) {
        push_bounded(&mut self.diagnostics, diagnostic.of(&self.id));
    }
}

fn config(node: &Node, mapping: &Mapping, draft: &mut Draft) -> Node {
    let own = |key: &str| !FRAME.contains(&key) && !is_extension(key);
    let Some(data) = mapping.get("data") else {
        let entries = mapping.entries.iter().filter(|(key, _)| own(&key.text));
        let config = Mapping {
            entries: entries.cloned().collect(),
            problems: Vec::new(),
        };
        return Node::mapping(node.place.clone(), config);
    };
    for (key, _) in &mapping.entries {
        if own(&key.text) && &*key.text != "data" {
            let message = "ignored, because \"data\" holds the configuration";
            let field = shorten(&key.text);
            draft.report(Diagnostic::warning(message).at(&key.place).field(field));
        }
    }
    data.clone()
}

/// The configuration with an override in it; none where the override is of something else.
pub(crate) fn put_config(config: &Node, path: &str, value: &Node) -> Result<Option<Node>, String> {
    match path {
        "kind" | "meta" => Ok(None),
        "data" if value.as_mapping().is_some() => Ok(Some(value.clone())),
        "data" => Err(format!("expected a mapping, found {}", value.describe())),
        _ if path.starts_with("meta.") => Ok(None),
        _ => {
            let path = path.strip_prefix("data.").unwrap_or(path);
            config.with(path, value.clone()).map(Some)
        }
    }
}

#[cfg(test)]
mod tests;
