//! A measurement against an earlier one.

use std::fmt;

use super::bootstrap::{Interval, Resamples};
use super::distribution::Percentile;
use super::estimate::Estimate;
use super::figure::digits;
use super::measured::{Measured, calls_in_nanos, ended, nanos, processor};
use super::settings::Settings;

/// The seeds of the two measurements' draws, which must not go together.
const SEEDS: (u64, u64) = (2, 3);
/// What latencies are exact to: ratios closer to 1 are no difference.
const EXACT: f64 = 0.002;

/// A measurement against an earlier one of the same settings.
///
/// ```
/// use wippy::benchmark::{Benchmark, Verdict};
/// use wippy::{Entry, Program, Runtime};
///
/// # let dispatcher = wippy_dispatcher::Dispatcher::new()?;
/// let text = r#"(module (func (export "one") (result i32) (i32.const 1)))"#;
/// let program = Program::builder().entry(Entry::function("app:one").bytes(text)).build()?;
/// let runtime = Runtime::on(dispatcher.handle(), program)?;
/// let benchmark = Benchmark::new("app:one").calls(1_000).warm_up(Default::default());
/// let measured = dispatcher.block_on(benchmark.measure(&runtime))??;
/// let comparison = measured.against(&measured)?;
/// for compared in &comparison.compared {
///     assert!(matches!(compared.verdict, Verdict::Same { .. }), "{compared}");
/// }
/// assert!(!comparison.is_slower_by(0.0));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, PartialEq, Debug)]
#[non_exhaustive]
pub struct Comparison {
    /// What was compared, in the order of a report.
    pub compared: Vec<Compared>,
    /// What is different about the two measurements, such as the machine, and makes the comparison doubtful.
    pub warnings: Vec<String>,
}

/// One figure of two measurements.
#[derive(Clone, Copy, PartialEq, Debug)]
#[non_exhaustive]
pub struct Compared {
    /// Which.
    pub metric: Metric,
    /// The new figure over the earlier one.
    pub ratio: Estimate,
    /// What that means.
    pub verdict: Verdict,
}

/// What is compared.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Metric {
    /// The median of the latencies.
    P50,
    /// The latency that 99 of 100 calls do not exceed.
    P99,
    /// Calls a second.
    Throughput,
    /// The processor time of a call.
    ProcessorTime,
}

/// What the ratio of two figures means. Parts are of the earlier figure: 0.041 is 4.1 %.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Verdict {
    /// Slower, fewer or more expensive: by how much, and the ends of the interval.
    Worse {
        /// The part.
        by: f64,
        /// It is so much at least.
        least: f64,
        /// And so much at most.
        most: f64,
    },
    /// Faster, more or cheaper.
    Better {
        /// The part.
        by: f64,
        /// It is so much at least.
        least: f64,
        /// And so much at most.
        most: f64,
    },
    /// No difference that is more than the noise.
    Same {
        /// How great a difference can be that is not noticed.
        noise: f64,
    },
    /// There are too few rounds to tell.
    Unknown,
}

/// Why two measurements are not compared.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("it was measured with other settings: {}", .differences.join("; "))]
#[non_exhaustive]
pub struct IncomparableError {
    /// The settings that differ, each with both values.
    pub differences: Vec<String>,
}

impl Measured {
    /// Whether a measurement with these settings can be compared with it.
    ///
    /// # Errors
    /// The settings that differ.
    pub fn check_settings(&self, settings: &Settings) -> Result<(), IncomparableError> {
        let differences = settings.differences(&self.settings);
        match differences.is_empty() {
            true => Ok(()),
            false => Err(IncomparableError { differences }),
        }
    }

    /// Compares it with an earlier one. What is said is certain as far as the noise within each of the two
    /// tells: `docs/benchmarking.md` says what it does not know.
    ///
    /// # Errors
    /// The settings that differ.
    pub fn against(&self, earlier: &Measured) -> Result<Comparison, IncomparableError> {
        earlier.check_settings(&self.settings)?;
        let mut warnings = self.machine.differences(&earlier.machine);
        if self.settings.is_simulated {
            warnings.clear();
        }
        for warning in &mut warnings {
            warning.insert_str(0, "another machine or build: ");
        }
        if self.entry != earlier.entry {
            warnings.push(format!(
                "another entry: {}, there {}",
                self.entry, earlier.entry
            ));
        }
        let metrics = [
            Metric::P50,
            Metric::P99,
            Metric::Throughput,
            Metric::ProcessorTime,
        ];
        let compared = metrics.into_iter();
        let compared = compared.filter_map(|metric| {
            let ratio = metric.ratio(self, earlier)?;
            let verdict = Verdict::of(ratio, metric.is_better_when_more());
            Some(Compared {
                metric,
                ratio,
                verdict,
            })
        });
        Ok(Comparison {
            compared: compared.collect(),
            warnings,
        })
    }
}

impl Comparison {
    /// Whether the median latency is certainly longer by more than this part of the earlier one.
    pub fn is_slower_by(&self, part: f64) -> bool {
        self.compared.iter().any(|compared| {
            let is_p50 = compared.metric == Metric::P50;
            is_p50 && matches!(compared.verdict, Verdict::Worse { least, .. } if least > part)
        })
    }
}

impl Metric {
    fn is_better_when_more(self) -> bool {
        self == Metric::Throughput
    }

    /// The figure of a measurement.
    fn figure(self, of: &Measured) -> Option<f64> {
        match self {
            Metric::P50 => percentile(of, Percentile::P50),
            Metric::P99 => percentile(of, Percentile::P99),
            Metric::Throughput => Some(of.throughput()?.value),
            Metric::ProcessorTime => Some(of.processor_time()?.value),
        }
    }

    /// The figure of each draw of a measurement's rounds.
    fn resampled(self, of: &Measured, seed: u64) -> Option<Vec<f64>> {
        let resamples = Resamples::draw(&of.rounds, seed)?;
        match self {
            Metric::P50 => resamples.percentiles(&[Percentile::P50]).pop(),
            Metric::P99 => resamples.percentiles(&[Percentile::P99]).pop(),
            Metric::Throughput => Some(resamples.ratios(calls_in_nanos, nanos)),
            Metric::ProcessorTime => Some(resamples.ratios(processor, ended)),
        }
    }

    /// The new figure over the earlier one. None where one of them is not there.
    fn ratio(self, new: &Measured, earlier: &Measured) -> Option<Estimate> {
        let ratio = self.figure(new)? / self.figure(earlier)?;
        let resampled = match (
            self.resampled(new, SEEDS.0),
            self.resampled(earlier, SEEDS.1),
        ) {
            (Some(new), Some(earlier)) => {
                let pairs = new.iter().zip(&earlier).map(|(new, earlier)| new / earlier);
                Some(pairs.filter(|ratio| ratio.is_finite()).collect())
            }
            _ => None,
        };
        ratio.is_finite().then(|| Estimate::new(ratio, resampled))
    }

    fn words(self) -> (&'static str, &'static str) {
        match self {
            Metric::P50 | Metric::P99 => ("slower", "faster"),
            Metric::Throughput => ("lower", "higher"),
            Metric::ProcessorTime => ("more", "less"),
        }
    }
}

fn percentile(of: &Measured, percentile: Percentile) -> Option<f64> {
    let all = of.latencies();
    let is_median = percentile == Percentile::P50;
    if !is_median && !percentile.is_supported(all.count()) {
        return None;
    }
    Some(all.quantile(percentile.quantile)?.as_nanos() as f64)
}

impl Verdict {
    fn of(ratio: Estimate, is_better_when_more: bool) -> Verdict {
        let Some(Interval { low, high }) = ratio.interval else {
            return Verdict::Unknown;
        };
        let by = (ratio.value - 1.0).abs();
        if low <= 1.0 + EXACT && high >= 1.0 - EXACT {
            let noise = (1.0 - low).max(high - 1.0).max(EXACT);
            return Verdict::Same { noise };
        }
        let (one, other) = ((low - 1.0).abs(), (high - 1.0).abs());
        let (least, most) = (one.min(other), one.max(other));
        match (low > 1.0) == is_better_when_more {
            true => Verdict::Better { by, least, most },
            false => Verdict::Worse { by, least, most },
        }
    }
}

impl fmt::Display for Metric {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Metric::P50 => "p50",
            Metric::P99 => "p99",
            Metric::Throughput => "throughput",
            Metric::ProcessorTime => "processor",
        })
    }
}

impl fmt::Display for Compared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let percent = |part: f64| digits(part * 100.0);
        let (worse, better) = self.metric.words();
        let (word, by, least, most) = match self.verdict {
            Verdict::Unknown => return write!(f, "too few rounds to tell"),
            Verdict::Same { noise } => {
                return write!(f, "no difference beyond the noise (±{} %)", percent(noise));
            }
            Verdict::Worse { by, least, most } => (worse, by, least, most),
            Verdict::Better { by, least, most } => (better, by, least, most),
        };
        let (by, least, most) = (percent(by), percent(least), percent(most));
        write!(f, "{word} by {by} % ({least} to {most})")
    }
}
