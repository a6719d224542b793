//! A server of HTTP/1.1: requests in and responses out, without I/O.

mod http_date;
mod limits;
mod refusal;
mod request;
mod request_target;
mod response_encoder;
#[cfg(test)]
mod tests;

pub use http_date::{DateClock, http_date};
pub use limits::{RequestLimits, ServerLimits, ServerTimeouts};
pub use refusal::Refusal;
pub use request::{ReceivedHead, RequestDecoder, RequestEvent};
pub use request_target::RequestTarget;
pub use response_encoder::{
    BadResponse, BodyLength, ResponseEncoder, ResponseRules, write_informational,
};
