//! One seed of a scenario.

use std::fmt::Write;

use wippy_dispatcher::sim::picture::Picture;
use wippy_dispatcher::sim::{Edits, RunNotes};

use super::arguments::SimRun;
use super::edit;
use super::found;
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
    let pictures = match Pictures::open(sim, &logs) {
        Ok(pictures) => pictures,
        Err(text) => {
            report::message(&text, options.json);
            return USAGE;
        }
    };
    let edits = logs.edits().clone();
    let is_edited = !sim.without.is_empty() || !sim.with.is_empty();
    let notes = (sim.list_faults || is_edited).then(RunNotes::new);
    let mut unmet = logs.unmet().to_vec();
    let listed = logs.listed().clone();
    let is_drawn = pictures.are_asked_for();
    let (ended, picture) = match run_with(sim, prepared, logs, is_drawn, notes.as_ref()) {
        Ok(ended) => ended,
        Err(error) => {
            report::message(&error.to_string(), options.json);
            return FAILED;
        }
    };
    if let Some(notes) = &notes {
        unmet.extend(edit::unmet(notes, &listed, &sim.without, &sim.with));
    }
    for name in unmet {
        report::note(&format!("did not happen: {name}"), options.json);
    }
    let notes = notes.filter(|_| sim.list_faults);
    let mut wrong = prepared.scenario.check(&ended);
    if sim.verify && again(sim, prepared, edits).ok().as_ref() != Some(&ended) {
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
        true => {
            let mut json = outcome::json(&ended, &wrong);
            if let Some(notes) = &notes {
                found::add(&mut json, &notes.faults(), &notes.switches());
            }
            format!("{json}\n")
        }
        false => {
            let list = notes.as_ref().map_or_else(String::new, found::text);
            let mut text = format!("{list}{}{ended}\n", outcome::output(&ended));
            for line in &wrong {
                let _ = writeln!(text, "does not hold: {line}");
            }
            text
        }
    };
    output::print(&text, options.json, code)
}

/// The same run once more.
fn again(sim: &SimRun, prepared: &Prepared, edits: Edits) -> Result<Outcome, SimulationError> {
    let world = prepared
        .simulation
        .start_with(sim.seed, |it| it.edits(edits))?;
    Ok(world.run())
}

/// Makes a run with its logs, and draws it if it is to be.
pub(super) fn run_with(
    sim: &SimRun,
    prepared: &Prepared,
    logs: Logs,
    is_drawn: bool,
    notes: Option<&RunNotes>,
) -> Result<(Outcome, Option<Picture>), SimulationError> {
    let seed = logs.seed(sim);
    let set = |simulation| {
        let simulation = match notes {
            Some(notes) => logs.set(simulation).note(notes),
            None => logs.set(simulation),
        };
        match is_drawn {
            true => simulation.picture(MAX_RECORDS),
            false => simulation,
        }
    };
    Ok(prepared.simulation.start_with(seed, set)?.run_drawn())
}
