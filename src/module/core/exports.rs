//! Exports by the component model's names.

use std::collections::HashMap;

use heck::ToKebabCase;
use wasm_encoder::reencode::{Reencode, RoundtripReencoder};
use wasm_encoder::{ExportSection, RawSection};
use wasmparser::{Parser, Payload};

use super::scan::{Scan, invalid};
use crate::module::ModuleError;

/// What has a meaning of its own to the encoder or the adapter keeps its name.
pub fn is_reserved(name: &str) -> bool {
    [
        "_start",
        "_initialize",
        "__wasm_call_ctors",
        "__indirect_function_table",
    ]
    .contains(&name)
        || name.starts_with("cabi_")
        || name.contains([':', '#', '[', '|'])
}

/// The name of a function to the component model: `add_one` is `add-one`.
pub fn kebab(name: &str) -> String {
    match is_reserved(name) {
        true => name.to_owned(),
        false => name.to_kebab_case(),
    }
}

/// The module with its functions exported under kebab-case names.
///
/// # Errors
/// `Invalid` when two of them would have the same.
pub fn renamed(bytes: &[u8], scan: &Scan) -> Result<Vec<u8>, ModuleError> {
    let mut names: HashMap<String, &str> = HashMap::new();
    for (name, _) in &scan.functions {
        if let Some(other) = names.insert(kebab(name), name) {
            return Err(ModuleError::Invalid(format!(
                "its exports {other:?} and {name:?} have the same name as kebab-case"
            )));
        }
    }
    if names.iter().all(|(kebab, name)| kebab == name) {
        return Ok(bytes.to_vec());
    }
    let mut module = wasm_encoder::Module::new();
    for payload in Parser::new(0).parse_all(bytes) {
        let payload = payload.map_err(invalid)?;
        if let Payload::ExportSection(reader) = payload {
            let mut section = ExportSection::new();
            for export in reader {
                let export = export.map_err(invalid)?;
                let kind = RoundtripReencoder
                    .export_kind(export.kind)
                    .map_err(invalid)?;
                let name = match export.kind {
                    wasmparser::ExternalKind::Func => kebab(export.name),
                    _ => export.name.to_owned(),
                };
                section.export(&name, kind, export.index);
            }
            module.section(&section);
        } else if let Some((id, range)) = payload.as_section() {
            let data = bytes.get(range).unwrap_or_default();
            module.section(&RawSection { id, data });
        }
    }
    Ok(module.finish())
}
