//! Records in JSON: which key stands for which field.

use std::collections::BTreeSet;

use serde_json::{Map, Value};
use wasmtime::component::types::Record;
use wasmtime::component::{Type, Val};

use super::error::{Problem, ValueError};
use super::from_json::{Reader, mismatch};
use super::path::Path;
use super::signature::describe;
use crate::nearest::nearest;

impl Reader {
    /// A record from an object: every field once, nothing else, absent options none.
    pub(super) fn record(
        &mut self,
        ty: &Type,
        record: &Record,
        json: &Value,
        path: &Path<'_>,
    ) -> Result<Val, ValueError> {
        let Value::Object(object) = json else {
            return Err(mismatch(ty, json, path));
        };
        let mut used = 0;
        let mut fields = Vec::with_capacity(record.fields().len());
        for field in record.fields() {
            let place = Path::Field(path, field.name);
            let value = match lookup(object, field.name).map_err(|problem| problem.at(&place))? {
                Some(json) => {
                    used += 1;
                    self.value(&field.ty, json, &place)?
                }
                None if matches!(field.ty, Type::Option(_)) => {
                    self.budget.count(1, &place)?;
                    Val::Option(None)
                }
                // A misspelt key explains a missing field better than its absence does.
                None => {
                    return Err(unknown_key(record, object, path).unwrap_or_else(|| {
                        let expected = describe(&field.ty);
                        Problem::Missing { expected }.at(&place)
                    }));
                }
            };
            fields.push((field.name.to_owned(), value));
        }
        if used < object.len()
            && let Some(error) = unknown_key(record, object, path)
        {
            return Err(error);
        }
        Ok(Val::Record(fields))
    }
}

/// A field's value under its own name or the same name in snake_case, but not under both.
fn lookup<'a>(object: &'a Map<String, Value>, name: &str) -> Result<Option<&'a Value>, Problem> {
    let own = object.get(name);
    if !name.contains('-') {
        return Ok(own);
    }
    let snake = name.replace('-', "_");
    match (own, object.get(&snake)) {
        (Some(_), Some(_)) => {
            let kebab = name.to_owned();
            Err(Problem::Repeated { kebab, snake })
        }
        (own, other) => Ok(own.or(other)),
    }
}

/// The first key that is no field of the record.
fn unknown_key(
    record: &Record,
    object: &Map<String, Value>,
    path: &Path<'_>,
) -> Option<ValueError> {
    let known: BTreeSet<String> = record
        .fields()
        .flat_map(|field| [field.name.to_owned(), field.name.replace('-', "_")])
        .collect();
    let key = object.keys().find(|key| !known.contains(key.as_str()))?;
    Some(unknown_field(record, key, path))
}

/// An error for a name that is no field of the record.
pub(super) fn unknown_field(record: &Record, name: &str, path: &Path<'_>) -> ValueError {
    // Compared in kebab-case, so that a misspelt snake_case key is as near as its twin.
    let wanted = name.replace('_', "-");
    let nearest = nearest(&wanted, record.fields().map(|field| field.name)).map(str::to_owned);
    Problem::Unknown { nearest }.at(&Path::Field(path, name))
}
