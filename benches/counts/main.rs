//! Instructions and allocations of the hot paths, against a committed baseline.
//!
//! Unlike times, these are the same on a busy machine: callgrind counts the instructions of a fixed
//! number of operations. `benches/README.md` says how to read and renew the baseline.

// What is counted runs on a dispatcher; the driver around it is an ordinary program.
#![allow(clippy::disallowed_methods)]

#[path = "../../dispatcher/tests/support/allocator.rs"]
mod allocator;
mod baseline;
mod callgrind;
mod dispatcher_rows;
mod fallible;
mod guest_rows;
mod live_rows;
mod region;
mod serving_rows;
mod turn_row;

use std::process::ExitCode;

use fallible::Fallible;

#[global_allocator]
static COUNTING: allocator::Counting = allocator::Counting;

const USAGE: &str = "usage: cargo bench --bench counts [-- --write | --check]
  (nothing)   counts and prints
  --check     counts, and fails where a row is above its baseline
  --write     counts, and makes the counts the baseline";

fn main() -> ExitCode {
    // `cargo bench` adds `--bench`.
    let arguments: Vec<String> = std::env::args()
        .skip(1)
        .filter(|word| word != "--bench")
        .collect();
    let outcome = match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] => count_and(baseline::Action::Print),
        ["--check"] => count_and(baseline::Action::Check),
        ["--write"] => count_and(baseline::Action::Write),
        // How this program runs itself below callgrind.
        [callgrind::ROWS] => rows().map(|()| true),
        _ => Err(USAGE.into()),
    };
    match outcome {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::from(2)
        }
    }
}

fn count_and(action: baseline::Action) -> Fallible<bool> {
    baseline::compare(&callgrind::count()?, action)
}

/// Runs every row; its regions are what callgrind and the allocator count.
fn rows() -> Fallible<()> {
    dispatcher_rows::run()?;
    guest_rows::run()?;
    live_rows::run()?;
    serving_rows::run()?;
    turn_row::run()
}
