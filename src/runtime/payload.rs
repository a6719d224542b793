//! A payload as a function's arguments, and a function's result as a payload: `docs/funcs.md`.

use wasmtime::component::{Type, Val};

use super::arguments::Arguments;
use super::error::CallErrorKind;
use crate::host::funcs::Payload;
use crate::module::Method;
use crate::values::{self, ValueError};

/// The arguments that a payload means: none for a function without parameters; the payload itself
/// for one string or list of bytes; otherwise it is the JSON array of the arguments.
///
/// # Errors
/// `Value` and `Count` when it does not fit.
pub(super) fn arguments(method: &Method, input: Payload) -> Result<Vec<Val>, CallErrorKind> {
    match method.params.as_slice() {
        [] => Ok(Vec::new()),
        [(_, Type::String)] => Ok(vec![Val::String(text(input)?)]),
        [(_, Type::List(list))] if matches!(list.ty(), Type::U8) => {
            let bytes = input.into_bytes().into_iter().map(Val::U8);
            Ok(vec![Val::List(bytes.collect())])
        }
        _ => {
            let json = values::parse_json(&text(input)?).map_err(not_arguments)?;
            let Some(list) = json.as_array() else {
                return Err(not_arguments("it is no array"));
            };
            Arguments::Json(list).values(method)
        }
    }
}

fn text(input: Payload) -> Result<String, CallErrorKind> {
    let text = input.into_text();
    text.map_err(|_| not_arguments("it is not UTF-8"))
}

fn not_arguments(reason: impl std::fmt::Display) -> CallErrorKind {
    CallErrorKind::Payload(reason.to_string())
}

/// What a result is: nothing an empty text, a string itself, a list of bytes itself, anything else
/// its JSON; of a `result` that is what its case holds, and its `err` is the inner error.
///
/// # Errors
/// `Result` when it has no JSON form.
pub(super) fn result(
    ty: Option<&Type>,
    value: Option<Val>,
) -> Result<Result<Payload, String>, CallErrorKind> {
    let (Some(ty), Some(value)) = (ty, value) else {
        return Ok(Ok(Payload::Text(String::new())));
    };
    let (Type::Result(types), Val::Result(case)) = (ty, &value) else {
        return Ok(Ok(payload(ty, value).map_err(CallErrorKind::Result)?));
    };
    let held = |ty: Option<Type>, value: &Option<Box<Val>>| match (ty, value) {
        (Some(ty), Some(value)) => payload(&ty, (**value).clone()).map_err(CallErrorKind::Result),
        _ => Ok(Payload::Text(String::new())),
    };
    match case {
        Ok(value) => Ok(Ok(held(types.ok(), value)?)),
        Err(value) => {
            let error = held(types.err(), value)?.into_bytes();
            Ok(Err(String::from_utf8_lossy(&error).into_owned()))
        }
    }
}

fn payload(ty: &Type, value: Val) -> Result<Payload, ValueError> {
    match (ty, value) {
        (_, Val::String(text)) => Ok(Payload::Text(text)),
        (Type::List(list), Val::List(items)) if matches!(list.ty(), Type::U8) => {
            let byte = |item: &Val| match item {
                Val::U8(byte) => *byte,
                // The type says that there are bytes only.
                _ => 0,
            };
            Ok(Payload::Bytes(items.iter().map(byte).collect()))
        }
        (ty, value) => Ok(Payload::Text(values::to_json(ty, &value)?.to_string())),
    }
}
