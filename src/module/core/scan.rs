//! What a core module imports and exports.

use wasmparser::{
    CompositeInnerType, ExternalKind, FuncType, Import, MemoryType, Parser, Payload, TypeRef,
};

use crate::host::packages::Name;
use crate::host::preview1::{Function, Version};
use crate::module::{Import as ModuleImport, ModuleError};

/// The export that makes a module a command.
pub(super) const START: &str = "_start";
/// The export that is a module's memory.
const MEMORY: &str = "memory";

/// The properties of a core module that its conversion depends on.
#[derive(Default)]
pub struct Scan {
    /// Whether a custom section holds component types (`component-type*`).
    pub has_metadata: bool,
    /// The functions that it imports from preview 1.
    preview1: Vec<(Version, &'static Function)>,
    /// Whether it exports a memory as `memory`, or is made to.
    pub exports_memory: bool,
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
                        scan.exports_memory |=
                            export.kind == ExternalKind::Memory && export.name == MEMORY;
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
        scan.exports_memory |= scan.memory.is_some() && scan.function(MEMORY).is_none();
        Ok(scan)
    }

    fn import(&mut self, import: &Import<'_>) -> Result<(), ModuleError> {
        let Import { module, name, ty } = *import;
        let is_function = matches!(ty, TypeRef::Func(_) | TypeRef::FuncExact(_));
        match ty {
            TypeRef::Memory(memory) if memory.shared => {
                return Err(ModuleError::Invalid(format!(
                    "it imports {module}#{name}, a shared memory (threads), which is not run here"
                )));
            }
            TypeRef::Memory(memory) if self.memory.is_none() => self.memory = Some(memory),
            _ => {
                let version = Version::of_module(module);
                match version.and_then(|version| Some((version, Function::find(version, name)?))) {
                    Some(function) if is_function => self.preview1.push(function),
                    _ => {
                        let foreign = (module.to_owned(), name.to_owned());
                        self.foreign_imports.push(foreign);
                    }
                }
            }
        }
        Ok(())
    }

    /// Refuses imports that nothing here can give.
    ///
    /// # Errors
    /// `Invalid`, with the first of them and what there is; also for a module that imports preview 1
    /// and holds the types of a component.
    pub fn check_imports(&self) -> Result<(), ModuleError> {
        if self.has_metadata
            && let Some((version, _)) = self.preview1.first()
        {
            return Err(ModuleError::Invalid(format!(
                "it imports {} and holds the types of a component that it is to be made: run \
                 `wasm-tools component new` with an adapter for preview 1",
                version.module()
            )));
        }
        match self.foreign_imports.as_slice() {
            [(module, name), ..] if !self.has_metadata => {
                Err(ModuleError::Invalid(unknown_import(module, name)))
            }
            _ => Ok(()),
        }
    }

    /// Whether it stays a core module.
    pub fn is_native(&self) -> bool {
        !self.has_metadata && (!self.preview1.is_empty() || self.is_command())
    }

    /// The functions that it imports from preview 1.
    pub fn preview1_imports(&self) -> impl Iterator<Item = ModuleImport> {
        self.preview1.iter().map(|(version, function)| {
            let enabled_by = function.needs.one_of.iter();
            ModuleImport {
                interface: version.module().to_owned(),
                function: function.name.to_owned(),
                groups: function
                    .needs
                    .groups
                    .iter()
                    .copied()
                    .map(Name::from)
                    .collect(),
                enabled_by: enabled_by.map(|interface| interface.name()).collect(),
                optional: function.needs.one_of.is_empty(),
            }
        })
    }

    /// The type of an exported function.
    pub fn function(&self, name: &str) -> Option<&FuncType> {
        let found = self.functions.iter().find(|(export, _)| export == name);
        found?.1.as_ref()
    }

    /// Whether it is a preview 1 command.
    pub fn is_command(&self) -> bool {
        self.functions.iter().any(|(name, _)| name == START)
    }
}

/// Why an import cannot be given, and what to do about it.
fn unknown_import(module: &str, name: &str) -> String {
    let imported = format!("it imports {module}#{name}");
    let Some(version) = Version::of_module(module) else {
        return format!(
            "{imported}, and a core module may import preview 1 only ({}): build it for WASI \
             (wasm32-wasip1), or make it a component",
            Version::Snapshot.module()
        );
    };
    if Function::find(version, name).is_some() {
        return format!(
            "{imported}, a function of preview 1, as something else: correct the import"
        );
    }
    let mut others = Version::ALL.into_iter().filter(|other| *other != version);
    if let Some(other) = others.find(|other| Function::find(*other, name).is_some()) {
        let other = other.module();
        return format!("{imported}, which only {other} has: build the module for that");
    }
    let nearest = Function::nearest(version, name);
    let nearest = nearest.map_or_else(String::new, |name| format!(" (did you mean {name}?)"));
    format!(
        "{imported}, and preview 1 has no such function{nearest}: correct the import, or link the \
         module with what it calls"
    )
}

/// The error for bytes that are not a usable module.
pub(super) fn invalid(error: impl std::fmt::Display) -> ModuleError {
    ModuleError::Invalid(format!("{error:#}"))
}
