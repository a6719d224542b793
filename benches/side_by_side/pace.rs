//! How much is measured.

use std::time::Duration;

/// How much of everything.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Pace {
    /// Shows that everything runs.
    Quick,
    /// The usual.
    Full,
    /// Ten times as many samples, for percentiles beyond p99.9.
    Long,
}

impl Pace {
    /// How many rounds, where nothing else is asked for.
    pub fn rounds(self) -> u32 {
        match self {
            Pace::Quick => 1,
            Pace::Full | Pace::Long => 5,
        }
    }

    /// How long a contender is at it before it counts. The first time compiles; and a core that was idle takes a tenth
    /// of a second to come to its speed, whoever needs it.
    pub fn warming(self) -> Duration {
        match self {
            Pace::Quick => Duration::ZERO,
            Pace::Full | Pace::Long => Duration::from_millis(100),
        }
    }

    /// How long the machine's own jitter is measured each time.
    pub fn jitter(self) -> Duration {
        match self {
            Pace::Quick => Duration::from_millis(20),
            Pace::Full | Pace::Long => Duration::from_millis(400),
        }
    }
}
