//! `wasi:io/error`, and what a stream operation can fail with.

use std::io;

use crate::http::{ErrorCode, Stopped};

/// `wasi:io/error#error`: what went wrong with a stream.
#[derive(Clone, Debug)]
pub struct IoError {
    pub(super) text: String,
    code: Option<i32>,
    http: Option<Box<ErrorCode>>,
    /// It is about the network, and nothing else.
    network: bool,
}

impl IoError {
    /// An error that no system call gave.
    pub fn new(text: impl Into<String>) -> IoError {
        IoError {
            text: text.into(),
            code: None,
            http: None,
            network: false,
        }
    }

    /// An error of a socket's stream.
    pub fn of_network(error: wippy_dispatcher::Error) -> IoError {
        IoError {
            network: true,
            ..error.into()
        }
    }

    /// The system's error number, if it came from a socket's stream.
    pub fn network_code(&self) -> Option<i32> {
        self.code.filter(|_| self.network)
    }

    /// The system's error number, for the packages that map it to their own codes.
    pub fn code(&self) -> Option<i32> {
        self.code
    }

    /// What `http-error-code` recovers.
    pub fn http(&self) -> Option<&ErrorCode> {
        self.http.as_deref()
    }
}

impl From<io::Error> for IoError {
    fn from(error: io::Error) -> IoError {
        IoError {
            text: error.to_string(),
            code: error.raw_os_error(),
            network: false,
            http: None,
        }
    }
}

impl From<wippy_dispatcher::Error> for IoError {
    fn from(error: wippy_dispatcher::Error) -> IoError {
        IoError {
            text: error.to_string(),
            code: error.raw_os_error(),
            network: false,
            http: None,
        }
    }
}

impl From<ErrorCode> for IoError {
    fn from(code: ErrorCode) -> IoError {
        IoError {
            text: code.to_string(),
            code: None,
            network: false,
            http: Some(Box::new(code)),
        }
    }
}

/// `wasi:io/streams#stream-error` before the guest has a handle for it, or a trap.
#[derive(Debug)]
pub enum StreamError {
    /// The stream has ended and gives or takes nothing any more.
    Closed,
    /// The last operation failed; the stream is closed from now on.
    Failed(IoError),
    /// The guest broke a rule, or the host cannot go on.
    Trap(wasmtime::Error),
}

impl From<wasmtime::Error> for StreamError {
    fn from(error: wasmtime::Error) -> StreamError {
        StreamError::Trap(error)
    }
}

impl From<wippy_dispatcher::Error> for StreamError {
    fn from(error: wippy_dispatcher::Error) -> StreamError {
        StreamError::Trap(error.into())
    }
}

impl From<io::Error> for StreamError {
    fn from(error: io::Error) -> StreamError {
        StreamError::Failed(error.into())
    }
}

impl From<Stopped> for StreamError {
    fn from(stopped: Stopped) -> StreamError {
        match stopped {
            Stopped::Ended => StreamError::Closed,
            Stopped::Failed(code) => StreamError::Failed(code.into()),
        }
    }
}
