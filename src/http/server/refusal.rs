//! Why a server does not take a request.

use crate::http::error::ErrorCode;
use crate::http::head::Malformed;

/// Why a request is refused. Each has a status; the connection ends behind the answer, because
/// nobody knows where the next request would begin.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Refusal {
    /// It is not HTTP/1.1, or two readers could understand it differently.
    #[error("the request is malformed")]
    Malformed,
    /// It did not arrive in time.
    #[error("the request took too long")]
    Late,
    /// Its body is larger than the server takes.
    #[error("the request's body is too large")]
    BodyTooLarge,
    /// Its first line is longer than the server takes.
    #[error("the request's first line is too long")]
    LineTooLong,
    /// It expects something other than `100-continue`.
    #[error("the request expects what this server does not do")]
    Expectation,
    /// It has more header or trailer fields than the server takes, or larger ones.
    #[error("the request's fields are too large")]
    FieldsTooLarge,
    /// It needs a tunnel, or a transfer coding other than `chunked`.
    #[error("the request needs what this server does not implement")]
    NotImplemented,
    /// It is of another major version than HTTP/1.
    #[error("the request's version of HTTP is not supported")]
    Version,
}

impl Refusal {
    /// All of them, in the order in which they are declared.
    pub const ALL: [Refusal; 8] = [
        Refusal::Malformed,
        Refusal::Late,
        Refusal::BodyTooLarge,
        Refusal::LineTooLong,
        Refusal::Expectation,
        Refusal::FieldsTooLarge,
        Refusal::NotImplemented,
        Refusal::Version,
    ];

    /// A word for it, in metrics and logs.
    pub fn name(self) -> &'static str {
        match self {
            Refusal::Malformed => "malformed",
            Refusal::Late => "late",
            Refusal::BodyTooLarge => "body-too-large",
            Refusal::LineTooLong => "line-too-long",
            Refusal::Expectation => "expectation",
            Refusal::FieldsTooLarge => "fields-too-large",
            Refusal::NotImplemented => "not-implemented",
            Refusal::Version => "version",
        }
    }

    /// The status of the answer.
    pub fn status(self) -> u16 {
        match self {
            Refusal::Malformed => 400,
            Refusal::Late => 408,
            Refusal::BodyTooLarge => 413,
            Refusal::LineTooLong => 414,
            Refusal::Expectation => 417,
            Refusal::FieldsTooLarge => 431,
            Refusal::NotImplemented => 501,
            Refusal::Version => 505,
        }
    }

    /// What the reader of the request's body is told, where the handler has been given it already.
    pub fn code(self) -> ErrorCode {
        match self {
            Refusal::Late => ErrorCode::ConnectionReadTimeout,
            Refusal::BodyTooLarge => ErrorCode::HttpRequestBodySize(None),
            Refusal::FieldsTooLarge => ErrorCode::HttpRequestTrailerSectionSize(None),
            _ => ErrorCode::HttpProtocolError,
        }
    }
}

impl From<Malformed> for Refusal {
    fn from(malformed: Malformed) -> Refusal {
        match malformed {
            Malformed::Syntax => Refusal::Malformed,
            Malformed::TooLong(_) => Refusal::FieldsTooLarge,
            Malformed::Coding(codings) => of_codings(&codings),
        }
    }
}

/// Where `chunked` is the last of several codings, the body's end is known, and only the others are
/// not implemented. Everywhere else nobody knows where the body ends.
fn of_codings(codings: &str) -> Refusal {
    let is_chunked = |coding: &str| coding.trim().eq_ignore_ascii_case("chunked");
    let is_other = |coding: &str| !coding.trim().is_empty() && !is_chunked(coding);
    match codings.rsplit_once(',') {
        Some((others, last)) if is_chunked(last) && others.split(',').all(is_other) => {
            Refusal::NotImplemented
        }
        _ => Refusal::Malformed,
    }
}
