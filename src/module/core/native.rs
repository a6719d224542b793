//! A core module that stays one: its imports, and the types of its exports.
//!
//! The types are those of a component without code that exports the same functions, so that values
//! are converted for a core module exactly as for a component.

use std::collections::BTreeMap;

use wasmparser::{FuncType, ValType};
use wit_component::{ComponentEncoder, StringEncoding, dummy_module, embed_component_metadata};
use wit_parser::abi::{AbiVariant, FlatTypes, WasmType};
use wit_parser::{Function, LiftLowerAbi, ManglingAndAbi, Resolve, WorldId, WorldItem};

use super::exports;
use super::scan::{START, Scan, invalid};
use super::world;
use crate::host::package::WASI_VERSION;
use crate::module::{Import, ModuleError};

/// The function that a reactor's instance begins with.
const INITIALIZE: &str = "_initialize";
/// The function that makes room in a module's memory.
const REALLOC: &str = "cabi_realloc";

/// What is known of a core module that stays one.
#[derive(Debug)]
pub struct Native {
    /// A component that exports the same functions with the same types, and cannot be called.
    pub types: Vec<u8>,
    /// The functions that it imports.
    pub imports: Vec<Import>,
    /// Its exports.
    pub exports: CoreExports,
}

/// The names under which a core module exports its functions.
#[derive(Clone, Debug)]
pub struct CoreExports {
    /// By their names in the component.
    functions: BTreeMap<String, String>,
    /// It exports `_initialize`, which is called before anything else.
    initialized: bool,
}

impl CoreExports {
    /// The export of a function of the component.
    pub fn function(&self, name: &str) -> Option<&str> {
        match name.contains('#') {
            true => Some(START),
            false => self.functions.get(name).map(String::as_str),
        }
    }

    /// The function that is called before the one of this export.
    pub fn before(&self, export: &str) -> Option<&'static str> {
        (self.initialized && export != START).then_some(INITIALIZE)
    }
}

impl Native {
    /// # Errors
    /// `Wit` when `wit` does not parse or does not fit the module; `Invalid` when nothing of it can
    /// be called or two exports have the same name as kebab-case.
    pub(super) fn new(scan: &Scan, wit: Option<&str>) -> Result<Native, ModuleError> {
        for name in [START, INITIALIZE] {
            let ty = scan.function(name);
            if let Some(ty) = ty.filter(|ty| !ty.params().is_empty() || !ty.results().is_empty()) {
                let shown = shown(ty);
                return Err(ModuleError::Invalid(format!(
                    "its {name} has the type {shown}, where () is needed"
                )));
            }
        }
        let names = exports::kebab_names(scan)?;
        let functions = match wit {
            Some(wit) => Some(world::from_lines(wit)?),
            None => world::from_exports(scan),
        };
        let text = match (functions, scan.is_command()) {
            (None, false) => return Err(super::nothing_to_call()),
            (functions, true) => world::with_run(functions, WASI_VERSION),
            (Some(functions), false) => functions,
        };
        let (resolve, world) = world::parse(&text)?;
        check(scan, &names, &resolve, world)?;
        let functions = names.into_iter();
        Ok(Native {
            types: types(&resolve, world)?,
            imports: scan.preview1_imports().collect(),
            exports: CoreExports {
                functions: functions
                    .map(|(kebab, name)| (kebab, name.to_owned()))
                    .collect(),
                initialized: scan.function(INITIALIZE).is_some(),
            },
        })
    }
}

/// A component that exports the functions of a world and has no code for them.
fn types(resolve: &Resolve, world: WorldId) -> Result<Vec<u8>, ModuleError> {
    let mut module = dummy_module(resolve, world, ManglingAndAbi::Legacy(LiftLowerAbi::Sync));
    embed_component_metadata(&mut module, resolve, world, StringEncoding::UTF8).map_err(invalid)?;
    let encoder = ComponentEncoder::default().validate(true);
    encoder
        .module(&module)
        .and_then(|mut encoder| encoder.encode())
        .map_err(invalid)
}

/// Whether the module exports each function of the world with the core type that the canonical ABI
/// gives it, and what that needs beside.
///
/// # Errors
/// `Wit`, with the first that it does not.
fn check(
    scan: &Scan,
    names: &BTreeMap<String, &str>,
    resolve: &Resolve,
    world: WorldId,
) -> Result<(), ModuleError> {
    let wrong = |what: String| ModuleError::Wit(format!("`wit` does not fit the module: {what}"));
    let world = resolve.worlds.get(world);
    for item in world.iter().flat_map(|world| world.exports.values()) {
        let WorldItem::Function(function) = item else {
            continue;
        };
        let name = &function.name;
        let found = names.get(name).and_then(|name| scan.function(name));
        let Some(found) = found else {
            return Err(wrong(format!("it exports no function {name}")));
        };
        let expected = resolve.wasm_signature(AbiVariant::GuestExport, function);
        let expected = FuncType::new(types_of(&expected.params), types_of(&expected.results));
        if *found != expected {
            return Err(wrong(format!(
                "{name} has the type {}, where {} is needed",
                shown(found),
                shown(&expected)
            )));
        }
        let needs = Needs::of(resolve, function);
        if needs.memory && !scan.exports_memory {
            return Err(wrong(format!(
                "{name} needs a memory that is exported as `memory`"
            )));
        }
        let realloc = FuncType::new([ValType::I32; 4], [ValType::I32]);
        if needs.realloc && scan.function(REALLOC) != Some(&realloc) {
            return Err(wrong(format!(
                "{name} needs a function `{REALLOC}` of the type {}",
                shown(&realloc)
            )));
        }
    }
    Ok(())
}

/// What a function needs of a module beside itself.
struct Needs {
    memory: bool,
    realloc: bool,
}

impl Needs {
    fn of(resolve: &Resolve, function: &Function) -> Needs {
        let signature = resolve.wasm_signature(AbiVariant::GuestExport, function);
        let points = |ty: &wit_parser::Type| {
            let mut core = vec![WasmType::I32; MAX_FLAT];
            let mut flat = FlatTypes::new(&mut core);
            !resolve.push_flat(ty, &mut flat)
                || flat.to_vec().iter().any(|ty| {
                    matches!(
                        ty,
                        WasmType::Pointer | WasmType::PointerOrI64 | WasmType::Length
                    )
                })
        };
        let mut params = function.params.iter();
        let realloc = signature.indirect_params || params.any(|param| points(&param.ty));
        let result = function.result.as_ref().is_some_and(points);
        Needs {
            memory: realloc || result || signature.retptr,
            realloc,
        }
    }
}

/// More core values no parameter is passed as.
const MAX_FLAT: usize = 17;

fn types_of(types: &[WasmType]) -> Vec<ValType> {
    let one = |ty: &WasmType| match ty {
        WasmType::I32 | WasmType::Pointer | WasmType::Length => ValType::I32,
        WasmType::I64 | WasmType::PointerOrI64 => ValType::I64,
        WasmType::F32 => ValType::F32,
        WasmType::F64 => ValType::F64,
    };
    types.iter().map(one).collect()
}

/// A core type as WebAssembly text has it.
fn shown(ty: &FuncType) -> String {
    let list = |word: &str, types: &[ValType]| match types {
        [] => String::new(),
        types => {
            let types: Vec<String> = types.iter().map(ToString::to_string).collect();
            format!("({word} {})", types.join(" "))
        }
    };
    match (list("param", ty.params()), list("result", ty.results())) {
        (params, results) if params.is_empty() && results.is_empty() => "()".to_owned(),
        (params, results) => format!("{params}{results}"),
    }
}
