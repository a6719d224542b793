//! Values of the engine's own, given as arguments.

use wasmtime::component::{Type, Val};

use super::error::{Problem, ValueError};
use super::from_json::check_count;
use super::path::Path;
use super::signature::describe;

/// Whether these values are a function's arguments.
///
/// # Errors
/// `Count`, and `At` with the first argument that does not fit its parameter.
pub fn check(params: &[(String, Type)], values: &[Val]) -> Result<(), ValueError> {
    check_count(params.len(), values.len())?;
    for (index, ((_, ty), value)) in params.iter().zip(values).enumerate() {
        if !fits(ty, value) {
            let problem = Problem::Expected {
                expected: describe(ty),
                got: kind(value).to_owned(),
            };
            return Err(problem.at(&Path::Argument(index)));
        }
    }
    Ok(())
}

/// The engine checks resources, futures and what else has an owner when it passes them on.
fn fits(ty: &Type, value: &Val) -> bool {
    let payload = |ty: Option<Type>, value: &Option<Box<Val>>| match (ty, value) {
        (Some(ty), Some(value)) => fits(&ty, value),
        (None, None) => true,
        _ => false,
    };
    match (ty, value) {
        (Type::Bool, Val::Bool(_))
        | (Type::S8, Val::S8(_))
        | (Type::U8, Val::U8(_))
        | (Type::S16, Val::S16(_))
        | (Type::U16, Val::U16(_))
        | (Type::S32, Val::S32(_))
        | (Type::U32, Val::U32(_))
        | (Type::S64, Val::S64(_))
        | (Type::U64, Val::U64(_))
        | (Type::Float32, Val::Float32(_))
        | (Type::Float64, Val::Float64(_))
        | (Type::Char, Val::Char(_))
        | (Type::String, Val::String(_))
        | (Type::Own(_) | Type::Borrow(_), Val::Resource(_)) => true,
        (Type::List(list), Val::List(items)) => {
            let element = list.ty();
            items.iter().all(|item| fits(&element, item))
        }
        (Type::FixedLengthList(list), Val::FixedLengthList(items)) => {
            let element = list.ty();
            items.len() == list.len() as usize && items.iter().all(|item| fits(&element, item))
        }
        (Type::Tuple(tuple), Val::Tuple(items)) => {
            items.len() == tuple.types().len()
                && tuple.types().zip(items).all(|(ty, item)| fits(&ty, item))
        }
        (Type::Record(record), Val::Record(fields)) => {
            fields.len() == record.fields().len()
                && record
                    .fields()
                    .zip(fields)
                    .all(|(field, (name, value))| field.name == name && fits(&field.ty, value))
        }
        (Type::Variant(variant), Val::Variant(name, value)) => variant
            .cases()
            .find(|case| case.name == name)
            .is_some_and(|case| payload(case.ty, value)),
        (Type::Enum(names), Val::Enum(name)) => names.names().any(|known| known == name),
        (Type::Option(option), Val::Option(value)) => {
            value.as_ref().is_none_or(|value| fits(&option.ty(), value))
        }
        (Type::Result(result), Val::Result(value)) => match value {
            Ok(value) => payload(result.ok(), value),
            Err(value) => payload(result.err(), value),
        },
        (Type::Flags(flags), Val::Flags(names)) => names
            .iter()
            .all(|name| flags.names().any(|known| known == name)),
        _ => false,
    }
}

/// What to call a value that does not fit.
fn kind(value: &Val) -> &'static str {
    match value {
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
        Val::List(_) | Val::FixedLengthList(_) => "a list",
        Val::Record(_) => "a record",
        Val::Tuple(_) => "a tuple",
        Val::Variant(..) => "a variant",
        Val::Enum(_) => "an enum",
        Val::Option(_) => "an option",
        Val::Result(_) => "a result",
        Val::Flags(_) => "flags",
        Val::Resource(_) => "a resource",
        _ => "a value of another kind",
    }
}
