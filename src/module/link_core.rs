//! The linker of a core module: preview 1, from an entry's capabilities alone.

use std::sync::Arc;

use wasmtime::{ExternType, Linker, Module, Result, format_err};

use super::ModuleError;
use super::imports::Capabilities;
use crate::host::State;
use crate::host::preview1::{Access, Function, Version};

/// Builds the linker of one entry over one core module. What is not enabled is bound to a trap that
/// names the function and the line that would enable it.
///
/// # Errors
/// `Link` when the module imports what no function of preview 1 is.
pub fn link_core(
    module: &Module,
    capabilities: &Capabilities,
) -> Result<Linker<State>, ModuleError> {
    let failed = |error: wasmtime::Error| ModuleError::Link(format!("{error:#}"));
    let access = Access::new(
        capabilities.by_options,
        |name| capabilities.allows(name),
        |name| capabilities.packages().is_replaced(name),
    );
    let mut linker = Linker::new(module.engine());
    // A module may import a function twice.
    linker.allow_shadowing(true);
    for import in module.imports() {
        let version = Version::of_module(import.module());
        let function = version.and_then(|version| Function::find(version, import.name()));
        let (Some(version), Some(function)) = (version, function) else {
            let (module, name) = (import.module(), import.name());
            return Err(failed(format_err!("{module}#{name} is not known here")));
        };
        define(&mut linker, version, function, access, &import.ty()).map_err(failed)?;
    }
    Ok(linker)
}

fn define(
    linker: &mut Linker<State>,
    version: Version,
    function: &Function,
    access: Access,
    ty: &ExternType,
) -> Result<()> {
    let mut needed = function.needs.one_of.iter();
    let first = needed.clone().next();
    match (first, ty) {
        (Some(&first), ExternType::Func(ty)) if !needed.any(|it| access.allows(*it)) => {
            let (module, name) = (version.module(), function.name);
            let text: Arc<str> = access
                .refusal(format_args!("{module}#{name}"), first)
                .into();
            linker.func_new(module, name, ty.clone(), move |_, _, _| {
                Err(format_err!("{text}"))
            })?;
            Ok(())
        }
        _ => (function.define)(linker, version, access),
    }
}
