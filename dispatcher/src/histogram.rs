//! How long things took: counts in buckets of which each is twice as wide as the one before.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// The buckets that have an upper bound.
const BOUNDED: usize = 28;
/// The binary logarithm of the first bucket's upper bound, in nanoseconds.
const FIRST: u32 = 10;

/// Durations, counted in buckets. The upper bounds are powers of two of a nanosecond, from 1.024 µs to
/// 137 s, and belong to their buckets; one more bucket holds what is longer.
///
/// ```
/// use std::time::Duration;
/// use wippy_dispatcher::Histogram;
///
/// let mut naps = Histogram::default();
/// naps.record(Duration::from_micros(3));
/// naps.record(Duration::from_secs(600));
/// let counted: Vec<_> = naps.buckets().filter(|(_, count)| *count > 0).collect();
/// assert_eq!(counted, [(Some(Duration::from_nanos(4096)), 1), (None, 1)]);
/// assert_eq!((naps.count(), naps.sum()), (2, Duration::from_micros(600_000_003)));
/// ```
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Histogram {
    counts: [u64; BOUNDED + 1],
    nanos: u64,
}

/// A histogram that several threads may record into.
#[derive(Debug, Default)]
pub struct SharedHistogram {
    counts: [AtomicU64; BOUNDED + 1],
    nanos: AtomicU64,
}

impl Histogram {
    /// Counts a duration.
    pub fn record(&mut self, duration: Duration) {
        let nanos = nanos(duration);
        self.counts[bucket(nanos)] += 1;
        self.nanos = self.nanos.saturating_add(nanos);
    }

    /// Adds what another one has counted.
    pub fn add(&mut self, other: &Histogram) {
        for (count, more) in self.counts.iter_mut().zip(other.counts) {
            *count += more;
        }
        self.nanos = self.nanos.saturating_add(other.nanos);
    }

    /// The upper bound of each bucket, which belongs to it, and how many durations are in it and in no
    /// earlier one. The last bucket has no bound.
    pub fn buckets(&self) -> impl Iterator<Item = (Option<Duration>, u64)> + '_ {
        let bounds = (FIRST..).map(|power| Duration::from_nanos(1 << power));
        let bounds = bounds.take(BOUNDED).map(Some).chain([None]);
        bounds.zip(self.counts)
    }

    /// How many durations were counted.
    pub fn count(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// The durations together.
    pub fn sum(&self) -> Duration {
        Duration::from_nanos(self.nanos)
    }
}

impl SharedHistogram {
    /// Counts a duration.
    pub fn record(&self, duration: Duration) {
        let nanos = nanos(duration);
        self.counts[bucket(nanos)].fetch_add(1, Ordering::Relaxed);
        self.nanos.fetch_add(nanos, Ordering::Relaxed);
    }

    /// What was counted until now. While others record, the sum may be of one more or one fewer.
    pub fn snapshot(&self) -> Histogram {
        Histogram {
            counts: std::array::from_fn(|index| self.counts[index].load(Ordering::Relaxed)),
            nanos: self.nanos.load(Ordering::Relaxed),
        }
    }
}

fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

/// The first bucket whose upper bound is not below so many nanoseconds.
fn bucket(nanos: u64) -> usize {
    let power = u64::BITS - nanos.saturating_sub(1).leading_zeros();
    (power.saturating_sub(FIRST) as usize).min(BOUNDED)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The upper bound of the only bucket that a duration is counted in.
    fn bound(nanos: u64) -> Option<u128> {
        let mut histogram = Histogram::default();
        histogram.record(Duration::from_nanos(nanos));
        let mut buckets = histogram.buckets().filter(|(_, count)| *count > 0);
        let (bound, count) = buckets.next().expect("a bucket");
        assert_eq!((count, buckets.next()), (1, None));
        bound.map(|bound| bound.as_nanos())
    }

    #[test]
    fn a_bound_belongs_to_its_bucket() {
        for (nanos, expected) in [
            (0, Some(1 << 10)),
            (1 << 10, Some(1 << 10)),
            ((1 << 10) + 1, Some(1 << 11)),
            (1 << 11, Some(1 << 11)),
            (1 << 37, Some(1 << 37)),
            ((1 << 37) + 1, None),
            (u64::MAX, None),
        ] {
            assert_eq!(bound(nanos), expected, "{nanos}");
        }
    }

    #[test]
    fn both_kinds_count_alike() {
        let (mut own, shared) = (Histogram::default(), SharedHistogram::default());
        for nanos in [0, 5000, 1 << 20, 1 << 40] {
            own.record(Duration::from_nanos(nanos));
            shared.record(Duration::from_nanos(nanos));
        }
        assert_eq!(shared.snapshot(), own);
        own.add(&shared.snapshot());
        assert_eq!(own.count(), 8);
        assert_eq!(
            own.sum(),
            Duration::from_nanos(2 * (5000 + (1 << 20) + (1 << 40)))
        );
    }
}
