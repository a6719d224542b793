//! How a server treats its connections.

use std::sync::Arc;

use super::access_log::AccessLog;
use super::limits::ServerLimits;
use super::meters::Meters;
use super::server_tls::ServerTls;
use super::trusted_proxies::TrustedProxies;

/// How a server treats its connections and requests. The default has no TLS, no log, trusts no proxy and names no
/// requests. Any thread may have it.
#[derive(Clone, Default, Debug)]
pub struct ServerSettings {
    /// The bounds, and how long to wait.
    pub limits: ServerLimits,
    /// TLS, on all connections.
    pub tls: Option<ServerTls>,
    /// Where each request gets a line.
    pub log: Option<AccessLog>,
    /// The proxies that are believed about their clients.
    pub proxies: TrustedProxies,
    /// Each request has an ID: that of its `x-request-id`, if it may be one, and else one that is made. The handler sees
    /// it in the request's fields, and the client in the response's.
    pub request_ids: bool,
    /// What is counted. Servers of one thread may share it.
    pub meters: Arc<Meters>,
}
