//! From a component's bytes to machine code.

use wasmtime::component::Component;

use super::{Engine, ModuleError};

/// Compiles a component: for pooled instances, or for instances that are allocated on demand where
/// it is `large` or has no room in the pool. Takes its time.
///
/// # Errors
/// `Invalid`.
pub(crate) fn compile(
    engine: &Engine,
    bytes: &[u8],
    large: bool,
) -> Result<Component, ModuleError> {
    if !large && let Ok(component) = Component::from_binary(engine.inner(), bytes) {
        return Ok(component);
    }
    // What the pool has no room for, the other takes; what is wrong by itself, it refuses again.
    Component::from_binary(engine.on_demand()?, bytes).map_err(|error| {
        let text = format!("{error:#}");
        ModuleError::Invalid(match text.contains("component model async") {
            true => format!("{text}; that is WASI 0.3, which is not run here"),
            false => text,
        })
    })
}
