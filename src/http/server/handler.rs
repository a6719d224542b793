//! What answers requests.

use std::future::{Future, ready};
use std::pin::Pin;

use super::informational::Informational;
use super::peer::Peer;
use super::request_target::RequestTarget;
use super::trace_parent::TraceParent;
use super::trusted_proxies::ClientInfo;
use crate::http::body::BodyReader;
use crate::http::exchange::Response;
use crate::http::head::RequestHead;

/// A request as its handler gets it: while the rest of its body is still on its way.
#[derive(Debug)]
pub struct IncomingRequest {
    /// The method, the target as written, and the header fields.
    pub head: RequestHead,
    /// The target, taken apart.
    pub target: RequestTarget,
    /// The body: what has arrived of it, its end with trailers, or why it does not end. What the client sends
    /// faster than this is read waits in the client. Dropped, the rest is thrown away.
    pub body: BodyReader,
    /// The other end of the connection: the client, or a proxy.
    pub peer: Peer,
    /// Who has sent the request, as far as that is known.
    pub client: ClientInfo,
    /// The request's name, which its fields have too (`x-request-id`). `None` where the server names none.
    pub id: Option<String>,
    /// The trace that it belongs to. The fields hold it only if it is valid.
    pub trace: Option<TraceParent>,
    /// Informational responses, such as `103 Early Hints`, before the response.
    pub informational: Informational,
}

/// Why there is no response: the client gets this status, and no body.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("the request failed with status {0}")]
pub struct Failure(u16);

impl Failure {
    /// 500: the request may have been as it should.
    pub const INTERNAL: Failure = Failure(500);
    /// 504: the handler has taken too long.
    pub const TIMEOUT: Failure = Failure(504);

    /// With this status; 500 where it is not between 400 and 599.
    pub fn new(status: u16) -> Failure {
        match status {
            400..=599 => Failure(status),
            _ => Failure::INTERNAL,
        }
    }

    /// The status.
    pub fn status(self) -> u16 {
        self.0
    }
}

/// The response to come. It runs in its connection's task, and is dropped where the client breaks the connection
/// off, or the server ends.
pub type HandlerFuture = Pin<Box<dyn Future<Output = Result<Response, Failure>>>>;

/// What waits until a handler has nothing left to do.
pub type HandlerEnd = Pin<Box<dyn Future<Output = ()>>>;

/// Answers requests; functions from [`IncomingRequest`] to a future do.
///
/// The response's body is read after the handler has returned: as fast as the client takes it, and not at all where the
/// request or the status allows none. A body that fails cuts the connection, so that the client sees that
/// it is incomplete.
pub trait Handler {
    /// Answers one request.
    fn handle(&self, request: IncomingRequest) -> HandlerFuture;

    /// Waits until nothing is left to do of requests that were answered. A server that stops in order waits for it
    /// when its connections have ended, within the time of its stop. By default nothing is left.
    fn drained(&self) -> HandlerEnd {
        Box::pin(ready(()))
    }
}

impl<F, Fut> Handler for F
where
    F: Fn(IncomingRequest) -> Fut,
    Fut: Future<Output = Result<Response, Failure>> + 'static,
{
    fn handle(&self, request: IncomingRequest) -> HandlerFuture {
        Box::pin(self(request))
    }
}
