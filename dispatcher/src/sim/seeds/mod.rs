//! Many seeds: a run for each, on several threads, each perhaps twice, with one report.

pub(crate) mod capture;
mod each_seed;
mod error;
mod failing_file;
mod one_run;
mod panics;
mod progress;
mod report;
mod seed_range;
mod settings;
mod sweep;

pub use each_seed::for_each_seed;
pub use error::SweepError;
pub use progress::SweepProgress;
pub use report::{SeedFailure, SweepReport};
pub use settings::Seeds;
