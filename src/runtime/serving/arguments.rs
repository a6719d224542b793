//! A request as the arguments of a function.

use wasmtime::component::{Type, Val};

use super::super::error::CallErrorKind;
use super::super::payload;
use crate::host::funcs::Payload;
use crate::module::Method;
use crate::values::{self, ValueError, signature};

/// The most bytes of memory that a byte of a body takes while it becomes values: an element of a list is one byte of a
/// list of bytes, or two of JSON, which is a value of JSON first.
const MEMORY_EACH: usize = 40;

/// How many bytes of memory a byte of a body takes as arguments of a function: text stays as it is.
pub(super) fn memory_each(method: &Method, path: &[(String, String)]) -> usize {
    let params = method.params.iter();
    let mut rest = params.filter(|(name, _)| in_path(path, name).is_none());
    match (rest.next(), rest.next()) {
        (None, _) | (Some((_, Type::String)), None) => 1,
        _ => MEMORY_EACH,
    }
}

/// The values of a function's parameters: those with the name of a parameter of the path take its text, as a word of a
/// command line; the others take the body, as a payload does.
///
/// # Errors
/// `Type` where a parameter of the path does not fit; `Value`, `Count` and `Payload` where the body does not.
pub(super) fn arguments(
    method: &Method,
    path: &[(String, String)],
    body: Vec<u8>,
) -> Result<Vec<Val>, CallErrorKind> {
    if path.is_empty() {
        return payload::arguments(method, Payload::Bytes(body));
    }
    let params = method.params.iter();
    let rest = params.filter(|(name, _)| in_path(path, name).is_none());
    let of_body = Method {
        params: rest.cloned().collect(),
        ..method.clone()
    };
    let mut body = payload::arguments(&of_body, Payload::Bytes(body))?.into_iter();
    let mut arguments = Vec::with_capacity(method.params.len());
    for parameter in &method.params {
        match in_path(path, &parameter.0) {
            Some((name, text)) => arguments.push(of_path(method, parameter, name, text)?),
            None => arguments.extend(body.next()),
        }
    }
    Ok(arguments)
}

/// The parameter of the path that a parameter of the function takes.
fn in_path<'a>(path: &'a [(String, String)], name: &str) -> Option<&'a (String, String)> {
    path.iter()
        .find(|(parameter, _)| same_name(parameter, name))
}

fn of_path(
    method: &Method,
    parameter: &(String, Type),
    name: &str,
    text: &str,
) -> Result<Val, CallErrorKind> {
    let mismatch = |reason: String| CallErrorKind::Type {
        reason: format!("the path's parameter {name}: {reason}"),
        signature: signature(&method.name, &method.params, method.result.as_ref()),
    };
    match values::text_arguments(std::slice::from_ref(parameter), &[text]) {
        Ok(mut values) => values.pop().ok_or_else(|| mismatch("no value".to_owned())),
        Err(ValueError::At { problem, .. }) => Err(mismatch(problem.to_string())),
        Err(error) => Err(mismatch(error.to_string())),
    }
}

/// Names of WIT are in kebab case, those of paths often in snake case.
fn same_name(parameter: &str, name: &str) -> bool {
    let mut pairs = parameter.bytes().zip(name.bytes());
    parameter.len() == name.len()
        && pairs.all(|(one, other)| one == other || (one == b'_' && other == b'-'))
}
