//! How much one read gives.

/// The most bytes one `read` gives.
pub const READ_MAX: usize = 64 * 1024;
