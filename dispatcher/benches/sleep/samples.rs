//! How late sleeps were, and the processor time that they took.

use std::fmt;

/// All of one contender in one row.
#[derive(Default)]
pub struct Samples {
    /// Nanoseconds.
    pub late: Vec<u64>,
    /// Processor time of the thread, in nanoseconds.
    pub processor: u64,
}

impl Samples {
    /// The time that this part of the samples do not exceed, in microseconds. `None` where it would rest on fewer than
    /// ten samples above it.
    fn percentile(&self, part: f64) -> Option<f64> {
        let mut sorted = self.late.clone();
        sorted.sort_unstable();
        let above = sorted.len() as f64 * (1.0 - part);
        let index = (sorted.len() as f64 * part) as usize;
        (above >= 10.0).then(|| sorted[index] as f64 / 1e3)
    }

    /// The median, in microseconds.
    pub fn median(&self) -> Option<f64> {
        self.percentile(0.5)
    }
}

/// p50, p90, p99, p99.9 and the processor time of a sleep, in columns.
impl fmt::Display for Samples {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for part in [0.5, 0.9, 0.99, 0.999] {
            match self.percentile(part) {
                Some(micros) => write!(f, "{micros:>9.1}")?,
                None => write!(f, "{:>9}", "-")?,
            }
        }
        let each = self.processor as f64 / 1e3 / self.late.len().max(1) as f64;
        write!(f, "{each:>11.1}")
    }
}
