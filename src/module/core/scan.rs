//! What a core module imports and exports.

use wasmparser::{
    CompositeInnerType, ExternalKind, FuncType, Import, MemoryType, Parser, Payload, TypeRef,
};

use crate::module::ModuleError;

/// The module name of preview 1.
pub(super) const PREVIEW1: &str = "wasi_snapshot_preview1";
/// The export that makes a module a command.
pub(super) const START: &str = "_start";

/// The properties of a core module that its conversion depends on.
#[derive(Default)]
pub struct Scan {
    /// Whether a custom section holds component types (`component-type*`).
    pub has_metadata: bool,
    /// Whether it imports from preview 1.
    pub preview1: bool,
    /// Module and name of each import that is neither of preview 1 nor `memory`.
    pub foreign_imports: Vec<(String, String)>,
    /// The first memory that it imports, which the conversion makes it define; a second one is a
    /// foreign import.
    pub memory: Option<MemoryType>,
    /// The names of its exported functions; the type is `None` if it is not a function type in the
    /// type section.
    pub functions: Vec<(String, Option<FuncType>)>,
}

impl Scan {
    /// Reads the sections of a module. Everything it skips is validated by the compiler later.
    ///
    /// # Errors
    /// `Invalid` when a section does not parse, and for an imported shared memory.
    pub fn new(bytes: &[u8]) -> Result<Scan, ModuleError> {
        let mut scan = Scan::default();
        let mut types = Vec::new();
        let mut functions = Vec::new();
        for payload in Parser::new(0).parse_all(bytes) {
            match payload.map_err(invalid)? {
                Payload::TypeSection(reader) => {
                    for group in reader {
                        for ty in group.map_err(invalid)?.into_types() {
                            types.push(match ty.composite_type.inner {
                                CompositeInnerType::Func(ty) => Some(ty),
                                _ => None,
                            });
                        }
                    }
                }
                Payload::ImportSection(reader) => {
                    for import in reader.into_imports() {
                        let import = import.map_err(invalid)?;
                        if let TypeRef::Func(ty) | TypeRef::FuncExact(ty) = import.ty {
                            functions.push(ty);
                        }
                        scan.import(&import)?;
                    }
                }
                Payload::FunctionSection(reader) => {
                    for ty in reader {
                        functions.push(ty.map_err(invalid)?);
                    }
                }
                Payload::ExportSection(reader) => {
                    for export in reader {
                        let export = export.map_err(invalid)?;
                        if export.kind == ExternalKind::Func {
                            let ty = functions.get(export.index as usize);
                            let ty = ty.and_then(|&ty| types.get(ty as usize)?.clone());
                            scan.functions.push((export.name.to_owned(), ty));
                        }
                    }
                }
                Payload::CustomSection(section) => {
                    scan.has_metadata |= section.name().starts_with("component-type");
                }
                _ => {}
            }
        }
        Ok(scan)
    }

    fn import(&mut self, import: &Import<'_>) -> Result<(), ModuleError> {
        let Import { module, name, ty } = *import;
        match ty {
            TypeRef::Memory(memory) if memory.shared => {
                return Err(ModuleError::Invalid(format!(
                    "it imports {module}#{name}, a shared memory (threads), which is not run here"
                )));
            }
            TypeRef::Memory(memory) if self.memory.is_none() => self.memory = Some(memory),
            _ if module == PREVIEW1 => self.preview1 = true,
            _ => {
                let foreign = (module.to_owned(), name.to_owned());
                self.foreign_imports.push(foreign);
            }
        }
        Ok(())
    }

    /// Whether it is a preview 1 command.
    pub fn is_command(&self) -> bool {
        self.functions.iter().any(|(name, _)| name == START)
    }
}

/// The error for bytes that are not a usable module.
pub(super) fn invalid(error: impl std::fmt::Display) -> ModuleError {
    ModuleError::Invalid(format!("{error:#}"))
}
