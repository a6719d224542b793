//! A duration, or none, on the command line.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use crate::registry::parse_duration;

/// How long the answer to a client that sends nothing more is waited for; `none` is for ever.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct HalfCloseTime(pub Option<Duration>);

impl FromStr for HalfCloseTime {
    type Err = String;

    fn from_str(text: &str) -> Result<HalfCloseTime, String> {
        let expected = || "expected a duration such as 5s or 500ms, or none".to_owned();
        match text {
            "none" => Ok(HalfCloseTime(None)),
            text => Ok(HalfCloseTime(Some(
                parse_duration(text).ok_or_else(expected)?,
            ))),
        }
    }
}

impl fmt::Display for HalfCloseTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(time) => write!(f, "{time:?}"),
            None => f.write_str("none"),
        }
    }
}
