//! From a handler's response to bytes.

use std::io::Write;

use crate::http::encode::{BodyEncoder, WrongLength};
use crate::http::fields::Fields;
use crate::http::head::{Framing, content_length};
use crate::http::method::Method;

/// What a response has to know of its request and of its connection.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ResponseRules {
    /// The request was `HEAD`.
    pub is_head: bool,
    /// The request's version: 1 for HTTP/1.1, 0 for HTTP/1.0.
    pub minor: u8,
    /// The connection is to be kept, as far as the request and the server say.
    pub keep: bool,
}

impl ResponseRules {
    /// Those of a request.
    pub fn of(method: &Method, minor: u8, keep: bool) -> ResponseRules {
        ResponseRules {
            is_head: *method == Method::Head,
            minor,
            keep,
        }
    }
}

/// A handler's response is none.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum BadResponse {
    /// The status is not between 200 and 999.
    #[error("{0} is not the status of a final response")]
    Status(u16),
    /// Several `content-length` fields, or one that is no number.
    #[error("the response's content-length is malformed")]
    Length,
    /// The body is not as long as `content-length` says: it has so many bytes.
    #[error("the response has {0} bytes of body, which its content-length does not say")]
    OtherLength(u64),
}

/// Fields that belong to the connection and to the framing, which the server writes.
const OF_THE_CONNECTION: [&str; 7] = [
    "connection",
    "content-length",
    "keep-alive",
    "proxy-connection",
    "te",
    "transfer-encoding",
    "upgrade",
];

/// What the lines that the server writes, and a short body, take at most, in bytes: for them a buffer grows once.
const OWN_LINES: usize = 256;

/// What a response's body is, as far as that is known when its head is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum BodyLength {
    /// There is no body.
    None,
    /// All of it is there already: so many bytes, and no trailers.
    Known(u64),
    /// It is still to come.
    Unknown,
}

/// Encodes one response: its head when it is made, then its body.
#[derive(Debug)]
pub struct ResponseEncoder {
    body: BodyEncoder,
    framing: Framing,
    has_body: bool,
    keep: bool,
}

impl ResponseEncoder {
    /// Writes the head: the status, `Date` unless it is among the fields, the framing, `Connection` where it
    /// says something new, and the other fields.
    ///
    /// The body has a length where `content-length` or `length` says one; else it is sent in chunks, and
    /// to a client of HTTP/1.0 until the connection's end.
    ///
    /// # Errors
    /// When the response is none; nothing is written then.
    pub fn start(
        status: u16,
        fields: &Fields,
        length: BodyLength,
        rules: ResponseRules,
        date: &str,
        out: &mut Vec<u8>,
    ) -> Result<ResponseEncoder, BadResponse> {
        if !(200..=999).contains(&status) {
            return Err(BadResponse::Status(status));
        }
        let declared = content_length(fields).map_err(|_| BadResponse::Length)?;
        let never_has_body = matches!(status, 204 | 205 | 304);
        let has_body = !never_has_body && !rules.is_head;
        let framing = match (length, declared) {
            _ if never_has_body => Framing::Length(0),
            (BodyLength::None, Some(declared)) if has_body && declared > 0 => {
                return Err(BadResponse::OtherLength(0));
            }
            (BodyLength::Known(known), Some(declared)) if has_body && known != declared => {
                return Err(BadResponse::OtherLength(known));
            }
            (_, Some(declared)) => Framing::Length(declared),
            (BodyLength::None, None) => Framing::Length(0),
            (BodyLength::Known(known), None) => Framing::Length(known),
            (BodyLength::Unknown, None) if rules.minor == 0 => Framing::UntilClose,
            (BodyLength::Unknown, None) => Framing::Chunked,
        };
        let ends_connection = has_body && framing == Framing::UntilClose;
        let keep = rules.keep && !fields.lists("connection", "close") && !ends_connection;

        out.reserve(OWN_LINES + fields.bytes());
        status_line(status, out);
        if !fields.has("date") && !date.is_empty() {
            line("Date", date.as_bytes(), out);
        }
        match (keep, rules.minor) {
            (false, _) => out.extend_from_slice(b"Connection: close\r\n"),
            (true, 0) => out.extend_from_slice(b"Connection: keep-alive\r\n"),
            (true, _) => {}
        }
        let written_length = match framing {
            // What a GET would have been answered with; of a body that nobody counts nothing is said.
            _ if status == 304 => declared,
            _ if status == 204 => None,
            _ if rules.is_head && length == BodyLength::None => declared,
            Framing::Length(length) => Some(length),
            _ => None,
        };
        if let Some(length) = written_length {
            // A vector takes all.
            let _ = write!(out, "Content-Length: {length}\r\n");
        }
        if framing == Framing::Chunked {
            out.extend_from_slice(b"Transfer-Encoding: chunked\r\n");
        }
        for (name, value) in fields.iter() {
            if !is_of_the_connection(name, fields) {
                line(name, value, out);
            }
        }
        out.extend_from_slice(b"\r\n");
        let framing = if has_body {
            framing
        } else {
            Framing::Length(0)
        };
        Ok(ResponseEncoder {
            body: BodyEncoder::new(framing),
            framing,
            has_body,
            keep,
        })
    }

    /// Whether a body follows. Where none does, what the handler gives as one is not to be read.
    pub fn has_body(&self) -> bool {
        self.has_body
    }

    /// Whether the head has said that the connection goes on.
    pub fn keeps_alive(&self) -> bool {
        self.keep
    }

    /// Whether a client takes the end of the connection for the end of the body, so that an incomplete one
    /// has to be cut with a reset.
    pub fn ends_with_connection(&self) -> bool {
        self.framing == Framing::UntilClose
    }

    /// Writes bytes of the body.
    ///
    /// # Errors
    /// When there are more than the head says; nothing is written then.
    pub fn data(&mut self, bytes: &[u8], out: &mut Vec<u8>) -> Result<(), BadResponse> {
        self.body.data(bytes, out).map_err(other_length)
    }

    /// Writes the end. Trailers are left out where the framing has no place for them.
    ///
    /// # Errors
    /// When there were fewer bytes than the head says.
    pub fn end(&mut self, trailers: Option<&Fields>, out: &mut Vec<u8>) -> Result<(), BadResponse> {
        let kept = trailers.map(|trailers| {
            let mut kept = trailers.clone();
            kept.retain(|name, _| !is_of_the_connection(name, trailers));
            kept
        });
        self.body.end(kept.as_ref(), out).map_err(other_length)
    }
}

fn other_length(wrong: WrongLength) -> BadResponse {
    BadResponse::OtherLength(wrong.0)
}

/// Writes an informational response, such as `100 Continue`, before the final one. Clients of HTTP/1.0 do not know
/// them.
///
/// # Errors
/// When the status is not one of 100 and 102 to 199; nothing is written then.
pub fn write_informational(
    status: u16,
    fields: &Fields,
    out: &mut Vec<u8>,
) -> Result<(), BadResponse> {
    // 101 would end HTTP on this connection.
    if !(100..=199).contains(&status) || status == 101 {
        return Err(BadResponse::Status(status));
    }
    status_line(status, out);
    for (name, value) in fields.iter() {
        if !is_of_the_connection(name, fields) {
            line(name, value, out);
        }
    }
    out.extend_from_slice(b"\r\n");
    Ok(())
}

fn status_line(status: u16, out: &mut Vec<u8>) {
    // A vector takes all.
    let _ = write!(out, "HTTP/1.1 {status} {}\r\n", reason(status));
}

fn line(name: &str, value: &[u8], out: &mut Vec<u8>) {
    out.extend_from_slice(name.as_bytes());
    out.extend_from_slice(b": ");
    out.extend_from_slice(value);
    out.extend_from_slice(b"\r\n");
}

/// Whether a field is not the handler's to say: one of the list, or one that `connection` names.
fn is_of_the_connection(name: &str, fields: &Fields) -> bool {
    OF_THE_CONNECTION
        .iter()
        .any(|other| other.eq_ignore_ascii_case(name))
        || fields.lists("connection", name)
}

/// The usual words for a status; none for others.
pub fn reason(status: u16) -> &'static str {
    match status {
        100 => "Continue",
        103 => "Early Hints",
        200 => "OK",
        201 => "Created",
        202 => "Accepted",
        204 => "No Content",
        205 => "Reset Content",
        206 => "Partial Content",
        301 => "Moved Permanently",
        302 => "Found",
        303 => "See Other",
        304 => "Not Modified",
        307 => "Temporary Redirect",
        308 => "Permanent Redirect",
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        406 => "Not Acceptable",
        408 => "Request Timeout",
        409 => "Conflict",
        410 => "Gone",
        411 => "Length Required",
        412 => "Precondition Failed",
        413 => "Content Too Large",
        414 => "URI Too Long",
        415 => "Unsupported Media Type",
        416 => "Range Not Satisfiable",
        417 => "Expectation Failed",
        422 => "Unprocessable Content",
        429 => "Too Many Requests",
        431 => "Request Header Fields Too Large",
        500 => "Internal Server Error",
        501 => "Not Implemented",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        504 => "Gateway Timeout",
        505 => "HTTP Version Not Supported",
        _ => "",
    }
}
