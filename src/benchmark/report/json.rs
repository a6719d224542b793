//! A measurement as JSON, which is read again to compare with.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::benchmark::comparison::Comparison;
use crate::benchmark::distribution::Distribution;
use crate::benchmark::estimate::Estimate;
use crate::benchmark::measured::Measured;
use crate::benchmark::settings::{Length, MAX_TIME};

/// What the file begins with.
const HEADER: &str = "{\"format\":\"wippy benchmark\",\"version\":";
/// The version of the format.
const VERSION: u32 = 1;
/// The most rounds that are read.
const MAX_ROUNDS: usize = 1_000;

/// Why a text is no measurement.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError {
    /// It is something else.
    #[error("it is no report of `wippy bench`: its text does not begin with {HEADER}")]
    NotAReport,
    /// It is of another version.
    #[error("it is of version {found} of the format; this wippy reads version {VERSION}")]
    Version {
        /// Which.
        found: String,
    },
    /// It is cut or was changed.
    #[error("{0}")]
    Malformed(#[from] serde_json::Error),
    /// Its figures contradict each other.
    #[error("{0}")]
    Unsound(String),
}

/// Whether a text is what [`Measured::to_json`] writes, of any version, as far as its beginning shows.
pub fn is_json_report(text: &[u8]) -> bool {
    text.starts_with(HEADER.as_bytes())
}

/// The file, in its order.
#[derive(Serialize)]
struct Written<'a> {
    format: &'static str,
    version: u32,
    measured: &'a Measured,
    /// All rounds together, and what the report says: for programs that do not add up themselves.
    histogram: Distribution,
    summary: Summary,
    /// With the first of the earlier ones.
    comparison: Option<Vec<ShownComparison>>,
    /// With each of them, where there are several.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    comparisons: Vec<Vec<ShownComparison>>,
}

/// What of it is read.
#[derive(Deserialize)]
struct Read {
    measured: Measured,
}

/// What every version has.
#[derive(Deserialize)]
struct Versioned {
    version: Value,
}

#[derive(Serialize)]
struct Summary {
    calls: u64,
    failures: u64,
    throughput_per_second: Option<Shown>,
    processor_ns: Option<Shown>,
    percentiles_ns: Vec<(String, Shown)>,
}

#[derive(Serialize)]
struct Shown {
    value: f64,
    /// Where it is with 95 % confidence.
    interval: Option<(f64, f64)>,
}

#[derive(Serialize)]
struct ShownComparison {
    metric: String,
    /// The new figure over the earlier one.
    ratio: Shown,
    verdict: String,
}

fn shown(comparison: &Comparison) -> Vec<ShownComparison> {
    let compared = comparison.compared.iter();
    let shown = compared.map(|compared| ShownComparison {
        metric: compared.metric.to_string(),
        ratio: compared.ratio.into(),
        verdict: compared.to_string(),
    });
    shown.collect()
}

impl From<Estimate> for Shown {
    fn from(estimate: Estimate) -> Shown {
        Shown {
            value: estimate.value,
            interval: estimate.interval.map(|it| (it.low, it.high)),
        }
    }
}

impl Measured {
    /// As JSON, with a newline at its end: all that was measured, the figures of a report, and what earlier
    /// measurements have otherwise, where there are comparisons with some.
    /// `docs/benchmarking.md` describes its fields.
    pub fn to_json<'a>(&self, comparisons: impl IntoIterator<Item = &'a Comparison>) -> String {
        let comparisons: Vec<&Comparison> = comparisons.into_iter().collect();
        let percentiles = self.percentiles().into_iter();
        let written = Written {
            format: "wippy benchmark",
            version: VERSION,
            measured: self,
            histogram: self.latencies(),
            summary: Summary {
                calls: self.calls(),
                failures: self.failures.count(),
                throughput_per_second: self.throughput().map(Shown::from),
                processor_ns: self.processor_time().map(Shown::from),
                percentiles_ns: percentiles
                    .map(|(percentile, estimate)| (percentile.name(), estimate.into()))
                    .collect(),
            },
            comparison: comparisons.first().map(|first| shown(first)),
            comparisons: match comparisons.as_slice() {
                [] | [_] => Vec::new(),
                several => several.iter().map(|comparison| shown(comparison)).collect(),
            },
        };
        // Maps have strings as keys, and nothing else fails.
        let text = serde_json::to_string(&written).unwrap_or_default();
        format!("{text}\n")
    }

    /// Reads what [`Measured::to_json`] has written.
    ///
    /// # Errors
    /// `NotAReport`, `Version`, `Malformed` with the line and column, `Unsound`.
    pub fn from_json(text: &str) -> Result<Measured, ReadError> {
        if !is_json_report(text.as_bytes()) {
            return Err(ReadError::NotAReport);
        }
        let Versioned { version } = serde_json::from_str(text)?;
        if version != VERSION {
            let found = version.to_string();
            return Err(ReadError::Version { found });
        }
        let Read { measured } = serde_json::from_str(text)?;
        match measured.contradiction() {
            Some(text) => Err(ReadError::Unsound(text)),
            None => Ok(measured),
        }
    }

    /// What no measurement can have.
    fn contradiction(&self) -> Option<String> {
        if self.rounds.is_empty() || self.rounds.len() > MAX_ROUNDS {
            let rounds = self.rounds.len();
            return Some(format!(
                "it has {rounds} rounds; 1 to {MAX_ROUNDS} are expected"
            ));
        }
        if let Err(error) = self.settings.check() {
            return Some(format!("settings: {error}"));
        }
        let jitter = self.machine.jitter.as_ref();
        if jitter.is_some_and(|jitter| !jitter.is_sound()) {
            return Some(unsound("the machine's jitter"));
        }
        for (index, round) in self.rounds.iter().enumerate() {
            let is_long =
                round.duration > 4 * MAX_TIME && matches!(self.settings.length, Length::Time(_));
            if is_long {
                return Some(format!("round {index} has no possible duration"));
            }
            if !round.latencies.is_sound() {
                return Some(unsound(&format!("round {index}")));
            }
            if round.failures >= 1 << 48 {
                return Some(format!("round {index} has too many failures"));
            }
        }
        None
    }
}

fn unsound(what: &str) -> String {
    format!("the buckets of {what} do not rise, hold no calls, or are beyond its bounds")
}
