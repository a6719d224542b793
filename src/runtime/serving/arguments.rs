//! A request as the arguments of a function.

use wasmtime::component::{Type, Val};

use super::super::error::CallErrorKind;
use super::super::payload;
use crate::host::funcs::Payload;
use crate::module::Method;
use crate::values::{self, ValueError, signature};

/// The parameters that the body is for: those without the name of a parameter of the path.
pub(super) fn of_body<'a>(
    method: &'a Method,
    path: &'a [(String, String)],
) -> impl Iterator<Item = &'a (String, Type)> {
    let params = method.params.iter();
    params.filter(|(name, _)| in_path(path, name).is_none())
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
    let rest = Method {
        params: of_body(method, path).cloned().collect(),
        ..method.clone()
    };
    let mut body = payload::arguments(&rest, Payload::Bytes(body))?.into_iter();
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
