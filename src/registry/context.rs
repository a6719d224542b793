//! What the reading of one entry needs and gathers.

use std::collections::BTreeSet;

use super::describe::{Field, Shape};
use super::diagnostic::{Diagnostic, push_bounded};
use super::tree::{Node, Place, Spanned};
use crate::id::Id;

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
    /// Values that could not be had, which is reported: nothing else is said of them.
    pub unresolved: BTreeSet<Place>,
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

    /// Adds the error that a field is of the wrong type.
    pub fn expected(&mut self, node: &Node, field: &str, what: &str) {
        let message = format!("expected {what}, found {}", node.describe());
        self.error(&node.place, field, message);
    }
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

    /// Describes a field; what was said of it before holds no longer.
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
