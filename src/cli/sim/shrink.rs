//! A failing seed of a scenario, made smaller.

use serde_json::{Value, json};
use wippy_dispatcher::sim::{Edits, RunSize, Shrink, Shrunk};

use super::arguments::SimRun;
use super::found;
use super::logs::Logs;
use super::prepared::Prepared;
use crate::cli::arguments::Options;
use crate::cli::exit_status::{FAILED, USAGE};
use crate::cli::{output, report};
use crate::simulation::SimulationError;

/// Prints what is left of a run that fails. The status is 0 where nothing is left to do: each of what is left is needed.
pub(super) fn run(options: &Options, sim: &SimRun, prepared: &Prepared) -> u8 {
    let logs = match Logs::open(sim, prepared) {
        Ok(logs) => logs,
        Err(text) => {
            report::message(&text, options.json);
            return USAGE;
        }
    };
    let shrunk = match shrunk(options, sim, prepared, &logs) {
        Ok(shrunk) => shrunk,
        Err(error) => {
            report::message(&error.to_string(), options.json);
            return FAILED;
        }
    };
    if let Err(error) = write_log(sim, prepared, logs, &shrunk.edits) {
        report::message(&error.to_string(), options.json);
        return FAILED;
    }
    let code = match shrunk.is_minimal {
        true => 0,
        false => FAILED,
    };
    let text = match options.json {
        true => format!("{}\n", as_json(&shrunk)),
        false => format!("{shrunk}\nit fails: {}\n", shrunk.failure),
    };
    output::print(&text, options.json, code)
}

fn shrunk(
    options: &Options,
    sim: &SimRun,
    prepared: &Prepared,
    logs: &Logs,
) -> Result<Shrunk<String>, SimulationError> {
    let progress = options.progress.clone();
    let mut last: Option<String> = None;
    let shrink = Shrink::new(logs.seed(sim)).edits(logs.edits().clone());
    let shrink = shrink.budget(sim.budget).progress(|now| {
        if !progress.is_shown() {
            return;
        }
        if let Some(last) = last.take() {
            progress.end(&last);
        }
        let line = now.to_string();
        progress.begin(&line);
        last = Some(line);
    });
    let set = |simulation| logs.base(simulation);
    let shrunk = prepared
        .scenario
        .shrink_with(&prepared.simulation, shrink, set);
    if let Some(last) = last {
        options.progress.end(&last);
    }
    shrunk
}

/// Makes the smaller run once more, for the log of it.
fn write_log(
    sim: &SimRun,
    prepared: &Prepared,
    logs: Logs,
    edits: &Edits,
) -> Result<(), SimulationError> {
    if sim.log.is_none() {
        return Ok(());
    }
    let (seed, logs) = (logs.seed(sim), logs.with_edits(edits.clone()));
    let world = prepared.simulation.start_with(seed, |it| logs.set(it))?;
    world.run();
    Ok(())
}

fn as_json(shrunk: &Shrunk<String>) -> Value {
    let size = |size: RunSize| {
        json!({
            "records": size.records,
            "faults": size.faults,
            "switches": size.switches,
            "seconds": size.time.as_secs_f64(),
        })
    };
    let mut json = json!({
        "seed": shrunk.seed,
        "failure": shrunk.failure,
        "runs": shrunk.runs,
        "minimal": shrunk.is_minimal,
        "before": size(shrunk.before),
        "after": size(shrunk.after),
        "edits": shrunk.edits.to_string(),
    });
    found::add(&mut json, &shrunk.faults, &shrunk.switches);
    json
}
