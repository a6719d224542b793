//! Spinning before a park.

use std::time::Duration;

/// How long those spin before they park that are set to spin.
pub const SPIN: Duration = Duration::from_micros(200);
