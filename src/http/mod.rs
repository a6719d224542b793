//! HTTP/1.1 without I/O, and a client and a server over the dispatcher's sockets.
//!
//! What reads and writes messages knows neither time nor sockets: bytes are arguments. Whatever a
//! peer sends is bounded, and every refusal is one of the codes of `wasi:http/types`.

mod body;
mod buffer;
mod client;
mod decode;
mod distinguished_name;
mod encode;
mod error;
mod error_status;
mod exchange;
mod fields;
mod head;
mod method;
mod response;
pub mod server;
mod session;
pub mod simulated_tls;
mod socket;
mod target;
#[cfg(test)]
mod tests;
mod tls;
mod trailer_names;

pub use body::{BodyReader, BodySink, BodySource, BodyWriter, Stopped, body};
pub use buffer::Buffer;
pub use client::{Client, ClientLimits};
pub use error::{DnsError, ErrorCode, FieldSize, TlsAlert};
pub(crate) use exchange::reply;
pub use exchange::{Answer, Reply, Request, Response, Timeouts};
pub use fields::{FieldError, FieldLimits, Fields, is_name};
pub use head::{RequestHead, content_length};
pub use method::Method;
pub use target::{HttpOrigin, is_authority, is_path, is_scheme};
pub use tls::{CertificateError, Roots};
