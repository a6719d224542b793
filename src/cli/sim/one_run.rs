//! One seed of a scenario.

use std::fmt::Write;

use super::arguments::Sim;
use super::outcome;
use super::prepared::Prepared;
use crate::cli::arguments::Options;
use crate::cli::exit_status::FAILED;
use crate::cli::{output, report};

/// Runs a seed, and prints what everyone wrote and what became of it.
pub(super) fn run(options: &Options, sim: &Sim, prepared: &Prepared) -> u8 {
    let run = || prepared.simulation.run(sim.seed);
    let ended = match run() {
        Ok(ended) => ended,
        Err(error) => {
            report::message(&error.to_string(), options.json);
            return FAILED;
        }
    };
    let mut wrong = prepared.scenario.check(&ended);
    if sim.verify && run().ok().as_ref() != Some(&ended) {
        wrong.push(
            "a second run of this seed is another; --seeds shows where it differs".to_owned(),
        );
    }
    let code = match wrong.is_empty() {
        true => 0,
        false => FAILED,
    };
    let text = match options.json {
        true => format!("{}\n", outcome::json(&ended, &wrong)),
        false => {
            let mut text = format!("{}{ended}\n", outcome::output(&ended));
            for line in &wrong {
                let _ = writeln!(text, "does not hold: {line}");
            }
            text
        }
    };
    output::print(&text, options.json, code)
}
