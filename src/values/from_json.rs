//! JSON into component values.

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value};
use wasmtime::component::types::{Enum, Flags, OptionType, ResultType, Tuple, Variant};
use wasmtime::component::{Type, Val};

use super::error::{Problem, ValueError};
use super::limits::Budget;
use super::number::{float32, float64, integer, wide_integer};
use super::path::Path;
use super::signature::describe;
use crate::nearest::nearest;

/// Names that an error lists before it ends in `…`.
const MAX_LISTED: usize = 12;

/// A JSON value as a component value of type `ty`; `path` is where errors say it stands.
///
/// # Errors
/// [`ValueError::At`] for the first value that does not fit its type, for more than
/// [`MAX_DEPTH`](super::MAX_DEPTH) levels or [`MAX_ELEMENTS`](super::MAX_ELEMENTS) values, and for
/// types without a JSON form.
pub fn from_json(ty: &Type, json: &Value, path: &Path<'_>) -> Result<Val, ValueError> {
    Reader::default().value(ty, json, path)
}

/// All arguments of a call, in the order of its parameters. The bounds hold for them together.
///
/// # Errors
/// [`ValueError::Count`] unless there is one JSON value for each parameter; otherwise as
/// [`from_json`], with `argument N` as the place.
pub fn arguments(params: &[(String, Type)], json: &[Value]) -> Result<Vec<Val>, ValueError> {
    check_count(params.len(), json.len())?;
    let mut reader = Reader::default();
    params
        .iter()
        .zip(json)
        .enumerate()
        .map(|(index, ((_, ty), json))| reader.value(ty, json, &Path::Argument(index)))
        .collect()
}

/// What a host function returns, as a value of its type.
///
/// # Errors
/// As [`from_json`], with `result` as the place.
pub fn result(ty: &Type, json: &Value) -> Result<Val, ValueError> {
    from_json(ty, json, &Path::Result)
}

/// The same number of arguments as of parameters.
pub(super) fn check_count(expected: usize, got: usize) -> Result<(), ValueError> {
    if expected == got {
        Ok(())
    } else {
        Err(ValueError::Count { expected, got })
    }
}

/// One conversion from JSON, with what is left of its bounds.
#[derive(Debug, Default)]
pub(super) struct Reader {
    pub(super) budget: Budget,
}

impl Reader {
    #[cfg(test)]
    pub(super) fn within(budget: Budget) -> Self {
        Reader { budget }
    }

    pub(super) fn value(
        &mut self,
        ty: &Type,
        json: &Value,
        path: &Path<'_>,
    ) -> Result<Val, ValueError> {
        self.budget.enter(path)?;
        let val = match ty {
            Type::List(list) => Val::List(self.list(ty, &list.ty(), json, path)?),
            Type::FixedLengthList(list) => {
                let items = self.list(ty, &list.ty(), json, path)?;
                check_length(list.len() as usize, items.len(), path)?;
                Val::FixedLengthList(items)
            }
            Type::Tuple(tuple) => self.tuple(ty, tuple, json, path)?,
            Type::Record(record) => self.record(ty, record, json, path)?,
            Type::Variant(variant) => self.variant(variant, json, path)?,
            Type::Enum(names) => enumeration(names, json, path)?,
            Type::Option(option) => self.option(option, json, path)?,
            Type::Result(result) => self.result(result, json, path)?,
            Type::Flags(flags) => self.flags(ty, flags, json, path)?,
            _ => match unsupported(ty) {
                Some(what) => return Err(Problem::Unsupported(what).at(path)),
                None => scalar(ty, json).ok_or_else(|| mismatch(ty, json, path))?,
            },
        };
        self.budget.leave();
        Ok(val)
    }

    fn list(
        &mut self,
        ty: &Type,
        element: &Type,
        json: &Value,
        path: &Path<'_>,
    ) -> Result<Vec<Val>, ValueError> {
        match json {
            Value::Array(items) => items
                .iter()
                .enumerate()
                .map(|(index, item)| self.value(element, item, &Path::Element(path, index)))
                .collect(),
            Value::Object(object) if *element == Type::U8 => self.base64(object, path),
            _ => Err(mismatch(ty, json, path)),
        }
    }

    fn base64(
        &mut self,
        object: &Map<String, Value>,
        path: &Path<'_>,
    ) -> Result<Vec<Val>, ValueError> {
        const KEY: &str = "base64";
        if let Some(key) = object.keys().find(|key| *key != KEY) {
            let nearest = nearest(key, [KEY]).map(str::to_owned);
            return Err(Problem::Unknown { nearest }.at(&Path::Field(path, key)));
        }
        let path = &Path::Field(path, KEY);
        let text = match object.get(KEY) {
            Some(Value::String(text)) => text,
            Some(other) => return Err(Problem::expected("string", other).at(path)),
            None => {
                let expected = "string".to_owned();
                return Err(Problem::Missing { expected }.at(path));
            }
        };
        // A decoded byte takes many times the room of its text: count before decoding.
        self.budget.count(text.len() / 4 * 3, path)?;
        let bytes = STANDARD
            .decode(text)
            .map_err(|error| Problem::Base64(error.to_string()).at(path))?;
        Ok(bytes.into_iter().map(Val::U8).collect())
    }

    fn tuple(
        &mut self,
        ty: &Type,
        tuple: &Tuple,
        json: &Value,
        path: &Path<'_>,
    ) -> Result<Val, ValueError> {
        let Value::Array(items) = json else {
            return Err(mismatch(ty, json, path));
        };
        check_length(tuple.types().len(), items.len(), path)?;
        let items = tuple
            .types()
            .zip(items)
            .enumerate()
            .map(|(index, (ty, item))| self.value(&ty, item, &Path::Element(path, index)));
        Ok(Val::Tuple(items.collect::<Result<_, _>>()?))
    }

    fn variant(
        &mut self,
        variant: &Variant,
        json: &Value,
        path: &Path<'_>,
    ) -> Result<Val, ValueError> {
        let (name, payload) = match json {
            Value::String(name) => (name.as_str(), None),
            Value::Object(object) => match single(object) {
                Some((name, payload)) => (name, Some(payload)),
                None => {
                    let names = variant.cases().map(|case| case.name);
                    return Err(not_one_of("an object with one key", names, json, path));
                }
            },
            _ => {
                let names = variant.cases().map(|case| case.name);
                return Err(not_one_of("one", names, json, path));
            }
        };
        let Some(case) = variant.cases().find(|case| case.name == name) else {
            let names = variant.cases().map(|case| case.name);
            return Err(not_one_of("one", names, &Value::from(name), path));
        };
        let payload = match (&case.ty, payload) {
            (None, None) => None,
            (Some(ty), Some(json)) => {
                Some(Box::new(self.value(ty, json, &Path::Field(path, name))?))
            }
            (Some(ty), None) => {
                let form = format!("{{{name:?}: {}}}", describe(ty));
                return Err(Problem::expected(form, json).at(path));
            }
            (None, Some(_)) => {
                return Err(Problem::expected(format!("{name:?}"), json).at(path));
            }
        };
        Ok(Val::Variant(case.name.to_owned(), payload))
    }

    fn option(
        &mut self,
        option: &OptionType,
        json: &Value,
        path: &Path<'_>,
    ) -> Result<Val, ValueError> {
        if json.is_null() {
            return Ok(Val::Option(None));
        }
        let ty = option.ty();
        let payload = match ty {
            Type::Option(_) => match json.as_object().and_then(single) {
                Some(("some", json)) => self.value(&ty, json, &Path::Field(path, "some"))?,
                _ => return Err(Problem::expected(r#"null or {"some": …}"#, json).at(path)),
            },
            _ => self.value(&ty, json, path)?,
        };
        Ok(Val::Option(Some(Box::new(payload))))
    }

    fn result(
        &mut self,
        result: &ResultType,
        json: &Value,
        path: &Path<'_>,
    ) -> Result<Val, ValueError> {
        Ok(Val::Result(match json.as_object().and_then(single) {
            Some((name @ "ok", json)) => {
                Ok(self.payload(result.ok(), json, &Path::Field(path, name))?)
            }
            Some((name @ "err", json)) => {
                Err(self.payload(result.err(), json, &Path::Field(path, name))?)
            }
            _ => {
                return Err(Problem::expected(r#"{"ok": …} or {"err": …}"#, json).at(path));
            }
        }))
    }

    fn payload(
        &mut self,
        ty: Option<Type>,
        json: &Value,
        path: &Path<'_>,
    ) -> Result<Option<Box<Val>>, ValueError> {
        match ty {
            Some(ty) => Ok(Some(Box::new(self.value(&ty, json, path)?))),
            None if *json == Value::Bool(true) => Ok(None),
            None => Err(Problem::expected("true", json).at(path)),
        }
    }

    /// The names in the type's order, whatever the array's.
    fn flags(
        &mut self,
        ty: &Type,
        flags: &Flags,
        json: &Value,
        path: &Path<'_>,
    ) -> Result<Val, ValueError> {
        let Value::Array(items) = json else {
            return Err(mismatch(ty, json, path));
        };
        self.budget.count(items.len(), path)?;
        let mut given = BTreeSet::new();
        for (index, item) in items.iter().enumerate() {
            let place = Path::Element(path, index);
            let Some(name) = flags.names().find(|name| item.as_str() == Some(*name)) else {
                return Err(not_one_of("one", flags.names(), item, &place));
            };
            if !given.insert(name) {
                let name = name.to_owned();
                return Err(Problem::RepeatedFlag { name }.at(&place));
            }
        }
        let names = flags.names().filter(|name| given.contains(name));
        Ok(Val::Flags(names.map(str::to_owned).collect()))
    }
}

/// A value of a type that has no parts; `None` where the JSON does not fit or the type has parts.
fn scalar(ty: &Type, json: &Value) -> Option<Val> {
    Some(match ty {
        Type::Bool => Val::Bool(json.as_bool()?),
        Type::S8 => Val::S8(integer(json)?),
        Type::U8 => Val::U8(integer(json)?),
        Type::S16 => Val::S16(integer(json)?),
        Type::U16 => Val::U16(integer(json)?),
        Type::S32 => Val::S32(integer(json)?),
        Type::U32 => Val::U32(integer(json)?),
        Type::S64 => Val::S64(wide_integer(json)?),
        Type::U64 => Val::U64(wide_integer(json)?),
        Type::Float32 => Val::Float32(float32(json)?),
        Type::Float64 => Val::Float64(float64(json)?),
        Type::Char => {
            let mut chars = json.as_str()?.chars();
            let first = chars.next()?;
            chars.next().is_none().then_some(Val::Char(first))?
        }
        Type::String => Val::String(json.as_str()?.to_owned()),
        _ => return None,
    })
}

/// What to call a type that has no JSON form.
pub(super) fn unsupported(ty: &Type) -> Option<&'static str> {
    Some(match ty {
        Type::Own(_) | Type::Borrow(_) => "a resource",
        Type::Future(_) => "a future",
        Type::Stream(_) => "a stream",
        Type::ErrorContext => "an error context",
        Type::Map(_) => "a map",
        _ => return None,
    })
}

fn enumeration(names: &Enum, json: &Value, path: &Path<'_>) -> Result<Val, ValueError> {
    let known = names.names().find(|name| json.as_str() == Some(*name));
    known
        .map(|name| Val::Enum(name.to_owned()))
        .ok_or_else(|| not_one_of("one", names.names(), json, path))
}

/// The only entry of an object with exactly one.
fn single(object: &Map<String, Value>) -> Option<(&str, &Value)> {
    let (key, value) = object.iter().next()?;
    (object.len() == 1).then_some((key.as_str(), value))
}

pub(super) fn check_length(expected: usize, got: usize, path: &Path<'_>) -> Result<(), ValueError> {
    if expected == got {
        return Ok(());
    }
    let expected = format!("{expected} elements");
    let got = got.to_string();
    Err(Problem::Expected { expected, got }.at(path))
}

pub(super) fn mismatch(ty: &Type, json: &Value, path: &Path<'_>) -> ValueError {
    Problem::expected(describe(ty), json).at(path)
}

pub(super) fn not_one_of<'a>(
    what: &str,
    names: impl Iterator<Item = &'a str>,
    json: &Value,
    path: &Path<'_>,
) -> ValueError {
    let mut names = names;
    let mut listed: Vec<&str> = names.by_ref().take(MAX_LISTED).collect();
    if names.next().is_some() {
        listed.push("…");
    }
    Problem::expected(format!("{what} of {}", listed.join(", ")), json).at(path)
}
