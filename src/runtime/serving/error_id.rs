//! The numbers that tie an answer to the log line that says why.

use std::fmt;

use wippy_dispatcher::{Error, Handle, RngStream};

/// What a client is told of a failure, and the log too.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct ErrorId([u8; 8]);

impl ErrorId {
    /// A new one.
    ///
    /// # Errors
    /// As [`Handle::fill_random`].
    pub(super) fn new(handle: &Handle) -> Result<ErrorId, Error> {
        let mut bytes = [0; 8];
        handle.fill_random(RngStream::Insecure, &mut bytes)?;
        Ok(ErrorId(bytes))
    }
}

impl fmt::Display for ErrorId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", u64::from_be_bytes(self.0))
    }
}
