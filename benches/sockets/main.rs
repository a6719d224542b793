//! Sockets against the peer and against a bare epoll loop, in one interleaved run. All of them are
//! clients of the same echo servers, which run in the driver's process with blocking calls.
//! `benches/README.md` says what each figure means.
// A benchmark is what the real clock, its own sockets and the standard output are for.
#![allow(clippy::disallowed_methods)]

#[path = "../poll_sleep/clock.rs"]
mod clock;
#[path = "../poll_sleep/contender.rs"]
mod contender;
#[path = "../poll_sleep/driver.rs"]
mod driver;
#[path = "../poll_sleep/machine.rs"]
mod machine;
#[path = "../poll_sleep/measure.rs"]
mod measure;
#[path = "../poll_sleep/options.rs"]
mod options;
mod plan;
#[path = "../poll_sleep/protocol.rs"]
mod protocol;
#[path = "../poll_sleep/report.rs"]
mod report;
mod servers;
#[path = "../poll_sleep/statistics.rs"]
mod statistics;
mod worker;

use std::error::Error;
use std::process::ExitCode;

use clap::Parser;

use options::Options;

/// What can go wrong here ends the benchmark with its text.
type Fallible<T> = Result<T, Box<dyn Error>>;

fn main() -> ExitCode {
    let options = Options::parse();
    let outcome = match options.worker {
        Some(worker) => worker.run(),
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
