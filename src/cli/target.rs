//! What `wippy call` and `wippy bench` call, and with which arguments.

use std::fs::File;
use std::io::Read;

use serde_json::Value;

use super::arguments::{Grants, Options};
use super::file::{self, STDIN};
use crate::io_reason::io_reason;
use crate::registry::Loaded;
use crate::runtime::Arguments;
use crate::values::parse_json;

/// What is called with what.
pub(super) struct Target {
    pub(super) entry: String,
    given: Given,
}

enum Given {
    Json(Vec<Value>),
    Wave(String),
}

/// The entries, and the one of them that a command line means.
///
/// # Errors
/// A text that says which word cannot be read as what.
pub(super) fn prepare(
    word: &str,
    arguments: &[String],
    grants: &Grants,
    options: &Options,
    load: impl FnOnce() -> Loaded,
) -> Result<(Loaded, Target), String> {
    if file_of(word).is_some() {
        return Target::of_file(word, arguments, grants, options);
    }
    file::refuse(grants)?;
    let target = Target::of_entry(word, arguments)?;
    Ok((load(), target))
}

impl Target {
    /// `entry` with JSON arguments, or `entry(…)` with WAVE text in the parentheses.
    fn of_entry(word: &str, arguments: &[String]) -> Result<Target, String> {
        let (entry, given) = match wave(word)? {
            Some((entry, text)) => (entry, Given::wave(text, arguments)?),
            None => (word, Given::json(arguments)?),
        };
        let entry = entry.to_owned();
        Ok(Target { entry, given })
    }

    /// A file with what is called in it: `function(…)`, or a function and JSON arguments, or only
    /// arguments for its only function.
    fn of_file(
        word: &str,
        arguments: &[String],
        grants: &Grants,
        options: &Options,
    ) -> Result<(Loaded, Target), String> {
        if word == STDIN && arguments.iter().any(|word| word == STDIN) {
            return Err(
                "standard input is the module already; it cannot hold arguments too".to_owned(),
            );
        }
        let (method, given) = match arguments.split_first() {
            None => ("", Given::Json(Vec::new())),
            Some((first, rest)) if is_name(first) || first.starts_with('(') => match wave(first)? {
                Some((method, text)) => (method, Given::wave(text, rest)?),
                None => (first.as_str(), Given::json(rest)?),
            },
            Some(_) => ("", Given::json(arguments)?),
        };
        let module = file::entry(word, grants)?.method(method);
        let entry = module.id().to_owned();
        let loaded = file::load(module, options)?;
        Ok((loaded, Target { entry, given }))
    }

    /// Whether there are any.
    pub(super) fn has_arguments(&self) -> bool {
        !matches!(&self.given, Given::Json(values) if values.is_empty())
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
pub(super) fn file_of(word: &str) -> Option<&str> {
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

    /// A JSON value each, or one word that says where all of them are.
    fn json(words: &[String]) -> Result<Given, String> {
        if let [source] = words
            && let Some(text) = read_arguments(source)
        {
            return Ok(Given::Json(array(&text?, source)?));
        }
        let parse = |(index, text): (usize, &String)| {
            parse_json(text).map_err(|error| {
                format!("argument {index} is not JSON: {error} (a string is written '\"text\"')")
            })
        };
        let values = words.iter().enumerate().map(parse);
        Ok(Given::Json(values.collect::<Result<_, _>>()?))
    }
}

/// The most text of arguments that is read from standard input or a file, in bytes.
const MAX_ARGUMENTS: u64 = 64 << 20;

/// The text of the arguments that `-` (standard input) or `@FILE` stands for; neither begins JSON.
fn read_arguments(source: &str) -> Option<Result<String, String>> {
    let text = match source.strip_prefix('@') {
        Some(path) => File::open(path).and_then(read_text),
        None if source == "-" => read_text(std::io::stdin()),
        None => return None,
    };
    Some(text.map_err(|error| {
        let reason = io_reason(&error, "file");
        format!("cannot read the arguments from {source}: {reason}")
    }))
}

fn read_text(from: impl Read) -> std::io::Result<String> {
    let mut text = String::new();
    from.take(MAX_ARGUMENTS + 1).read_to_string(&mut text)?;
    match text.len() as u64 > MAX_ARGUMENTS {
        true => Err(std::io::Error::other(format!(
            "longer than {MAX_ARGUMENTS} bytes"
        ))),
        false => Ok(text),
    }
}

fn array(text: &str, source: &str) -> Result<Vec<Value>, String> {
    match parse_json(text) {
        Ok(Value::Array(values)) => Ok(values),
        Ok(_) => Err(format!(
            "the arguments from {source} are not a JSON array, such as [1, \"text\"]"
        )),
        Err(error) => Err(format!("the arguments from {source} are not JSON: {error}")),
    }
}
