//! What `wippy call` calls, and with which arguments.

use serde_json::Value;

use super::arguments::Call;
use super::file::{self, STDIN};
use crate::function::Arguments;
use crate::registry::Loaded;

/// The most bytes of arguments that are read from a file or from standard input.
const ARGUMENTS_MAX: u64 = 256 << 20;

/// What is called with what.
pub(super) struct Target {
    pub(super) entry: String,
    given: Given,
}

enum Given {
    Json(Vec<Value>),
    Wave(String),
}

impl Target {
    /// `entry` with JSON arguments, or `entry(…)` with WAVE text in the parentheses.
    pub(super) fn of_entry(call: &Call) -> Result<Target, String> {
        let (entry, given) = match wave(&call.entry)? {
            Some((entry, text)) => (entry, Given::wave(text, &call.arguments)?),
            None => (call.entry.as_str(), Given::json(&call.arguments)?),
        };
        let entry = entry.to_owned();
        Ok(Target { entry, given })
    }

    /// A file with what is called in it: `function(…)`, or a function and JSON arguments, or only
    /// arguments for its only function.
    pub(super) fn of_file(call: &Call) -> Result<(Loaded, Target), String> {
        if call.entry == STDIN && call.arguments.iter().any(|word| word == STDIN) {
            return Err(
                "standard input is the module already; it cannot hold arguments too".to_owned(),
            );
        }
        let (method, given) = match call.arguments.split_first() {
            None => ("", Given::Json(Vec::new())),
            Some((first, rest)) if is_name(first) || first.starts_with('(') => match wave(first)? {
                Some((method, text)) => (method, Given::wave(text, rest)?),
                None => (first.as_str(), Given::json(rest)?),
            },
            Some(_) => ("", Given::json(&call.arguments)?),
        };
        let module = file::standalone(&call.entry, &call.grants)?.method(method);
        let entry = module.id().to_string();
        Ok((module.load(), Target { entry, given }))
    }

    pub(super) fn arguments(&self) -> Arguments<'_> {
        match &self.given {
            Given::Json(values) => Arguments::Json(values),
            Given::Wave(text) => Arguments::Wave(text),
        }
    }
}

/// The file, or `-`, that is called rather than an entry. What stands in an entry's parentheses does
/// not make it one.
pub(super) fn file_of(call: &Call) -> Option<&str> {
    let word = call.entry.as_str();
    let name = word.split('(').next().unwrap_or(word);
    (file::is_file(word) && file::is_file(name)).then_some(word)
}

/// The two parts of `name(…)`.
fn wave(word: &str) -> Result<Option<(&str, &str)>, String> {
    let Some((name, rest)) = word.split_once('(') else {
        return Ok(None);
    };
    match rest.trim_end().strip_suffix(')') {
        Some(text) => Ok(Some((name, text))),
        None => Err(format!("{word:?} lacks its closing parenthesis")),
    }
}

/// Whether a word is a function's name rather than JSON.
fn is_name(word: &str) -> bool {
    word.starts_with(|first: char| first.is_alphabetic() || first == '_')
}

impl Given {
    fn wave(text: &str, others: &[String]) -> Result<Given, String> {
        match others {
            [] => Ok(Given::Wave(text.to_owned())),
            _ => Err(
                "arguments stand in parentheses or behind the entry, not in both places".to_owned(),
            ),
        }
    }

    /// A JSON value each; or all of them in one array, which `-` reads from standard input and
    /// `@FILE` from a file.
    fn json(words: &[String]) -> Result<Given, String> {
        let source = words.iter().find_map(|word| match word.as_str() {
            STDIN => Some(STDIN),
            word => word.strip_prefix('@'),
        });
        let values = match (source, words) {
            (Some(source), [_]) => array(source)?,
            (Some(_), _) => {
                return Err(
                    "- and @FILE hold all arguments; no others stand beside them".to_owned(),
                );
            }
            (None, words) => {
                let values = words.iter().enumerate().map(|(index, text)| {
                    serde_json::from_str(text).map_err(|error| {
                        format!(
                            "argument {index} is not JSON: {error} (a string is written '\"text\"')"
                        )
                    })
                });
                values.collect::<Result<_, _>>()?
            }
        };
        Ok(Given::Json(values))
    }
}

fn array(source: &str) -> Result<Vec<Value>, String> {
    let bytes = file::read(source, ARGUMENTS_MAX)?;
    serde_json::from_slice(&bytes).map_err(|error| {
        let name = if source == STDIN {
            "standard input"
        } else {
            source
        };
        format!("{name}: expected the arguments as a JSON array: {error}")
    })
}
