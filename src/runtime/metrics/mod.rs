//! What a program has done and has now, in numbers.

mod prometheus;

use std::sync::Arc;

use wippy_dispatcher::Stats;

use super::threads::Threads;
use super::{OtherThreads, Runtime};
use crate::activity::{CallReport, CallState, CallTimes, EntryStats, Outcome};
use crate::id::Id;
use crate::program::Admission;

/// What a program has done and has now; `docs/observability.md` says what each number means.
///
/// ```
/// use wippy::activity::Outcome;
/// use wippy::{Arguments, Entry, Program, Runtime};
///
/// let dispatcher = wippy_dispatcher::Dispatcher::new()?;
/// let text = r#"(module (func (export "one") (result i32) i32.const 1))"#;
/// let entry = Entry::function("file:one").bytes(text);
/// let program = Program::builder().entry(entry).build()?;
/// let runtime = Runtime::on(dispatcher.handle(), program)?;
/// dispatcher.block_on(runtime.call("file:one", Arguments::Wave("")))??;
/// let metrics = runtime.metrics()?;
/// assert_eq!(metrics.entries[0].ended(Outcome::Ok), 1);
/// let text = metrics.to_prometheus();
/// assert!(text.contains(r#"wippy_calls_total{entry="file:one",outcome="ok"} 1"#));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Metrics {
    /// The entries that were called, by their IDs.
    pub entries: Vec<EntryMetrics>,
    /// Instances of modules that fit the pooled memory, over all entries.
    pub instances: PoolMetrics,
    /// Instances of the others.
    pub on_demand: PoolMetrics,
    /// Instances of all entries that are ready before their calls, and how many there may be.
    pub spares: PoolMetrics,
    /// Resources of guests that wait or have waited.
    pub resources: u64,
    /// Those of them that are pollables.
    pub pollables: u64,
    /// How many dispatchers `dispatcher` adds up.
    pub dispatchers: usize,
    /// What the dispatchers have.
    pub dispatcher: Stats,
}

/// What the calls of one entry have done and do now.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct EntryMetrics {
    /// Its ID.
    pub entry: Id,
    /// The places of its pool, where it has one and was linked.
    pub pool: Option<PoolMetrics>,
    /// Instances that are ready before their calls, on this runtime's thread.
    pub spares: usize,
    /// How long its calls took, where [`ProgramOptions::metrics`](crate::ProgramOptions::metrics) says
    /// that this is counted. Calls whose callers went away are not in it.
    pub times: Option<CallTimes>,
    ended: [u64; Outcome::ALL.len()],
    now: [u64; CallState::NAMES.len()],
}

/// A bounded number of places, and who waits for one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct PoolMetrics {
    /// The places that there are now.
    pub places: u32,
    /// Those that calls have.
    pub used: u32,
    /// The calls that wait for one.
    pub waiting: usize,
}

impl EntryMetrics {
    /// How many calls have ended so.
    pub fn ended(&self, outcome: Outcome) -> u64 {
        self.ended[outcome as usize]
    }

    /// How many calls are in a state now, whatever they wait for in it.
    pub fn now(&self, state: CallState) -> u64 {
        self.now[state.index()]
    }
}

impl PoolMetrics {
    fn new(admission: &Admission) -> PoolMetrics {
        let counts = admission.counts();
        PoolMetrics {
            places: counts.places,
            used: counts.used,
            waiting: counts.waiting,
        }
    }
}

impl Runtime {
    /// What the program has done and has now. Calls are those of all its threads; of dispatchers it is
    /// this runtime's own: see [`Runtime::metrics_of_threads`].
    ///
    /// # Errors
    /// `WrongThread` and `Closed` of the dispatcher.
    pub fn metrics(&self) -> Result<Metrics, wippy_dispatcher::Error> {
        let bounds = &self.inner.bounds;
        let reports = bounds.calls.reports();
        let entries = bounds.calls.entries();
        let entries = entries.iter().map(|stats| self.entry(stats, &reports));
        let sum = |number: fn(&CallReport) -> u32| -> u64 {
            reports.iter().map(|call| u64::from(number(call))).sum()
        };
        Ok(Metrics {
            entries: entries.collect(),
            instances: PoolMetrics::new(&bounds.instances),
            on_demand: PoolMetrics::new(&bounds.on_demand),
            spares: PoolMetrics::new(&bounds.spares),
            resources: sum(|call| call.resources),
            pollables: sum(|call| call.pollables),
            dispatchers: 1,
            dispatcher: self.inner.handle.stats()?,
        })
    }

    /// The same with the dispatchers of the other threads that run calls now. Each of them answers at
    /// its next turn; one that ends meanwhile is left out.
    ///
    /// # Errors
    /// As [`Runtime::metrics`].
    pub async fn metrics_of_threads(&self) -> Result<Metrics, wippy_dispatcher::Error> {
        let mut metrics = self.metrics()?;
        let Some(threads) = self.needed_threads() else {
            return Ok(metrics);
        };
        for worker in threads.running() {
            let job = |there: Runtime| async move { there.handle().stats() };
            if let Ok(Ok(stats)) = threads.run(&worker, job).await {
                metrics.dispatchers += 1;
                metrics.dispatcher.add(&stats);
            }
        }
        Ok(metrics)
    }

    /// The other threads of the program, if any were needed.
    fn needed_threads(&self) -> Option<Arc<Threads<Runtime>>> {
        match &self.inner.threads {
            OtherThreads::Own(threads) => threads.get().cloned(),
            OtherThreads::Of(threads) => threads.upgrade(),
            OtherThreads::None => None,
        }
    }

    fn entry(&self, stats: &EntryStats, reports: &[CallReport]) -> EntryMetrics {
        let linked = self.inner.code.linked(&stats.entry);
        let functions = self.inner.functions.borrow();
        let function = functions.get(&stats.entry);
        let spares = function.map(|it| it.spares.ready());
        let own = function.and_then(|it| it.pool.as_ref());
        // It may have run on other threads only.
        let linked = linked.as_ref().and_then(|linked| linked.pool.as_ref());
        let mut now = [0; CallState::NAMES.len()];
        for call in reports.iter().filter(|call| call.entry == stats.entry) {
            now[call.state.index()] += 1;
        }
        EntryMetrics {
            entry: stats.entry.clone(),
            pool: own.or(linked).map(PoolMetrics::new),
            spares: spares.unwrap_or(0),
            times: stats.times(),
            ended: stats.outcomes(),
            now,
        }
    }
}
