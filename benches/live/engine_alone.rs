//! The engine alone: one instance, and typed calls of its function.

use wippy::internals::{self, Profile};
use wippy::wasmtime::Store;
use wippy::wasmtime::component::{Component, Linker, TypedFunc};

use crate::Fallible;

/// An instance on an engine with this project's settings, without a host.
pub struct EngineAlone {
    store: Store<()>,
    component: Component,
    add: Option<TypedFunc<(i32, i32), (i32,)>>,
}

impl EngineAlone {
    /// # Errors
    /// When the guest cannot be compiled.
    pub fn new(text: &str) -> Fallible<EngineAlone> {
        let engine = internals::Engine::new(Profile::Live)?;
        let engine = engine.inner();
        let mut store = Store::new(engine, ());
        store.set_epoch_deadline(u64::MAX / 2);
        Ok(EngineAlone {
            component: Component::new(engine, wippy::to_binary(text)?)?,
            store,
            add: None,
        })
    }

    /// # Errors
    /// When there is no room for an instance.
    pub async fn instantiate(&mut self) -> Fallible<()> {
        let linker = Linker::new(self.component.engine());
        let instance = linker.instantiate_async(&mut self.store, &self.component);
        let instance = instance.await?;
        self.add = Some(instance.get_typed_func(&mut self.store, "add")?);
        Ok(())
    }

    /// # Errors
    /// When the guest traps.
    pub async fn call(&mut self) -> Fallible<(i32,)> {
        let add = self.add.ok_or("no instance")?;
        Ok(add.call_async(&mut self.store, (2, 3)).await?)
    }

    /// # Errors
    /// When the guest traps.
    pub fn call_sync(&mut self) -> Fallible<(i32,)> {
        let add = self.add.ok_or("no instance")?;
        Ok(add.call(&mut self.store, (2, 3))?)
    }
}
