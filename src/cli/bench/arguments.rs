//! What `wippy bench` takes.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use crate::benchmark::Benchmark;
use crate::cli::arguments::Grants;
use crate::registry::parse_duration;

/// At the end of `wippy bench --help`.
const BENCH_EXAMPLES: &str = "Examples:
  wippy bench app:add 1 2                  one call after the other, for 10 s
  wippy bench app:add 1 2 --rate 5000      5000 calls a second; latency from when each was due
  wippy bench x.wasm -- in.txt             runs of a file with the argument in.txt
  wippy bench app:add 1 2 --save a.json    keep it, to compare with:
  wippy bench app:add 1 2 --against a.json --fail-if-slower 5";

/// `wippy bench`
#[derive(Args, Debug)]
#[command(after_help = BENCH_EXAMPLES)]
pub struct Bench {
    /// The entry, or a file, as of `wippy call`. A process, or a file's `wasi:cli/run`, is run
    #[arg(value_name = "ENTRY|FILE")]
    pub entry: String,
    /// A function's arguments, as of `wippy call`
    #[arg(value_name = "JSON", allow_negative_numbers = true)]
    pub arguments: Vec<String>,
    /// The words of a process; they stand behind `--`
    #[arg(value_name = "WORD", last = true)]
    pub words: Vec<String>,
    /// Have so many calls in flight at once; with --rate, at most so many
    #[arg(
        long,
        value_name = "N",
        default_value_t = 1,
        value_parser = clap::value_parser!(u32).range(1..=i64::from(Benchmark::MAX_CONCURRENCY))
    )]
    pub concurrency: u32,
    /// Have so many calls a second fall due, whatever became of those before, and measure each from then on
    #[arg(long, value_name = "R")]
    pub rate: Option<f64>,
    /// Measure for so long [default: 10s; 1,000 calls in a simulation without --rate]
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    pub duration: Option<Duration>,
    /// Call it for so long before anything is measured [default: 1s; none in a simulation]
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    pub warm_up: Option<Duration>,
    /// Measure so many calls instead of a duration
    #[arg(long, value_name = "N", conflicts_with = "duration")]
    pub calls: Option<u64>,
    /// Keep a live instance and call that, rather than a fresh one for each call
    #[arg(long)]
    pub live: bool,
    /// Run in a simulation of this seed, whose figures are of virtual time and exact
    #[arg(long, value_name = "SEED")]
    pub simulate: Option<u64>,
    /// Write the report as JSON, to compare with later; `--json` prints that instead of text
    #[arg(long, value_name = "FILE")]
    pub save: Option<PathBuf>,
    /// Write the report as a page for a browser
    #[arg(long, value_name = "FILE")]
    pub html: Option<PathBuf>,
    /// Write the latencies as a log of HdrHistogram, for its tools
    #[arg(long, value_name = "FILE")]
    pub hlog: Option<PathBuf>,
    /// Compare with the report of an earlier run, which `--save` has written; may be given several times
    #[arg(long, value_name = "FILE")]
    pub against: Vec<PathBuf>,
    /// End with status 1 where the median is slower than an earlier one by more than this, with certainty
    #[arg(long, value_name = "PERCENT", requires = "against", value_parser = percent)]
    pub fail_if_slower: Option<f64>,
    /// What a file may use
    #[command(flatten)]
    pub grants: Grants,
}

fn duration(text: &str) -> Result<Duration, String> {
    parse_duration(text).ok_or_else(|| "expected a duration, such as 500ms or 1m30s".to_owned())
}

fn percent(text: &str) -> Result<f64, String> {
    let percent: Option<f64> = text.parse().ok();
    percent
        .filter(|percent| percent.is_finite() && *percent >= 0.0)
        .ok_or_else(|| "expected a number of percent, such as 5".to_owned())
}
