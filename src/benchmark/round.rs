//! A part of a measurement, by which its noise is estimated.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::distribution::Distribution;
use super::nanoseconds;

/// How many rounds a measurement has, where its calls are short enough.
pub(super) const ROUNDS: u32 = 20;

/// A part of a measurement, from the end of one call to that of another one.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Round {
    /// How long it took.
    #[serde(rename = "duration_ns", with = "nanoseconds")]
    pub duration: Duration,
    /// The processor time that the process used meanwhile, in nanoseconds; none in a simulation.
    #[serde(rename = "processor_ns")]
    pub processor: Option<u64>,
    /// How many calls failed.
    pub failures: u64,
    /// The latencies of those that succeeded.
    pub latencies: Distribution,
}

impl Round {
    /// How many calls ended in it, whether or not they failed.
    pub(super) fn ended(&self) -> u64 {
        self.latencies.count().saturating_add(self.failures)
    }
}
