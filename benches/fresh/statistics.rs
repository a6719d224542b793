//! Times, and their median.

use std::fmt;
use std::time::Duration;

/// The times of one kind of call.
#[derive(Default)]
pub struct Times(Vec<u64>);

impl Times {
    /// Takes one; those of the first round warm everything up and do not count.
    pub fn add(&mut self, round: usize, time: Duration) {
        if round > 0 {
            self.0
                .push(u64::try_from(time.as_nanos()).unwrap_or(u64::MAX));
        }
    }

    /// In microseconds.
    pub fn median(&self) -> f64 {
        self.quantile(0.5)
    }

    fn quantile(&self, part: f64) -> f64 {
        let mut sorted = self.0.clone();
        sorted.sort_unstable();
        let at = (sorted.len() as f64 * part) as usize;
        sorted.get(at).map_or(f64::NAN, |&nanos| nanos as f64 / 1e3)
    }
}

/// The median and the 99th of a hundred.
impl fmt::Display for Times {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.2} / {:.2}", self.median(), self.quantile(0.99))
    }
}
