//! Rewrites a core module that imports its memory, so that it defines that memory itself.

use wasm_encoder::reencode::{Reencode, RoundtripReencoder};
use wasm_encoder::{ExportKind, ExportSection, ImportSection, MemorySection, RawSection};
use wasmparser::{MemoryType, Parser, Payload, TypeRef};

use super::scan::invalid;
use crate::module::ModuleError;

/// The name under which the component model looks for a module's memory.
const MEMORY: &str = "memory";
/// The IDs of the sections that may precede the memory section: custom, type, import, function and
/// table.
const BEFORE_MEMORIES: [u8; 5] = [0, 1, 2, 3, 4];

/// The module with its one imported memory defined, with the same limits and the same index, and
/// exported as `memory` unless another export has that name.
///
/// The index stays because imported memories are numbered before defined ones, and the new memory
/// comes first among those.
///
/// # Errors
/// `Invalid` for sections that do not parse.
pub fn defined(bytes: &[u8], imported: MemoryType) -> Result<Vec<u8>, ModuleError> {
    let mut module = wasm_encoder::Module::new();
    let mut is_defined = false;
    for payload in Parser::new(0).parse_all(bytes) {
        let payload = payload.map_err(invalid)?;
        let Some((id, range)) = payload.as_section() else {
            continue;
        };
        if let Payload::MemorySection(reader) = payload {
            let mut section = one_memory(imported)?;
            RoundtripReencoder
                .parse_memory_section(&mut section, reader)
                .map_err(invalid)?;
            module.section(&section);
            is_defined = true;
            continue;
        }
        if !is_defined && !BEFORE_MEMORIES.contains(&id) {
            module.section(&one_memory(imported)?);
            is_defined = true;
        }
        match payload {
            Payload::ImportSection(reader) => {
                module.section(&other_imports(reader)?);
            }
            Payload::ExportSection(reader) => {
                module.section(&exports(reader)?);
            }
            _ => {
                let data = bytes.get(range).unwrap_or_default();
                module.section(&RawSection { id, data });
            }
        }
    }
    Ok(module.finish())
}

fn one_memory(ty: MemoryType) -> Result<MemorySection, ModuleError> {
    let mut section = MemorySection::new();
    section.memory(RoundtripReencoder.memory_type(ty).map_err(invalid)?);
    Ok(section)
}

/// The import section without memory imports.
fn other_imports(
    reader: wasmparser::ImportSectionReader<'_>,
) -> Result<ImportSection, ModuleError> {
    let mut section = ImportSection::new();
    for import in reader.into_imports() {
        let import = import.map_err(invalid)?;
        if !matches!(import.ty, TypeRef::Memory(_)) {
            RoundtripReencoder
                .parse_import(&mut section, import)
                .map_err(invalid)?;
        }
    }
    Ok(section)
}

/// The export section, which also exports memory 0 as `memory` unless that name is taken.
fn exports(reader: wasmparser::ExportSectionReader<'_>) -> Result<ExportSection, ModuleError> {
    let mut section = ExportSection::new();
    let mut is_exported = false;
    for export in reader {
        let export = export.map_err(invalid)?;
        is_exported |= export.name == MEMORY;
        RoundtripReencoder
            .parse_export(&mut section, export)
            .map_err(invalid)?;
    }
    if !is_exported {
        section.export(MEMORY, ExportKind::Memory, 0);
    }
    Ok(section)
}
