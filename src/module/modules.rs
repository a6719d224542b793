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
pub type Said = (Origin, Option<String>);

/// What is made once for each key.
type Shared<K, T> = HashMap<K, Rc<Once<T, ModuleError>>>;

/// The modules of one engine, however many entries and calls ask for them at the same time. What
/// takes long happens on the blocking pool.
pub struct Modules {
    engine: Engine,
    loaded: RefCell<Shared<Said, Rc<Module>>>,
    /// What the compiler refuses, it refuses again.
    compiled: RefCell<Shared<Digest, Result<Component, ModuleError>>>,
    reads: Cell<u64>,
    compilations: Rc<Cell<u64>>,
}

impl Modules {
    /// An empty set.
    pub fn new(engine: Engine) -> Modules {
        Modules {
            engine,
            loaded: RefCell::default(),
            compiled: RefCell::default(),
            reads: Cell::new(0),
            compilations: Rc::default(),
        }
    }

    /// How many times a module was read and hashed so far, or taken from text.
    pub fn reads(&self) -> u64 {
        self.reads.get()
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
    pub async fn load(&self, handle: &Handle, said: Said) -> Result<Rc<Module>, ModuleError> {
        let (origin, wit) = said.clone();
        let once = self.loaded.borrow_mut().entry(said).or_default().clone();
        let job = || {
            self.reads.set(self.reads.get() + 1);
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
        let large = module.border.large;
        let job = || {
            // They are let go only once the compiled module is here.
            let bytes = bytes.unwrap_or_default();
            let job = handle.unblock(move || compile(&engine, &bytes, large));
            async move {
                let compiled = job.await?;
                if compiled.is_ok() {
                    compilations.set(compilations.get() + 1);
                }
                Ok(compiled)
            }
        };
        let component = once.get(handle, job).await?;
        module.bytes.take();
        component
    }
}
