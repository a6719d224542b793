//! All modules of a project compiled, before they are needed.

use super::Runtime;
use super::diagnostics::errors;
use crate::module::ModuleError;
use crate::program::module_key;
use crate::registry::{Diagnostic, Entry};

impl Runtime {
    /// Compiles all modules of the project, one after the other, each with all processors. What of them
    /// is called, and what they may use, does not matter: that is [`check`](crate::check)'s.
    ///
    /// # Errors
    /// `Closed` when the dispatcher ends. What is wrong with modules is what it returns, in the order of the
    /// entries; the errors of the YAML are not repeated.
    pub async fn compile(&self) -> Result<Vec<Diagnostic>, wippy_dispatcher::Error> {
        let registry = self.registry();
        let mut found = Vec::new();
        for entry in registry.entries() {
            if entry.function().is_none() || !registry.errors_of(&entry.id).is_empty() {
                continue;
            }
            match self.compile_entry(entry).await {
                Ok(()) => {}
                Err(ModuleError::Dispatcher(error))
                    if matches!(*error, wippy_dispatcher::Error::Closed) =>
                {
                    return Err(wippy_dispatcher::Error::Closed);
                }
                Err(error) => {
                    let packages = &self.inner.program.options().packages;
                    found.extend(errors(entry, Some(&error.into()), packages));
                }
            }
        }
        Ok(found)
    }

    async fn compile_entry(&self, entry: &Entry) -> Result<(), ModuleError> {
        let inner = &self.inner;
        let key = module_key(self.registry(), entry)?;
        let module = inner.code.modules.load(&inner.handle, key).await?;
        let modules = &inner.code.modules;
        modules.compiled(&inner.handle, &entry.id, &module).await?;
        Ok(())
    }
}
