//! One seed of a scenario.

use std::fmt::Write;

use wippy_dispatcher::sim::picture::Picture;

use super::arguments::SimRun;
use super::logs::Logs;
use super::outcome;
use super::pictures::{MAX_RECORDS, Pictures};
use super::prepared::Prepared;
use crate::cli::arguments::Options;
use crate::cli::exit_status::{FAILED, USAGE};
use crate::cli::{output, report};
use crate::simulation::{Outcome, SimulationError};

/// Runs a seed, and prints what everyone wrote and what became of it.
pub(super) fn run(options: &Options, sim: &SimRun, prepared: &Prepared) -> u8 {
    let logs = match Logs::open(sim, prepared) {
        Ok(logs) => logs,
        Err(text) => {
            report::message(&text, options.json);
            return USAGE;
        }
    };
    let pictures = match Pictures::create(sim) {
        Ok(pictures) => pictures,
        Err(text) => {
            report::message(&text, options.json);
            return USAGE;
        }
    };
    let (ended, picture) = match run_with(sim, prepared, logs) {
        Ok(ended) => ended,
        Err(error) => {
            report::message(&error.to_string(), options.json);
            return FAILED;
        }
    };
    let mut wrong = prepared.scenario.check(&ended);
    if sim.verify && prepared.simulation.run(sim.seed).ok().as_ref() != Some(&ended) {
        wrong.push(
            "a second run of this seed is another; `--seeds` shows where it differs".to_owned(),
        );
    }
    if let Some(picture) = picture
        && let Err(text) = pictures.write(picture, sim, &wrong)
    {
        report::message(&text, options.json);
        return FAILED;
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

fn run_with(
    sim: &SimRun,
    prepared: &Prepared,
    logs: Logs,
) -> Result<(Outcome, Option<Picture>), SimulationError> {
    let seed = logs.seed(sim);
    let is_drawn = sim.html.is_some() || sim.perfetto.is_some();
    let set = |simulation| match is_drawn {
        true => logs.set(simulation).picture(MAX_RECORDS),
        false => logs.set(simulation),
    };
    Ok(prepared.simulation.start_with(seed, set)?.run_drawn())
}
