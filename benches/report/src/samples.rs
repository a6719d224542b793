//! A distribution of durations.

use std::fmt;

use hdrhistogram::Histogram;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The unit in which values are kept.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Debug)]
#[serde(rename_all = "lowercase")]
pub enum Scale {
    /// For durations that were measured one by one.
    Nanoseconds,
    /// For means over many operations, which can be less than a nanosecond apart.
    Picoseconds,
}

impl Scale {
    /// How many units a nanosecond has.
    pub fn per_nanosecond(self) -> u64 {
        match self {
            Scale::Nanoseconds => 1,
            Scale::Picoseconds => 1000,
        }
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Scale::Nanoseconds => "nanoseconds",
            Scale::Picoseconds => "picoseconds",
        }
    }
}

/// A distribution of durations, as an HdrHistogram of three significant digits. As JSON it is the unit and pairs of a value and
/// how often it was recorded, in ascending order.
#[derive(Clone, PartialEq, Debug)]
pub struct Samples {
    scale: Scale,
    histogram: Histogram<u64>,
}

/// Values that are no histogram: not ascending, or not countable.
#[derive(PartialEq, Eq, Debug)]
pub struct ParseSamplesError(String);

impl fmt::Display for ParseSamplesError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "no histogram: {}", self.0)
    }
}

impl std::error::Error for ParseSamplesError {}

/// Three significant digits, whatever the largest value will be.
fn empty() -> Histogram<u64> {
    match Histogram::new(3) {
        Ok(histogram) => histogram,
        // The only error is a number of digits above five.
        Err(_) => unreachable!("three digits are allowed"),
    }
}

impl Samples {
    /// None yet.
    pub fn new(scale: Scale) -> Samples {
        Samples {
            scale,
            histogram: empty(),
        }
    }

    /// The unit of what is recorded.
    pub fn scale(&self) -> Scale {
        self.scale
    }

    /// One more value, in this distribution's unit. A value that no histogram can hold (above 2^63) counts as the largest.
    pub fn record(&mut self, value: u64) {
        self.record_times(value, 1);
    }

    fn record_times(&mut self, value: u64, times: u64) {
        // A histogram that grows refuses only what does not fit into its index.
        let value = value.min(u64::MAX >> 1);
        let recorded = self.histogram.record_n(value, times);
        debug_assert!(recorded.is_ok());
    }

    /// How many.
    pub fn len(&self) -> u64 {
        self.histogram.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.histogram.is_empty()
    }

    /// The value, in nanoseconds, that this share of the samples (0 to 1) is not above; none without samples.
    pub fn quantile(&self, share: f64) -> Option<f64> {
        match self.is_empty() {
            true => None,
            false => Some(self.nanos(self.histogram.value_at_quantile(share))),
        }
    }

    /// The largest value in nanoseconds.
    pub fn max(&self) -> Option<f64> {
        self.quantile(1.0)
    }

    /// The highest share of the form 0.9…9 or between such that at least `above` samples lie over it: what may be read off
    /// the distribution without hanging on single samples. None where there are not twice as many samples.
    pub fn highest_quantile(&self, above: u64) -> Option<f64> {
        match self.len() {
            len if len < 2 * above => None,
            len => Some(1.0 - above as f64 / len as f64),
        }
    }

    /// Every value in nanoseconds with the share of samples that are not above it, ascending.
    pub fn cumulative(&self) -> Vec<(f64, f64)> {
        let (mut seen, all) = (0, self.len().max(1));
        let values = self.histogram.iter_recorded();
        values
            .map(|bucket| {
                seen += bucket.count_at_value();
                let value = self.nanos(bucket.value_iterated_to());
                (value, seen as f64 / all as f64)
            })
            .collect()
    }

    /// Adds all of another distribution, whatever its unit.
    pub fn add(&mut self, other: &Samples) {
        let (from, to) = (other.scale.per_nanosecond(), self.scale.per_nanosecond());
        for bucket in other.histogram.iter_recorded() {
            let value = u128::from(bucket.value_iterated_to()) * u128::from(to) / u128::from(from);
            let value = u64::try_from(value).unwrap_or(u64::MAX);
            self.record_times(value, bucket.count_at_value());
        }
    }

    /// The histogram itself, in this distribution's unit.
    pub fn histogram(&self) -> &Histogram<u64> {
        &self.histogram
    }

    fn nanos(&self, value: u64) -> f64 {
        value as f64 / self.scale.per_nanosecond() as f64
    }

    /// A distribution from pairs of a value and how often it was recorded.
    ///
    /// # Errors
    /// `ParseSamplesError` where the values do not ascend, or are so many that they cannot be counted.
    pub fn from_pairs(scale: Scale, pairs: &[(u64, u64)]) -> Result<Samples, ParseSamplesError> {
        let mut samples = Samples::new(scale);
        let (mut last, mut all) = (None, 0u64);
        for &(value, times) in pairs {
            if last.is_some_and(|last| last >= value) {
                return Err(ParseSamplesError(format!(
                    "{value} does not ascend in the list of values"
                )));
            }
            all = all.checked_add(times).ok_or_else(|| {
                ParseSamplesError("there are more samples than can be counted".to_owned())
            })?;
            last = Some(value);
            samples.record_times(value, times);
        }
        Ok(samples)
    }

    /// Pairs of a value and how often it was recorded, ascending.
    pub fn pairs(&self) -> Vec<(u64, u64)> {
        let buckets = self.histogram.iter_recorded();
        buckets
            .map(|bucket| (bucket.value_iterated_to(), bucket.count_at_value()))
            .collect()
    }
}

/// As JSON.
#[derive(Serialize, Deserialize)]
struct Pairs {
    unit: Scale,
    counts: Vec<(u64, u64)>,
}

impl Serialize for Samples {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Pairs {
            unit: self.scale,
            counts: self.pairs(),
        }
        .serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Samples {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Samples, D::Error> {
        let pairs = Pairs::deserialize(deserializer)?;
        Samples::from_pairs(pairs.unit, &pairs.counts).map_err(D::Error::custom)
    }
}
