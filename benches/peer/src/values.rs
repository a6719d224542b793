//! JSON to component values and back, as far as the benchmarks' functions go.

use serde_json::Value;
use wasmtime::component::{Type, Val};
use wasmtime::{Result, format_err};

use crate::guest::Function;

/// The arguments of a call.
///
/// # Errors
/// When they do not fit the parameters.
pub fn arguments(function: &Function, json: &[Value]) -> Result<Vec<Val>> {
    let params = function.ty.params();
    if params.len() != json.len() {
        return Err(format_err!(
            "{} parameters, {} arguments",
            params.len(),
            json.len()
        ));
    }
    params
        .zip(json)
        .map(|((_, ty), json)| from_json(&ty, json))
        .collect()
}

fn from_json(ty: &Type, json: &Value) -> Result<Val> {
    let value = match ty {
        Type::Bool => json.as_bool().map(Val::Bool),
        Type::String => json.as_str().map(|text| Val::String(text.into())),
        Type::U16 => json
            .as_u64()
            .and_then(|n| u16::try_from(n).ok())
            .map(Val::U16),
        Type::U32 => json
            .as_u64()
            .and_then(|n| u32::try_from(n).ok())
            .map(Val::U32),
        Type::U64 => json.as_u64().map(Val::U64),
        Type::S32 => json
            .as_i64()
            .and_then(|n| i32::try_from(n).ok())
            .map(Val::S32),
        _ => None,
    };
    value.ok_or_else(|| format_err!("{json} is no {ty:?}, or of no type that is needed here"))
}

/// A result.
///
/// # Errors
/// When it is of a type that no benchmark has.
pub fn to_json(value: &Val) -> Result<Value> {
    Ok(match value {
        Val::Bool(value) => Value::from(*value),
        Val::S32(value) => Value::from(*value),
        Val::U32(value) => Value::from(*value),
        Val::U64(value) => Value::from(*value),
        Val::List(values) => Value::Array(values.iter().map(to_json).collect::<Result<_>>()?),
        other => return Err(format_err!("no JSON for {other:?}")),
    })
}
