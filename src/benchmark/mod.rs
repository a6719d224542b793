//! Benchmarks of entries: a call again and again, its latencies, and what they vary by.
//!
//! * `benchmark` says what is called how often, `settings` is that without the entry, `callee` is what a call
//!   does, `schedule` says when the calls of an open loop are due, `drive` makes them and `recorder` notes them;
//! * `machine` is what it was measured on, with its own `jitter`, and `usage` what the process used meanwhile;
//! * `measured` is what came of it, in `round`s of a `distribution` each; `bootstrap` says what their figures
//!   vary by, `comparison` whether one measurement is slower than another;
//! * `report/` is that as text, as JSON and as a page.

#[expect(
    clippy::module_inception,
    reason = "the folder holds all there is to a benchmark"
)]
mod benchmark;
mod bootstrap;
mod callee;
mod comparison;
mod distribution;
mod drive;
mod error;
mod estimate;
mod failures;
mod figure;
mod jitter;
mod machine;
mod measured;
mod nanoseconds;
mod recorder;
mod report;
mod round;
mod schedule;
mod settings;
mod usage;

#[cfg(test)]
mod tests;

pub use benchmark::Benchmark;
pub use bootstrap::Interval;
pub use comparison::{Compared, Comparison, IncomparableError, Metric, Verdict};
pub use distribution::{Distribution, Percentile};
pub use error::BenchmarkError;
pub use estimate::Estimate;
pub use failures::Failures;
pub use machine::Machine;
pub use measured::Measured;
pub use report::{ReadError, is_hlog, is_json_report, is_page};
pub use round::Round;
pub use settings::{Length, Load, Settings};
