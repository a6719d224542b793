//! What fields there are, told by the reading of them: a context that describes takes note of
//! every field that is asked for, so that the schema cannot differ from what loads.

use super::fields::Context;
use crate::id::Id;

/// A field that a kind has, as the reading of it says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Field {
    /// Its path; items of a list of mappings are `[]`.
    pub path: String,
    pub shape: Shape,
    pub required: bool,
    /// The texts that it takes, if not any.
    pub choices: &'static [&'static str],
}

/// What a field holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    String,
    Flag,
    Integer,
    Number,
    /// A single value of any type.
    Text,
    Strings,
    /// Names and single values.
    Texts,
    Section,
    Sections,
    Duration,
    Mode,
    List,
    Any,
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
