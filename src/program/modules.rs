//! The modules of one engine: each file is read once, each hash compiled once.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use wippy_dispatcher::Handle;

use super::async_once_cell::AsyncOnceCell;
use super::slow_compile::SlowCompiles;
use crate::host::Packages;
use crate::id::Id;
use crate::module::{
    CodeStore, Compiled, Digest, Engine, Module, ModuleError, ModuleKey, Profile, Source, compile,
};

/// What is computed once for each key.
type Cells<K, T> = Mutex<HashMap<K, Arc<AsyncOnceCell<T, ModuleError>>>>;

/// The modules of one engine, however many entries, calls and threads ask for them at the same
/// time. What takes long happens on the blocking pool of the dispatcher that asks first; of a simulated
/// one on its own thread, so that it is no part of the simulation.
#[derive(Debug)]
pub(crate) struct Modules {
    engine: Engine,
    /// The code on disk, if there is any.
    store: Option<Arc<CodeStore>>,
    /// Told of compilations that take long, if somebody wants to know.
    slow: Option<SlowCompiles>,
    /// What they may import.
    packages: Packages,
    loaded: Cells<ModuleKey, Arc<Module>>,
    /// A refusal is kept too, because compiling the same bytes again would give the same one.
    compiled: Cells<Digest, Result<Compiled, ModuleError>>,
    reads: Arc<AtomicU64>,
    compilations: Arc<AtomicU64>,
    found: Arc<AtomicU64>,
}

impl Modules {
    /// An empty set.
    pub(crate) fn new(
        engine: Engine,
        store: Option<Arc<CodeStore>>,
        slow: Option<SlowCompiles>,
        packages: Packages,
    ) -> Modules {
        // A simulation does not wait for compilations.
        let slow = slow.filter(|_| engine.profile() == Profile::Live);
        Modules {
            engine,
            store,
            slow,
            packages,
            loaded: Mutex::default(),
            compiled: Mutex::default(),
            reads: Arc::default(),
            compilations: Arc::default(),
            found: Arc::default(),
        }
    }

    /// How many times a module was read and hashed so far, or taken from text.
    pub(crate) fn reads(&self) -> u64 {
        self.reads.load(Ordering::Relaxed)
    }

    /// How many modules were compiled so far.
    pub(crate) fn compilations(&self) -> u64 {
        self.compilations.load(Ordering::Relaxed)
    }

    /// How many modules' code was found on disk so far.
    pub(crate) fn found(&self) -> u64 {
        self.found.load(Ordering::Relaxed)
    }

    /// A module: read, hashed, compared, decoded; a core one with its entry's `wit` lines. Nothing
    /// is compiled.
    ///
    /// # Errors
    /// `Read`, `HashMismatch`, `Wit`, `Invalid`, `Dispatcher`.
    pub(crate) async fn load(
        &self,
        handle: &Handle,
        key: ModuleKey,
    ) -> Result<Arc<Module>, ModuleError> {
        let (origin, wit) = key.clone();
        if self.is_simulated() {
            return cell(&self.loaded, key).get_blocking(|| {
                self.reads.fetch_add(1, Ordering::Relaxed);
                Ok(Arc::new(origin.load(wit.as_deref(), &self.packages)?))
            });
        }
        let job = || {
            self.reads.fetch_add(1, Ordering::Relaxed);
            let packages = self.packages.clone();
            let job = handle.unblock(move || origin.load(wit.as_deref(), &packages));
            async move { Ok(Arc::new(job.await??)) }
        };
        cell(&self.loaded, key).get(handle, job).await
    }

    /// The machine code of an entry's module, whose bytes are let go then.
    ///
    /// # Errors
    /// `Invalid` when the compiler refuses it, `Dispatcher`.
    pub(crate) async fn compiled(
        &self,
        handle: &Handle,
        entry: &Id,
        module: &Module,
    ) -> Result<Compiled, ModuleError> {
        if self.is_simulated() {
            let compiled = cell(&self.compiled, module.digest());
            let compiled = compiled.get_blocking(|| Ok(self.compile_here(module)))?;
            module.forget_code();
            return compiled;
        }
        let (engine, code) = (self.engine.clone(), module.code());
        let large = module.interface.large;
        let (store, slow) = (self.store.clone(), self.slow.clone());
        let (compilations, found) = (self.compilations.clone(), self.found.clone());
        let (handle_of_job, entry) = (handle.clone(), entry.clone());
        let job = || {
            let is_compiling = Arc::new(AtomicBool::new(false));
            let begun = is_compiling.clone();
            let job = handle_of_job.unblock(move || {
                let source = Source {
                    code: code.as_ref().ok_or_else(let_go)?,
                    large,
                };
                compile(&engine, &source, store.as_deref(), &begun)
            });
            async move {
                let compiled = match slow {
                    Some(slow) => {
                        slow.watch(&handle_of_job, &entry, &is_compiling, job)
                            .await?
                    }
                    None => job.await?,
                };
                if compiled.is_ok() {
                    count(&is_compiling, &compilations, &found);
                }
                Ok(compiled)
            }
        };
        let compiled = cell(&self.compiled, module.digest())
            .get(handle, job)
            .await?;
        module.forget_code();
        compiled
    }

    /// Whether it is for simulated dispatchers.
    pub(super) fn is_simulated(&self) -> bool {
        self.engine.profile() == Profile::Simulated
    }

    /// Compiles a module, or takes its code from disk, on this thread. Blocks.
    ///
    /// # Errors
    /// `Invalid`, `Engine`.
    fn compile_here(&self, module: &Module) -> Result<Compiled, ModuleError> {
        let (code, is_compiling) = (module.code(), AtomicBool::new(false));
        let source = Source {
            code: code.as_ref().ok_or_else(let_go)?,
            large: module.interface.large,
        };
        let compiled = compile(&self.engine, &source, self.store.as_deref(), &is_compiling)?;
        count(&is_compiling, &self.compilations, &self.found);
        Ok(compiled)
    }
}

/// Bytes are let go only once the compiled module is there.
fn let_go() -> ModuleError {
    ModuleError::Invalid("it was let go already".to_owned())
}

/// Counts a module that was compiled, or whose code was found on disk.
fn count(is_compiling: &AtomicBool, compilations: &AtomicU64, found: &AtomicU64) {
    let count = match is_compiling.load(Ordering::Relaxed) {
        true => compilations,
        false => found,
    };
    count.fetch_add(1, Ordering::Relaxed);
}

/// The cell of a key, made if there is none.
pub(super) fn cell<K: Eq + Hash, T>(
    cells: &Cells<K, T>,
    key: K,
) -> Arc<AsyncOnceCell<T, ModuleError>> {
    // Nothing but the map's own code runs under the lock.
    let mut cells = cells.lock().unwrap_or_else(PoisonError::into_inner);
    cells.entry(key).or_default().clone()
}
