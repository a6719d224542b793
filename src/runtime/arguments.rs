//! The arguments of a call.

use wasmtime::component::Val;

use super::error::CallErrorKind;
use crate::module::Method;
use crate::values::{self, ValueError, signature};

/// The arguments of a call, as they come.
#[derive(Clone, Copy, Debug)]
pub enum Arguments<'a> {
    /// JSON values, one a parameter.
    Json(&'a [serde_json::Value]),
    /// Words of a command line, one a parameter.
    Text(&'a [String]),
    /// WAVE text, as it stands between a call's parentheses.
    Wave(&'a str),
}

impl Arguments<'_> {
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
