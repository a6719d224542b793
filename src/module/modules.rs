//! The modules of a runtime: each file is read once, each hash compiled once.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;

use wasmtime::component::Component;
use wippy_dispatcher::Handle;

use super::compile::compile;
use super::{Digest, Engine, Module, ModuleError, Origin};
use crate::once::Once;

/// What an entry says of its module: where it is, and its `wit` lines.
type Said = (Origin, Option<String>);

/// What is made once for each key.
type Shared<K, T> = HashMap<K, Rc<Once<T>>>;

/// The modules of one engine, however many entries and calls ask for them at the same time. What
/// takes long happens on the blocking pool.
pub struct Modules {
    engine: Engine,
    loaded: RefCell<Shared<Said, Rc<Module>>>,
    compiled: RefCell<Shared<Digest, Component>>,
    compilations: Rc<Cell<u64>>,
}

impl Modules {
    /// An empty set.
    pub fn new(engine: Engine) -> Modules {
        Modules {
            engine,
            loaded: RefCell::default(),
            compiled: RefCell::default(),
            compilations: Rc::default(),
        }
    }

    /// How many modules were compiled so far.
    pub fn compilations(&self) -> u64 {
        self.compilations.get()
    }

    /// A module: read, hashed, compared, decoded; a core one with its entry's `wit` lines. Nothing
    /// is compiled.
    ///
    /// # Errors
    /// `Read`, `HashMismatch`, `Wit`, `Invalid`.
    pub async fn load(
        &self,
        handle: &Handle,
        origin: Origin,
        wit: Option<String>,
    ) -> Result<Rc<Module>, ModuleError> {
        let key = (origin.clone(), wit.clone());
        let once = self.loaded.borrow_mut().entry(key).or_default().clone();
        let job = || {
            let job = handle.unblock(move || origin.load(wit.as_deref()));
            async move { Ok(Rc::new(job.await??)) }
        };
        once.get(handle, job).await
    }

    /// The compiled component of a module, whose bytes are let go then.
    ///
    /// # Errors
    /// `Invalid` when the compiler refuses it.
    pub async fn compiled(
        &self,
        handle: &Handle,
        module: &Module,
    ) -> Result<Component, ModuleError> {
        let digest = module.digest;
        let once = self
            .compiled
            .borrow_mut()
            .entry(digest)
            .or_default()
            .clone();
        let (engine, bytes) = (self.engine.clone(), module.bytes.borrow().clone());
        let compilations = self.compilations.clone();
        let job = || {
            // They are let go only once the compiled module is here.
            let bytes = bytes.unwrap_or_default();
            let job = handle.unblock(move || compile(&engine, &bytes));
            async move {
                let component = job.await??;
                compilations.set(compilations.get() + 1);
                Ok::<_, ModuleError>(component)
            }
        };
        let component = once.get(handle, job).await?;
        module.bytes.take();
        Ok(component)
    }
}
