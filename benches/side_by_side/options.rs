//! The command line.

use std::path::PathBuf;

use clap::Parser;

use crate::worker_kind::WorkerKind;

/// This project, the peer and bare loops, side by side.
#[derive(Parser, Debug)]
#[command(name = "side_by_side")]
pub struct Options {
    /// A few trials of everything: shows that the benchmark runs, measures nothing.
    #[arg(long)]
    pub quick: bool,
    /// The peer's program. Default: benches/peer/target/release/wippy-peer, if it is built.
    #[arg(long, value_name = "PATH")]
    pub peer: Option<PathBuf>,
    /// Writes every figure of every round there.
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,
    /// Only the sections whose title contains this.
    #[arg(long, value_name = "TEXT")]
    pub only: Option<String>,
    /// How many rounds; each asks every contender once.
    #[arg(long, default_value_t = 7)]
    pub rounds: u32,
    /// How the driver starts itself as a contender.
    #[arg(long, value_enum, hide = true)]
    pub worker: Option<WorkerKind>,
    /// Where the files of a worker's guests are.
    #[arg(long, hide = true, value_name = "DIR", default_value = ".")]
    pub files: PathBuf,
    /// Cargo passes this to every benchmark.
    #[arg(long, hide = true)]
    pub bench: bool,
}
