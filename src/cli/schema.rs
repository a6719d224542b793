//! `wippy schema`: what an editor needs to check a project's files.

use std::io::Write;

use crate::registry::schema;

pub(super) fn main() -> u8 {
    // A reader that went away wanted no more.
    let _ = writeln!(std::io::stdout(), "{:#}", schema());
    0
}
