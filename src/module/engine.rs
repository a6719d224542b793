//! The compiler and the memory for instances.

use wasmtime::{
    Config, InstanceAllocationStrategy, OptLevel, PoolingAllocationConfig, Store,
    WasmBacktraceDetails,
};

use super::ModuleError;
use crate::host::{EPOCHS, State};

/// The elements that a guest's table may have.
pub const TABLE_ELEMENTS: usize = 100_000;

/// The instances that may live at once. The kernel's bound on mappings (`vm.max_map_count`, 65,530
/// by default, of which an instance takes four) ends at about three times as many.
pub const MAX_INSTANCES: u32 = 4096;

/// What modules are compiled for. The settings are the engine's, so a module is compiled once for
/// each profile that it runs in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Profile {
    /// For real time.
    Live,
    /// For a simulation: fuel interrupts guests that only compute, and floating point gives the
    /// same bits everywhere.
    Simulated,
}

/// A compiler with its profile.
#[derive(Clone)]
pub struct Engine {
    inner: wasmtime::Engine,
    profile: Profile,
}

/// How much fuel a guest in a simulation burns before it lets others run.
const FUEL_SLICE: u64 = 1_000_000;

impl Engine {
    /// An engine of a profile.
    ///
    /// # Errors
    /// When the machine cannot run it.
    pub fn new(profile: Profile) -> Result<Engine, ModuleError> {
        let mut config = config(profile);
        config.allocation_strategy(InstanceAllocationStrategy::Pooling(pool()));
        let inner = wasmtime::Engine::new(&config).or_else(|error| {
            // Little address space (`ulimit -v`): slower, but it works.
            tracing::warn!(
                "no address space for pooled instances ({error:#}); allocating on demand"
            );
            let mut config = self::config(profile);
            config.allocation_strategy(InstanceAllocationStrategy::OnDemand);
            wasmtime::Engine::new(&config)
        });
        match inner {
            Ok(inner) => Ok(Engine { inner, profile }),
            Err(error) => Err(ModuleError::Invalid(format!("no engine: {error:#}"))),
        }
    }

    /// The compiler itself.
    pub fn inner(&self) -> &wasmtime::Engine {
        &self.inner
    }

    /// What it compiles for.
    pub fn profile(&self) -> Profile {
        self.profile
    }

    /// A store for one call.
    ///
    /// # Errors
    /// When there is no memory for it.
    pub fn store(&self, state: State) -> wasmtime::Result<Store<State>> {
        let mut store = Store::try_new(&self.inner, state.in_engine(&self.inner))?;
        store.limiter(|state| state);
        store.set_epoch_deadline(EPOCHS);
        store.epoch_deadline_callback(|mut store| Ok(store.data_mut().at_new_epoch()));
        if self.profile == Profile::Simulated {
            store.set_fuel(u64::MAX)?;
            store.fuel_async_yield_interval(Some(FUEL_SLICE))?;
        }
        Ok(store)
    }
}

fn config(profile: Profile) -> Config {
    let mut config = Config::new();
    config
        .wasm_component_model(true)
        .cranelift_opt_level(OptLevel::Speed)
        .wasm_backtrace_details(WasmBacktraceDetails::Disable)
        .memory_init_cow(true)
        // A guest notices that its budget is used up wherever it is.
        .epoch_interruption(true);
    if profile == Profile::Simulated {
        config
            .consume_fuel(true)
            .cranelift_nan_canonicalization(true)
            .relaxed_simd_deterministic(true);
    }
    config
}

/// A component made with an adapter holds four core instances, so core instances and tables are a
/// multiple of the component instances.
fn pool() -> PoolingAllocationConfig {
    let mut pool = PoolingAllocationConfig::new();
    pool.total_component_instances(MAX_INSTANCES)
        .total_core_instances(MAX_INSTANCES * 8)
        .total_memories(MAX_INSTANCES * 2)
        .total_tables(MAX_INSTANCES * 4)
        .total_stacks(MAX_INSTANCES)
        .table_elements(TABLE_ELEMENTS)
        // Clearing more by hand than one page costs more than giving it back, where a thousand
        // instances end together.
        .linear_memory_keep_resident(4 << 10)
        .table_keep_resident(0)
        .async_stack_keep_resident(0);
    pool
}
