//! Host functions against the peer, against bare system calls and against another event loop, in one
//! interleaved run. `benches/README.md` says what each figure means.
// A benchmark is what the real clock and the standard output are for.
#![allow(clippy::disallowed_methods)]

mod bell;
mod clock;
mod contender;
mod core;
mod cpu;
mod crowd;
mod driver;
mod due;
mod fallible;
mod files;
mod guest;
mod jitter;
mod options;
mod pace;
mod plan;
mod protocol;
mod report;
mod servers;
mod text;
mod worker;
mod worker_kind;

use std::process::ExitCode;

use clap::Parser;

use options::Options;

fn main() -> ExitCode {
    let options = Options::parse();
    let outcome = match options.worker {
        Some(kind) => worker::serve(kind, &options.files, options.many).map(|()| true),
        None => driver::run(&options),
    };
    match outcome {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}
