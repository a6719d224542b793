//! From an entry to a function that can be instantiated: decoded, compiled, linked, its method found.

use std::fmt;
use std::sync::Arc;

use wasmtime::Engine;
use wasmtime::component::{ComponentExportIndex, InstancePre};
use wippy_dispatcher::Handle;

use super::admission::Admission;
use super::modules::Modules;
use super::options::ProgramOptions;
use super::origin::{module_key, settings};
use crate::host::{Packages, State};
use crate::module::{
    self, Capabilities, Compiled, CoreExports, Import, Method, Module, ModuleError,
};
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
    /// Functions of the embedder's are among what it enables.
    pub(crate) has_own: bool,
    /// The entry's own bound on calls, over all threads of a program on the system; a process has none.
    pub(crate) pool: Option<Admission>,
    /// What is instantiated.
    pub(crate) code: LinkedCode,
}

/// Code whose imports are bound.
pub(crate) enum LinkedCode {
    /// A component's, and where its function is.
    Component {
        pre: InstancePre<State>,
        index: ComponentExportIndex,
        /// Where the function is that answers HTTP requests, if it has one.
        incoming_handler: Option<ComponentExportIndex>,
    },
    /// A core module's.
    Core(LinkedCore),
}

/// A core module whose imports are bound.
pub(crate) struct LinkedCore {
    pub(crate) pre: wasmtime::InstancePre<State>,
    /// The export that a call runs.
    pub(crate) export: String,
    /// The export that is called before it.
    pub(crate) before: Option<&'static str>,
}

impl LinkedCode {
    /// The engine that has compiled it.
    pub(crate) fn engine(&self) -> &Engine {
        match self {
            LinkedCode::Component { pre, .. } => pre.engine(),
            LinkedCode::Core(core) => core.pre.module().engine(),
        }
    }
}

impl LinkedFunction {
    /// Where the function is that answers HTTP requests, if its component has one.
    pub(crate) fn incoming_handler(&self) -> Option<&ComponentExportIndex> {
        match &self.code {
            LinkedCode::Component {
                incoming_handler, ..
            } => incoming_handler.as_ref(),
            LinkedCode::Core(_) => None,
        }
    }

    /// A bound on the calls of a runtime that shares it with no other.
    pub(crate) fn own_pool(&self, options: &ProgramOptions) -> Option<Admission> {
        pool(&self.entry, options)
    }

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
    options: &ProgramOptions,
) -> Result<Arc<LinkedFunction>, ModuleError> {
    let key = module_key(registry, &entry)?;
    let module = modules.load(handle, key).await?;
    let LoadedModule {
        module,
        capabilities,
        method,
    } = LoadedModule::new(&entry, module, &options.packages)?;
    let compiled = modules.compiled(handle, &entry.id, &module).await?;
    let (enabled, exports) = (capabilities.clone(), module.core.clone());
    // It defines some hundreds of functions, and compares their types.
    let link = move || link_code(&compiled, exports, &method, &enabled);
    let (method, code) = match modules.is_simulated() {
        true => link()?,
        false => handle.unblock(link).await??,
    };
    Ok(Arc::new(LinkedFunction {
        method,
        code,
        pool: pool(&entry, options),
        module,
        has_own: capabilities.has_own(),
        capabilities,
        entry,
    }))
}

/// The bound on an entry's calls; a process has none.
fn pool(entry: &Entry, options: &ProgramOptions) -> Option<Admission> {
    match entry.function() {
        Some(settings) if entry.process().is_none() => {
            Some(admission(&settings.pool, options.max_waiting))
        }
        _ => None,
    }
}

fn admission(pool: &Pool, max_waiting: u32) -> Admission {
    let bound = pool.bound();
    match pool.effective_type() {
        PoolType::Adaptive => Admission::adaptive(bound.concurrent, max_waiting),
        PoolType::Inline | PoolType::Lazy => Admission::new(bound.concurrent, max_waiting),
        PoolType::Static => Admission::new(bound.concurrent, bound.waiting),
    }
}

/// Finds the function and binds the imports. Blocks.
fn link_code(
    compiled: &Compiled,
    exports: Option<CoreExports>,
    method: &str,
    enabled: &Capabilities,
) -> Result<(Method, LinkedCode), ModuleError> {
    let (method, index) = Method::find(compiled.types(), method)?;
    let failed = |error: wasmtime::Error| ModuleError::Link(format!("{error:#}"));
    let code = match compiled {
        Compiled::Component(component) => {
            let linker = module::link(component, enabled)?;
            let pre = linker.instantiate_pre(component).map_err(failed)?;
            LinkedCode::Component {
                pre,
                index,
                incoming_handler: module::incoming_handler(component),
            }
        }
        Compiled::Core { module, .. } => {
            let linker = module::link_core(module, enabled)?;
            let export = exports.as_ref().and_then(|it| it.function(&method.name));
            let export = export.ok_or_else(|| {
                ModuleError::Method(format!("method {:?} is not a function", method.name))
            })?;
            LinkedCode::Core(LinkedCore {
                before: exports.as_ref().and_then(|it| it.before(export)),
                export: export.to_owned(),
                pre: linker.instantiate_pre(module).map_err(failed)?,
            })
        }
    };
    Ok((method, code))
}

/// An entry's module, decoded and not compiled, and what the entry's fields mean to it.
pub(crate) struct LoadedModule {
    module: Arc<Module>,
    capabilities: Capabilities,
    /// The full name of the export that `method` means.
    method: String,
}

impl LoadedModule {
    pub(crate) fn new(
        entry: &Entry,
        module: Arc<Module>,
        packages: &Packages,
    ) -> Result<LoadedModule, ModuleError> {
        let settings = settings(entry)?;
        let exports: Vec<&str> = module
            .interface
            .exports
            .iter()
            .map(String::as_str)
            .collect();
        let method = module::choose_typed(&exports, &module.untyped, &settings.method)?.to_owned();
        let names = settings.imports.iter().map(|import| import.value.as_str());
        let mut capabilities = Capabilities::parse_over(packages, names)?;
        capabilities.by_options = entry.is_of_command_line();
        if module.core.is_some() {
            capabilities.extend_preview1();
        }
        Ok(LoadedModule {
            module,
            capabilities,
            method,
        })
    }
}
