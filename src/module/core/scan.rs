//! What a core module imports and exports.

use wasmparser::{
    CompositeInnerType, ExternalKind, FuncType, Import, MemoryType, Parser, Payload, TypeRef,
};

use crate::module::ModuleError;

/// The module name of preview 1.
pub(super) const PREVIEW1: &str = "wasi_snapshot_preview1";
/// The export that makes a module a command.
pub(super) const START: &str = "_start";

/// What matters of a core module.
#[derive(Default)]
pub struct Scan {
    /// It holds a section that describes it to the component model.
    pub has_metadata: bool,
    /// It imports from preview 1.
    pub preview1: bool,
    /// Module and name of what it imports from elsewhere, except `memory`.
    pub foreign_imports: Vec<(String, String)>,
    /// The first memory that it imports, which the host makes; a second one is a foreign import.
    pub memory: Option<MemoryType>,
    /// The names of its exported functions, and their types where they are simple.
    pub functions: Vec<(String, Option<FuncType>)>,
}

impl Scan {
    /// Reads the sections of a module. What it does not look at is validated by the compiler.
    ///
    /// # Errors
    /// `Invalid`.
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

/// That the bytes are no module that can be used.
pub(super) fn invalid(error: impl std::fmt::Display) -> ModuleError {
    ModuleError::Invalid(format!("{error:#}"))
}
