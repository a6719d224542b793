//! `wippy sim diff`: where two logs differ.

use std::path::Path;

use serde_json::json;
use wippy_dispatcher::sim::picture::Picture;
use wippy_dispatcher::sim::{Difference, Log, LogError};

use super::logs::{as_recorded, open, recorded};
use super::pictures::{Form, MAX_RECORDS, picture_file, title, write_picture};
use super::prepared::Prepared;
use crate::cli::arguments::Options;
use crate::cli::exit_status::{FAILED, USAGE};
use crate::cli::{output, report};
use crate::registry::Loaded;

/// A page of both runs.
pub(super) struct Drawn<'a> {
    pub(super) html: &'a Path,
    /// The scenario that is run again for names and output.
    pub(super) scenario: Option<&'a Path>,
}

/// Prints the first record of two logs that differs; the status is 1 where there is one.
pub(super) fn run(
    options: &Options,
    one: &Path,
    other: &Path,
    drawn: Option<Drawn<'_>>,
    load: impl FnOnce(&Path) -> Loaded,
) -> u8 {
    let refuse = |text: &str| {
        report::message(text, options.json);
        USAGE
    };
    let logs = match (open(one), open(other)) {
        (Ok(one), Ok(other)) => [one, other],
        (Err(text), _) | (_, Err(text)) => return refuse(&text),
    };
    let difference = match Log::difference(&logs[0], &logs[1]) {
        Ok(difference) => difference,
        Err(error) => return refuse(&of_log([one, other], &logs, &error)),
    };
    if let Some(drawn) = drawn {
        let prepared = match drawn.scenario {
            None => None,
            Some(scenario) => match Prepared::new(options, Some(scenario), None, load) {
                Ok(prepared) => Some((scenario, prepared)),
                Err(code) => return code,
            },
        };
        let paths = [one, other];
        if let Err(text) = draw(drawn.html, paths, logs, prepared, difference.as_ref()) {
            return refuse(&text);
        }
    }
    let (text, code) = match (&difference, options.json) {
        (None, true) => (json!({"equal": true}).to_string(), 0),
        (None, false) => ("the logs are equal".to_owned(), 0),
        (Some(difference), true) => {
            let (record, text) = (difference.number(), difference.to_string());
            let value = json!({"equal": false, "record": record, "difference": text});
            (value.to_string(), FAILED)
        }
        (Some(difference), false) => (difference.to_string(), FAILED),
    };
    output::print(&format!("{text}\n"), options.json, code)
}

/// What is wrong with one of two logs, and with which.
fn of_log(paths: [&Path; 2], logs: &[Log; 2], error: &LogError) -> String {
    let text = error.to_string();
    // The second one is read no further than the first.
    let is_of = |log: &Log| {
        let mut records = log.records();
        records.any(|record| record.is_err_and(|error| error.to_string() == text))
    };
    let place = logs.iter().position(is_of);
    match place.and_then(|place| paths.get(place)) {
        Some(path) => format!("{}: {text}", path.display()),
        None => text,
    }
}

/// Writes the page of both runs: of the scenario, which is run again by each log, or of what the logs have.
fn draw(
    html: &Path,
    paths: [&Path; 2],
    logs: [Log; 2],
    prepared: Option<(&Path, Prepared)>,
    difference: Option<&Difference>,
) -> Result<(), String> {
    let file = picture_file(html, Form::Html)?;
    let mut pictures = Vec::new();
    for (path, log) in paths.into_iter().zip(logs) {
        let picture = match &prepared {
            None => Picture::of_log(&log, MAX_RECORDS)
                .map_err(|error| format!("{}: {error}", path.display())),
            Some((scenario, prepared)) => again(path, scenario, prepared),
        };
        let mut picture = picture?;
        picture.title = format!("{}: {}", path.display(), picture.title);
        pictures.push(picture);
    }
    match &pictures[..] {
        [one, other] => write_picture(file, &one.html_beside(other, difference)),
        _ => Ok(()),
    }
}

/// The run of a log, made again.
fn again(path: &Path, scenario: &Path, prepared: &Prepared) -> Result<Picture, String> {
    let label = prepared.scenario.digest(&prepared.simulation).to_string();
    let log = recorded(path, &label)?;
    let seed = log.header().seed;
    let world = prepared.simulation.start_with(seed, |simulation| {
        let simulation = as_recorded(&log, simulation).label(label.as_bytes());
        simulation.replay(log).picture(MAX_RECORDS)
    });
    let world = world.map_err(|error| format!("{}: {error}", path.display()))?;
    let (_, picture) = world.run_drawn();
    let mut picture = picture.ok_or_else(|| format!("{}: no picture was made", path.display()))?;
    picture.title = title(scenario, &picture);
    Ok(picture)
}
