//! All modules of a project, read and decoded, and what is wrong with them.

use std::collections::{HashMap, HashSet};

use super::Runtime;
use super::diagnostics::{diagnostics_of_invalid, errors, source_of_invalid};
use super::error::CallErrorKind;
use crate::module::ModuleError;
use crate::program::{LoadedModule, module_key, origin};
use crate::registry::{Diagnostic, Id, InvalidEntry, Source};

impl Runtime {
    /// Loads all modules of the project: each is read, hashed, compared and decoded once, and
    /// `method`, `wit` and `imports` of its entries are checked. Nothing is compiled.
    /// A call loads what it needs by itself; this finds the errors of the others.
    ///
    /// # Errors
    /// `TooManyTasks` when the dispatcher has no room for a task of each module; `WrongThread` and
    /// `Closed`. The project's errors are what it returns, in the order of the entries.
    pub async fn load(&self) -> Result<Vec<Diagnostic>, wippy_dispatcher::Error> {
        self.load_if(|_| true).await
    }

    /// The same, but the modules of these entries only: of the others only what their YAML says of
    /// their modules is checked.
    ///
    /// # Errors
    /// As [`Runtime::load`].
    pub async fn load_entries(
        &self,
        wanted: &HashSet<Id>,
    ) -> Result<Vec<Diagnostic>, wippy_dispatcher::Error> {
        self.load_if(|id| wanted.contains(id)).await
    }

    async fn load_if(
        &self,
        is_wanted: impl Fn(&Id) -> bool,
    ) -> Result<Vec<Diagnostic>, wippy_dispatcher::Error> {
        let registry = self.registry();
        let packages = &self.inner.program.options().packages;
        // Entries that have errors, or need one that has, were reported when the YAML was read.
        let usable = || {
            registry.entries().filter(|entry| {
                entry.function().is_some() && registry.errors_of(&entry.id).is_empty()
            })
        };
        // Once for all entries that say the same of their module, also where that fails.
        let mut known = HashSet::new();
        let mut loading = Vec::new();
        let wanted = usable().filter(|entry| is_wanted(&entry.id));
        for key in wanted.filter_map(|entry| module_key(registry, entry).ok()) {
            if known.insert(key.clone()) {
                let (runtime, wanted) = (self.clone(), key.clone());
                let task = async move {
                    let inner = &runtime.inner;
                    inner.code.modules.load(&inner.handle, wanted).await
                };
                loading.push((key, self.inner.handle.spawn(task)?));
            }
        }
        let mut modules = HashMap::new();
        for (key, task) in loading {
            let ended = task.await;
            let closed = |_| Err(wippy_dispatcher::Error::Closed.into());
            modules.insert(key, ended.unwrap_or_else(closed));
        }
        let mut comparing = Vec::new();
        for (id, invalid) in registry.invalid_entries() {
            let (runtime, id, invalid) = (self.clone(), id.clone(), invalid.clone());
            let is_wanted = is_wanted(&id);
            let task = async move {
                let problem = match is_wanted {
                    true => runtime.compare_invalid(&id, &invalid).await.err(),
                    false => None,
                };
                let packages = &runtime.inner.program.options().packages;
                diagnostics_of_invalid(&id, &invalid, problem.as_ref(), packages)
            };
            comparing.push(self.inner.handle.spawn(task)?);
        }
        let mut found = Vec::new();
        for entry in usable() {
            let loaded = module_key(registry, entry).and_then(|key| match modules.get(&key) {
                Some(module) if is_wanted(&entry.id) => {
                    LoadedModule::new(entry, module.clone()?, packages).map(drop)
                }
                _ => Ok(()),
            });
            let problem = loaded.err().map(CallErrorKind::from);
            found.extend(errors(entry, problem.as_ref(), packages));
        }
        for task in comparing {
            found.extend(task.await.unwrap_or_default());
        }
        Ok(found)
    }

    /// Compares the module of an entry that has other errors already with its hash, if its
    /// filesystem is usable.
    async fn compare_invalid(&self, id: &Id, invalid: &InvalidEntry) -> Result<(), ModuleError> {
        let registry = self.registry();
        let Some(source) = source_of_invalid(id, invalid) else {
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
}
