//! What is found wrong with an entry after its YAML was read, at the fields that say so.

use super::error::CallErrorKind;
use crate::host::Packages;
use crate::module::{Capabilities, ExpectedHash, ModuleError};
use crate::registry::{Diagnostic, Entry, Id, InvalidEntry, Node, Source};

/// The module of an entry that has other errors already, as far as it says where it is.
pub(crate) fn source_of_invalid(id: &Id, invalid: &InvalidEntry) -> Option<Source> {
    let text = |field: &str| written(invalid.config.get(field)?);
    match invalid.kind.as_str() {
        "function.wasm" | "process.wasm" => Some(Source::File {
            fs: Id::reference(text("fs")?, &id.namespace).ok()?,
            path: text("path")?.to_owned(),
            hash: text("hash")?.to_owned(),
        }),
        _ => None,
    }
}

/// What is wrong with such an entry beside that: its module, for the reason `problem`, and its
/// `imports`, whose names are those of these packages.
pub(crate) fn diagnostics_of_invalid(
    id: &Id,
    invalid: &InvalidEntry,
    problem: Option<&ModuleError>,
    packages: &Packages,
) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    if !matches!(
        invalid.kind.as_str(),
        "function.wasm" | "function.wat" | "process.wasm"
    ) {
        return found;
    }
    let hash = invalid.config.get("hash").and_then(written);
    let form = hash.and_then(|hash| ExpectedHash::parse(hash).err());
    if let Some(problem) = problem.or(form.as_ref()) {
        let field = match problem {
            ModuleError::HashFormat(_)
            | ModuleError::HashAlgorithm(_)
            | ModuleError::HashMismatch { .. } => "hash",
            _ => "path",
        };
        if let Some(node) = invalid.config.get(field) {
            let error = Diagnostic::error(problem.to_string());
            found.push(error.at(&node.place).of(id).field(field));
        }
    }
    let imports = invalid.config.get("imports").and_then(Node::as_sequence);
    let imports: Vec<&Node> = imports.into_iter().flatten().collect();
    let names = imports
        .iter()
        .map(|node| written(node).unwrap_or("wasi:io"));
    for (index, unknown) in Capabilities::unknown(packages, names) {
        let Some(node) = imports.get(index) else {
            continue;
        };
        let mut error =
            Diagnostic::error(format!("unsupported wasm host import: {}", unknown.name));
        error.hint = unknown
            .nearest
            .map(|nearest| format!("did you mean {nearest}?"));
        found.push(
            error
                .at(&node.place)
                .of(id)
                .field(format!("imports[{index}]")),
        );
    }
    found
}

/// A text that holds no placeholder, and so means what is written.
fn written(node: &Node) -> Option<&str> {
    node.as_str()
        .filter(|text| !text.trim().is_empty() && !text.contains("${"))
}

/// Why an entry's module cannot be used: `problem`, and all names in its `imports` that are not
/// known.
pub(crate) fn errors(
    entry: &Entry,
    problem: Option<&CallErrorKind>,
    packages: &Packages,
) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    let Some(function) = entry.function() else {
        return found;
    };
    let field = match problem {
        Some(CallErrorKind::Module(module)) => match module {
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
        let error = entry.error_at(field, problem.to_string());
        found.push(match problem {
            CallErrorKind::Module(ModuleError::HashMismatch { actual, .. }) => {
                error.hint(format!("if the file is as it should be, sha256:{actual}"))
            }
            _ => error,
        });
    }
    let names = function.imports.iter().map(|import| import.value.as_str());
    for (index, unknown) in Capabilities::unknown(packages, names) {
        let message = format!("unsupported wasm host import: {}", unknown.name);
        let error = entry.error_at(&format!("imports[{index}]"), message);
        found.push(match unknown.nearest {
            Some(nearest) => error.hint(format!("did you mean {nearest}?")),
            None => error,
        });
    }
    found
}
