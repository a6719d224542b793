//! What `wippy sim` takes.

use std::num::NonZeroUsize;
use std::ops::Range;
use std::path::PathBuf;

use clap::Args;
use wippy_dispatcher::sim::Picker;

use crate::simulation::parse_picker;

/// At the end of `wippy sim --help`.
const SIM_EXAMPLES: &str = "Examples:
  wippy sim retry.yaml                   one run, of the seed 0, with all output
  wippy sim retry.yaml --seed 17         another one
  wippy sim retry.yaml --seeds 0..1000   a run of each seed, and the seeds that fail";

/// `wippy sim`
#[derive(Args, Debug)]
#[command(after_help = SIM_EXAMPLES)]
pub struct Sim {
    /// The scenario: a YAML file that says which entries run on which hosts, and what has to hold
    #[arg(value_name = "SCENARIO")]
    pub scenario: PathBuf,
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
}

/// `0..1000`
fn seeds(text: &str) -> Result<Range<u64>, String> {
    let range = text.split_once("..").and_then(|(first, end)| {
        let (first, end) = (first.parse().ok()?, end.parse().ok()?);
        (first < end).then_some(first..end)
    });
    range.ok_or_else(|| "expected a range of seeds, such as 0..1000".to_owned())
}
