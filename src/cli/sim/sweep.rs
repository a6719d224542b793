//! Many seeds of a scenario.

use std::cell::Cell;
use std::fmt::Write;
use std::ops::Range;
use std::path::Path;
use std::rc::Rc;
use std::thread::available_parallelism;
use std::time::Duration;

use serde_json::json;
use wippy_dispatcher::sim::{Seeds, SweepReport};

use super::arguments::SimRun;
use super::outcome;
use super::prepared::Prepared;
use crate::cli::arguments::Options;
use crate::cli::exit_status::{FAILED, USAGE};
use crate::cli::{output, report};

/// Runs seeds, and prints which of them fail.
pub(super) fn run(options: &Options, sim: &SimRun, prepared: &Prepared, range: Range<u64>) -> u8 {
    let jobs = sim.jobs.or_else(|| available_parallelism().ok());
    let mut seeds = Seeds::new(range)
        .jobs(jobs.map_or(1, usize::from))
        .verify(sim.verify);
    if let Some(failures) = sim.stop_after {
        seeds = seeds.stop_after(failures);
    }
    if let Some(path) = &sim.failing {
        seeds = seeds.failing_file(path);
    }
    let elapsed = Rc::new(Cell::new(Duration::ZERO));
    let seeds = observed(options, seeds, elapsed.clone());
    let swept = seeds.run(|seed| {
        let ended = prepared
            .simulation
            .run(seed)
            .map_err(|error| error.to_string())?;
        let wrong = prepared.scenario.check(&ended);
        match wrong.is_empty() {
            true => Ok(outcome::kind(&ended)),
            false => Err(wrong.join("; ")),
        }
    });
    let seconds = elapsed.get().as_secs_f64();
    let swept = match swept {
        Ok(swept) => swept,
        Err(error) => {
            report::message(&error.to_string(), options.json);
            return USAGE;
        }
    };
    let code = match swept.is_ok() {
        true => 0,
        false => FAILED,
    };
    let text = match options.json {
        true => format!("{}\n", as_json(&swept, seconds)),
        false => as_text(options, sim, &swept, seconds),
    };
    output::print(&text, options.json, code)
}

/// Notes how long a sweep takes, and shows on a terminal how far it has come.
fn observed(options: &Options, seeds: Seeds, elapsed: Rc<Cell<Duration>>) -> Seeds {
    let progress = options.progress.clone();
    let mut last: Option<String> = None;
    seeds.progress(move |now| {
        elapsed.set(now.elapsed);
        if !progress.is_shown() {
            return;
        }
        let line = format!(
            "{} of {} seeds, {} failed, {:.0} seeds/s",
            now.done,
            now.total,
            now.failed,
            now.per_second()
        );
        if let Some(last) = last.take() {
            progress.end(&last);
        }
        if now.done < now.total {
            progress.begin(&line);
            last = Some(line);
        }
    })
}

/// How many seeds of a reason are named.
const SHOWN_SEEDS: usize = 10;

/// The seeds that failed, by why they did, in the order of the first of each.
fn by_reason(swept: &SweepReport<String>) -> Vec<(&str, Vec<u64>)> {
    let mut reasons: Vec<(&str, Vec<u64>)> = Vec::new();
    for failure in swept.failures() {
        match reasons
            .iter_mut()
            .find(|(reason, _)| *reason == failure.reason)
        {
            Some((_, seeds)) => seeds.push(failure.seed),
            None => reasons.push((&failure.reason, vec![failure.seed])),
        }
    }
    reasons
}

fn as_text(options: &Options, sim: &SimRun, swept: &SweepReport<String>, seconds: f64) -> String {
    let mut text = String::new();
    for (reason, seeds) in by_reason(swept) {
        let _ = writeln!(text, "{reason}");
        let named = seeds.iter().take(SHOWN_SEEDS).map(u64::to_string);
        let named = named.collect::<Vec<_>>().join(", ");
        let _ = match seeds.len().checked_sub(SHOWN_SEEDS) {
            None | Some(0) => writeln!(text, "  seeds {named}"),
            Some(more) => writeln!(text, "  seeds {named} and {more} more"),
        };
        if let Some(first) = seeds.first() {
            let _ = writeln!(text, "  {}", again(options, sim, *first));
        }
    }
    let unlisted = swept.failed() - swept.failures().len() as u64;
    if unlisted > 0 {
        let _ = writeln!(text, "{unlisted} more seeds failed");
    }
    for seed in swept.passed_again() {
        let _ = writeln!(
            text,
            "seed {seed} failed in an earlier sweep and passes now"
        );
    }
    if let Some(error) = swept.file_error() {
        let _ = writeln!(text, "{error}");
    }
    for (outcome, count) in swept.outcomes() {
        let _ = writeln!(text, "{count:>8} {outcome}");
    }
    if swept.other_outcomes() > 0 {
        let _ = writeln!(text, "{:>8} ended otherwise", swept.other_outcomes());
    }
    let rate = swept.ran() as f64 / seconds.max(f64::MIN_POSITIVE);
    let (ran, failed) = (swept.ran(), swept.failed());
    let _ = writeln!(
        text,
        "{failed} of {ran} seeds failed, {seconds:.1} s, {rate:.0} seeds/s"
    );
    text
}

/// The command that runs one of its seeds, for a shell.
fn again(options: &Options, sim: &SimRun, seed: u64) -> String {
    let mut words = vec!["wippy".to_owned()];
    let mut option = |name: &str, value: String| words.extend([name.to_owned(), value]);
    if options.directory != Path::new(".") {
        option("-C", options.directory.display().to_string());
    }
    // What decides which project it is.
    for file in &options.config_files {
        option("--config", file.display().to_string());
    }
    if let Some(profile) = &options.profile {
        option("--profile", profile.clone());
    }
    for setting in &options.settings {
        option("--set", setting.clone());
    }
    for value in &options.overrides {
        option("--override", value.clone());
    }
    let scenario = sim.scenario.as_deref().unwrap_or(Path::new(""));
    option("sim", scenario.display().to_string());
    option("--seed", seed.to_string());
    if let Some(picker) = sim.picker {
        option("--picker", crate::simulation::picker_name(picker));
    }
    if sim.verify {
        words.push("--verify".to_owned());
    }
    let quoted: Vec<String> = words.iter().map(|word| shell_word(word)).collect();
    quoted.join(" ")
}

/// A word as a shell reads it.
fn shell_word(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=,@%+".contains(c);
    match !word.is_empty() && word.chars().all(is_plain) {
        true => word.to_owned(),
        false => format!("'{}'", word.replace('\'', "'\\''")),
    }
}

fn as_json(swept: &SweepReport<String>, seconds: f64) -> serde_json::Value {
    let failures = swept.failures().iter();
    let failures = failures.map(|failure| json!({"seed": failure.seed, "reason": failure.reason}));
    let outcomes = swept.outcomes();
    let outcomes = outcomes.map(|(outcome, count)| json!({"outcome": outcome, "seeds": count}));
    json!({
        "seeds": swept.ran(),
        "failed": swept.failed(),
        "failures": failures.collect::<Vec<_>>(),
        "outcomes": outcomes.collect::<Vec<_>>(),
        "other_outcomes": swept.other_outcomes(),
        "passed_again": swept.passed_again(),
        "seconds": seconds,
    })
}
