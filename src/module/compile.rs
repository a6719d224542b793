//! From a component's bytes to machine code.

use std::sync::atomic::{AtomicBool, Ordering};

use wasmtime::component::Component;

use super::{CodeStore, Digest, Engine, ModuleError};

/// What is compiled.
#[derive(Debug)]
pub(crate) struct Source<'a> {
    /// The component's binary.
    pub bytes: &'a [u8],
    /// Its hash.
    pub digest: Digest,
    /// Its instances have no room in the pool, whatever it is.
    pub large: bool,
}

/// A component's code for pooled instances, or for instances that are allocated on demand where it
/// is `large` or has no room in the pool: from `store`, or compiled, and then kept there. Blocks, for
/// seconds where a large one is compiled. Sets `is_compiling` where it begins to.
///
/// # Errors
/// `Invalid` when the compiler refuses the component; `Engine` when the engine for instances on demand
/// cannot be made.
pub(crate) fn compile(
    engine: &Engine,
    source: &Source<'_>,
    store: Option<&CodeStore>,
    is_compiling: &AtomicBool,
) -> Result<Component, ModuleError> {
    if let Some(component) = store.and_then(|store| find(engine, source, store)) {
        return Ok(component);
    }
    is_compiling.store(true, Ordering::Relaxed);
    let compilation = || compile_anew(engine, source);
    let (compiler, component) = engine.compilers().run(compilation)?;
    if let Some(store) = store {
        store.keep(engine, compiler, source.digest, &component);
    }
    Ok(component)
}

fn find(engine: &Engine, source: &Source<'_>, store: &CodeStore) -> Option<Component> {
    let pooled = match source.large {
        true => None,
        false => store.find(engine, engine.inner(), source.digest),
    };
    // What has no room in the pool is known only once it is compiled.
    pooled.or_else(|| store.find(engine, engine.on_demand().ok()?, source.digest))
}

fn compile_anew<'a>(
    engine: &'a Engine,
    source: &Source<'_>,
) -> Result<(&'a wasmtime::Engine, Component), ModuleError> {
    let pooled = engine.inner();
    if !source.large
        && let Ok(component) = Component::from_binary(pooled, source.bytes)
    {
        return Ok((pooled, component));
    }
    // The first error is dropped: the engine on demand compiles what only does not fit the pool, and
    // refuses an invalid component with the same error.
    let on_demand = engine.on_demand()?;
    let component = Component::from_binary(on_demand, source.bytes).map_err(|error| {
        let text = format!("{error:#}");
        ModuleError::Invalid(match text.contains("component model async") {
            true => format!("{text}; that is WASI 0.3, which is not run here"),
            false => text,
        })
    })?;
    Ok((on_demand, component))
}
