//! How a benchmark calls its entry, and for how long.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::error::BenchmarkError;
use super::figure::Time;
use super::nanoseconds;

/// How a benchmark calls its entry, and for how long. Two measurements can be compared where these are the
/// same.
///
/// ```
/// use wippy::benchmark::{Length, Load, Settings};
///
/// let settings = Settings::default();
/// assert_eq!(settings.load, Load::Closed { concurrency: 1 });
/// assert_eq!(settings.to_string(), "closed loop, 1 call at a time, for 10 s after 1 s of warm-up");
/// ```
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Settings {
    /// When calls begin.
    pub load: Load,
    /// How much is measured.
    pub length: Length,
    /// How long the entry is called before that.
    #[serde(rename = "warm_up_ns", with = "nanoseconds")]
    pub warm_up: Duration,
    /// Whether all calls of a lane are calls of one live instance.
    pub is_live: bool,
    /// Whether time is that of a simulation.
    pub is_simulated: bool,
    /// The arguments as text; those longer than 200 bytes are cut there, with the hash of all of them.
    pub arguments: String,
}

/// When calls begin.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Load {
    /// So many lanes, each of which calls again when its call has ended.
    Closed {
        /// How many calls run at once.
        concurrency: u32,
    },
    /// A call is due at a fixed rate, whatever became of those before. It waits while all lanes have calls.
    Open {
        /// Calls a second.
        rate: f64,
        /// How many calls run at once at most.
        concurrency: u32,
    },
}

/// How much is measured.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Length {
    /// The calls that end in this time.
    #[serde(rename = "time_ns", with = "nanoseconds")]
    Time(Duration),
    /// So many calls.
    Calls(u64),
}

/// The longest measurement, warm-up and latency.
pub(super) const MAX_TIME: Duration = Duration::from_secs(24 * 60 * 60);
/// The most calls that are measured.
const MAX_CALLS: u64 = 1_000_000_000;
/// The most lanes: as many as may wait for one entry.
pub(super) const MAX_CONCURRENCY: u32 = crate::registry::DEFAULT_WAITING;
/// The most calls a second that can be due.
const MAX_RATE: f64 = 10_000_000.0;

impl Default for Settings {
    /// One call at a time for 10 s, after 1 s of warm-up.
    fn default() -> Settings {
        Settings {
            load: Load::Closed { concurrency: 1 },
            length: Length::Time(Duration::from_secs(10)),
            warm_up: Duration::from_secs(1),
            is_live: false,
            is_simulated: false,
            arguments: String::new(),
        }
    }
}

impl Settings {
    /// Whether a measurement can have them.
    ///
    /// # Errors
    /// `Setting` names the one that is out of its bounds.
    pub(super) fn check(&self) -> Result<(), BenchmarkError> {
        let wrong = |name, expected: String| Err(BenchmarkError::Setting { name, expected });
        let concurrency = self.load.concurrency();
        if !(1..=MAX_CONCURRENCY).contains(&concurrency) {
            return wrong("concurrency", format!("1 to {MAX_CONCURRENCY}"));
        }
        if let Load::Open { rate, .. } = self.load
            && !(rate.is_finite() && (1.0 / MAX_TIME.as_secs_f64()..=MAX_RATE).contains(&rate))
        {
            return wrong(
                "rate",
                format!("calls a second, {MAX_RATE} at most and one a day at least"),
            );
        }
        match self.length {
            Length::Time(time) if time.is_zero() || time > MAX_TIME => {
                wrong("duration", "more than 0, and 24h at most".to_owned())
            }
            Length::Calls(calls) if !(1..=MAX_CALLS).contains(&calls) => {
                wrong("calls", format!("1 to {MAX_CALLS}"))
            }
            _ if self.warm_up > MAX_TIME => wrong("warm-up", "24h at most".to_owned()),
            _ => Ok(()),
        }
    }

    /// The settings that another measurement has otherwise, each with both values.
    pub(super) fn differences(&self, other: &Settings) -> Vec<String> {
        let is_live = |settings: &Settings| match settings.is_live {
            true => "live instances",
            false => "an instance a call",
        };
        let clock = |settings: &Settings| match settings.is_simulated {
            true => "simulated time",
            false => "the system's time",
        };
        let warm_up = |settings: &Settings| Time(settings.warm_up).to_string();
        let pairs = [
            ("load", self.load.to_string(), other.load.to_string()),
            ("length", self.length.to_string(), other.length.to_string()),
            ("warm-up", warm_up(self), warm_up(other)),
            ("instances", is_live(self).into(), is_live(other).into()),
            ("clock", clock(self).into(), clock(other).into()),
            ("arguments", self.arguments.clone(), other.arguments.clone()),
        ];
        let different = pairs.into_iter().filter(|(_, here, there)| here != there);
        let lines =
            different.map(|(name, here, there)| format!("{name}: {here:?}, there {there:?}"));
        lines.collect()
    }
}

impl Load {
    /// How many calls run at once at most.
    pub fn concurrency(&self) -> u32 {
        match *self {
            Load::Closed { concurrency } | Load::Open { concurrency, .. } => concurrency,
        }
    }

    /// The same with another number of lanes.
    pub(super) fn with_concurrency(self, concurrency: u32) -> Load {
        match self {
            Load::Closed { .. } => Load::Closed { concurrency },
            Load::Open { rate, .. } => Load::Open { rate, concurrency },
        }
    }
}

impl fmt::Display for Load {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Load::Closed { concurrency } => write!(f, "closed loop, {}", at_a_time(concurrency)),
            Load::Open { rate, concurrency } => {
                write!(
                    f,
                    "open loop, {rate} calls/s due, at most {}",
                    at_a_time(concurrency)
                )
            }
        }
    }
}

fn at_a_time(calls: u32) -> String {
    let plural = if calls == 1 { "" } else { "s" };
    format!("{calls} call{plural} at a time")
}

impl fmt::Display for Length {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Length::Time(time) => write!(f, "for {}", Time(time)),
            Length::Calls(1) => write!(f, "for 1 call"),
            Length::Calls(calls) => write!(f, "for {calls} calls"),
        }
    }
}

impl fmt::Display for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}, {} after {} of warm-up",
            self.load,
            self.length,
            Time(self.warm_up)
        )?;
        if self.is_live {
            write!(f, ", live instances")?;
        }
        if self.is_simulated {
            write!(f, ", simulated time")?;
        }
        Ok(())
    }
}
