//! The bounds of a server, and how long it waits.

use std::time::Duration;

use crate::http::fields::FieldLimits;

/// What a request may be.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RequestLimits {
    /// Bytes of its first line, with the line's end. Default 16 KiB.
    pub line: usize,
    /// Its header fields, and its trailers: each. At most 256 fields are taken, whatever is set here.
    pub fields: FieldLimits,
    /// Bytes of its body, without the framing of chunks. Default 16 MiB.
    pub body: u64,
}

impl Default for RequestLimits {
    fn default() -> RequestLimits {
        RequestLimits {
            line: 16 * 1024,
            fields: FieldLimits::DEFAULT,
            body: 16 * 1024 * 1024,
        }
    }
}

/// How long a server waits for its clients.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ServerTimeouts {
    /// For a client to agree on a session of TLS. Default 10 s.
    pub handshake: Duration,
    /// For the whole head of a request: from when the connection was accepted, or from the first
    /// byte of a later request. Default 30 s.
    pub head: Duration,
    /// For each further piece of a request's body. Default 30 s.
    pub body: Duration,
    /// For a whole request, its body included, from when its head is waited for. Default none.
    pub read: Option<Duration>,
    /// For the next request on a connection. Default 60 s.
    pub idle: Duration,
    /// For the client to take some of what is written. Default 30 s.
    pub write: Duration,
    /// For a request as a whole: from its head to the last byte that the handler gives of the response's body. Before
    /// the response has begun, the client gets 504, or 408 where it is its own body that is waited for; after it the
    /// connection is cut. Default none.
    pub request: Option<Duration>,
    /// For an answer to a client that sends nothing more: from when it has closed its writing half, or has taken the
    /// last of what is written, to when the handler gives more. Most such clients are gone, and the system tells that
    /// only once something is written to them; then the connection is cut and the handler dropped. 0 does not wait, and
    /// `None` waits for ever. Default 5 s.
    pub half_close: Option<Duration>,
}

impl Default for ServerTimeouts {
    fn default() -> ServerTimeouts {
        ServerTimeouts {
            handshake: Duration::from_secs(10),
            head: Duration::from_secs(30),
            body: Duration::from_secs(30),
            read: None,
            idle: Duration::from_secs(60),
            write: Duration::from_secs(30),
            request: None,
            half_close: Some(Duration::from_secs(5)),
        }
    }
}

/// The bounds of a server. A connection holds 240 KiB at most beside its request's fields and what its
/// handler holds, and next to nothing while it waits for a request.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ServerLimits {
    /// Connections that are open at once; further ones wait in the listener's backlog. At least one.
    /// Default 1,024.
    pub connections: usize,
    /// Requests on one connection; it is closed behind the last. Default 1,000.
    pub requests_each: u64,
    /// Bytes of a request's body that are read and thrown away where the handler does not want them,
    /// so that the connection can be kept. Default 256 KiB.
    pub drained: u64,
    /// Each request.
    pub request: RequestLimits,
    /// How long to wait.
    pub timeouts: ServerTimeouts,
}

impl Default for ServerLimits {
    fn default() -> ServerLimits {
        ServerLimits {
            connections: 1024,
            requests_each: 1000,
            drained: 256 * 1024,
            request: RequestLimits::default(),
            timeouts: ServerTimeouts::default(),
        }
    }
}
