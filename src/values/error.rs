//! What can be wrong with a value.

use serde_json::Value;
use thiserror::Error;

use super::path::Path;
use super::quoted::Quoted;

/// Why values could not be converted.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ValueError {
    /// More or fewer arguments than the function has parameters.
    #[error("parameter count mismatch: expected {expected}, got {got}")]
    Count {
        /// How many parameters the function has.
        expected: usize,
        /// How many arguments there were.
        got: usize,
    },
    /// A value that does not fit its type.
    #[error("{path}: {problem}")]
    At {
        /// The place, such as `argument 0, field users[3].age`.
        path: String,
        /// What is wrong there.
        problem: Problem,
    },
}

impl ValueError {
    /// The same with its place in a text, unless it has one.
    pub(super) fn in_text(self, character: usize) -> ValueError {
        match self {
            ValueError::At { path, problem } => ValueError::At {
                path,
                problem: problem.in_text(character),
            },
            count @ ValueError::Count { .. } => count,
        }
    }
}

/// What is wrong at one place.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Problem {
    /// Another kind of value, or one out of range.
    #[error("expected {expected}, got {got}")]
    Expected {
        /// The type, or the form that is wanted.
        expected: String,
        /// What was there, shortened.
        got: String,
    },
    /// A record's field that is not an option is absent.
    #[error("missing, expected {expected}")]
    Missing {
        /// The field's type.
        expected: String,
    },
    /// A key that the record does not have.
    #[error("unknown field{}", suggestion(.nearest))]
    Unknown {
        /// The record's field with the most similar name, if one is similar.
        nearest: Option<String>,
    },
    /// A field in both its kebab-case and its snake_case spelling.
    #[error("given twice, as {kebab:?} and {snake:?}")]
    Repeated {
        /// The field's own name.
        kebab: String,
        /// The same name in snake_case.
        snake: String,
    },
    /// A flag that is in the array more than once.
    #[error("flag {name:?} given twice")]
    RepeatedFlag {
        /// The flag's name.
        name: String,
    },
    /// Text under `base64` that is not base64.
    #[error("invalid base64: {0}")]
    Base64(String),
    /// A command-line argument that had to be JSON and is not.
    #[error("expected {expected} as JSON: {reason}")]
    NotJson {
        /// The parameter's type.
        expected: String,
        /// What the JSON parser said.
        reason: String,
    },
    /// Arguments in WAVE text that cannot be read.
    #[error("{reason}")]
    NotWave {
        /// What the WAVE parser said.
        reason: String,
    },
    /// What is wrong in WAVE text, and where.
    #[error("{problem} (at character {character} of the arguments)")]
    InText {
        /// What is wrong.
        problem: Box<Problem>,
        /// The character of the text between the parentheses, from 1.
        character: usize,
    },
    /// More than [`MAX_DEPTH`](super::MAX_DEPTH) values inside each other.
    #[error("nested deeper than {limit} levels")]
    TooDeep {
        /// The limit.
        limit: usize,
    },
    /// More than [`MAX_ELEMENTS`](super::MAX_ELEMENTS) values in one conversion.
    #[error("more than {limit} elements in one call")]
    TooMany {
        /// The limit.
        limit: usize,
    },
    /// A type without a JSON form.
    #[error("{0} cannot be passed as JSON")]
    Unsupported(&'static str),
}

impl Problem {
    /// Puts the problem at its place.
    pub(super) fn at(self, path: &Path<'_>) -> ValueError {
        ValueError::At {
            path: path.to_string(),
            problem: self,
        }
    }

    /// The same with its place in a text, unless it has one.
    pub(super) fn in_text(self, character: usize) -> Problem {
        match self {
            Problem::InText { .. } => self,
            problem => Problem::InText {
                problem: Box::new(problem),
                character,
            },
        }
    }

    /// `expected …, got …` for a JSON value.
    pub(super) fn expected(expected: impl Into<String>, got: &Value) -> Problem {
        Problem::Expected {
            expected: expected.into(),
            got: show(got),
        }
    }
}

fn suggestion(nearest: &Option<String>) -> String {
    match nearest {
        Some(name) => format!(", did you mean {name:?}?"),
        None => String::new(),
    }
}

/// A JSON value as an error shows it: a scalar itself, anything larger by its kind.
fn show(json: &Value) -> String {
    match json {
        Value::Null | Value::Bool(_) | Value::Number(_) => json.to_string(),
        Value::String(text) => Quoted(text).to_string(),
        Value::Array(_) => "an array".to_owned(),
        Value::Object(_) => "an object".to_owned(),
    }
}
