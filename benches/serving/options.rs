//! The command line.

use std::path::PathBuf;
use std::time::Duration;

use clap::Parser;

/// This project's server and the peer's, by turns, with the same component.
#[derive(Parser, Debug)]
#[command(name = "serving")]
pub struct Options {
    /// A tenth of a second of everything: shows that the benchmark runs, measures nothing.
    #[arg(long)]
    pub quick: bool,
    /// How many rounds; each starts every server anew.
    #[arg(long, default_value_t = 5)]
    pub rounds: u32,
    /// How long each load lasts.
    #[arg(long, default_value_t = 3.0, value_name = "S")]
    pub seconds: f64,
    /// Requests a second of the load at a fixed rate. Default: half of what the slowest server answers.
    #[arg(long, value_name = "N")]
    pub rate: Option<f64>,
    /// The peer's program. Default: benches/peer/target/release/peer-serve, if it is built.
    #[arg(long, value_name = "PATH")]
    pub peer: Option<PathBuf>,
    /// Only the servers whose name contains this.
    #[arg(long, value_name = "TEXT")]
    pub only: Option<String>,
    /// Writes the figures of every round there.
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,
    /// How the driver starts itself as the server without spare instances.
    #[arg(long, hide = true)]
    pub cold: bool,
    /// Cargo passes this to every benchmark.
    #[arg(long, hide = true)]
    pub bench: bool,
}

impl Options {
    /// How many rounds are run.
    pub fn rounds(&self) -> u32 {
        match self.quick {
            true => 1,
            false => self.rounds.max(1),
        }
    }

    /// How long each load lasts.
    ///
    /// # Errors
    /// When it is no time.
    pub fn span(&self) -> Result<Duration, String> {
        match self.quick {
            true => Ok(Duration::from_millis(100)),
            false => Duration::try_from_secs_f64(self.seconds)
                .map_err(|error| format!("--seconds {}: {error}", self.seconds)),
        }
    }

    /// How long a server is loaded before it counts: so long a core that was idle takes to come to its speed.
    pub fn warming(&self) -> Duration {
        match self.quick {
            true => Duration::from_millis(20),
            false => Duration::from_millis(700),
        }
    }
}
