//! The command line.

use std::path::PathBuf;

use clap::Parser;

/// Compares the dispatcher with other async runtimes and bare loops, and writes a report.
#[derive(Parser, Debug)]
#[command(version)]
pub struct Options {
    /// The folder of the report.
    #[arg(long, default_value = concat!(env!("CARGO_MANIFEST_DIR"), "/report"), hide_default_value = true)]
    pub out: PathBuf,
    /// Shows that everything runs, in less than a minute: few samples, no tuned contenders.
    #[arg(long, conflicts_with = "long")]
    pub quick: bool,
    /// More rounds and more samples, for percentiles up to p99.99.
    #[arg(long)]
    pub long: bool,
    /// Only rows whose name contains this; may be given several times.
    #[arg(long = "row", value_name = "TEXT")]
    pub rows: Vec<String>,
    /// Only these contenders, by their names; may be given several times.
    #[arg(long = "contender", value_name = "NAME")]
    pub contenders: Vec<String>,
    /// How many rounds.
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub rounds: Option<u32>,
    /// Lists rows and contenders.
    #[arg(long)]
    pub list: bool,
    /// Does one trial of a contender and prints what it measured, as JSON.
    #[arg(long, hide = true, requires = "trial")]
    pub worker: Option<String>,
    /// The trial's row.
    #[arg(long, hide = true)]
    pub trial: Option<String>,
    /// Microseconds before it counts.
    #[arg(long, hide = true, default_value_t = 0)]
    pub warm: u64,
    /// Microseconds that count.
    #[arg(long, hide = true, default_value_t = 0)]
    pub measure: u64,
}
