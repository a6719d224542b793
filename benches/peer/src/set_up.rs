//! How the engine is set up.

use wasmtime::{Config, Engine, InstanceAllocationStrategy, PoolingAllocationConfig, Result};

/// The set-ups to compare.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum SetUp {
    /// `Engine::default()`.
    Default,
    /// The main project's: what remains different are the host functions and the event loop.
    Pooling,
}

/// As the main project's bound on instances.
const INSTANCES: u32 = 4096;

impl SetUp {
    /// An engine.
    ///
    /// # Errors
    /// When the machine cannot run it.
    pub fn engine(self) -> Result<Engine> {
        match self {
            SetUp::Default => Ok(Engine::default()),
            SetUp::Pooling => Engine::new(&pooling()),
        }
    }

    /// Whether the engine interrupts guests by epochs.
    pub fn epochs(self) -> bool {
        self == SetUp::Pooling
    }

    /// One line for the report.
    pub fn about(self) -> String {
        let features = match cfg!(feature = "default") {
            true => "default features",
            false => "lean features",
        };
        let engine = match self {
            SetUp::Default => "default engine, on-demand instances",
            SetUp::Pooling => "pooled instances, epochs",
        };
        format!("wasmtime-wasi 48 on tokio (current-thread), {features}, {engine}")
    }
}

fn pooling() -> Config {
    let mut pool = PoolingAllocationConfig::new();
    pool.total_component_instances(INSTANCES)
        .total_core_instances(INSTANCES * 8)
        .total_memories(INSTANCES * 2)
        .total_tables(INSTANCES * 4)
        .total_stacks(INSTANCES)
        .table_elements(100_000)
        .linear_memory_keep_resident(64 << 10)
        .table_keep_resident(4 << 10);
    let mut config = Config::new();
    config
        .epoch_interruption(true)
        .allocation_strategy(InstanceAllocationStrategy::Pooling(pool));
    config
}
