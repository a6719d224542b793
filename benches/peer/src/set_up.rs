//! How the engine is set up.

use wasmtime::{Config, Engine, InstanceAllocationStrategy, PoolingAllocationConfig, Result};

/// The set-ups to compare.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum SetUp {
    /// `Engine::default()`.
    Default,
    /// The main project's: what remains different are the host functions and the event loop.
    Pooling,
    /// The same with room for more instances at once than the largest crowd has guests.
    PoolingMany,
}

/// As the main project's bound on instances.
const INSTANCES: u32 = 4096;
/// As its benchmark's.
const MANY: u32 = 10_240;

impl SetUp {
    /// An engine.
    ///
    /// # Errors
    /// When the machine cannot run it.
    pub fn engine(self) -> Result<Engine> {
        match self {
            SetUp::Default => Ok(Engine::default()),
            SetUp::Pooling => Engine::new(&pooling(INSTANCES, INSTANCES * 2)),
            // Two memories each would not fit into the address space.
            SetUp::PoolingMany => Engine::new(&pooling(MANY, MANY)),
        }
    }

    /// Whether the engine interrupts guests by epochs.
    pub fn epochs(self) -> bool {
        self != SetUp::Default
    }

    /// One line for the report.
    pub fn about(self, runtime: &str) -> String {
        let features = match cfg!(feature = "default") {
            true => "default features",
            false => "lean features",
        };
        let engine = match self {
            SetUp::Default => "default engine, on-demand instances",
            SetUp::Pooling | SetUp::PoolingMany => {
                "pooled instances; guests yield each millisecond beside others"
            }
        };
        format!("wasmtime-wasi 48 on tokio ({runtime}), {features}, {engine}")
    }
}

fn pooling(instances: u32, memories: u32) -> Config {
    let mut pool = PoolingAllocationConfig::new();
    pool.total_component_instances(instances)
        .total_core_instances(instances * 8)
        .total_memories(memories)
        .total_tables(instances * 4)
        .total_stacks(instances)
        .table_elements(100_000)
        .linear_memory_keep_resident(64 << 10)
        .table_keep_resident(4 << 10);
    let mut config = Config::new();
    config
        .epoch_interruption(true)
        .allocation_strategy(InstanceAllocationStrategy::Pooling(pool));
    config
}
