//! The compiler and the memory for instances.

use std::sync::{Arc, OnceLock, Weak};
use std::time::Duration;

use wasmtime::{
    Collector, Config, EngineWeak, InstanceAllocationStrategy, OptLevel, Store,
    WasmBacktraceDetails,
};

use super::ModuleError;
use super::compiler_threads::CompilerThreads;
use super::instance_pool::InstancePool;
use crate::host::{EPOCHS, State};
use crate::values::MAX_LIFTED_BYTES;

/// The instances beside those of the pool that may live at once, allocated on demand. Each may have
/// 100 memories (`MAX_MEMORIES` of its state), which take 4 GiB of address space each
/// whatever they hold, and a mapping or two: all of them together must fit beside the pool.
pub const MAX_ON_DEMAND: u32 = 200;

/// What modules are compiled for. The settings are the engine's, so a module is compiled once for
/// each profile that it runs in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Profile {
    /// For real time.
    Live,
    /// For a simulation: fuel interrupts guests that only compute, floating point gives the same bits
    /// everywhere, and the code is the same whatever the processor can do beyond its architecture.
    Simulated,
}

/// A compiler with its profile. Clones are the same one.
///
/// It is two: instances come from a pool, and those of modules that do not fit it are allocated on
/// demand. What one has compiled, linked or stored, the other does not take.
#[derive(Clone, Debug)]
pub struct Engine {
    pooled: wasmtime::Engine,
    /// Made at first need.
    on_demand: Arc<OnceLock<wasmtime::Engine>>,
    profile: Profile,
    compilers: CompilerThreads,
}

/// How much fuel a guest in a simulation burns before it yields to other tasks.
const FUEL_SLICE: u64 = 1_000_000;

/// What a slice of fuel costs of a simulation's time: an instruction a nanosecond.
pub(crate) const FUEL_SLICE_COST: Duration = Duration::from_nanos(FUEL_SLICE);

impl Engine {
    /// An engine of a profile.
    ///
    /// # Errors
    /// `Engine` when the engine does not support the machine.
    pub fn new(profile: Profile) -> Result<Engine, ModuleError> {
        Engine::with_pool(profile, InstancePool::default())
    }

    /// The same with a pool of one's own.
    ///
    /// # Errors
    /// `Engine` when the engine does not support the machine.
    pub fn with_pool(profile: Profile, pool: InstancePool) -> Result<Engine, ModuleError> {
        let mut config = config(profile);
        config.allocation_strategy(InstanceAllocationStrategy::Pooling(pool.config()));
        let on_demand = Arc::new(OnceLock::new());
        let pooled = match wasmtime::Engine::new(&config) {
            Ok(pooled) => pooled,
            Err(error) => {
                // Little address space (`ulimit -v`): slower, but it works.
                tracing::warn!(
                    "no address space for pooled instances ({error:#}); allocating on demand"
                );
                let engine = allocating_on_demand(profile)?;
                on_demand.get_or_init(|| engine).clone()
            }
        };
        Ok(Engine {
            pooled,
            on_demand,
            profile,
            compilers: CompilerThreads::default(),
        })
    }

    /// The one whose instances come from the pool.
    pub fn inner(&self) -> &wasmtime::Engine {
        &self.pooled
    }

    /// The one whose instances are allocated on demand.
    ///
    /// # Errors
    /// `Engine` when the engine does not support the machine.
    pub(super) fn on_demand(&self) -> Result<&wasmtime::Engine, ModuleError> {
        if let Some(engine) = self.on_demand.get() {
            return Ok(engine);
        }
        let engine = allocating_on_demand(self.profile)?;
        Ok(self.on_demand.get_or_init(|| engine))
    }

    /// Whether what `engine`, one of the two, has compiled gets its instances from the pool.
    pub fn is_pooled(&self, engine: &wasmtime::Engine) -> bool {
        wasmtime::Engine::same(engine, &self.pooled)
    }

    /// Whether the instances of `engine`, one of the two, come from a pool: of neither where the machine
    /// has no address space for one.
    pub(super) fn allocates_from_pool(&self, engine: &wasmtime::Engine) -> bool {
        let is_on_demand = |other| wasmtime::Engine::same(engine, other);
        self.is_pooled(engine) && !self.on_demand.get().is_some_and(is_on_demand)
    }

    /// The epochs of both, for a thread that must not keep the engine alive: its pool takes a large
    /// part of the address space.
    pub(crate) fn epochs(&self) -> Epochs {
        Epochs {
            pooled: self.pooled.weak(),
            on_demand: Arc::downgrade(&self.on_demand),
        }
    }

    /// The threads that compile for it.
    pub(super) fn compilers(&self) -> &CompilerThreads {
        &self.compilers
    }

    /// What it compiles for.
    pub fn profile(&self) -> Profile {
        self.profile
    }

    /// A store for one call of what `engine`, one of the two, has compiled.
    ///
    /// # Errors
    /// When there is no memory for the store.
    pub fn store(&self, engine: &wasmtime::Engine, state: State) -> wasmtime::Result<Store<State>> {
        let handles = state.max_handles();
        let mut store = Store::try_new(engine, state.in_engine(engine))?;
        store.limiter(|state| state);
        store.set_max_component_handles(handles);
        store.set_hostcall_fuel(MAX_LIFTED_BYTES);
        store.set_epoch_deadline(EPOCHS);
        store.epoch_deadline_callback(|mut store| store.data_mut().call.on_new_epoch());
        if self.profile == Profile::Simulated {
            store.set_fuel(u64::MAX)?;
            store.fuel_async_yield_interval(Some(FUEL_SLICE))?;
        }
        Ok(store)
    }
}

/// The epochs of an engine, which guests compare with their deadlines.
pub(crate) struct Epochs {
    pooled: EngineWeak,
    on_demand: Weak<OnceLock<wasmtime::Engine>>,
}

impl Epochs {
    /// Moves them on: guests notice it at their next loop or function. From any thread.
    pub(crate) fn increment(&self) {
        if let Some(engine) = self.pooled.upgrade() {
            engine.increment_epoch();
        }
        let on_demand = self.on_demand.upgrade();
        if let Some(engine) = on_demand.as_ref().and_then(|engine| engine.get()) {
            engine.increment_epoch();
        }
    }
}

fn allocating_on_demand(profile: Profile) -> Result<wasmtime::Engine, ModuleError> {
    let mut config = config(profile);
    config.allocation_strategy(InstanceAllocationStrategy::OnDemand);
    wasmtime::Engine::new(&config).map_err(|error| ModuleError::Engine(format!("{error:#}")))
}

/// Guests may use what the engine's release enables by default.
fn config(profile: Profile) -> Config {
    let mut config = Config::new();
    config
        .wasm_component_model(true)
        // The collector that also frees cycles.
        .collector(Collector::Copying)
        .cranelift_opt_level(OptLevel::Speed)
        .wasm_backtrace_details(WasmBacktraceDetails::Disable)
        .memory_init_cow(true)
        // So that a guest whose budget is used up yields at its next loop or function.
        .epoch_interruption(true);
    if profile == Profile::Simulated {
        config
            .consume_fuel(true)
            .cranelift_nan_canonicalization(true)
            .relaxed_simd_deterministic(true);
        if let Some(target) = TARGET {
            // It is a target of the compiler: it is what this program was compiled for.
            let known = config.target(target);
            debug_assert!(known.is_ok(), "{target}");
        }
    }
    config
}

/// The architecture without what processors add to it, where the engine names it as the compiler of this
/// program does. Elsewhere simulations run on what the processor has.
const TARGET: Option<&str> = if !cfg!(all(target_os = "linux", target_vendor = "unknown")) {
    None
} else if cfg!(all(target_arch = "x86_64", target_env = "gnu")) {
    Some("x86_64-unknown-linux-gnu")
} else if cfg!(all(target_arch = "x86_64", target_env = "musl")) {
    Some("x86_64-unknown-linux-musl")
} else if cfg!(all(target_arch = "aarch64", target_env = "gnu")) {
    Some("aarch64-unknown-linux-gnu")
} else if cfg!(all(target_arch = "aarch64", target_env = "musl")) {
    Some("aarch64-unknown-linux-musl")
} else {
    None
};
