//! A benchmark, before it is run.

use std::time::Duration;

use wippy_dispatcher::Event;

use super::callee::{CallFailure, Callee, Input};
use super::drive::drive;
use super::error::BenchmarkError;
use super::failures::Failure;
use super::machine::Machine;
use super::measured::Measured;
use super::settings::{Length, Load, MAX_CONCURRENCY, Settings};
use super::usage::{Ticks, peak_memory, processor_time};
use crate::module::Digest;
use crate::runtime::{Arguments, OwnedArguments, Runtime};

/// How many bytes of the arguments a report shows.
const MAX_SHOWN: usize = 200;

/// A benchmark of one entry: which, with what, how often. What guests print is thrown away.
///
/// ```
/// use std::time::Duration;
/// use wippy::benchmark::Benchmark;
/// use wippy::{Arguments, Entry, Program, Runtime};
/// use wippy_dispatcher::Dispatcher;
///
/// // In virtual time every figure is exact.
/// let dispatcher = Dispatcher::simulated(1)?;
/// let text = r#"(module (func (export "half") (param i32) (result i32)
///     (i32.shr_u (local.get 0) (i32.const 1))))"#;
/// let program = Program::builder().entry(Entry::function("app:half").bytes(text)).build()?;
/// let runtime = Runtime::on(dispatcher.handle(), program)?;
/// let benchmark = Benchmark::new("app:half")
///     .arguments(Arguments::Wave("8"))
///     .rate(1_000.0)
///     .duration(Duration::from_secs(1));
/// let measured = dispatcher.block_on(benchmark.measure(&runtime))??;
/// assert_eq!(measured.throughput().unwrap().value, 1_000.0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
#[must_use = "it measures nothing until it is run"]
pub struct Benchmark {
    entry: String,
    input: Input,
    shown: String,
    settings: Settings,
    stop: Option<Event>,
}

impl Benchmark {
    /// Of an entry, by its ID or by its bare name where that is unambiguous: one call at a time for 10 s after
    /// 1 s of warm-up, without arguments.
    pub fn new(entry: &str) -> Benchmark {
        Benchmark {
            entry: entry.to_owned(),
            input: Input::Values(OwnedArguments::Json(Vec::new())),
            shown: String::new(),
            settings: Settings::default(),
            stop: None,
        }
    }

    /// Calls a function with these values. They are converted once, before anything is measured.
    pub fn arguments(mut self, arguments: Arguments<'_>) -> Benchmark {
        self.shown = match arguments {
            Arguments::Wave(text) => text.to_owned(),
            Arguments::Json(values) => joined(values.iter().map(ToString::to_string)),
            Arguments::Text(words) => joined(words.iter().map(|word| format!("{word:?}"))),
            Arguments::Values(values) => joined(values.iter().map(|value| format!("{value:?}"))),
        };
        self.input = Input::Values(arguments.into_owned());
        self
    }

    /// Runs a process with the words of a command line.
    pub fn words(mut self, words: &[String]) -> Benchmark {
        self.shown = joined(words.iter().map(|word| format!("{word:?}")));
        self.input = Input::Words(words.to_vec());
        self
    }

    /// How many calls run at once: all the time in a closed loop, at most in an open one. Default: 1.
    pub fn concurrency(mut self, concurrency: u32) -> Benchmark {
        self.settings.load = self.settings.load.with_concurrency(concurrency);
        self
    }

    /// An open loop: a call is due so many times a second, and its latency is measured from then on, so that a
    /// call that is late because of those before it is seen as late.
    pub fn rate(mut self, rate: f64) -> Benchmark {
        let concurrency = self.settings.load.concurrency();
        self.settings.load = Load::Open { rate, concurrency };
        self
    }

    /// Measures the calls that end in this time. Default: 10 s.
    pub fn duration(mut self, duration: Duration) -> Benchmark {
        self.settings.length = Length::Time(duration);
        self
    }

    /// Measures so many calls.
    pub fn calls(mut self, calls: u64) -> Benchmark {
        self.settings.length = Length::Calls(calls);
        self
    }

    /// Calls the entry for so long before it measures. Default: 1 s.
    pub fn warm_up(mut self, warm_up: Duration) -> Benchmark {
        self.settings.warm_up = warm_up;
        self
    }

    /// Keeps a live instance for each of the calls that run at once, and calls that. One that dies is made
    /// anew.
    pub fn live(mut self) -> Benchmark {
        self.settings.is_live = true;
        self
    }

    /// Ends the measurement once this is set. What was measured until then is reported.
    pub fn stop(mut self, stop: Event) -> Benchmark {
        self.stop = Some(stop);
        self
    }

    /// The settings that it is measured with on a runtime.
    ///
    /// # Errors
    /// `Setting` names one that is out of its bounds; `Dispatcher`.
    pub fn settings(&self, runtime: &Runtime) -> Result<Settings, BenchmarkError> {
        self.settings.check()?;
        Ok(Settings {
            is_simulated: runtime.handle().is_simulated()?,
            arguments: shortened(&self.shown),
            ..self.settings.clone()
        })
    }

    /// Runs it. The entry is called once before anything is measured, so that what is wrong is found at once.
    /// Where calls run on threads of their own (`worker_class`, several threads), they do so here. A dropped future
    /// ends all calls.
    ///
    /// # Errors
    /// See [`BenchmarkError`]. Calls that fail later are counted.
    pub async fn measure(&self, runtime: &Runtime) -> Result<Measured, BenchmarkError> {
        let settings = self.settings(runtime)?;
        let handle = runtime.handle();
        let mut machine = Machine::look();
        match settings.is_simulated {
            // Nothing of it reaches a simulation, whose report is the same each time.
            true => machine.load = None,
            false => {
                (machine.jitter, machine.program) = handle.unblock(Machine::measure).await?;
            }
        }
        let callee = Callee::new(runtime, &self.entry, &self.input, settings.is_live).await?;
        let entry = callee.id().to_owned();
        let instance = callee.instance().await?;
        match callee.call(instance.as_ref()).await {
            Ok(()) => {}
            Err(CallFailure::Call(error)) => return Err(error.into()),
            Err(CallFailure::Guest(Failure { text: reason, .. })) => {
                return Err(BenchmarkError::FirstResult { entry, reason });
            }
        }
        drop(instance);
        let before = (Ticks::now(), processor_time(), handle.now()?);
        let driven = drive(handle, callee, &settings, self.stop.as_ref()).await?;
        if driven.rounds.is_empty() {
            return Err(BenchmarkError::NothingEnded);
        }
        let elapsed = handle.now()? - before.2;
        let own = processor_time().saturating_sub(before.1);
        let busy = before.0.zip(Ticks::now());
        let busy = busy.and_then(|(before, now)| now.busy_since(before));
        let others = busy.map(|busy| busy - own.as_secs_f64() / elapsed.as_secs_f64());
        let is_live = !settings.is_simulated;
        Ok(Measured {
            module: runtime.module_digest(&self.entry).map(|it| it.to_string()),
            entry,
            machine,
            other_load: others
                .filter(|it| is_live && it.is_finite())
                .map(|it| it.max(0.0)),
            peak_memory: peak_memory().filter(|_| is_live),
            failures: driven.failures,
            late: driven.late,
            given_up: driven.given_up,
            not_begun: driven.not_begun,
            unfinished: driven.unfinished,
            rounds: driven.rounds,
            settings,
        })
    }

    /// The most calls that can run at once.
    pub const MAX_CONCURRENCY: u32 = MAX_CONCURRENCY;
}

fn joined(parts: impl Iterator<Item = String>) -> String {
    parts.collect::<Vec<_>>().join(" ")
}

/// Arguments for a report: long ones with the hash of all of them.
fn shortened(text: &str) -> String {
    if text.len() <= MAX_SHOWN {
        return text.to_owned();
    }
    let digest = Digest::of(text.as_bytes());
    format!(
        "{}… ({digest})",
        &text[..text.floor_char_boundary(MAX_SHOWN)]
    )
}
