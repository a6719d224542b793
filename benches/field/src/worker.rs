//! A process that does one trial, so that contenders cannot disturb each other.

use std::io::Write;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use wippy_report::Round;

use crate::contenders;
use crate::core;
use crate::error::Fallible;
use crate::meter::Budget;
use crate::options::Options;
use crate::plan;
use crate::trial::Trial;

/// What a worker prints.
#[derive(Serialize, Deserialize, Debug)]
#[serde(rename_all = "lowercase")]
pub enum Answer {
    /// What it measured.
    Measured(Round),
    /// Why it did not.
    Refused(String),
}

/// Does the trial of the command line and prints the answer.
///
/// # Errors
/// Where the command line names nothing, or nobody takes the answer.
pub fn run(contender: &str, options: &Options) -> Fallible<()> {
    let entrant =
        contenders::find(contender).ok_or_else(|| format!("there is no contender {contender}"))?;
    let row = options
        .trial
        .as_deref()
        .and_then(plan::find)
        .ok_or("there is no such row")?;
    let trial = Trial {
        work: row.work,
        budget: Budget {
            warm: Duration::from_micros(options.warm),
            measure: Duration::from_micros(options.measure),
        },
        cores: core::allowed()?,
    };
    core::stay(&trial.cores, core::CONTENDER)?;
    if entrant.without_slack {
        core::without_timer_slack()?;
    }
    let answer = match (entrant.run)(trial) {
        Ok(round) => Answer::Measured(round),
        Err(error) => Answer::Refused(error.to_string()),
    };
    let mut output = std::io::stdout().lock();
    serde_json::to_writer(&mut output, &answer)?;
    Ok(output.flush()?)
}
