//! The exit statuses of the program beside those of guests.

/// A failed call, or a command that says so.
pub(super) const FAILED: u8 = 1;
/// A error in the project or on the command line.
pub(super) const USAGE: u8 = 2;
