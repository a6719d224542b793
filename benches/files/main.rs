//! Files against the peer and against bare system calls, in one interleaved run.
//! `benches/README.md` says what each figure means.
// A benchmark is what the real clock and the standard output are for.
#![allow(clippy::disallowed_methods)]

#[path = "../poll_sleep/clock.rs"]
#[allow(dead_code, reason = "shared with poll_sleep, which uses all of it")]
mod clock;
#[path = "../poll_sleep/contender.rs"]
#[allow(dead_code, reason = "shared with poll_sleep, which uses all of it")]
mod contender;
#[path = "../poll_sleep/driver.rs"]
mod driver;
#[path = "../poll_sleep/machine.rs"]
mod machine;
#[path = "../poll_sleep/options.rs"]
mod options;
mod plan;
#[path = "../poll_sleep/protocol.rs"]
mod protocol;
#[path = "../poll_sleep/report.rs"]
mod report;
mod scratch;
#[path = "../poll_sleep/section.rs"]
#[allow(dead_code, reason = "shared with poll_sleep, which uses all of it")]
mod section;
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
        Some(worker) => worker.run(options.mount.as_deref()),
        None => scratch::make(options.quick)
            .and_then(|scratch| driver::run(&options, Some(scratch.path()))),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}
