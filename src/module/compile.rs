//! From a module's bytes to machine code.

use std::sync::atomic::{AtomicBool, Ordering};

use wasmtime::component::Component;

use super::load::Binary;
use super::{CodeStore, Engine, ModuleError};

/// What is compiled.
#[derive(Debug)]
pub(crate) struct Source<'a> {
    /// The module's binary.
    pub code: &'a Binary,
    /// Its instances have no room in the pool, whatever it is.
    pub large: bool,
}

/// A module's machine code.
#[derive(Clone, Debug)]
pub(crate) enum Compiled {
    /// A component's.
    Component(Component),
    /// A core module's.
    Core {
        module: wasmtime::Module,
        /// A component that gives the types of its exports.
        types: Component,
    },
}

impl Compiled {
    /// The component that gives the types of the exports.
    pub(crate) fn types(&self) -> &Component {
        match self {
            Compiled::Component(component)
            | Compiled::Core {
                types: component, ..
            } => component,
        }
    }
}

/// A module's code for pooled instances, or for instances that are allocated on demand where it
/// is `large` or has no room in the pool: from `store`, or compiled, and then kept there. Blocks, for
/// seconds where a large one is compiled. Sets `is_compiling` where it begins to.
///
/// # Errors
/// `Invalid` when the compiler refuses the module; `Engine` when the engine for instances on demand
/// cannot be made.
pub(crate) fn compile(
    engine: &Engine,
    source: &Source<'_>,
    store: Option<&CodeStore>,
    is_compiling: &AtomicBool,
) -> Result<Compiled, ModuleError> {
    if let Some(compiled) = store.and_then(|store| find(engine, source, store)) {
        return Ok(compiled);
    }
    is_compiling.store(true, Ordering::Relaxed);
    let compilation = || compile_anew(engine, source);
    let (compiler, compiled) = engine.compilers().run(compilation)?;
    if let Some(store) = store {
        keep(engine, compiler, source, &compiled, store);
    }
    Ok(compiled)
}

fn find(engine: &Engine, source: &Source<'_>, store: &CodeStore) -> Option<Compiled> {
    let pooled = match source.large {
        true => None,
        false => find_for(engine, engine.inner(), source, store),
    };
    // What has no room in the pool is known only once it is compiled.
    pooled.or_else(|| find_for(engine, engine.on_demand().ok()?, source, store))
}

fn find_for(
    engine: &Engine,
    compiler: &wasmtime::Engine,
    source: &Source<'_>,
    store: &CodeStore,
) -> Option<Compiled> {
    Some(match source.code {
        Binary::Component(component) => {
            Compiled::Component(store.find(engine, compiler, component.digest)?)
        }
        Binary::Core { module, types } => Compiled::Core {
            module: store.find(engine, compiler, module.digest)?,
            types: store.find(engine, compiler, types.digest)?,
        },
    })
}

fn keep(
    engine: &Engine,
    compiler: &wasmtime::Engine,
    source: &Source<'_>,
    compiled: &Compiled,
    store: &CodeStore,
) {
    match (source.code, compiled) {
        (Binary::Component(binary), Compiled::Component(component)) => {
            store.keep(engine, compiler, binary.digest, component);
        }
        (
            Binary::Core { module, types },
            Compiled::Core {
                module: code,
                types: types_code,
            },
        ) => {
            store.keep(engine, compiler, module.digest, code);
            store.keep(engine, compiler, types.digest, types_code);
        }
        // What is compiled is of the kind of its source.
        (Binary::Component(_), Compiled::Core { .. })
        | (Binary::Core { .. }, Compiled::Component(_)) => {}
    }
}

fn compile_anew<'a>(
    engine: &'a Engine,
    source: &Source<'_>,
) -> Result<(&'a wasmtime::Engine, Compiled), ModuleError> {
    let pooled = engine.inner();
    if !source.large
        && let Ok(compiled) = compile_for(pooled, source.code)
    {
        return Ok((pooled, compiled));
    }
    // The first error is dropped: the engine on demand compiles what only does not fit the pool, and
    // refuses an invalid module with the same error.
    let on_demand = engine.on_demand()?;
    let compiled = compile_for(on_demand, source.code).map_err(|error| {
        let text = format!("{error:#}");
        ModuleError::Invalid(match text.contains("component model async") {
            true => format!("{text}; that is WASI 0.3, which is not run here"),
            false => text,
        })
    })?;
    Ok((on_demand, compiled))
}

fn compile_for(compiler: &wasmtime::Engine, code: &Binary) -> wasmtime::Result<Compiled> {
    Ok(match code {
        Binary::Component(component) => {
            Compiled::Component(Component::from_binary(compiler, &component.bytes)?)
        }
        Binary::Core { module, types } => Compiled::Core {
            module: wasmtime::Module::from_binary(compiler, &module.bytes)?,
            types: Component::from_binary(compiler, &types.bytes)?,
        },
    })
}
