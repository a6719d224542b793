//! Errors on standard error: a line each, or JSON.

use std::io::Write;

use serde_json::{Value, json};

use crate::function::{CallError, Problem};
use crate::registry::{Diagnostic, LookupError, Severity};

/// One mistake of a project.
pub(super) fn diagnostic(diagnostic: &Diagnostic, json: bool) {
    match json {
        true => line(&diagnostic_json(diagnostic).to_string()),
        false => line(&diagnostic.to_string()),
    }
}

/// A call that failed.
pub(super) fn call_error(error: &CallError, json: bool) {
    if json {
        return line(&json!({"severity": "error", "entry": error.entry, "message": error.problem.to_string()}).to_string());
    }
    match &error.problem {
        // Its mistakes are among the project's, which were told first.
        Problem::Lookup(LookupError::Mistaken { id, .. }) => {
            line(&format!(
                "error: {id} cannot be used: its mistakes are listed above"
            ));
        }
        // These name what was asked for themselves.
        Problem::Lookup(problem) => line(&format!("error: {problem}")),
        _ => line(&format!("error: {error}")),
    }
}

/// Anything else that is wrong.
pub(super) fn message(text: &str, json: bool) {
    match json {
        true => line(&json!({"severity": "error", "message": text}).to_string()),
        false => line(&format!("error: {text}")),
    }
}

/// Whether the project or the command line is at fault rather than the guest.
pub(super) fn is_usage(error: &CallError) -> bool {
    matches!(
        error.problem,
        Problem::Lookup(_)
            | Problem::NotCallable(_)
            | Problem::Module(_)
            | Problem::Value(_)
            | Problem::Words { .. }
            | Problem::Env(_)
    )
}

fn diagnostic_json(diagnostic: &Diagnostic) -> Value {
    json!({
        "severity": match diagnostic.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        },
        "file": diagnostic.place.as_ref().map(|place| place.file.display().to_string()),
        "line": diagnostic.place.as_ref().map(|place| place.line),
        "column": diagnostic.place.as_ref().map(|place| place.column),
        "entry": diagnostic.entry.as_ref().map(ToString::to_string),
        "field": diagnostic.field,
        "message": diagnostic.message,
        "hint": diagnostic.hint,
    })
}

fn line(text: &str) {
    // Nowhere is left to say that standard error is closed.
    let _ = writeln!(std::io::stderr(), "{text}");
}
