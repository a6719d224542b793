//! Where a run is cut.

use std::fmt;
use std::time::Duration;

/// Where an edited run ends, if it has not ended before: with [`Error::Cut`](crate::Error::Cut).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[non_exhaustive]
pub enum Cut {
    /// Behind so many records, at the end of the step that makes the last of them.
    Records(u64),
    /// After so much virtual time; what happens exactly then still happens.
    Time(Duration),
}

/// `records 500`, or `time` and nanoseconds.
impl fmt::Display for Cut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Cut::Records(records) => write!(f, "records {records}"),
            Cut::Time(time) => write!(f, "time {}", time.as_nanos()),
        }
    }
}
