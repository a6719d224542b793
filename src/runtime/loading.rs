//! From an entry to a function that can be called: decoded at load, compiled and linked at first need.

use std::collections::{HashMap, HashSet};
use std::rc::Rc;
use std::sync::Arc;

use super::Runtime;
use crate::function::{Function, Pool, Problem};
use crate::mistake::{broken_source, mistakes, mistakes_of_broken};
use crate::module::{
    self, Capabilities, Digest, ExpectedHash, MODULE_MAX, Method, Module, ModuleError, Origin, Said,
};
use crate::registry::{self, Broken, Diagnostic, Entry, FsDirectory, Id, Kind, Registry, Source};

impl Runtime {
    /// Loads all modules of the project: each is read, hashed, compared and decoded once, and
    /// `method`, `wit` and `imports` of its entries are checked. Nothing is compiled.
    /// A call loads what it needs by itself; this finds the mistakes of the others.
    ///
    /// # Errors
    /// The dispatcher's; the project's mistakes are what it returns, in the order of the entries.
    pub async fn load(&self) -> Result<Vec<Diagnostic>, wippy_dispatcher::Error> {
        let registry = &self.inner.registry;
        // What has mistakes, or needs what has, was told of already.
        let usable = || {
            registry.entries().filter(|entry| {
                entry.function().is_some() && registry.mistakes_of(&entry.id).is_empty()
            })
        };
        // Once for all entries that say the same of their module, also where that fails.
        let mut known = HashSet::new();
        let mut loading = Vec::new();
        for said in usable().filter_map(|entry| said(registry, entry).ok()) {
            if known.insert(said.clone()) {
                let (runtime, key) = (self.clone(), said.clone());
                let task = async move {
                    let inner = &runtime.inner;
                    inner.modules.load(&inner.handle, key).await
                };
                loading.push((said, self.inner.handle.spawn(task)?));
            }
        }
        let mut modules = HashMap::new();
        for (said, task) in loading {
            let ended = task.await;
            let closed = |_| Err(wippy_dispatcher::Error::Closed.into());
            modules.insert(said, ended.unwrap_or_else(closed));
        }
        let mut comparing = Vec::new();
        for (id, broken) in registry.broken() {
            let (runtime, id, broken) = (self.clone(), id.clone(), broken.clone());
            let task = async move {
                let problem = runtime.broken_module(&id, &broken).await.err();
                mistakes_of_broken(&id, &broken, problem.as_ref())
            };
            comparing.push(self.inner.handle.spawn(task)?);
        }
        let mut found = Vec::new();
        for entry in usable() {
            let loaded = said(registry, entry)
                .and_then(|said| modules[&said].clone())
                .and_then(|module| Loaded::new(entry, module));
            let problem = loaded.err().map(Problem::from);
            found.extend(mistakes(entry, problem.as_ref()));
        }
        for task in comparing {
            found.extend(task.await.unwrap_or_default());
        }
        Ok(found)
    }

    /// An entry's function: read, hashed, compiled and linked once.
    ///
    /// # Errors
    /// `NotCallable` and `Module`.
    pub async fn prepare(&self, entry: &Arc<Entry>) -> Result<Rc<Function>, Problem> {
        let once = self
            .inner
            .functions
            .borrow_mut()
            .entry(entry.id.clone())
            .or_default()
            .clone();
        let runtime = self.clone();
        let entry = entry.clone();
        if entry.function().is_none() {
            return Err(Problem::NotCallable(entry.kind_name().to_owned()));
        }
        let made = once.get(
            &self.inner.handle,
            || async move { runtime.link(entry).await },
        );
        Ok(made.await?)
    }

    async fn link(&self, entry: Arc<Entry>) -> Result<Rc<Function>, ModuleError> {
        let inner = &self.inner;
        let Loaded {
            module,
            capabilities,
            method,
        } = self.module(&entry).await?;
        let component = inner.modules.compiled(&inner.handle, &module).await?;
        let enabled = capabilities.clone();
        // It defines some hundreds of functions, and compares their types.
        let linking = inner.handle.unblock(move || {
            let method = Method::find(&component, &method)?;
            let linker = module::link(&component, &enabled)?;
            let pre = linker
                .instantiate_pre(&component)
                .map_err(|error| ModuleError::Link(format!("{error:#}")))?;
            Ok::<_, ModuleError>((method, pre))
        });
        let (method, pre) = linking.await??;
        let pool = match (&entry.kind, entry.function()) {
            (Kind::ProcessWasm(_), _) | (_, None) => None,
            (_, Some(settings)) => {
                let bound = settings.pool.bound();
                Some(Pool::new(bound.concurrent, bound.waiting))
            }
        };
        let instances = match inner.engine.is_pooled(pre.engine()) {
            true => inner.instances.clone(),
            false => inner.on_demand.clone(),
        };
        Ok(Rc::new(Function {
            method,
            pre,
            engine: inner.engine.clone(),
            pool,
            group: self.number(),
            instances,
            carried: inner.carried.clone(),
            module,
            capabilities,
            entry,
        }))
    }

    /// Compares the module of an entry that has other mistakes already with its hash, if its
    /// filesystem is usable.
    async fn broken_module(&self, id: &Id, broken: &Broken) -> Result<(), ModuleError> {
        let registry = &self.inner.registry;
        let Some(source) = broken_source(id, broken) else {
            return Ok(());
        };
        let usable = |fs: &Id| {
            registry
                .get(fs)
                .is_some_and(|fs| fs.fs_directory().is_some())
        };
        match &source {
            Source::File { fs, .. } if usable(fs) => {
                let origin = origin(registry, &source)?;
                self.inner.handle.unblock(move || origin.bytes()).await??;
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// An entry's module and what its fields mean to it.
    async fn module(&self, entry: &Entry) -> Result<Loaded, ModuleError> {
        let inner = &self.inner;
        let said = said(&inner.registry, entry)?;
        let module = inner.modules.load(&inner.handle, said).await?;
        Loaded::new(entry, module)
    }
}

/// An entry's module, decoded and not compiled, and what the entry's fields mean to it.
struct Loaded {
    module: Rc<Module>,
    capabilities: Capabilities,
    /// The full name of the export that `method` means.
    method: String,
}

impl Loaded {
    fn new(entry: &Entry, module: Rc<Module>) -> Result<Loaded, ModuleError> {
        let settings = settings(entry)?;
        let exports: Vec<&str> = module.border.exports.iter().map(String::as_str).collect();
        let method = module::choose(&exports, &settings.method)?.to_owned();
        let names = settings.imports.iter().map(|import| import.value.as_str());
        let mut capabilities = Capabilities::parse(names)?;
        capabilities.by_options = entry.is_of_command_line();
        if module.preview1 {
            capabilities.extend_preview1();
        }
        Ok(Loaded {
            module,
            capabilities,
            method,
        })
    }
}

fn settings(entry: &Entry) -> Result<&registry::Function, ModuleError> {
    let none = || ModuleError::Invalid("the entry has no module".to_owned());
    entry.function().ok_or_else(none)
}

/// What an entry says of its module.
fn said(registry: &Registry, entry: &Entry) -> Result<Said, ModuleError> {
    let settings = settings(entry)?;
    let origin = origin(registry, &settings.source)?;
    Ok((origin, settings.wit.clone()))
}

/// Where the bytes of an entry's module are.
///
/// # Errors
/// `Read` when the filesystem entry is none or its mode does not let files be read, and the errors
/// of a hash's form.
pub fn origin(registry: &Registry, source: &Source) -> Result<Origin, ModuleError> {
    let (fs, path, hash) = match source {
        Source::Text(text) => return Ok(Origin::Text(text.clone())),
        Source::Bytes(bytes) => return Ok(Origin::Bytes(bytes.clone())),
        Source::File { fs, path, hash } => (fs, path, hash),
    };
    Ok(Origin::File {
        directory: readable(registry, fs, path)?.directory.clone(),
        path: path.clone(),
        expected: ExpectedHash::parse(hash)?,
    })
}

/// The digest of a module's file as it is. Blocks.
///
/// # Errors
/// `Read`.
pub(crate) fn digest(registry: &Registry, fs: &Id, path: &str) -> Result<Digest, ModuleError> {
    let directory = &readable(registry, fs, path)?.directory;
    Ok(Digest::of(&module::read(directory, path, MODULE_MAX)?))
}

/// The filesystem entry that `path` is read from.
pub(super) fn readable<'a>(
    registry: &'a Registry,
    fs: &Id,
    path: &str,
) -> Result<&'a FsDirectory, ModuleError> {
    let refused = |reason: String| ModuleError::Read {
        path: path.to_owned(),
        reason,
    };
    let entry = registry.get(fs);
    match entry.and_then(|entry| entry.fs_directory()) {
        Some(found) if found.mode.read => Ok(found),
        Some(_) => Err(refused(format!(
            "the mode of {fs} does not let files be read"
        ))),
        None => Err(refused(format!("{fs} is no filesystem"))),
    }
}
