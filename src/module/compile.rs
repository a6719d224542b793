//! Compiled modules, shared by their hash.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;

use wasmtime::component::Component;
use wippy_dispatcher::Handle;

use super::{Digest, Engine, Loaded, ModuleError};
use crate::once::Once;

/// The compiled modules of one engine: each hash is compiled once, on the blocking pool, however
/// many entries and calls ask for it at the same time.
pub struct Modules {
    engine: Engine,
    by_hash: RefCell<HashMap<Digest, Rc<Once<Component>>>>,
    compiled: Cell<u64>,
}

impl Modules {
    /// An empty set.
    pub fn new(engine: Engine) -> Modules {
        Modules {
            engine,
            by_hash: RefCell::new(HashMap::new()),
            compiled: Cell::new(0),
        }
    }

    /// How many modules were compiled so far.
    pub fn compiled(&self) -> u64 {
        self.compiled.get()
    }

    /// The compiled module of a component.
    ///
    /// # Errors
    /// `Invalid` when its bytes are none.
    pub async fn get(&self, handle: &Handle, loaded: Loaded) -> Result<Component, ModuleError> {
        let Loaded { bytes, digest, .. } = loaded;
        let once = self.by_hash.borrow_mut().entry(digest).or_default().clone();
        let engine = self.engine.clone();
        let job = || {
            self.compiled.set(self.compiled.get() + 1);
            let job = handle.unblock(move || compile(&engine, &bytes));
            async move { job.await? }
        };
        once.get(handle, job).await
    }
}

pub(super) fn compile(engine: &Engine, bytes: &[u8]) -> Result<Component, ModuleError> {
    if !bytes.starts_with(b"\0asm") {
        return Err(ModuleError::Invalid(
            "it does not begin like WebAssembly".to_owned(),
        ));
    }
    Component::from_binary(engine.inner(), bytes)
        .map_err(|error| ModuleError::Invalid(format!("{error:#}")))
}
