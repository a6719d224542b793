//! Why a benchmark has no result.

use crate::runtime::CallError;

/// Why a benchmark has no result.
///
/// ```
/// use wippy::Runtime;
/// use wippy::benchmark::{Benchmark, BenchmarkError};
///
/// # let dispatcher = wippy_dispatcher::Dispatcher::new()?;
/// let runtime = Runtime::new(dispatcher.handle(), Default::default())?;
/// let benchmark = Benchmark::new("app:absent").concurrency(0);
/// let error = dispatcher.block_on(benchmark.measure(&runtime))?.unwrap_err();
/// assert!(matches!(error, BenchmarkError::Setting { name: "concurrency", .. }));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BenchmarkError {
    /// A setting is out of its bounds.
    #[error("{name}: expected {expected}")]
    Setting {
        /// Which.
        name: &'static str,
        /// What it may be.
        expected: String,
    },
    /// The entry cannot be called like this.
    #[error("{entry}: {reason}")]
    Unfit {
        /// The entry.
        entry: String,
        /// Why, and what to do.
        reason: String,
    },
    /// The first call, which is made before anything is measured, has failed.
    #[error("the first call failed: {0}")]
    FirstCall(#[from] CallError),
    /// The first call has ended with an error of the guest's own: an `err`, or a status.
    #[error("the first call of {entry} failed: {reason}")]
    FirstResult {
        /// The entry.
        entry: String,
        /// With what.
        reason: String,
    },
    /// No call has ended while it was measured.
    #[error(
        "no call has ended in the time that is measured: measure for longer, or a number of calls"
    )]
    NothingEnded,
    /// The dispatcher could not do the work.
    #[error(transparent)]
    Dispatcher(#[from] wippy_dispatcher::Error),
}
