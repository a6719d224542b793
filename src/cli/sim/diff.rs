//! `wippy sim diff`: where two logs differ.

use std::path::Path;

use serde_json::json;
use wippy_dispatcher::sim::{Log, LogError};

use crate::cli::arguments::Options;
use crate::cli::exit_status::{FAILED, USAGE};
use crate::cli::{output, report};

/// Prints the first record of two logs that differs; the status is 1 where there is one.
pub(super) fn run(options: &Options, one: &Path, other: &Path) -> u8 {
    let (one, other) = match (open(one), open(other)) {
        (Ok(one), Ok(other)) => (one, other),
        (Err(text), _) | (_, Err(text)) => {
            report::message(&text, options.json);
            return USAGE;
        }
    };
    match Log::difference(&one, &other) {
        Err(error) => {
            report::message(&error.to_string(), options.json);
            USAGE
        }
        Ok(None) => {
            let text = match options.json {
                true => format!("{}\n", json!({"equal": true})),
                false => "the logs are equal\n".to_owned(),
            };
            output::print(&text, options.json, 0)
        }
        Ok(Some(difference)) => {
            let text = match options.json {
                true => {
                    let (record, text) = (difference.number(), difference.to_string());
                    format!(
                        "{}\n",
                        json!({"equal": false, "record": record, "difference": text})
                    )
                }
                false => format!("{difference}\n"),
            };
            output::print(&text, options.json, FAILED)
        }
    }
}

/// Opens a log.
///
/// # Errors
/// A text that names the file.
pub(super) fn open(path: &Path) -> Result<Log, String> {
    Log::open(path).map_err(|error| match error {
        error @ LogError::Open { .. } => error.to_string(),
        error => format!("{}: {error}", path.display()),
    })
}
