//! What is found wrong with an entry after its YAML was read, at the fields that say so.

use crate::function::Problem;
use crate::module::{Capabilities, ModuleError};
use crate::registry::{Diagnostic, Entry, Source};

/// Why an entry's module cannot be used: `problem`, and all names in its `imports` that are not
/// known.
pub(crate) fn mistakes(entry: &Entry, problem: Option<&Problem>) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    let Some(function) = entry.function() else {
        return found;
    };
    let field = match problem {
        Some(Problem::Module(module)) => match module {
            ModuleError::HashFormat(_)
            | ModuleError::HashAlgorithm(_)
            | ModuleError::HashMismatch { .. } => Some("hash"),
            // Among the unknown names.
            ModuleError::Import(_) => None,
            ModuleError::Method(_) => Some("method"),
            ModuleError::Wit(_) => Some("wit"),
            // The entry itself.
            _ if matches!(function.source, Source::Bytes(_)) => Some(""),
            _ if matches!(function.source, Source::Text(_)) => Some("source"),
            _ => Some("path"),
        },
        Some(_) => Some("kind"),
        None => None,
    };
    if let Some((field, problem)) = field.zip(problem) {
        let mistake = entry.mistake(field, problem.to_string());
        found.push(match problem {
            Problem::Module(ModuleError::HashMismatch { actual, .. }) => {
                mistake.hint(format!("if the file is as it should be, sha256:{actual}"))
            }
            _ => mistake,
        });
    }
    let names = function.imports.iter().map(|import| import.value.as_str());
    for (index, unknown) in Capabilities::unknown(names) {
        let message = format!("unsupported wasm host import: {}", unknown.name);
        let mistake = entry.mistake(&format!("imports[{index}]"), message);
        found.push(match unknown.nearest {
            Some(nearest) => mistake.hint(format!("did you mean {nearest}?")),
            None => mistake,
        });
    }
    found
}
