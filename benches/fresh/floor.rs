//! The engine alone: store, instance from the same `InstancePre`, call, all of it dropped.

use wasmtime::component::{Component, ComponentExportIndex, InstancePre, Linker};
use wasmtime::{
    Config, Enabled, Engine, InstanceAllocationStrategy, PoolingAllocationConfig, Store,
};
use wippy::internals::{self, Profile};

use crate::Fallible;
use crate::guests::Guest;

/// A guest that is linked on an engine without a host.
pub struct Floor {
    engine: Engine,
    pre: InstancePre<()>,
    function: ComponentExportIndex,
}

impl Floor {
    /// With the settings of this project's engine.
    ///
    /// # Errors
    /// When the guest cannot be compiled.
    pub fn same(bytes: &[u8], guest: &Guest) -> Fallible<Floor> {
        let engine = internals::Engine::new(Profile::Live)?;
        Floor::on(engine.inner().clone(), bytes, guest)
    }

    /// With those that are the fastest, whatever memory they keep.
    ///
    /// # Errors
    /// When the guest cannot be compiled.
    pub fn best(bytes: &[u8], guest: &Guest) -> Fallible<Floor> {
        let mut pool = PoolingAllocationConfig::new();
        pool.total_component_instances(100)
            .total_memories(100)
            .total_tables(400)
            .total_stacks(100)
            .pagemap_scan(Enabled::Auto)
            .linear_memory_keep_resident(1 << 20)
            .table_keep_resident(64 << 10)
            .async_stack_keep_resident(64 << 10);
        let mut config = Config::new();
        config
            .epoch_interruption(true)
            .allocation_strategy(InstanceAllocationStrategy::Pooling(pool));
        Floor::on(Engine::new(&config)?, bytes, guest)
    }

    fn on(engine: Engine, bytes: &[u8], guest: &Guest) -> Fallible<Floor> {
        let component = Component::new(&engine, bytes)?;
        let mut linker = Linker::new(&engine);
        linker.define_unknown_imports_as_traps(&component)?;
        let function = component.get_export_index(None, guest.function);
        Ok(Floor {
            pre: linker.instantiate_pre(&component)?,
            function: function.ok_or("no such function")?,
            engine,
        })
    }

    /// One call, from the store's beginning to its end.
    ///
    /// # Errors
    /// When the guest traps.
    pub async fn call(&self, arguments: (i32, i32)) -> Fallible<()> {
        let mut store = Store::new(&self.engine, ());
        store.set_epoch_deadline(1);
        let instance = self.pre.instantiate_async(&mut store).await?;
        let function = instance.get_typed_func::<(i32, i32), (i32,)>(&mut store, self.function)?;
        function.call_async(&mut store, arguments).await?;
        Ok(())
    }
}
