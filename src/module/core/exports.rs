//! Renames a core module's exports to the component model's kebab-case names.

use std::collections::BTreeMap;

use heck::ToKebabCase;
use wasm_encoder::reencode::{Reencode, RoundtripReencoder};
use wasm_encoder::{ExportSection, RawSection};
use wasmparser::{Parser, Payload};

use super::scan::{Scan, invalid};
use crate::module::ModuleError;

/// Whether an export is looked up by this name, so that it must not be renamed.
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

/// The component model's name for a function: `add_one` becomes `add-one`. Reserved names stay.
pub fn kebab(name: &str) -> String {
    match is_reserved(name) {
        true => name.to_owned(),
        false => name.to_kebab_case(),
    }
}

/// The exported functions by their kebab-case names.
///
/// # Errors
/// `Invalid` when two of them have the same.
pub fn kebab_names(scan: &Scan) -> Result<BTreeMap<String, &str>, ModuleError> {
    let mut names: BTreeMap<String, &str> = BTreeMap::new();
    for (name, _) in &scan.functions {
        if let Some(other) = names.insert(kebab(name), name) {
            return Err(ModuleError::Invalid(format!(
                "its exports {other:?} and {name:?} have the same name as kebab-case"
            )));
        }
    }
    Ok(names)
}

/// The module with its functions exported under kebab-case names.
///
/// # Errors
/// `Invalid` when two exports would get the same name, or a section does not parse.
pub fn renamed(bytes: &[u8], scan: &Scan) -> Result<Vec<u8>, ModuleError> {
    let names = kebab_names(scan)?;
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
