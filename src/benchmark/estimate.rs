//! A figure and how much it varies.

use super::bootstrap::Interval;

/// A figure, and where it is with 95 % confidence as far as the noise within its own measurement tells.
#[derive(Clone, Copy, PartialEq, Debug)]
#[non_exhaustive]
pub struct Estimate {
    /// The figure.
    pub value: f64,
    /// None where there were too few rounds to tell.
    pub interval: Option<Interval>,
}

impl Estimate {
    pub(super) fn new(value: f64, resampled: Option<Vec<f64>>) -> Estimate {
        Estimate {
            value,
            interval: resampled.and_then(Interval::of),
        }
    }

    /// The figure and its interval as text, each as `show` writes it.
    pub(super) fn show(&self, show: impl Fn(f64) -> String) -> (String, String) {
        let interval = self.interval.map_or_else(String::new, |interval| {
            format!("{} to {}", show(interval.low), show(interval.high))
        });
        (show(self.value), interval)
    }
}
