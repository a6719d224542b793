//! The command line.

use std::path::PathBuf;

use clap::Parser;

use crate::pace::Pace;
use crate::worker_kind::WorkerKind;

/// This project, the peer and bare loops, side by side.
#[derive(Parser, Debug)]
#[command(name = "side_by_side")]
pub struct Options {
    /// A few trials of everything: shows that the benchmark runs, measures nothing.
    #[arg(long, conflicts_with = "long")]
    pub quick: bool,
    /// Ten times as many samples, for percentiles beyond p99.9.
    #[arg(long)]
    pub long: bool,
    /// The folder of the report.
    #[arg(long, value_name = "DIR", default_value = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/side_by_side/report"), hide_default_value = true)]
    pub out: PathBuf,
    /// The peer's program. Default: benches/peer/target/release/wippy-peer, if it is built.
    #[arg(long, value_name = "PATH")]
    pub peer: Option<PathBuf>,
    /// Only the sections whose title or id contains this; may be given several times.
    #[arg(long, value_name = "TEXT")]
    pub only: Vec<String>,
    /// How many rounds; each asks every contender once. 5 where nothing else is said.
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub rounds: Option<u32>,
    /// How the driver starts itself as a contender.
    #[arg(long, value_enum, hide = true)]
    pub worker: Option<WorkerKind>,
    /// Where the files of a worker's guests are.
    #[arg(long, hide = true, value_name = "DIR", default_value = ".")]
    pub files: PathBuf,
    /// A worker has room for as many instances as the largest crowd has guests.
    #[arg(long, hide = true)]
    pub many: bool,
    /// Cargo passes this to every benchmark.
    #[arg(long, hide = true)]
    pub bench: bool,
}

impl Options {
    /// How much is measured.
    pub fn pace(&self) -> Pace {
        match (self.quick, self.long) {
            (true, _) => Pace::Quick,
            (false, true) => Pace::Long,
            (false, false) => Pace::Full,
        }
    }
}
