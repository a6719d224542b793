//! What a module exports and imports, read from its binary without compiling it.

use wasmparser::component_types::ComponentEntityType;
use wasmparser::types::Types;
use wasmparser::{MemoryType, Parser, Payload, ValidPayload, Validator, WasmFeatures};

use super::ModuleError;
use super::import::Import;
use super::instance_pool::{POOLED_MEMORY_PAGES, POOLED_TABLE_ELEMENTS};
use crate::host::Packages;

/// What the core instances of a call may take beside memories and tables, in bytes.
const INSTANCE_BYTES: usize = 256 << 20;

/// As many core instances every call may have.
const MIN_INSTANCES: usize = 20;

/// More core instances no call may have.
const MAX_CORE_INSTANCES: usize = 10_000;

/// What a function of a core module takes in its instances, in bytes, and what a global takes.
const FUNCTION_BYTES: usize = 32;
const GLOBAL_BYTES: usize = 16;

/// What a component exports and imports, and what its instances take.
#[derive(Debug)]
pub struct ComponentInterface {
    /// `function` or `package:name/interface@version#function`, in the component's order.
    pub exports: Vec<String>,
    /// The functions that it imports, in the component's order.
    pub imports: Vec<Import>,
    /// One of its memories or tables is larger than those of the pool, or may become so.
    pub large: bool,
    /// What an instance of its largest core module takes beside memories and tables, in bytes: its
    /// globals, and references to its functions.
    pub instance_bytes: usize,
}

impl ComponentInterface {
    /// How many core instances a call may have: each takes what no limit of memories counts.
    pub fn max_core_instances(&self) -> usize {
        (INSTANCE_BYTES / self.instance_bytes.max(1)).clamp(MIN_INSTANCES, MAX_CORE_INSTANCES)
    }

    /// Reads the sections and types of a component; function bodies are left to the compiler.
    ///
    /// # Errors
    /// `Invalid`, with the offset of what is wrong.
    pub fn of(component: &[u8], packages: &Packages) -> Result<ComponentInterface, ModuleError> {
        // What the engine does not support it refuses itself, by name.
        let mut validator = Validator::new_with_features(WasmFeatures::all());
        let (mut imports, mut exports) = (Vec::new(), Vec::new());
        let (mut depth, mut size) = (0usize, InstanceSize::default());
        for payload in Parser::new(0).parse_all(component) {
            let payload = payload.map_err(invalid)?;
            match &payload {
                Payload::ComponentImportSection(reader) if depth == 0 => {
                    for import in reader.clone() {
                        imports.push(of_wasi_0_2(import.map_err(invalid)?.name.name)?.to_owned());
                    }
                }
                Payload::ComponentExportSection(reader) if depth == 0 => {
                    for export in reader.clone() {
                        exports.push(of_wasi_0_2(export.map_err(invalid)?.name.name)?.to_owned());
                    }
                }
                _ => size.count(&payload)?,
            }
            match validator.payload(&payload).map_err(invalid)? {
                ValidPayload::Parser(_) => depth += 1,
                ValidPayload::End(types) => match depth.checked_sub(1) {
                    Some(outer) => depth = outer,
                    None => {
                        let interface =
                            ComponentInterface::from_types(&types, &imports, &exports, packages);
                        return Ok(ComponentInterface {
                            large: size.large,
                            instance_bytes: size.largest,
                            ..interface
                        });
                    }
                },
                ValidPayload::Ok | ValidPayload::Func(..) => {}
            }
        }
        Err(ModuleError::Invalid("it ends too early".to_owned()))
    }

    /// The interface of a core module that stays one: what `types`, a component, exports, and these
    /// imports. Function bodies are left to the compiler.
    ///
    /// # Errors
    /// `Invalid`, with the offset of what is wrong.
    pub fn of_core(
        module: &[u8],
        types: &[u8],
        imports: Vec<Import>,
        packages: &Packages,
    ) -> Result<ComponentInterface, ModuleError> {
        let mut validator = Validator::new_with_features(WasmFeatures::all());
        let mut size = InstanceSize::default();
        for payload in Parser::new(0).parse_all(module) {
            let payload = payload.map_err(invalid)?;
            size.count(&payload)?;
            validator.payload(&payload).map_err(invalid)?;
        }
        Ok(ComponentInterface {
            imports,
            large: size.large,
            instance_bytes: size.largest,
            ..ComponentInterface::of(types, packages)?
        })
    }

    fn from_types(
        types: &Types,
        imports: &[String],
        exports: &[String],
        packages: &Packages,
    ) -> ComponentInterface {
        let types = types.as_ref();
        let mut interface = ComponentInterface {
            exports: Vec::new(),
            imports: Vec::new(),
            large: false,
            instance_bytes: 0,
        };
        for name in exports {
            match types.component_item_for_export(name).map(|item| &item.ty) {
                Some(ComponentEntityType::Func(_)) => interface.exports.push(name.clone()),
                Some(&ComponentEntityType::Instance(instance)) => {
                    for (function, item) in &types[instance].exports {
                        if matches!(item.ty, ComponentEntityType::Func(_)) {
                            interface.exports.push(format!("{name}#{function}"));
                        }
                    }
                }
                _ => {}
            }
        }
        for name in imports {
            let host = packages.imported(name);
            let mut push = |function: &str| {
                let known = host.map(|(package, interface)| package.full_name(interface));
                let import = known.unwrap_or_else(|| name.clone());
                interface.imports.push(Import {
                    enabled_by: vec![import.clone()],
                    interface: import,
                    function: function.to_owned(),
                    groups: host
                        .iter()
                        .map(|(package, _)| package.group().clone())
                        .collect(),
                    optional: host.is_some_and(|(_, it)| it.fallback(function).is_some()),
                });
            };
            match types.component_item_for_import(name).map(|item| &item.ty) {
                Some(ComponentEntityType::Func(_)) => push(""),
                Some(&ComponentEntityType::Instance(instance)) => {
                    for (function, item) in &types[instance].exports {
                        if matches!(item.ty, ComponentEntityType::Func(_)) {
                            push(function);
                        }
                    }
                }
                _ => {}
            }
        }
        interface
    }
}

/// What the instances of core modules take, module after module.
#[derive(Default)]
struct InstanceSize {
    /// A memory or table is larger than those of the pool, or may become so.
    large: bool,
    /// What an instance of the current module takes beside memories and tables, in bytes.
    module: usize,
    /// The same of the largest.
    largest: usize,
}

impl InstanceSize {
    fn count(&mut self, payload: &Payload<'_>) -> Result<(), ModuleError> {
        match payload {
            Payload::Version { .. } => self.module = 0,
            Payload::ImportSection(reader) => {
                self.module += reader.count() as usize * FUNCTION_BYTES;
            }
            Payload::FunctionSection(reader) => {
                self.module += reader.count() as usize * FUNCTION_BYTES;
            }
            Payload::GlobalSection(reader) => {
                self.module += reader.count() as usize * GLOBAL_BYTES;
            }
            Payload::MemorySection(reader) => {
                for memory in reader.clone() {
                    self.large |= is_large(&memory.map_err(invalid)?)?;
                }
            }
            Payload::TableSection(reader) => {
                for table in reader.clone() {
                    self.large |= table.map_err(invalid)?.ty.initial > POOLED_TABLE_ELEMENTS;
                }
            }
            _ => {}
        }
        self.largest = self.largest.max(self.module);
        Ok(())
    }
}

/// Whether a memory is larger than those of the pool, or may become so: one of 64-bit addresses.
fn is_large(memory: &MemoryType) -> Result<bool, ModuleError> {
    if memory.shared {
        let text = "shared memories (threads) are not run here";
        return Err(ModuleError::Invalid(text.to_owned()));
    }
    let most = memory.maximum.unwrap_or(u64::MAX);
    Ok(memory.memory64 && most > POOLED_MEMORY_PAGES)
}

/// The name of an import or export, unless it is of another WASI than this host's.
fn of_wasi_0_2(name: &str) -> Result<&str, ModuleError> {
    let version = name
        .strip_prefix("wasi:")
        .and_then(|name| name.split_once('@'));
    match version {
        Some((_, version)) if version.starts_with("0.3.") => Err(ModuleError::Invalid(format!(
            "it is a component of WASI 0.3 ({name}), which is not run here; WASI 0.2 is"
        ))),
        _ => Ok(name),
    }
}

fn invalid(error: wasmparser::BinaryReaderError) -> ModuleError {
    ModuleError::Invalid(format!(
        "{} at offset {:#x}",
        error.message(),
        error.offset()
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::PACKAGES;
    use crate::module::to_binary;

    fn interface(text: &str) -> ComponentInterface {
        let binary = to_binary(text).expect("text");
        ComponentInterface::of(&binary, &PACKAGES).expect("a component")
    }

    #[test]
    fn functions_of_interfaces_and_of_the_component_itself_are_listed() {
        let interface = interface(
            r#"(component
                (import "wasi:clocks/monotonic-clock@0.2.3" (instance $clock
                    (type $instant' u64)
                    (export "instant" (type $instant (eq $instant')))
                    (export "now" (func (result $instant)))))
                (import "other:thing/place@1.0.0" (instance (export "go" (func))))
                (import "alone" (func))
                (component $inner
                    (import "hidden" (func))
                    (core module $m (func (export "f")))
                    (core instance $i (instantiate $m))
                    (func (export "f") (canon lift (core func $i "f"))))
                (core module $m (func (export "f") (result i32) i32.const 1))
                (core instance $i (instantiate $m))
                (func $f (result u32) (canon lift (core func $i "f")))
                (instance $shown (export "first" (func $f)) (export "second" (func $f)))
                (export "test:it/shown@0.1.0" (instance $shown))
                (export "plain" (func $f)))"#,
        );
        let shown = ["first", "second"].map(|name| format!("test:it/shown@0.1.0#{name}"));
        assert_eq!(interface.exports[..2], shown);
        assert_eq!(interface.exports[2..], ["plain".to_owned()]);
        let names: Vec<_> = interface.imports.iter().map(Import::name).collect();
        let clock = "wasi:clocks/monotonic-clock#now";
        assert_eq!(names, [clock, "other:thing/place@1.0.0#go", "alone"]);
        assert_eq!(interface.imports[0].groups, ["wasi:clocks"]);
        assert!(interface.imports[1].groups.is_empty());
    }

    #[test]
    fn broken_bytes_are_an_error_wherever_they_break() {
        let whole = to_binary(
            r#"(component (core module $m (func (export "f")))
                (core instance $i (instantiate $m))
                (func (export "f") (canon lift (core func $i "f"))))"#,
        )
        .expect("text");
        // Only what is cut off at a section's end is still whole.
        let still = |end: &usize| ComponentInterface::of(&whole[..*end], &PACKAGES).is_ok();
        let sections = (0..whole.len()).filter(still).count();
        assert!(
            (1..=12).contains(&sections),
            "{sections} of {}",
            whole.len()
        );
        assert!(ComponentInterface::of(b"\0asm\x0d\0\x01\0\xff\xff", &PACKAGES).is_err());
        assert!(ComponentInterface::of(b"", &PACKAGES).is_err());
    }
}
