//! What a client gets where a guest gives no response.

use wippy_dispatcher::Handle;

use super::error_id::ErrorId;
use crate::http::server::{BadResponse, Failure};
use crate::http::{Fields, Response, body, content_length};
use crate::runtime::error::CallErrorKind;

/// How many seconds a client is asked to wait where there is no room for its request.
const RETRY_AFTER: &str = "1";

/// Why a guest has given no response.
#[derive(Clone, Debug)]
pub(super) struct ComponentFailure {
    /// What log and client know the failure by.
    pub(super) id: ErrorId,
    pub(super) status: u16,
    /// The log says why already.
    pub(super) is_logged: bool,
}

impl ComponentFailure {
    /// That of a call which has ended like this without a response.
    pub(super) fn of(handle: &Handle, end: &Result<(), CallErrorKind>) -> ComponentFailure {
        ComponentFailure {
            id: ErrorId::new(handle),
            status: end.as_ref().err().map_or(500, status_of),
            is_logged: end.is_err(),
        }
    }

    /// That of a call whose guest has said this itself.
    pub(super) fn logged(handle: &Handle, status: u16) -> ComponentFailure {
        ComponentFailure {
            id: ErrorId::new(handle),
            status,
            is_logged: true,
        }
    }

    /// What the client gets: the status and a line with the ID.
    ///
    /// # Errors
    /// The status alone, where there is no room for more.
    pub(super) fn respond(&self, handle: &Handle) -> Result<Response, Failure> {
        let plain = |_| Failure::new(self.status);
        let text = format!("{}, error ID {}\n", self.status, self.id);
        let (writer, reader) = body(handle, text.len(), None).map_err(plain)?;
        // Its reader is here, and its length is not declared.
        let _ = writer.write(text.into_bytes());
        writer.finish(None).map_err(|_| Failure::new(self.status))?;
        let mut fields = Fields::new();
        let _ = fields.append("content-type", b"text/plain; charset=utf-8");
        if self.status == 503 {
            let _ = fields.append("retry-after", RETRY_AFTER.as_bytes());
        }
        Ok(Response {
            status: self.status,
            fields,
            body: Some(reader),
        })
    }
}

/// The status for a request whose call has failed before it gave a response.
fn status_of(error: &CallErrorKind) -> u16 {
    match error {
        CallErrorKind::DeadlineExceeded => 504,
        CallErrorKind::PoolFull | CallErrorKind::Group(_) | CallErrorKind::Dispatcher(_) => 503,
        _ => 500,
    }
}

/// Whether a guest's response is one, as far as its head says. `is_read` says whether the client gets a body.
///
/// # Errors
/// As those of the server's encoder, which would answer in its place without a line in the log.
pub(super) fn check(response: &Response, is_read: bool) -> Result<(), BadResponse> {
    if !(200..=999).contains(&response.status) {
        return Err(BadResponse::Status(response.status));
    }
    match content_length(&response.fields) {
        Err(_) => Err(BadResponse::Length),
        Ok(Some(1..)) if is_read && response.body.is_none() => Err(BadResponse::OtherLength(0)),
        Ok(_) => Ok(()),
    }
}
