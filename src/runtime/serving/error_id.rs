//! The numbers that tie an answer to the log line that says why.

use std::fmt;

use wippy_dispatcher::{Handle, RngStream};

use crate::http::server::IncomingRequest;

/// What a client is told of a failure, and the log too.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct ErrorId([u8; 8]);

impl ErrorId {
    /// A new one.
    pub(super) fn new(handle: &Handle) -> ErrorId {
        let mut bytes = [0; 8];
        // It fails at the dispatcher's end, with which the request ends.
        let _ = handle.fill_random(RngStream::Insecure, &mut bytes);
        ErrorId(bytes)
    }
}

impl fmt::Display for ErrorId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", u64::from_be_bytes(self.0))
    }
}

/// The request's own ID in a log line, before anything else of it; nothing where the server names no requests. It is
/// in the server's log of requests, and in the response.
pub(super) fn request_id(request: &IncomingRequest) -> String {
    let id = request.id.as_ref();
    id.map_or_else(String::new, |id| format!("request {id}: "))
}
