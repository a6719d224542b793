//! What `wippy sim` takes.

use std::num::NonZeroUsize;
use std::ops::Range;
use std::path::PathBuf;

use clap::{Args, Subcommand};
use wippy_dispatcher::sim::Picker;

use crate::simulation::parse_picker;

/// At the end of `wippy sim --help`.
const SIM_EXAMPLES: &str = "Examples:
  wippy sim retry.yaml                   one run, of the seed 0, with all output
  wippy sim retry.yaml --seed 17         another one
  wippy sim retry.yaml --seeds 0..1000   a run of each seed, and the seeds that fail
  wippy sim retry.yaml --log a.log       every choice of a run, to --replay it or to compare:
  wippy sim diff a.log b.log             the first choice that differs
  wippy sim retry.yaml --html run.html   a picture of the run, for a browser";

/// `wippy sim`
#[derive(Args, Debug)]
#[command(
    after_help = SIM_EXAMPLES,
    args_conflicts_with_subcommands = true,
    subcommand_negates_reqs = true
)]
pub struct Sim {
    /// What to do instead of running a scenario
    #[command(subcommand)]
    pub command: Option<SimCommand>,
    /// What is run, and how
    #[command(flatten)]
    pub run: SimRun,
}

/// `wippy sim diff`
#[derive(Subcommand, Debug)]
pub enum SimCommand {
    /// Compare two logs of `--log`, and print the first record that differs
    Diff {
        /// A log
        #[arg(value_name = "LOG")]
        one: PathBuf,
        /// Another one
        #[arg(value_name = "LOG")]
        other: PathBuf,
        /// Write both runs at the first record that differs as a page for a browser
        #[arg(long, value_name = "FILE")]
        html: Option<PathBuf>,
        /// The scenario of both logs, by which the page has names, output, and what tasks wait for
        #[arg(long, value_name = "SCENARIO", requires = "html")]
        scenario: Option<PathBuf>,
    },
}

/// A scenario, and how it is run.
#[derive(Args, Debug)]
pub struct SimRun {
    /// The scenario: a YAML file that says which entries run on which hosts, and what has to hold
    #[arg(value_name = "SCENARIO", required = true)]
    pub scenario: Option<PathBuf>,
    /// Run this seed, and print what everyone wrote
    #[arg(long, value_name = "SEED", default_value_t = 0)]
    pub seed: u64,
    /// Run all of these seeds, the last one excluded, and print which fail
    #[arg(long, value_name = "FIRST..END", value_parser = seeds, conflicts_with = "seed")]
    pub seeds: Option<Range<u64>>,
    /// How many seeds to run at once; as many as there are processors otherwise
    #[arg(long, value_name = "N", requires = "seeds")]
    pub jobs: Option<NonZeroUsize>,
    /// Run each seed twice, and fail where the second run is another
    #[arg(long)]
    pub verify: bool,
    /// Stop when so many seeds have failed
    #[arg(long, value_name = "N", requires = "seeds")]
    pub stop_after: Option<u64>,
    /// A file of seeds that have failed: they run first, and new ones are added
    #[arg(long, value_name = "FILE", requires = "seeds")]
    pub failing: Option<PathBuf>,
    /// Which task goes next: `uniform`, `round-robin`, `priority-change:DEPTH`; the scenario's otherwise
    #[arg(long, value_name = "PICKER", value_parser = parse_picker)]
    pub picker: Option<Picker>,
    /// Write every choice of the run to this file
    #[arg(long, value_name = "FILE", conflicts_with_all = ["seeds", "verify"])]
    pub log: Option<PathBuf>,
    /// Repeat the run of a log, of its seed, and stop at the first choice that differs
    #[arg(long, value_name = "LOG", conflicts_with_all = ["seed", "seeds", "verify", "picker"])]
    pub replay: Option<PathBuf>,
    /// Write a picture of the run, as a page for a browser
    #[arg(long, value_name = "FILE", conflicts_with_all = ["seeds", "verify"])]
    pub html: Option<PathBuf>,
    /// Write a picture of the run for Perfetto and other viewers of traces
    #[arg(long, value_name = "FILE", conflicts_with_all = ["seeds", "verify"])]
    pub perfetto: Option<PathBuf>,
}

/// `0..1000`
fn seeds(text: &str) -> Result<Range<u64>, String> {
    let range = text.split_once("..").and_then(|(first, end)| {
        let (first, end) = (first.parse().ok()?, end.parse().ok()?);
        (first < end).then_some(first..end)
    });
    range.ok_or_else(|| "expected a range of seeds, such as 0..1000".to_owned())
}
