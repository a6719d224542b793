//! What a client gets where a guest gives no response.

use wippy_dispatcher::Handle;

use super::error_id::ErrorId;
use super::reply::Reply;
use crate::http::server::{BadResponse, Failure};
use crate::http::{Response, content_length};
use crate::runtime::error::CallErrorKind;

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
    /// That of a call which has ended like this without a response. `is_late` says whether the time for a response has
    /// passed; the limit of a guest is a failure like any other.
    pub(super) fn of(
        handle: &Handle,
        end: &Result<(), CallErrorKind>,
        is_late: bool,
    ) -> ComponentFailure {
        let status = match end {
            Err(CallErrorKind::DeadlineExceeded) if is_late => 504,
            _ => 500,
        };
        ComponentFailure {
            id: ErrorId::new(handle),
            status,
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
    pub(super) fn reply(&self) -> Reply {
        Reply::text(
            self.status,
            format!("{}, error ID {}", self.status, self.id),
        )
    }

    /// The same as a response.
    ///
    /// # Errors
    /// The status alone, where there is no room for more.
    pub(super) fn respond(&self, handle: &Handle) -> Result<Response, Failure> {
        let response = self.reply().into_response(handle);
        response.map_err(|_| Failure::new(self.status))
    }
}

/// What a client is told where there is no room for a call, so that it may be tried again later; `None` for any other
/// failure.
pub(super) fn busy(error: &CallErrorKind) -> Option<&'static str> {
    match error {
        CallErrorKind::PoolFull => Some("all instances are busy"),
        CallErrorKind::Group(_) | CallErrorKind::Dispatcher(_) => {
            Some("there is no room for the request")
        }
        _ => None,
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
