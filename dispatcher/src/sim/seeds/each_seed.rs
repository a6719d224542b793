//! A sweep as a test.

use std::fmt;
use std::ops::Range;

use crate::sim::seeds::settings::Seeds;

/// Runs each of these seeds, for a test: the first that fails ends it. `WIPPY_SEED=17` runs that one alone,
/// and `WIPPY_SEEDS=0..10000` others, or more.
///
/// # Panics
/// When a seed fails, with the seed, the reason, and the command that runs it again; when one of the two
/// variables is no seed and no range.
///
/// ```
/// use std::time::Duration;
/// use wippy_dispatcher::sim::for_each_seed;
/// use wippy_dispatcher::{Dispatcher, Error};
///
/// fn never_early(seed: u64) -> Result<(), Error> {
///     let dispatcher = Dispatcher::simulated(seed)?;
///     let handle = dispatcher.handle();
///     let sleep = handle.sleep(Duration::from_secs(1));
///     let deadline = sleep.deadline();
///     dispatcher.block_on(sleep)??;
///     assert!(handle.now()? >= deadline);
///     Ok(())
/// }
///
/// for_each_seed(0..100, never_early);
/// ```
#[track_caller]
pub fn for_each_seed<E, F>(seeds: Range<u64>, run: F)
where
    E: fmt::Display,
    F: Fn(u64) -> Result<(), E> + Sync,
{
    let seeds = Seeds::new(seeds).stop_after(1).with_env();
    let report = match seeds.and_then(|seeds| seeds.run(run)) {
        Ok(report) => report,
        Err(error) => panic!("{error}"),
    };
    if let Some(failure) = report.failures().first() {
        let seed = failure.seed;
        let passed = report.ran() - report.failed();
        // The test harness gives its threads the names of their tests, except with one test at a time.
        let again = match std::thread::current().name() {
            Some(test) if test != "main" => format!("WIPPY_SEED={seed} cargo test {test}"),
            _ => format!("WIPPY_SEED={seed} and the same command"),
        };
        panic!("{failure}\n{passed} seeds passed before it\nto run it again: {again}");
    }
}
