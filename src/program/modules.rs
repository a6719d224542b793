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
/// time. What takes long happens on the blocking pool of the dispatcher that asks first.
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
        // Its timers would be events of the simulation, and there would be none with code from disk.
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
        let (engine, code) = (self.engine.clone(), module.code());
        let large = module.interface.large;
        let (store, slow) = (self.store.clone(), self.slow.clone());
        let (compilations, found) = (self.compilations.clone(), self.found.clone());
        let (handle_of_job, entry) = (handle.clone(), entry.clone());
        let job = || {
            // They are let go only once the compiled module is here.
            let is_compiling = Arc::new(AtomicBool::new(false));
            let begun = is_compiling.clone();
            let job = handle_of_job.unblock(move || {
                let Some(code) = &code else {
                    return Err(ModuleError::Invalid("it was let go already".to_owned()));
                };
                let source = Source { code, large };
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
                    let count = match is_compiling.load(Ordering::Relaxed) {
                        true => &compilations,
                        false => &found,
                    };
                    count.fetch_add(1, Ordering::Relaxed);
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
