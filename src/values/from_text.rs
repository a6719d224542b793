//! Command-line arguments into component values.

use serde_json::{Number, Value};
use wasmtime::component::{Type, Val};

use super::error::{Problem, ValueError};
use super::from_json::{arguments, check_count, from_json};
use super::json_text::parse_json;
use super::path::Path;
use super::signature::describe;

/// One command-line argument into the type of its parameter.
///
/// A string or char takes the text as it is; numbers and booleans are written plainly, with `nan`,
/// `inf` and `-inf` for floats; an enum, or a variant's case without a payload, is its bare name.
/// An option is `null` or what its payload takes. Everything else, options of options included, is
/// JSON as [`from_json`] reads it.
///
/// # Errors
/// [`ValueError::At`] for text that does not fit the type.
pub fn from_text(ty: &Type, text: &str, path: &Path<'_>) -> Result<Val, ValueError> {
    from_json(ty, &json(ty, text, path)?, path)
}

/// All arguments of a call from the command line, each as [`from_text`] reads it.
///
/// # Errors
/// [`ValueError::Count`] unless there is one text for each parameter; [`ValueError::At`] for the
/// first one that does not fit.
pub fn text_arguments(
    params: &[(String, Type)],
    texts: &[impl AsRef<str>],
) -> Result<Vec<Val>, ValueError> {
    check_count(params.len(), texts.len())?;
    let values = params
        .iter()
        .zip(texts)
        .enumerate()
        .map(|(index, ((_, ty), text))| json(ty, text.as_ref(), &Path::Argument(index)))
        .collect::<Result<Vec<_>, _>>()?;
    arguments(params, &values)
}

/// The JSON that a text stands for. Text that cannot be right stays a JSON string, so that the
/// reader's error quotes it.
fn json(ty: &Type, text: &str, path: &Path<'_>) -> Result<Value, ValueError> {
    let plain = || Value::from(text);
    Ok(match ty {
        Type::String | Type::Char => plain(),
        Type::Bool => match text {
            "true" => Value::Bool(true),
            "false" => Value::Bool(false),
            _ => plain(),
        },
        Type::S8 | Type::U8 | Type::S16 | Type::U16 | Type::S32 | Type::U32 => integer(text),
        Type::S64 | Type::U64 => integer(text),
        Type::Float32 | Type::Float64 => match text.parse().ok().and_then(Number::from_f64) {
            Some(number) => Value::Number(number),
            None => plain(),
        },
        Type::Enum(names) if names.names().any(|name| name == text) => plain(),
        Type::Variant(variant) if variant.cases().any(|case| case.name == text) => plain(),
        Type::Variant(_) if text.trim_start().starts_with('{') => parsed(ty, text, path)?,
        Type::Enum(_) | Type::Variant(_) => parse_json(text).unwrap_or_else(|_| plain()),
        Type::Option(option) => match option.ty() {
            Type::Option(_) => parsed(ty, text, path)?,
            _ if text == "null" => Value::Null,
            payload => json(&payload, text, path)?,
        },
        _ => parsed(ty, text, path)?,
    })
}

fn integer(text: &str) -> Value {
    if let Ok(value) = text.parse::<i64>() {
        Value::from(value)
    } else if let Ok(value) = text.parse::<u64>() {
        Value::from(value)
    } else if let Ok(number) = serde_json::from_str::<Number>(text) {
        Value::Number(number)
    } else {
        Value::from(text)
    }
}

fn parsed(ty: &Type, text: &str, path: &Path<'_>) -> Result<Value, ValueError> {
    parse_json(text).map_err(|error| {
        Problem::NotJson {
            expected: describe(ty),
            reason: error.to_string(),
        }
        .at(path)
    })
}
