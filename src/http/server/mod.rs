//! A server of HTTP/1.1: requests in and responses out without I/O, a connection as a task, and a server of
//! connections.

mod accept;
mod connection;
mod exchange;
mod handler;
mod http_date;
mod http_server;
mod limits;
mod refusal;
mod request;
mod request_target;
mod response_encoder;
mod server_state;
#[cfg(test)]
mod tests;
mod wire;

pub use handler::{Failure, Handler, HandlerFuture, IncomingRequest};
pub use http_date::{DateClock, http_date};
pub use http_server::HttpServer;
pub use limits::{RequestLimits, ServerLimits, ServerTimeouts};
pub use refusal::Refusal;
pub use request::{ReceivedHead, RequestDecoder, RequestEvent};
pub use request_target::RequestTarget;
pub use response_encoder::{
    BadResponse, BodyLength, ResponseEncoder, ResponseRules, write_informational,
};
pub use server_state::ServerCounts;
