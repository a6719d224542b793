//! From an entry to a function that can be instantiated: decoded, compiled, linked, its method found.

use std::fmt;
use std::sync::Arc;

use wasmtime::component::InstancePre;
use wippy_dispatcher::Handle;

use super::admission::Admission;
use super::modules::Modules;
use super::origin::{module_key, settings};
use crate::host::State;
use crate::module::{self, Capabilities, Import, Method, Module, ModuleError};
use crate::registry::{Entry, Pool, PoolType, Registry};

/// An entry that is ready to be instantiated on any thread.
pub(crate) struct LinkedFunction {
    /// The entry.
    pub(crate) entry: Arc<Entry>,
    /// The function that a call runs.
    pub(crate) method: Method,
    /// Its module, as it was decoded.
    pub(crate) module: Arc<Module>,
    /// What its imports list enables.
    pub(crate) capabilities: Capabilities,
    pub(crate) pre: InstancePre<State>,
    /// The entry's own bound on calls, over all threads; a process has none.
    pub(crate) pool: Option<Admission>,
}

impl LinkedFunction {
    /// The functions that its module imports.
    pub(crate) fn imports(&self) -> &[Import] {
        &self.module.interface.imports
    }
}

impl fmt::Debug for LinkedFunction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let id = &self.entry.id;
        f.debug_struct("LinkedFunction")
            .field("entry", id)
            .finish_non_exhaustive()
    }
}

pub(super) async fn link(
    registry: &Registry,
    modules: &Modules,
    handle: &Handle,
    entry: Arc<Entry>,
    max_waiting: u32,
) -> Result<Arc<LinkedFunction>, ModuleError> {
    let key = module_key(registry, &entry)?;
    let module = modules.load(handle, key).await?;
    let LoadedModule {
        module,
        capabilities,
        method,
    } = LoadedModule::new(&entry, module)?;
    let component = modules.compiled(handle, &entry.id, &module).await?;
    let enabled = capabilities.clone();
    // It defines some hundreds of functions, and compares their types.
    let linking = handle.unblock(move || {
        let method = Method::find(&component, &method)?;
        let linker = module::link(&component, &enabled)?;
        let pre = linker
            .instantiate_pre(&component)
            .map_err(|error| ModuleError::Link(format!("{error:#}")))?;
        Ok::<_, ModuleError>((method, pre))
    });
    let (method, pre) = linking.await??;
    let pool = match entry.function() {
        Some(settings) if entry.process().is_none() => Some(admission(&settings.pool, max_waiting)),
        _ => None,
    };
    Ok(Arc::new(LinkedFunction {
        method,
        pre,
        pool,
        module,
        capabilities,
        entry,
    }))
}

/// The bound on an entry's calls.
fn admission(pool: &Pool, max_waiting: u32) -> Admission {
    let bound = pool.bound();
    match pool.effective_type() {
        PoolType::Adaptive => Admission::adaptive(bound.concurrent, max_waiting),
        PoolType::Inline | PoolType::Lazy => Admission::new(bound.concurrent, max_waiting),
        PoolType::Static => Admission::new(bound.concurrent, bound.waiting),
    }
}

/// An entry's module, decoded and not compiled, and what the entry's fields mean to it.
pub(crate) struct LoadedModule {
    module: Arc<Module>,
    capabilities: Capabilities,
    /// The full name of the export that `method` means.
    method: String,
}

impl LoadedModule {
    pub(crate) fn new(entry: &Entry, module: Arc<Module>) -> Result<LoadedModule, ModuleError> {
        let settings = settings(entry)?;
        let exports: Vec<&str> = module
            .interface
            .exports
            .iter()
            .map(String::as_str)
            .collect();
        let method = module::choose_typed(&exports, &module.untyped, &settings.method)?.to_owned();
        let names = settings.imports.iter().map(|import| import.value.as_str());
        let mut capabilities = Capabilities::parse(names)?;
        capabilities.by_options = entry.is_of_command_line();
        if module.preview1 {
            capabilities.extend_preview1();
        }
        Ok(LoadedModule {
            module,
            capabilities,
            method,
        })
    }
}
