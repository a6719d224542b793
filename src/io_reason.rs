//! Why the system refused a file or a directory, in one spelling.

use std::io::{Error, ErrorKind};

/// What an error means for a `noun` ("file", "directory"): that there is none, or the system's text.
pub(crate) fn io_reason(error: &Error, noun: &str) -> String {
    match error.kind() {
        ErrorKind::NotFound => format!("no such {noun}"),
        _ => error.to_string(),
    }
}
