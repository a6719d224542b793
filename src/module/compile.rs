//! From a component's bytes to machine code.

use wasmtime::component::Component;

use super::{Engine, ModuleError};

/// Compiles a component. Takes its time.
///
/// # Errors
/// `Invalid`.
pub fn compile(engine: &Engine, bytes: &[u8]) -> Result<Component, ModuleError> {
    Component::from_binary(engine.inner(), bytes)
        .map_err(|error| ModuleError::Invalid(format!("{error:#}")))
}
