//! What those who run a server say about it.

use std::time::Duration;

use super::access_log::AccessLog;
use super::limits::ServerLimits;
use super::listen_address::ListenAddress;
use super::server_tls::ServerTls;
use super::settings::ServerSettings;
use super::trusted_proxies::TrustedProxies;

/// What those who run a server say about it; each has an option of the command line.
#[derive(Clone, Debug)]
pub struct ServerOptions {
    /// Where it listens (`--addr`). Default none.
    pub addresses: Vec<ListenAddress>,
    /// How many threads serve its connections (`--threads`), the caller's among them. Default 1.
    pub threads: usize,
    /// TLS, on all addresses (`--tls-cert`, `--tls-key`). Default none.
    pub tls: Option<ServerTls>,
    /// Where each request gets a line (`--access-log`). Default none.
    pub log: Option<AccessLog>,
    /// Where probes and metrics are answered (`--admin-addr`). Default nowhere.
    pub admin: Option<ListenAddress>,
    /// Who is believed about the client (`--trusted-proxy`, `--forwarded-by`). Default nobody.
    pub proxies: TrustedProxies,
    /// The bounds (`--max-connections`, of all threads together), and how long to wait (`--request-timeout`,
    /// `--half-close`).
    pub limits: ServerLimits,
    /// How long requests that have begun may take once the server stops (`--stop-timeout`). Default 30 s.
    pub stop_timeout: Duration,
    /// How long before that probes are told so, while requests are still taken (`--drain-delay`). Default none.
    pub drain_delay: Duration,
}

impl Default for ServerOptions {
    fn default() -> ServerOptions {
        ServerOptions {
            addresses: Vec::new(),
            threads: 1,
            tls: None,
            log: None,
            admin: None,
            proxies: TrustedProxies::default(),
            limits: ServerLimits::default(),
            stop_timeout: Duration::from_secs(30),
            drain_delay: Duration::ZERO,
        }
    }
}

impl ServerOptions {
    /// The settings of one thread, which counts for itself.
    pub(super) fn settings(&self) -> ServerSettings {
        ServerSettings {
            limits: self.limits,
            tls: self.tls.clone(),
            log: self.log.clone(),
            proxies: self.proxies.clone(),
            request_ids: true,
            meters: Default::default(),
        }
    }
}
