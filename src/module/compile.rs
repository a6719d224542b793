//! From a component's bytes to machine code.

use wasmtime::component::Component;

use super::{Engine, ModuleError};

/// Compiles a component: for pooled instances, or for instances that are allocated on demand where
/// it is `large` or has no room in the pool. Blocks, for seconds where a module is large.
///
/// # Errors
/// `Invalid` when the compiler refuses the component; `Engine` when the engine for instances on demand
/// cannot be made.
pub(crate) fn compile(
    engine: &Engine,
    bytes: &[u8],
    large: bool,
) -> Result<Component, ModuleError> {
    if !large && let Ok(component) = Component::from_binary(engine.inner(), bytes) {
        return Ok(component);
    }
    // The first error is dropped: the engine on demand compiles what only does not fit the pool, and
    // refuses an invalid component with the same error.
    Component::from_binary(engine.on_demand()?, bytes).map_err(|error| {
        let text = format!("{error:#}");
        ModuleError::Invalid(match text.contains("component model async") {
            true => format!("{text}; that is WASI 0.3, which is not run here"),
            false => text,
        })
    })
}
