//! What goes wrong with the files of a simulated host.

use std::time::Duration;

use super::pattern::Pattern;

/// The most bytes of a filesystem where nothing else is said.
const CAPACITY: u64 = 1 << 30;

/// What goes wrong with the files of one filesystem on one simulated host. Paths are those beneath the
/// filesystem's directory, without a slash at the beginning; in a pattern `*` stands for any characters but
/// `/`, `**` for any characters, and `?` for one that is no `/`.
///
/// ```
/// use std::time::Duration;
/// use wippy::sim::DiskFaults;
///
/// let faults = DiskFaults::new()
///     .capacity(64 << 10)
///     .errors("wal/*.log", 0.01)
///     .delays("**", Duration::from_millis(1), Duration::from_millis(20));
/// # let _ = faults;
/// ```
#[derive(Clone, PartialEq, Debug)]
pub struct DiskFaults {
    pub(super) capacity: u64,
    errors: Vec<(Pattern, f64)>,
    delays: Vec<(Pattern, Duration, Duration)>,
}

impl Default for DiskFaults {
    fn default() -> DiskFaults {
        DiskFaults::new()
    }
}

impl DiskFaults {
    /// Nothing goes wrong, and there is room for 1 GiB.
    pub fn new() -> DiskFaults {
        DiskFaults {
            capacity: CAPACITY,
            errors: Vec::new(),
            delays: Vec::new(),
        }
    }

    /// How many bytes all files together may have, those that are there at the start included. A write beyond
    /// that is short, and fails with `insufficient-space` where nothing fits. At most 1 GiB.
    pub fn capacity(mut self, bytes: u64) -> DiskFaults {
        self.capacity = bytes.min(CAPACITY);
        self
    }

    /// An operation on a path that matches fails with `io`, with this probability; of several patterns the highest counts.
    pub fn errors(mut self, pattern: &str, probability: f64) -> DiskFaults {
        self.errors.push((Pattern::new(pattern), probability));
        self
    }

    /// An operation on a path that matches takes longer than others, by a time between these, both included; of
    /// several patterns the sum counts.
    pub fn delays(mut self, pattern: &str, least: Duration, most: Duration) -> DiskFaults {
        let most = most.max(least);
        self.delays.push((Pattern::new(pattern), least, most));
        self
    }

    /// How likely an operation on a path fails: the most that a pattern says.
    pub(super) fn error(&self, path: &str) -> f64 {
        let matching = self.errors.iter().filter(|(it, _)| it.matches(path));
        matching
            .map(|(_, probability)| *probability)
            .fold(0.0, f64::max)
    }

    /// How much longer an operation on a path takes, at least and at most: the sum of what patterns say.
    pub(super) fn delay(&self, path: &str) -> (Duration, Duration) {
        let matching = self.delays.iter().filter(|(it, ..)| it.matches(path));
        matching.fold((Duration::ZERO, Duration::ZERO), |sum, (_, least, most)| {
            (sum.0.saturating_add(*least), sum.1.saturating_add(*most))
        })
    }
}
