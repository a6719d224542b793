//! How far a response is.

use crate::http::body::BodyReader;
use crate::http::server::response_encoder::ResponseEncoder;

/// How far the response is.
pub(super) enum Responding {
    /// The handler has not answered.
    NotYet,
    /// Its head is encoded.
    Body(ResponseEncoder, BodyReader),
    /// All of it is; whether the connection goes on behind it.
    Done { keeps_alive: bool },
}

impl Responding {
    /// The body that is being sent.
    pub(super) fn body(&self) -> Option<&BodyReader> {
        match self {
            Responding::Body(_, body) => Some(body),
            _ => None,
        }
    }
}
