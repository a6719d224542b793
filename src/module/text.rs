//! The text format.

use super::ModuleError;

/// A module's binary from its text.
///
/// # Errors
/// `Invalid`, with the line and column of the mistake.
pub fn to_binary(text: &str) -> Result<Vec<u8>, ModuleError> {
    wat::parse_str(text).map_err(|error| ModuleError::Invalid(error.to_string()))
}
