//! What a benchmark has measured.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::bootstrap::Resamples;
use super::distribution::{Distribution, Percentile};
use super::estimate::Estimate;
use super::failures::Failures;
use super::figure::Time;
use super::machine::Machine;
use super::round::Round;
use super::settings::{Load, Settings};

/// The seed of the intervals: the same rounds have the same ones.
const SEED: u64 = 1;

/// What a benchmark has measured. As text, JSON or a page it is a report.
///
/// ```
/// use wippy::benchmark::{Benchmark, Measured};
/// use wippy::{Arguments, Entry, Program, Runtime};
///
/// # let dispatcher = wippy_dispatcher::Dispatcher::new()?;
/// let text = r#"(module (func (export "one") (result i32) (i32.const 1)))"#;
/// let program = Program::builder().entry(Entry::function("app:one").bytes(text)).build()?;
/// let runtime = Runtime::on(dispatcher.handle(), program)?;
/// let benchmark = Benchmark::new("app:one").calls(100).warm_up(Default::default());
/// let measured = dispatcher.block_on(benchmark.measure(&runtime))??;
/// assert_eq!((measured.calls(), measured.failures.count()), (100, 0));
/// let read = Measured::from_json(&measured.to_json(None))?;
/// assert_eq!(read, measured);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Measured {
    /// The entry's ID.
    pub entry: String,
    /// The hash of its module.
    pub module: Option<String>,
    /// How it was called.
    pub settings: Settings,
    /// What it was measured on.
    pub machine: Machine,
    /// How many processors other programs used meanwhile; none where that cannot be told.
    pub other_load: Option<f64>,
    /// The most memory that the process has had so far, in bytes; none in a simulation.
    pub peak_memory: Option<u64>,
    /// The calls that failed.
    pub failures: Failures,
    /// Of an open loop: calls that no lane was free for when they were due.
    pub late: u64,
    /// Of an open loop: calls that were never made, because too many were due.
    pub given_up: u64,
    /// Of an open loop: calls that were due and not begun at the end.
    pub not_begun: u64,
    /// Calls that had not ended when the measurement was given up.
    pub unfinished: u64,
    /// The parts of the measurement.
    pub rounds: Vec<Round>,
}

impl Measured {
    /// How many calls succeeded.
    pub fn calls(&self) -> u64 {
        self.rounds
            .iter()
            .map(|round| round.latencies.count())
            .sum()
    }

    /// How long it was measured.
    pub fn duration(&self) -> Duration {
        let durations = self.rounds.iter().map(|round| round.duration);
        durations.fold(Duration::ZERO, Duration::saturating_add)
    }

    /// The latencies of all calls that succeeded: in an open loop from the time at which the call was due.
    pub fn latencies(&self) -> Distribution {
        Distribution::merged(self.rounds.iter().map(|round| &round.latencies))
    }

    /// Calls a second that succeeded. None in a simulation where no time has passed.
    pub fn throughput(&self) -> Option<Estimate> {
        let resamples = Resamples::draw(&self.rounds, SEED);
        let resampled = resamples.map(|it| it.ratios(calls_in_nanos, nanos));
        let (calls, nanos) = (self.calls() as f64, self.duration().as_nanos() as f64);
        (nanos > 0.0).then(|| Estimate::new(calls * 1e9 / nanos, resampled))
    }

    /// The processor time of a call, in nanoseconds: that of the whole process over the calls that ended.
    pub fn processor_time(&self) -> Option<Estimate> {
        let used: Option<Vec<u64>> = self.rounds.iter().map(|round| round.processor).collect();
        let used = used?.iter().fold(0.0, |sum, nanos| sum + *nanos as f64);
        let calls = self
            .rounds
            .iter()
            .fold(0.0, |sum, round| sum + ended(round));
        let resamples = Resamples::draw(&self.rounds, SEED);
        let resampled = resamples.map(|it| it.ratios(processor, ended));
        (calls > 0.0).then(|| Estimate::new(used / calls, resampled))
    }

    /// The percentiles that the calls support, each in nanoseconds.
    pub fn percentiles(&self) -> Vec<(Percentile, Estimate)> {
        let all = self.latencies();
        let percentiles = Percentile::supported(all.count());
        let resamples = Resamples::draw(&self.rounds, SEED);
        let resampled = resamples.map(|it| it.percentiles(&percentiles));
        let mut resampled = resampled.into_iter().flatten();
        let estimates = percentiles.into_iter().filter_map(|percentile| {
            let value = all.quantile(percentile.quantile)?.as_nanos() as f64;
            Some((percentile, Estimate::new(value, resampled.next())))
        });
        estimates.collect()
    }

    /// What of the load could not be held, and what spoils figures on this machine.
    pub fn warnings(&self) -> Vec<String> {
        let mut warnings = Vec::new();
        // A short queue at the end is chance.
        let is_behind = |concurrency: u32| {
            self.not_begun > u64::from(concurrency) && self.not_begun > self.calls() / 100
        };
        if let Load::Open { rate, concurrency } = self.settings.load
            && (self.given_up > 0 || is_behind(concurrency))
        {
            warnings.push(format!(
                "the rate of {rate} calls/s was not held: {} calls were due and not begun at the end, and {} \
                 were never made; latencies grow for as long as it is measured, so that they say little",
                self.not_begun, self.given_up
            ));
        }
        if self.unfinished > 0 {
            warnings.push(format!(
                "{} calls had not ended when the measurement was given up; they are not counted",
                self.unfinished
            ));
        }
        if self.rounds.len() < 5 {
            warnings.push(format!(
                "calls of {} are too long for the time that is measured: there is no saying how much the \
                 figures vary",
                Time(self.latencies().max().unwrap_or_default())
            ));
        }
        if !self.settings.is_simulated {
            warnings.extend(self.machine.warnings(self.other_load));
        }
        warnings
    }
}

/// Over [`nanos`] the calls a second. Both are whole numbers, whose sums are exact.
pub(super) fn calls_in_nanos(round: &Round) -> f64 {
    round.latencies.count() as f64 * 1e9
}

pub(super) fn nanos(round: &Round) -> f64 {
    round.duration.as_nanos() as f64
}

pub(super) fn processor(round: &Round) -> f64 {
    round.processor.map_or(0.0, |nanos| nanos as f64)
}

pub(super) fn ended(round: &Round) -> f64 {
    round.ended() as f64
}
