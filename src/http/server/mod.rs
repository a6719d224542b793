//! A server of HTTP/1.1: requests in and responses out without I/O, a connection as a task, a server of
//! connections, and what those who run one expect of it.

mod accept;
mod access_line;
mod access_log;
mod connection;
mod exchange;
mod forwarded;
mod group_thread;
mod guarded;
mod handler;
mod handshake;
mod health;
mod http_date;
mod http_server;
mod informational;
mod limits;
mod listen_address;
mod listener;
mod management;
mod meters;
mod passed_sockets;
mod peer;
mod placement;
mod record;
mod refusal;
mod request;
mod request_id;
mod request_target;
mod response_encoder;
mod seats;
mod server_group;
mod server_metrics;
mod server_options;
mod server_state;
mod server_tls;
mod settings;
#[cfg(test)]
mod tests;
mod trace_parent;
mod transport;
mod trusted_proxies;
mod unix_path;
mod wire;

pub use access_line::LogFormat;
pub use access_log::AccessLog;
pub use forwarded::ForwardedField;
pub use group_thread::HandlerError;
pub use handler::{Failure, Handler, HandlerEnd, HandlerFuture, IncomingRequest};
pub use health::{Health, Phase};
pub use http_date::{DateClock, http_date};
pub use http_server::HttpServer;
pub use informational::{Informational, InformationalError};
pub use limits::{RequestLimits, ServerLimits, ServerTimeouts};
pub use listen_address::{InvalidAddress, ListenAddress};
pub use listener::{ListenError, Listener};
pub use management::serve_management;
pub use meters::{Meters, ServerCounts};
pub use passed_sockets::PassedSockets;
pub use peer::Peer;
pub use refusal::Refusal;
pub use request::{ReceivedHead, RequestDecoder, RequestEvent};
pub use request_target::RequestTarget;
pub use response_encoder::{
    BadResponse, BodyLength, ResponseEncoder, ResponseRules, write_informational,
};
pub use server_group::{ServerGroup, StartError};
pub(crate) use server_metrics::to_prometheus;
pub use server_options::ServerOptions;
pub(crate) use server_tls::FILE_MAX as TLS_FILE_MAX;
pub use server_tls::{ServerTls, TlsFiles, TlsFilesError};
pub use settings::ServerSettings;
pub use trace_parent::TraceParent;
pub use trusted_proxies::{ClientInfo, InvalidProxy, TrustedProxies, TrustedProxy};
pub use unix_path::{UnixPath, UnixPathError};
