//! `wippy serve` beside what `wasmtime serve` does: requests a second, latencies at a fixed rate, processor time of a request.
//! `benches/README.md` says what each figure means.
// A benchmark is what the real clock, sockets and the standard output are for.
#![allow(clippy::disallowed_methods)]

mod cold;
mod contender;
#[path = "../side_by_side/core.rs"]
mod core;
mod driver;
#[path = "../side_by_side/fallible.rs"]
mod fallible;
mod figures;
mod load;
mod options;
mod report;
mod row;
mod server;

use std::process::ExitCode;

use clap::Parser;

use options::Options;

fn main() -> ExitCode {
    let options = Options::parse();
    let outcome = match options.cold {
        true => cold::serve(),
        false => driver::run(&options),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}
