//! `wippy bench`: calls a function or runs a process again and again, and reports how long that takes.

pub(super) mod arguments;
mod reports;

use std::path::Path;
use std::time::Duration;

use signal_hook::consts::SIGINT;
use wippy_dispatcher::{Dispatcher, Event};

use super::arguments::Options;
use super::exit_status::{FAILED, USAGE};
use super::reported::{ReportedDiagnostics, asked_for};
use super::services::on_signal;
use super::target::{Target, prepare};
use super::{code, output, report, status};
use crate::Runtime;
use crate::benchmark::{Benchmark, BenchmarkError, Comparison, Measured};
use crate::module::ModuleError;
use crate::registry::Loaded;
use arguments::Bench;

pub(super) fn main(options: &Options, bench: &Bench, load: impl FnOnce() -> Loaded) -> u8 {
    match run(options, bench, load) {
        Ok(code) => code,
        Err(Failure::Usage(text)) => {
            report::message(&text, options.json);
            USAGE
        }
        Err(Failure::Failed(text)) => {
            report::message(&text, options.json);
            FAILED
        }
        Err(Failure::Reported(code)) => code,
    }
}

/// Why there is no report.
enum Failure {
    /// The command line, a file that it names, or the project is at fault.
    Usage(String),
    Failed(String),
    /// The same after it was reported, and the exit status.
    Reported(u8),
}

impl From<wippy_dispatcher::Error> for Failure {
    fn from(error: wippy_dispatcher::Error) -> Failure {
        Failure::Failed(error.to_string())
    }
}

impl From<ModuleError> for Failure {
    fn from(error: ModuleError) -> Failure {
        Failure::Failed(error.to_string())
    }
}

fn run(options: &Options, bench: &Bench, load: impl FnOnce() -> Loaded) -> Result<u8, Failure> {
    for (path, form) in files(bench) {
        reports::check(path, form, &bench.against).map_err(Failure::Usage)?;
    }
    let earlier = bench.against.iter().map(|path| {
        let measured = reports::read(path).map_err(Failure::Usage)?;
        Ok(Earlier {
            name: path.display().to_string(),
            measured,
        })
    });
    let earlier = earlier.collect::<Result<Vec<Earlier>, Failure>>()?;
    let prepared = prepare(&bench.entry, &bench.arguments, &bench.grants, options, load);
    let (loaded, target) = prepared.map_err(Failure::Usage)?;
    let benchmark = benchmark(bench, &target)?;
    let measured = measure(options, bench, benchmark, loaded, &target, &earlier)?;
    finish(options, bench, &measured, &earlier)
}

/// How many calls are measured in a simulation where nothing else is said: what a guest computes takes next to no virtual time,
/// so that seconds of it are millions of calls.
const SIMULATED_CALLS: u64 = 1_000;

/// A report that is compared with.
struct Earlier {
    /// Its file, as the command line names it.
    name: String,
    measured: Measured,
}

/// The files that are written, each with its form.
fn files(bench: &Bench) -> impl Iterator<Item = (&Path, &'static reports::Form)> {
    let files = [
        (&bench.save, &reports::JSON),
        (&bench.html, &reports::PAGE),
        (&bench.hlog, &reports::LOG),
    ];
    files
        .into_iter()
        .filter_map(|(path, form)| Some((path.as_deref()?, form)))
}

/// The benchmark that the command line means.
fn benchmark(bench: &Bench, target: &Target) -> Result<Benchmark, Failure> {
    let is_simulated = bench.simulate.is_some();
    let mut benchmark = Benchmark::new(&target.entry).concurrency(bench.concurrency);
    if let Some(warm_up) = bench.warm_up.or(is_simulated.then_some(Duration::ZERO)) {
        benchmark = benchmark.warm_up(warm_up);
    }
    benchmark = match (bench.calls, bench.duration) {
        (Some(calls), _) => benchmark.calls(calls),
        (None, Some(duration)) => benchmark.duration(duration),
        (None, None) if is_simulated && bench.rate.is_none() => benchmark.calls(SIMULATED_CALLS),
        (None, None) => benchmark,
    };
    if let Some(rate) = bench.rate {
        benchmark = benchmark.rate(rate);
    }
    if bench.live {
        benchmark = benchmark.live();
    }
    match (bench.words.as_slice(), target.has_arguments()) {
        ([], _) => Ok(benchmark.arguments(target.arguments())),
        (words, false) => Ok(benchmark.words(words)),
        (_, true) => Err(Failure::Usage(
            "a function's arguments stand before `--`, a process's words behind it; there cannot be both"
                .to_owned(),
        )),
    }
}

fn measure(
    options: &Options,
    bench: &Bench,
    mut benchmark: Benchmark,
    loaded: Loaded,
    target: &Target,
    earlier: &[Earlier],
) -> Result<Measured, Failure> {
    let asked_for = asked_for(loaded.registry.resolve(&target.entry));
    let reported = ReportedDiagnostics::of_project(&loaded, asked_for, options.json);
    let mut reported = reported.map_err(Failure::Reported)?;
    let dispatcher = match bench.simulate {
        Some(seed) => Dispatcher::simulated(seed)?,
        None => Dispatcher::new()?,
    };
    let program = code::program(options, &loaded.settings, loaded.registry);
    let runtime = Runtime::on(dispatcher.handle(), program)?;
    for Earlier { name, measured } in earlier {
        let settings = benchmark.settings(&runtime);
        let settings = settings.map_err(|error| Failure::Usage(error.to_string()))?;
        let checked = measured.check_settings(&settings);
        checked.map_err(|error| Failure::Usage(format!("{name}: {error}")))?;
    }
    let _answering = status::answer(&dispatcher, &runtime)?;
    if bench.simulate.is_none() {
        let stop = Event::new(&dispatcher.handle())?;
        on_signal(&dispatcher, SIGINT, &stop)?;
        benchmark = benchmark.stop(stop);
    }
    let measured = dispatcher.block_on(async {
        reported.of_modules(&runtime).await?;
        let line = format!("measuring {}…", target.entry);
        if options.progress.is_shown() {
            options.progress.begin(&line);
        }
        let measured = benchmark.measure(&runtime).await;
        if options.progress.is_shown() {
            options.progress.end(&line);
        }
        Ok::<_, Failure>(measured)
    })??;
    measured.map_err(|error| match error {
        BenchmarkError::FirstCall(error) => {
            report::call_error(&error, reported.has_reported(&error.entry), options.json);
            Failure::Reported(match report::is_usage(&error) {
                true => USAGE,
                false => FAILED,
            })
        }
        error @ (BenchmarkError::Setting { .. } | BenchmarkError::Unfit { .. }) => {
            Failure::Usage(error.to_string())
        }
        error => Failure::Failed(error.to_string()),
    })
}

/// Writes and prints the reports; the exit status.
fn finish(
    options: &Options,
    bench: &Bench,
    measured: &Measured,
    earlier: &[Earlier],
) -> Result<u8, Failure> {
    let mut comparisons = Vec::with_capacity(earlier.len());
    for earlier in earlier {
        let comparison = measured.against(&earlier.measured);
        let comparison = comparison.map_err(|error| Failure::Usage(error.to_string()))?;
        comparisons.push((earlier.name.as_str(), comparison));
    }
    let named = || comparisons.iter().map(|(name, it)| (*name, it));
    let json = || measured.to_json(comparisons.iter().map(|(_, it)| it));
    for (path, form) in files(bench) {
        let text = match form.kind {
            reports::Kind::Json => json(),
            reports::Kind::Page => measured.to_html(named()),
            reports::Kind::Log => measured.to_hlog(),
        };
        reports::write(path, form, &bench.against, &text).map_err(Failure::Failed)?;
    }
    let mut text = match options.json {
        true => json(),
        false => measured.to_text(),
    };
    for (name, comparison) in named().filter(|_| !options.json) {
        text.push_str(&format!("\nagainst {name}\n{}", comparison.to_text()));
    }
    let code = match measured.failures.count() {
        0 => 0,
        _ => FAILED,
    };
    let printed = output::print(&text, options.json, code);
    if let Some(percent) = bench.fail_if_slower {
        let is_slower = |comparison: &Comparison| comparison.is_slower_by(percent / 100.0);
        let slower = named().filter(|(_, comparison)| is_slower(comparison));
        let slower: Vec<&str> = slower.map(|(name, _)| name).collect();
        if !slower.is_empty() {
            return Err(Failure::Failed(format!(
                "the median is slower than in {} by more than {percent} %",
                slower.join(" and in ")
            )));
        }
    }
    Ok(printed)
}
