//! What `wippy sim` takes.

use std::num::NonZeroUsize;
use std::ops::Range;
use std::path::PathBuf;

use clap::{Args, Subcommand};
use wippy_dispatcher::sim::{Cut, Picker};

use super::edit::{self, With, Without};
use crate::registry::parse_duration;
use crate::simulation::parse_picker;

/// At the end of `wippy sim --help`.
const SIM_EXAMPLES: &str = "Examples:
  wippy sim retry.yaml                   one run, of the seed 0, with all output
  wippy sim retry.yaml --seed 17         another one
  wippy sim retry.yaml --seeds 0..1000   a run of each seed, and the seeds that fail
  wippy sim retry.yaml --seed 17 --shrink   which faults and switches it takes to fail
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
    /// Find the faults and switches between tasks that the run needs to fail, with as few records as possible;
    /// `--log`, `--html` and `--perfetto` write the smaller run
    #[arg(long, conflicts_with_all = ["seeds", "verify", "list_faults"])]
    pub shrink: bool,
    /// How many runs shrinking may take
    #[arg(
        long,
        value_name = "RUNS",
        default_value_t = 2_000,
        requires = "shrink"
    )]
    pub budget: u64,
    /// Print the faults and switches of the run, with the names that `--without` takes
    #[arg(long, conflicts_with_all = ["seeds", "verify"])]
    pub list_faults: bool,
    /// End the run after so many records, such as `500`, or so much virtual time, such as `2s`
    #[arg(long, value_name = "RECORD|TIME", value_parser = cut, conflicts_with = "seeds")]
    pub until: Option<Cut>,
    /// Run without this fault or switch; may be given several times. With `--replay` the run is no
    /// longer compared with the log
    #[arg(long, value_name = "FAULT", value_parser = edit::without, conflicts_with = "seeds")]
    pub without: Vec<Without>,
    /// Run with this fault, such as `loss:1-2:7`, `delay:1-2:7=3ms` or `at 5s crash server`, or with
    /// this switch
    #[arg(long, value_name = "FAULT", value_parser = edit::with, conflicts_with = "seeds")]
    pub with: Vec<With>,
    /// Write a picture of the run, as a page for a browser
    #[arg(long, value_name = "FILE", conflicts_with_all = ["seeds", "verify"])]
    pub html: Option<PathBuf>,
    /// Write a picture of the run for Perfetto and other viewers of traces
    #[arg(long, value_name = "FILE", conflicts_with_all = ["seeds", "verify"])]
    pub perfetto: Option<PathBuf>,
}

/// `500` or `2s`
fn cut(text: &str) -> Result<Cut, String> {
    let records = text.parse().ok().map(Cut::Records);
    let cut = records.or_else(|| parse_duration(text).map(Cut::Time));
    cut.ok_or_else(|| "expected a number of records or a time, such as 500 or 2s".to_owned())
}

/// `0..1000`
fn seeds(text: &str) -> Result<Range<u64>, String> {
    let range = text.split_once("..").and_then(|(first, end)| {
        let (first, end) = (first.parse().ok()?, end.parse().ok()?);
        (first < end).then_some(first..end)
    });
    range.ok_or_else(|| "expected a range of seeds, such as 0..1000".to_owned())
}
