//! What the reading of one entry needs and gathers.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::describe::{Field, Shape};
use super::diagnostic::{Diagnostic, push_bounded};
use super::tree::{Key, Node, Place, Spanned, shorten};
use crate::id::Id;
use crate::nearest::within;

/// What the reading of one entry needs and gathers.
pub(crate) struct Context<'a> {
    /// The entry that is read.
    pub id: &'a Id,
    /// Unknown fields are errors instead of warnings.
    pub strict: bool,
    /// The errors found, in the order of the checks.
    pub found: Vec<Diagnostic>,
    /// Whether one of all errors, reported or beyond the bound, is an error.
    pub failed: bool,
    /// Fields whose values could not be obtained. That is reported once; no further errors are
    /// added.
    pub unresolved: BTreeSet<Place>,
    /// The unknown fields that were reported: the index in `found`, and the name as written.
    pub unknown_fields: Vec<(usize, Arc<str>)>,
    /// What becomes of an entry of this kind that has unknown fields; nothing but a warning where this is `None`.
    pub unknown_effect: Option<&'static str>,
    /// The first field that is not known, reported or beyond the bound.
    pub first_unknown: Option<Spanned<String>>,
    /// The references to other entries, with their fields and places.
    pub references: Vec<(String, Id, Place)>,
    /// The fields that were asked for, where they are to be described.
    pub(super) described: Option<Vec<Field>>,
}

impl<'a> Context<'a> {
    pub fn new(id: &'a Id, strict: bool) -> Self {
        Self {
            id,
            strict,
            found: Vec::new(),
            failed: false,
            unresolved: BTreeSet::new(),
            unknown_fields: Vec::new(),
            unknown_effect: None,
            first_unknown: None,
            references: Vec::new(),
            described: None,
        }
    }

    /// Adds a diagnostic about a field of the entry.
    pub fn report(&mut self, diagnostic: Diagnostic, place: &Place, field: &str) {
        self.failed |= diagnostic.is_error();
        if self.unresolved.contains(place) {
            return;
        }
        let diagnostic = diagnostic.at(place).of(self.id).field(field);
        push_bounded(&mut self.found, diagnostic);
    }

    /// Adds an error about a field of the entry.
    pub fn error(&mut self, place: &Place, field: &str, message: impl Into<String>) {
        self.report(Diagnostic::error(message), place, field);
    }

    /// Reads a reference to another entry, completed with this entry's namespace.
    pub fn reference(&mut self, text: &Spanned<String>, field: &str) -> Option<Id> {
        match Id::reference(&text.value, &self.id.namespace) {
            Ok(id) => {
                let place = text.place.clone();
                self.references.push((field.to_owned(), id.clone(), place));
                Some(id)
            }
            Err(e) => {
                self.error(&text.place, field, e.to_string());
                None
            }
        }
    }

    /// Adds the warning, or the error if `strict`, that the mapping at `path` has no field `key`;
    /// `near` is the field of it that was probably meant.
    pub fn unknown_field(&mut self, key: &Key, path: &str, near: Option<&str>) {
        let name = shorten(&key.text);
        let message = format!("unknown field {name:?}");
        let mut diagnostic = match (self.strict, self.unknown_effect) {
            (true, _) => Diagnostic::error(message),
            (false, None) => Diagnostic::warning(message),
            (false, Some(effect)) => Diagnostic::warning(format!("{message}: {effect}")),
        };
        if let Some(near) = near {
            diagnostic = diagnostic.hint(format!("did you mean {near:?}?"));
        }
        let field = self.note_unknown(key, path);
        let index = self.found.len();
        self.report(diagnostic, &key.place, &field);
        if self.found.len() > index {
            self.unknown_fields.push((index, key.text.clone()));
        }
    }

    /// Notes that the mapping at `path` has no field `key`. The field's path.
    pub fn note_unknown(&mut self, key: &Key, path: &str) -> String {
        let name = shorten(&key.text);
        let field = match path {
            "" => name,
            path => format!("{path}.{name}"),
        };
        self.first_unknown.get_or_insert_with(|| Spanned {
            value: field.clone(),
            place: key.place.clone(),
        });
        field
    }

    /// Adds the warning, or the error if `strict`, that a field has no effect although it may be meant to protect.
    pub fn without_protection(&mut self, key: &Key, path: &str, message: &str) {
        let field = self.note_unknown(key, path);
        let message = match self.unknown_effect {
            Some(effect) => format!("{message}: {effect}"),
            None => message.to_owned(),
        };
        let diagnostic = match self.strict {
            true => Diagnostic::error(message),
            false => Diagnostic::warning(message),
        };
        self.report(diagnostic, &key.place, &field);
    }

    /// Adds a hint to the unknown fields that are known elsewhere among `fields`, those of the
    /// whole kind.
    pub fn hint_at_other_levels(&mut self, fields: &[Field]) {
        for (index, name) in std::mem::take(&mut self.unknown_fields) {
            let Some(found) = self.found.get_mut(index) else {
                continue;
            };
            let exact = elsewhere(fields, &name);
            let near = || {
                let names = fields.iter().map(|field| last(&field.path));
                elsewhere(fields, within(&name, names, 1)?)
            };
            let path = match &found.hint {
                Some(_) => exact,
                None => exact.or_else(near),
            };
            if let Some(path) = path {
                found.hint = Some(match path.rsplit_once('.') {
                    Some((above, _)) => {
                        format!("did you mean `{path}`? it belongs below `{above}`")
                    }
                    None => format!("did you mean `{path}`? it belongs to the entry itself"),
                });
            }
        }
    }

    /// Adds the error that a field is of the wrong type.
    pub fn expected(&mut self, node: &Node, field: &str, what: &str) {
        let message = format!("expected {what}, found {}", node.describe());
        self.error(&node.place, field, message);
    }
}

/// The path of the only field of this name.
fn elsewhere<'a>(fields: &'a [Field], name: &str) -> Option<&'a str> {
    let mut named = fields.iter().filter(|field| last(&field.path) == name);
    let only = named.next()?;
    named.next().is_none().then_some(only.path.as_str())
}

/// The last name of a path.
fn last(path: &str) -> &str {
    path.rsplit('.').next().unwrap_or(path)
}

impl<'a> Context<'a> {
    /// A context in which reading an empty entry describes the fields that it has.
    pub fn describing(id: &'a Id) -> Self {
        Self {
            described: Some(Vec::new()),
            ..Self::new(id, false)
        }
    }

    /// True where fields are described, so that what is absent is to be looked into too.
    pub fn describes(&self) -> bool {
        self.described.is_some()
    }

    /// The fields that were described, in the order of their reading.
    pub fn into_described(self) -> Vec<Field> {
        self.described.unwrap_or_default()
    }

    /// Describes a field, which replaces an earlier description.
    pub fn describe(&mut self, path: String, shape: Shape, required: bool) {
        if let Some(fields) = &mut self.described {
            fields.retain(|field| field.path != path);
            fields.push(Field {
                path,
                shape,
                required,
                choices: &[],
            });
        }
    }

    /// Describes the texts that the field described last takes.
    pub fn describe_choices(&mut self, choices: &'static [&'static str]) {
        if let Some(field) = self.described.as_mut().and_then(|fields| fields.last_mut()) {
            field.choices = choices;
        }
    }
}
