//! The dispatcher beside other async runtimes and bare loops: the same work in each, one report. `benches/field/README.md` says
//! what the rows measure and how fairness is kept.
// A benchmark is what the real clock, threads and the standard output are for.
#![allow(clippy::disallowed_methods)]

mod bell;
mod clients;
mod clock;
mod contenders;
mod core;
mod driver;
mod error;
mod load;
mod meter;
mod options;
mod pace;
mod plan;
mod row;
mod runtime;
mod trial;
mod work;
mod worker;
mod worker_process;

use std::process::ExitCode;

use clap::Parser;

use options::Options;

fn main() -> ExitCode {
    let options = Options::parse();
    let outcome = match &options.worker {
        Some(contender) => worker::run(contender, &options),
        None if options.list => driver::list(),
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
