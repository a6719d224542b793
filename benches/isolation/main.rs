//! Guests that stay on the processor, wait for ever or compute, and what that does to the others:
//! `benches/README.md`. `--quick` measures once and less.
// A benchmark is what the real clock and the standard output are for.
#![allow(clippy::disallowed_methods, clippy::print_stdout)]

mod deadlines;
mod entry;
mod neighbours;
mod preemption;
mod project;
mod threads;

use std::error::Error;
use std::time::Duration;

type Fallible<T> = Result<T, Box<dyn Error>>;

fn main() -> Fallible<()> {
    let quick = std::env::args().any(|word| word == "--quick");
    let rounds = if quick { 1 } else { 7 };
    println!("## Calls that end at a deadline of 50 ms\n");
    deadlines::measure(rounds)?;
    println!("\n## Sleeps of 1 ms beside four guests that only compute\n");
    neighbours::measure(if quick { 20 } else { 1000 })?;
    println!("\n## One and two threads\n");
    threads::measure(rounds, if quick { 1 } else { 100 })?;
    println!("\n## Computing with and without epochs\n");
    preemption::measure(rounds, if quick { 1 } else { 40 })?;
    println!("\n## Entering a guest\n");
    entry::measure(rounds, if quick { 1_000 } else { 200_000 })?;
    Ok(())
}

/// The value below which such a part of the sorted values is.
fn percentile(sorted: &[Duration], part: f64) -> Duration {
    let at = (sorted.len() as f64 * part).ceil() as usize;
    sorted
        .get(at.saturating_sub(1))
        .copied()
        .unwrap_or_default()
}

fn median(values: &mut [Duration]) -> Duration {
    values.sort_unstable();
    percentile(values, 0.5)
}

fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}
