//! `wippy bench`: calls a function or runs a process again and again, and reports how long that takes.

pub(super) mod arguments;
mod reports;

use signal_hook::consts::SIGINT;
use wippy_dispatcher::{Dispatcher, Event};

use super::arguments::Options;
use super::exit_status::{FAILED, USAGE};
use super::reported::{ReportedDiagnostics, asked_for};
use super::services::on_signal;
use super::target::{Target, prepare};
use super::{code, output, report, status};
use crate::Runtime;
use crate::benchmark::{Benchmark, BenchmarkError, Measured};
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
    let earlier = bench.against.as_deref();
    for (path, form) in [(&bench.save, reports::JSON), (&bench.html, reports::PAGE)] {
        if let Some(path) = path {
            reports::check(path, &form, earlier).map_err(Failure::Usage)?;
        }
    }
    let earlier = earlier
        .map(reports::read)
        .transpose()
        .map_err(Failure::Usage)?;
    let prepared = prepare(&bench.entry, &bench.arguments, &bench.grants, load);
    let (loaded, target) = prepared.map_err(Failure::Usage)?;
    let benchmark = benchmark(bench, &target)?;
    let measured = measure(options, bench, benchmark, loaded, &target, earlier.as_ref())?;
    finish(options, bench, &measured, earlier.as_ref())
}

/// The benchmark that the command line means.
fn benchmark(bench: &Bench, target: &Target) -> Result<Benchmark, Failure> {
    let mut benchmark = Benchmark::new(&target.entry)
        .concurrency(bench.concurrency)
        .warm_up(bench.warm_up);
    benchmark = match bench.calls {
        Some(calls) => benchmark.calls(calls),
        None => benchmark.duration(bench.duration),
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
    earlier: Option<&Measured>,
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
    if let Some(earlier) = earlier {
        let settings = benchmark.settings(&runtime);
        let settings = settings.map_err(|error| Failure::Usage(error.to_string()))?;
        let checked = earlier.check_settings(&settings);
        checked.map_err(|error| Failure::Usage(format!("{}: {error}", shown(bench))))?;
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

/// The file that is compared with.
fn shown(bench: &Bench) -> String {
    let path = bench.against.as_ref();
    path.map_or_else(String::new, |path| path.display().to_string())
}

/// Writes and prints the reports; the exit status.
fn finish(
    options: &Options,
    bench: &Bench,
    measured: &Measured,
    earlier: Option<&Measured>,
) -> Result<u8, Failure> {
    let comparison = earlier.map(|earlier| measured.against(earlier)).transpose();
    let comparison = comparison.map_err(|error| Failure::Usage(error.to_string()))?;
    let comparison = comparison.as_ref();
    let against = bench.against.as_deref();
    if let Some(path) = &bench.save {
        let text = measured.to_json(comparison);
        reports::write(path, &reports::JSON, against, &text).map_err(Failure::Failed)?;
    }
    if let Some(path) = &bench.html {
        let text = measured.to_html(comparison);
        reports::write(path, &reports::PAGE, against, &text).map_err(Failure::Failed)?;
    }
    let mut text = match options.json {
        true => measured.to_json(comparison),
        false => measured.to_text(),
    };
    if let Some(comparison) = comparison.filter(|_| !options.json) {
        text.push_str(&format!(
            "\nagainst {}\n{}",
            shown(bench),
            comparison.to_text()
        ));
    }
    let code = match measured.failures.count() {
        0 => 0,
        _ => FAILED,
    };
    let printed = output::print(&text, options.json, code);
    let is_slower = bench.fail_if_slower.zip(comparison);
    if let Some((percent, _)) =
        is_slower.filter(|(percent, comparison)| comparison.is_slower_by(percent / 100.0))
    {
        return Err(Failure::Failed(format!(
            "the median is slower than in {} by more than {percent} %",
            shown(bench)
        )));
    }
    Ok(printed)
}
