//! A request, the answer to it, and the place where the answer is left.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use wippy_dispatcher::{Error, Event, Flow, Handle};

use super::body::BodyReader;
use super::error::ErrorCode;
use super::fields::Fields;
use super::head::RequestHead;
use super::target::HttpOrigin;
use super::tls::Roots;
use crate::delivery::Delivery;

/// How long a client waits.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Timeouts {
    /// For the name, the connection and TLS together. Default 600 s.
    pub connect: Duration,
    /// For the response's head, from when nothing but the server is waited for. Default 600 s.
    pub first_byte: Duration,
    /// For each further piece of the response, and for each piece of the request to be taken.
    /// Default 600 s.
    pub between_bytes: Duration,
}

impl Default for Timeouts {
    fn default() -> Timeouts {
        let long = Duration::from_secs(600);
        Timeouts {
            connect: long,
            first_byte: long,
            between_bytes: long,
        }
    }
}

/// A request to send.
#[derive(Debug)]
pub struct Request {
    /// Where it goes.
    pub target: HttpOrigin,
    /// The `Host` field.
    pub authority: String,
    /// The method, the target's path and the header fields.
    pub head: RequestHead,
    /// The body, where there is one.
    pub body: Option<BodyReader>,
    /// How long to wait.
    pub timeouts: Timeouts,
    /// The certificate authorities that it trusts.
    pub roots: Roots,
    /// The flow of its name lookups, which share the resolver fairly between flows.
    pub flow: Flow,
    /// If there is one, the request is sent even if nobody waits for the response any more, as soon
    /// as its body is finished.
    pub delivery: Option<Delivery>,
}

/// A message that answers a request: received by a client, or given to a server.
#[derive(Debug)]
pub struct Response {
    /// The status.
    pub status: u16,
    /// The header fields.
    pub fields: Fields,
    /// The body, where there is one.
    pub body: Option<BodyReader>,
}

#[derive(Debug)]
struct Cell {
    answer: Mutex<Option<Result<Response, ErrorCode>>>,
    /// Whoever had to answer has done so.
    given: AtomicBool,
    answered: Event,
    abandoned: Event,
}

impl Cell {
    fn lock(&self) -> MutexGuard<'_, Option<Result<Response, ErrorCode>>> {
        self.answer.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The end that waits for the response. Dropped before the response is taken, it cancels the
/// exchange.
#[derive(Debug)]
pub struct Reply(Arc<Cell>);

/// The end that delivers the response. Dropped before, it delivers an internal error.
#[derive(Debug)]
pub struct Answer(Arc<Cell>);

/// A place for one response.
///
/// # Errors
/// `TooManySources`, `WrongThread` and `Closed` of the dispatcher.
pub fn reply(handle: &Handle) -> Result<(Answer, Reply), Error> {
    let cell = Arc::new(Cell {
        answer: Mutex::new(None),
        given: AtomicBool::new(false),
        answered: Event::new(handle)?,
        abandoned: Event::new(handle)?,
    });
    Ok((Answer(cell.clone()), Reply(cell)))
}

impl Reply {
    /// The event that is set once the answer is there, and stays set.
    pub fn answered(&self) -> &Event {
        &self.0.answered
    }

    /// Whether the answer was given. One that is there and was not says that whoever had to give it is gone.
    pub fn is_given(&self) -> bool {
        self.0.given.load(Ordering::Relaxed)
    }

    /// Takes the answer, if it is there.
    pub fn take(&self) -> Option<Result<Response, ErrorCode>> {
        self.0.lock().take()
    }
}

impl Drop for Reply {
    fn drop(&mut self) {
        if !self.0.answered.is_set() {
            self.0.abandoned.set();
        }
    }
}

impl Answer {
    /// Set when nobody waits any more. It stays of use after the answer, for whoever reads the
    /// response's body: see [`BodyReader::announce`].
    pub fn abandoned(&self) -> &Event {
        &self.0.abandoned
    }

    /// Leaves the answer.
    pub fn send(self, answer: Result<Response, ErrorCode>) {
        self.0.given.store(true, Ordering::Relaxed);
        self.put(answer);
    }

    fn put(&self, answer: Result<Response, ErrorCode>) {
        if !self.0.answered.is_set() {
            *self.0.lock() = Some(answer);
            self.0.answered.set();
        }
    }
}

impl Drop for Answer {
    fn drop(&mut self) {
        self.put(Err(ErrorCode::internal("no response was given")));
    }
}
