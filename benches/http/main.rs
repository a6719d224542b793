//! HTTP requests of a guest against the peer and against a bare client, in one interleaved run.
//! `benches/README.md` says what each figure means.
// A benchmark is what the real clock, blocking sockets and the standard output are for.
#![allow(clippy::disallowed_methods)]

mod contender;
mod driver;
#[path = "../poll_sleep/machine.rs"]
#[allow(dead_code)] // shared: this benchmark writes no file of figures
mod machine;
mod native;
#[path = "../poll_sleep/protocol.rs"]
mod protocol;
mod server;
#[path = "../poll_sleep/statistics.rs"]
#[allow(dead_code)] // shared: a total is all that is read here
mod statistics;
mod wippy;

use std::error::Error;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, ValueEnum};

/// What can go wrong here ends the benchmark with its text.
type Fallible<T> = Result<T, Box<dyn Error>>;

/// HTTP: this project, the peer and a bare client.
#[derive(Parser, Debug)]
#[command(name = "http")]
struct Options {
    /// A few requests of each kind: shows that the benchmark runs, measures nothing.
    #[arg(long)]
    quick: bool,
    /// The peer's program. Default: benches/peer/target/release/wippy-peer, if it is built.
    #[arg(long, value_name = "PATH")]
    peer: Option<PathBuf>,
    /// How many rounds; each asks every contender once.
    #[arg(long, default_value_t = 5)]
    rounds: u32,
    /// How the driver starts itself as the server or a contender.
    #[arg(long, value_enum, hide = true)]
    worker: Option<Worker>,
    /// What `cargo bench` adds.
    #[arg(long, hide = true)]
    bench: bool,
}

/// Who a process is.
#[derive(Clone, Copy, ValueEnum, Debug)]
enum Worker {
    /// Answers all the others.
    Server,
    /// A guest on this project's runtime, parking.
    Wippy,
    /// The same, busy-polling before it parks.
    Spinning,
    /// Blocking sockets and nothing else.
    Native,
}

fn main() -> ExitCode {
    let options = Options::parse();
    let outcome = match options.worker {
        Some(Worker::Server) => server::serve(),
        Some(Worker::Wippy) => wippy::serve(false),
        Some(Worker::Spinning) => wippy::serve(true),
        Some(Worker::Native) => native::serve(),
        None => driver::run(&options),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Where the guest's component is.
fn guest() -> String {
    concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/tests/guests/components/http-client.wasm"
    )
    .to_owned()
}
