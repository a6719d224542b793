//! A failing seed of a scenario, made smaller.

use serde_json::{Value, json};
use wippy_dispatcher::sim::{RunSize, Shrink, Shrunk};

use super::arguments::SimRun;
use super::found;
use super::logs::Logs;
use super::one_run;
use super::pictures::Pictures;
use super::prepared::Prepared;
use crate::cli::arguments::Options;
use crate::cli::exit_status::{FAILED, USAGE};
use crate::cli::{output, report};
use crate::simulation::SimulationError;

/// Prints what is left of a run that fails. The status is 0 where nothing is left to do: each of what is left is needed.
pub(super) fn run(options: &Options, sim: &SimRun, prepared: &Prepared) -> u8 {
    let files = Logs::open(sim, prepared)
        .and_then(|logs| Pictures::open(sim, &logs).map(|pictures| (logs, pictures)));
    let (logs, pictures) = match files {
        Ok(files) => files,
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
    if let Err(text) = write(sim, prepared, logs, pictures, &shrunk) {
        report::message(&text, options.json);
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

/// Makes the smaller run once more, for the log and the pictures of it.
fn write(
    sim: &SimRun,
    prepared: &Prepared,
    logs: Logs,
    pictures: Pictures,
    shrunk: &Shrunk<String>,
) -> Result<(), String> {
    let is_drawn = pictures.are_asked_for();
    if logs.file().is_none() && !is_drawn {
        return Ok(());
    }
    let logs = logs.with_edits(shrunk.edits.clone());
    let run = one_run::run_with(sim, prepared, logs, is_drawn, None);
    let (_, picture) = run.map_err(|error| error.to_string())?;
    match picture {
        Some(picture) => pictures.write(picture, sim, std::slice::from_ref(&shrunk.failure)),
        None => Ok(()),
    }
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
