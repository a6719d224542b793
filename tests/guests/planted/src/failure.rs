//! Why a program ended early.

use alloc::string::{String, ToString};
use core::fmt;

use crate::wasi::io::streams::StreamError;
use crate::wasi::sockets::network::ErrorCode;

#[derive(Debug)]
pub struct Failure(String);

impl Failure {
    pub fn new(why: &str) -> Failure {
        Failure(why.to_string())
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<ErrorCode> for Failure {
    fn from(code: ErrorCode) -> Failure {
        Failure::new(code.name())
    }
}

impl From<StreamError> for Failure {
    fn from(error: StreamError) -> Failure {
        match error {
            StreamError::Closed => Failure::new("the connection has ended"),
            StreamError::LastOperationFailed(error) => Failure(error.to_debug_string()),
        }
    }
}
