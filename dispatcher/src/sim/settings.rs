//! The settings of a simulation.

use std::time::Duration;

/// How a simulation behaves. Everything that is not fixed here is drawn from the seed.
///
/// ```
/// use std::time::Duration;
/// use wippy_dispatcher::{Dispatcher, Simulation};
///
/// let simulation = Simulation::new(7).yield_cost(Duration::from_nanos(50));
/// let dispatcher = Dispatcher::builder().simulation(simulation).build()?;
/// let handle = dispatcher.handle();
/// let before = handle.now()?;
/// dispatcher.block_on(handle.yield_now())??;
/// assert_eq!(handle.now()? - before, Duration::from_nanos(50));
/// # Ok::<(), wippy_dispatcher::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Simulation {
    pub(crate) seed: u64,
    pub(crate) yield_cost: Duration,
    pub(crate) job_delay: (Duration, Duration),
    pub(crate) trace_capacity: usize,
}

impl Simulation {
    /// A simulation of this seed: yields cost 1 µs, blocking jobs take 10 to 500 µs of virtual
    /// time, and the trace keeps its first 100,000 records.
    pub fn new(seed: u64) -> Simulation {
        Simulation {
            seed,
            yield_cost: Duration::from_micros(1),
            job_delay: (Duration::from_micros(10), Duration::from_micros(500)),
            trace_capacity: 100_000,
        }
    }

    /// The virtual time that a yield takes, at least 1 ns. Computing takes no virtual time, so a task
    /// that spins until a deadline sees it come only because yields do.
    pub fn yield_cost(mut self, cost: Duration) -> Simulation {
        self.yield_cost = cost.max(Duration::from_nanos(1));
        self
    }

    /// The bounds, both included, between which the virtual time of a blocking job is drawn.
    pub fn job_delay(mut self, least: Duration, most: Duration) -> Simulation {
        self.job_delay = (least, most.max(least));
        self
    }

    /// How many records the trace keeps; the hash covers all of them in any case.
    pub fn trace_capacity(mut self, records: usize) -> Simulation {
        self.trace_capacity = records;
        self
    }
}
