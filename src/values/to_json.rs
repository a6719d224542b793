//! Component values into JSON.

use serde_json::{Map, Value};
use wasmtime::component::types::Record;
use wasmtime::component::{Type, Val};

use super::error::{Problem, ValueError};
use super::from_json::unsupported;
use super::limits::Budget;
use super::number::{from_f32, from_f64, from_s64, from_u64};
use super::path::Path;
use super::signature::describe;

/// What a function returned, as JSON. Reading it back gives the same value.
///
/// # Errors
/// [`ValueError::At`], with `result` as the place: for a value that is not of type `ty` (a guest
/// cannot return one, an embedder can build one), for types without a JSON form, and beyond
/// [`MAX_DEPTH`](super::MAX_DEPTH) or [`MAX_ELEMENTS`](super::MAX_ELEMENTS).
pub fn to_json(ty: &Type, val: &Val) -> Result<Value, ValueError> {
    Writer::default().value(ty, val, &Path::Result)
}

/// One conversion to JSON, with what is left of its bounds.
#[derive(Debug, Default)]
pub(super) struct Writer {
    budget: Budget,
}

impl Writer {
    #[cfg(test)]
    pub(super) fn within(budget: Budget) -> Self {
        Writer { budget }
    }

    pub(super) fn value(
        &mut self,
        ty: &Type,
        val: &Val,
        path: &Path<'_>,
    ) -> Result<Value, ValueError> {
        self.budget.enter(path)?;
        let json = match (ty, val) {
            (Type::List(list), Val::List(items)) => self.list(&list.ty(), items, path)?,
            (Type::FixedLengthList(list), Val::FixedLengthList(items))
                if list.len() as usize == items.len() =>
            {
                self.list(&list.ty(), items, path)?
            }
            (Type::Tuple(tuple), Val::Tuple(items)) if tuple.types().len() == items.len() => {
                let items = tuple.types().zip(items).enumerate();
                items
                    .map(|(index, (ty, val))| self.value(&ty, val, &Path::Element(path, index)))
                    .collect::<Result<_, _>>()?
            }
            (Type::Record(record), Val::Record(fields)) if same_names(record, fields) => {
                self.record(record, fields, path)?
            }
            (Type::Variant(variant), Val::Variant(name, payload)) => {
                let case = variant.cases().find(|case| case.name == name);
                match (case.map(|case| case.ty), payload) {
                    (Some(None), None) => Value::from(name.as_str()),
                    (Some(Some(ty)), Some(val)) => {
                        object(name, self.value(&ty, val, &Path::Field(path, name))?)
                    }
                    _ => return Err(mismatch(ty, val, path)),
                }
            }
            (Type::Enum(names), Val::Enum(name)) if names.names().any(|known| known == name) => {
                Value::from(name.as_str())
            }
            (Type::Option(_), Val::Option(None)) => Value::Null,
            (Type::Option(option), Val::Option(Some(val))) => match option.ty() {
                ty @ Type::Option(_) => {
                    object("some", self.value(&ty, val, &Path::Field(path, "some"))?)
                }
                ty => self.value(&ty, val, path)?,
            },
            (Type::Result(result), Val::Result(value)) => {
                let (name, payload_ty, payload) = match value {
                    Ok(payload) => ("ok", result.ok(), payload),
                    Err(payload) => ("err", result.err(), payload),
                };
                match (payload_ty, payload) {
                    (None, None) => object(name, Value::Bool(true)),
                    (Some(ty), Some(val)) => {
                        object(name, self.value(&ty, val, &Path::Field(path, name))?)
                    }
                    _ => return Err(mismatch(ty, val, path)),
                }
            }
            (Type::Flags(flags), Val::Flags(given))
                if given
                    .iter()
                    .all(|name| flags.names().any(|known| known == name)) =>
            {
                self.budget.count(given.len(), path)?;
                // In the type's order and each once: an embedder's list may be in any.
                let names = flags
                    .names()
                    .filter(|name| given.iter().any(|flag| flag == name));
                names.map(Value::from).collect()
            }
            _ => match unsupported(ty) {
                Some(what) => return Err(Problem::Unsupported(what).at(path)),
                None => scalar(ty, val).ok_or_else(|| mismatch(ty, val, path))?,
            },
        };
        self.budget.leave();
        Ok(json)
    }

    fn list(&mut self, ty: &Type, items: &[Val], path: &Path<'_>) -> Result<Value, ValueError> {
        let items = items.iter().enumerate();
        items
            .map(|(index, val)| self.value(ty, val, &Path::Element(path, index)))
            .collect()
    }

    fn record(
        &mut self,
        record: &Record,
        fields: &[(String, Val)],
        path: &Path<'_>,
    ) -> Result<Value, ValueError> {
        let mut object = Map::new();
        for (field, (name, val)) in record.fields().zip(fields) {
            let json = self.value(&field.ty, val, &Path::Field(path, field.name))?;
            object.insert(name.clone(), json);
        }
        Ok(Value::Object(object))
    }
}

/// A value without parts; `None` where it is not of the type or the type has parts.
fn scalar(ty: &Type, val: &Val) -> Option<Value> {
    Some(match (ty, val) {
        (Type::Bool, Val::Bool(value)) => Value::Bool(*value),
        (Type::S8, Val::S8(value)) => Value::from(*value),
        (Type::U8, Val::U8(value)) => Value::from(*value),
        (Type::S16, Val::S16(value)) => Value::from(*value),
        (Type::U16, Val::U16(value)) => Value::from(*value),
        (Type::S32, Val::S32(value)) => Value::from(*value),
        (Type::U32, Val::U32(value)) => Value::from(*value),
        (Type::S64, Val::S64(value)) => from_s64(*value),
        (Type::U64, Val::U64(value)) => from_u64(*value),
        (Type::Float32, Val::Float32(value)) => from_f32(*value),
        (Type::Float64, Val::Float64(value)) => from_f64(*value),
        (Type::Char, Val::Char(value)) => Value::from(value.to_string()),
        (Type::String, Val::String(value)) => Value::from(value.as_str()),
        _ => return None,
    })
}

fn same_names(record: &Record, fields: &[(String, Val)]) -> bool {
    let names = fields.iter().map(|(name, _)| name.as_str());
    record.fields().map(|field| field.name).eq(names)
}

fn object(name: &str, json: Value) -> Value {
    Value::Object(Map::from_iter([(name.to_owned(), json)]))
}

fn mismatch(ty: &Type, val: &Val, path: &Path<'_>) -> ValueError {
    Problem::Expected {
        expected: describe(ty),
        got: kind(val).to_owned(),
    }
    .at(path)
}

/// The kind of a value. Its contents may be large, and a result's are not the reader's error.
fn kind(val: &Val) -> &'static str {
    match val {
        Val::Bool(_) => "a bool",
        Val::S8(_) => "an s8",
        Val::U8(_) => "a u8",
        Val::S16(_) => "an s16",
        Val::U16(_) => "a u16",
        Val::S32(_) => "an s32",
        Val::U32(_) => "a u32",
        Val::S64(_) => "an s64",
        Val::U64(_) => "a u64",
        Val::Float32(_) => "an f32",
        Val::Float64(_) => "an f64",
        Val::Char(_) => "a char",
        Val::String(_) => "a string",
        Val::List(_) => "a list",
        Val::Map(_) => "a map",
        Val::Record(_) => "another record",
        Val::Tuple(_) => "another tuple",
        Val::Variant(..) => "another variant",
        Val::Enum(_) => "another enum",
        Val::Option(_) => "an option",
        Val::Result(_) => "another result",
        Val::Flags(_) => "other flags",
        Val::Resource(_) => "a resource",
        Val::Future(_) => "a future",
        Val::Stream(_) => "a stream",
        Val::ErrorContext(_) => "an error context",
        Val::FixedLengthList(_) => "a list of fixed length",
    }
}
