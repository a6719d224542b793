//! How many calls took how long.

use std::time::Duration;

use hdrhistogram::Histogram;
use serde::{Deserialize, Serialize};

use super::error::BenchmarkError;
use super::settings::MAX_TIME;

/// How many calls took how long: latencies in steps of at most 0.1 %, their least and greatest exactly.
///
/// ```
/// use std::time::Duration;
/// use wippy::benchmark::Distribution;
///
/// let latencies = (1..=100).map(Duration::from_millis);
/// let distribution = Distribution::of(latencies);
/// assert_eq!(distribution.count(), 100);
/// assert_eq!(distribution.max(), Some(Duration::from_millis(100)));
/// let p50 = distribution.quantile(0.5).unwrap().as_secs_f64();
/// assert!((p50 / 0.050 - 1.0).abs() < 0.001, "{p50}");
/// ```
#[derive(Clone, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Distribution {
    #[serde(rename = "min_ns")]
    min: u64,
    #[serde(rename = "max_ns")]
    max: u64,
    /// Nanoseconds, rising, each the middle of its step, and how many calls took so long.
    #[serde(rename = "buckets_ns")]
    buckets: Vec<(u64, u64)>,
}

/// A percentile: the part of all calls that took no longer.
#[derive(Clone, Copy, PartialEq, Debug)]
#[non_exhaustive]
pub struct Percentile {
    /// From 0 to 1, such as 0.99.
    pub quantile: f64,
    /// How many nines it has: 0 is the median, 1 is 90 %, 2 is 99 %.
    nines: u32,
}

impl Percentile {
    /// The median.
    pub const P50: Percentile = Percentile {
        quantile: 0.5,
        nines: 0,
    };
    /// 99 of 100.
    pub const P99: Percentile = Percentile {
        quantile: 0.99,
        nines: 2,
    };

    /// The percentiles that so many calls support: the median, and those that at least ten calls are above.
    pub fn supported(calls: u64) -> Vec<Percentile> {
        let nines = (1..=18).take_while(|nines| calls / 10u64.pow(*nines) >= 10);
        let above = nines.map(|nines| Percentile {
            quantile: 1.0 - 10f64.powi(-(nines as i32)),
            nines,
        });
        [Percentile::P50].into_iter().chain(above).collect()
    }

    /// Whether so many calls support it.
    pub(super) fn is_supported(self, calls: u64) -> bool {
        calls / 10u64.pow(self.nines) >= 10
    }

    /// Its usual name, such as `p99.9`.
    pub fn name(&self) -> String {
        match self.nines {
            0 => "p50".to_owned(),
            1 => "p90".to_owned(),
            2 => "p99".to_owned(),
            nines => format!("p99.{}", "9".repeat(nines as usize - 2)),
        }
    }
}

impl Distribution {
    /// Of single latencies; those above 24 hours count as 24 hours.
    pub fn of(latencies: impl IntoIterator<Item = Duration>) -> Distribution {
        let Ok(mut recording) = Recording::new() else {
            return Distribution::default();
        };
        for latency in latencies {
            recording.record(latency);
        }
        recording.finish()
    }

    /// Several as one.
    pub fn merged<'a>(parts: impl IntoIterator<Item = &'a Distribution>) -> Distribution {
        let mut all = Distribution::default();
        for part in parts.into_iter().filter(|part| part.count() > 0) {
            match all.buckets.is_empty() {
                true => (all.min, all.max) = (part.min, part.max),
                false => (all.min, all.max) = (all.min.min(part.min), all.max.max(part.max)),
            }
            all.buckets.extend(&part.buckets);
        }
        all.buckets.sort_unstable();
        all.buckets.dedup_by(|(value, count), (kept, sum)| {
            let is_same = value == kept;
            if is_same {
                *sum += *count;
            }
            is_same
        });
        all
    }

    /// How many calls there are.
    pub fn count(&self) -> u64 {
        self.buckets.iter().map(|(_, count)| count).sum()
    }

    /// The least latency.
    pub fn min(&self) -> Option<Duration> {
        (!self.buckets.is_empty()).then(|| Duration::from_nanos(self.min))
    }

    /// The greatest latency.
    pub fn max(&self) -> Option<Duration> {
        (!self.buckets.is_empty()).then(|| Duration::from_nanos(self.max))
    }

    /// The least latency that at least this part of the calls, from 0 to 1, did not exceed.
    pub fn quantile(&self, quantile: f64) -> Option<Duration> {
        let rank = rank(self.count(), quantile);
        let mut seen = 0;
        let found = self.buckets.iter().find(|(_, count)| {
            seen += count;
            seen >= rank
        });
        found.map(|&(value, _)| Duration::from_nanos(self.bounded(value)))
    }

    /// The steps and how many calls are in each, with the exact bounds in place of the steps' middles
    /// beyond them.
    pub(super) fn buckets(&self) -> impl Iterator<Item = (u64, u64)> {
        let bounded = |&(value, count): &(u64, u64)| (self.bounded(value), count);
        self.buckets.iter().map(bounded)
    }

    fn bounded(&self, value: u64) -> u64 {
        value.max(self.min).min(self.max)
    }

    /// Whether it can be one, where it was read.
    pub(super) fn is_sound(&self) -> bool {
        let is_rising = self.buckets.is_sorted_by(|(one, _), (next, _)| one < next);
        let has_counts = self.buckets.iter().all(|(_, count)| *count > 0);
        let mut counts = self.buckets.iter();
        let total = counts.try_fold(0u64, |sum, (_, count)| sum.checked_add(*count));
        let is_bounded = self.min <= self.max && u128::from(self.max) <= MAX_TIME.as_nanos();
        is_rising && has_counts && is_bounded && total.is_some_and(|total| total < 1 << 48)
    }
}

/// Which of `count` sorted values a quantile is, from 1 on.
pub(super) fn rank(count: u64, quantile: f64) -> u64 {
    let rank = (count as f64 * quantile).ceil() as u64;
    rank.clamp(1, count.max(1))
}

/// Latencies while they are measured.
pub(super) struct Recording {
    histogram: Histogram<u32>,
    min: u64,
    max: u64,
}

impl Recording {
    /// Takes its memory, so that recording takes none.
    ///
    /// # Errors
    /// `Setting` where the bounds fit no histogram, which they do.
    pub(super) fn new() -> Result<Recording, BenchmarkError> {
        let bounds = (1, super::nanoseconds::whole(MAX_TIME));
        let histogram = Histogram::new_with_bounds(bounds.0, bounds.1, 3);
        let histogram = histogram.map_err(|error| BenchmarkError::Setting {
            name: "histogram",
            expected: error.to_string(),
        })?;
        Ok(Recording {
            histogram,
            min: u64::MAX,
            max: 0,
        })
    }

    pub(super) fn record(&mut self, latency: Duration) {
        let nanos = super::nanoseconds::whole(latency.min(MAX_TIME));
        self.min = self.min.min(nanos);
        self.max = self.max.max(nanos);
        self.histogram.saturating_record(nanos);
    }

    pub(super) fn finish(self) -> Distribution {
        if self.histogram.is_empty() {
            return Distribution::default();
        }
        let values = self.histogram.iter_recorded().map(|it| {
            let middle = self.histogram.median_equivalent(it.value_iterated_to());
            (middle, u64::from(it.count_at_value()))
        });
        Distribution {
            min: self.min,
            max: self.max,
            buckets: values.collect(),
        }
    }
}
