//! The arguments of a call.

use wasmtime::component::Val;

use super::error::CallErrorKind;
use crate::module::Method;
use crate::values::{self, ValueError, signature};

/// The arguments of a call, as they come.
///
/// ```
/// use wippy::{Arguments, Entry, Program, Runtime};
///
/// # let dispatcher = wippy_dispatcher::Dispatcher::new()?;
/// let text = r#"(module (func (export "sum") (param i32 i32) (result i32)
///     (i32.add (local.get 0) (local.get 1))))"#;
/// let entry = Entry::function("file:sum").bytes(text);
/// let program = Program::builder().entry(entry).build()?;
/// let runtime = Runtime::on(dispatcher.handle(), program)?;
/// let values = [2.into(), 3.into()];
/// let words = ["2".to_owned(), "3".to_owned()];
/// for arguments in [
///     Arguments::Json(&values),
///     Arguments::Text(&words),
///     Arguments::Wave("2, 3"),
/// ] {
///     assert_eq!(dispatcher.block_on(runtime.call("file:sum", arguments))??, 5);
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub enum Arguments<'a> {
    /// JSON values, one a parameter.
    Json(&'a [serde_json::Value]),
    /// Words of a command line, one a parameter.
    Text(&'a [String]),
    /// WAVE text, as it stands between a call's parentheses.
    Wave(&'a str),
    /// Values of the engine, one a parameter.
    Values(&'a [Val]),
}

/// The same with what it borrows.
#[derive(Clone, Debug)]
pub(crate) enum OwnedArguments {
    Json(Vec<serde_json::Value>),
    Text(Vec<String>),
    Wave(String),
    Values(Vec<Val>),
}

impl OwnedArguments {
    pub(crate) fn as_arguments(&self) -> Arguments<'_> {
        match self {
            OwnedArguments::Json(values) => Arguments::Json(values),
            OwnedArguments::Text(words) => Arguments::Text(words),
            OwnedArguments::Wave(text) => Arguments::Wave(text),
            OwnedArguments::Values(values) => Arguments::Values(values),
        }
    }
}

impl Arguments<'_> {
    /// The same with what it borrows.
    pub(crate) fn into_owned(self) -> OwnedArguments {
        match self {
            Arguments::Json(values) => OwnedArguments::Json(values.to_vec()),
            Arguments::Text(words) => OwnedArguments::Text(words.to_vec()),
            Arguments::Wave(text) => OwnedArguments::Wave(text.to_owned()),
            Arguments::Values(values) => OwnedArguments::Values(values.to_vec()),
        }
    }

    /// The values that a function is called with.
    ///
    /// # Errors
    /// `Count` when there are too few or too many; `Value` when one does not fit its parameter.
    pub(super) fn values(&self, method: &Method) -> Result<Vec<Val>, CallErrorKind> {
        let function = method.name.rsplit('#').next().unwrap_or(&method.name);
        let values = match self {
            Arguments::Json(json) => values::arguments(&method.params, json),
            Arguments::Text(words) => values::text_arguments(&method.params, words),
            Arguments::Wave(text) => values::wave_arguments(&method.params, text),
            Arguments::Values(values) => {
                values::check(&method.params, values).map(|()| values.to_vec())
            }
        };
        values.map_err(|error| match error {
            ValueError::Count { .. } => CallErrorKind::Count {
                error: Box::new(error),
                signature: signature(function, &method.params, method.result.as_ref()),
            },
            error => CallErrorKind::Value(error),
        })
    }
}
