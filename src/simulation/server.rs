//! An entry that a simulated host serves over HTTP.

use std::future::pending;
use std::net::Ipv4Addr;

use wippy_dispatcher::Error;

use crate::http::server::{HttpServer, ServerLimits};
use crate::runtime::{CallError, CallErrorKind, Runtime};

/// The port of HTTP.
pub(super) const DEFAULT_PORT: u16 = 80;

/// An entry that a simulated host serves over HTTP each time that it boots, on all of its IPv4 addresses: its component
/// answers each request in a fresh instance, as in
/// [`Runtime::http_handler`](crate::Runtime::http_handler). No run waits for it.
///
/// ```
/// use wippy::sim::Server;
///
/// let server = Server::new("app:web").port(8080);
/// assert_eq!(server.entry(), "app:web");
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Server {
    entry: String,
    port: u16,
}

impl Server {
    /// That of the entry with this ID, or with this bare name where that is unambiguous, on port 80.
    pub fn new(entry: &str) -> Server {
        Server {
            entry: entry.to_owned(),
            port: DEFAULT_PORT,
        }
    }

    /// The port that it listens on.
    pub fn port(mut self, port: u16) -> Server {
        self.port = port;
        self
    }

    /// The entry's name as it was given.
    pub fn entry(&self) -> &str {
        &self.entry
    }

    /// The port that it listens on, for whoever compares it with others.
    pub(super) fn listens_on(&self) -> u16 {
        self.port
    }

    /// Serves for as long as its task lives. The address is free: a host has one server a port, unless a native task
    /// of it was there before.
    pub(super) async fn serve(self, runtime: Runtime) {
        match self.bind(&runtime).await {
            Ok(_server) => pending().await,
            Err(error) => {
                tracing::warn!(target: "http", "a simulated host does not serve: {error}")
            }
        }
    }

    async fn bind(&self, runtime: &Runtime) -> Result<HttpServer, CallError> {
        let handler = runtime.http_handler(&self.entry).await?;
        let address = (Ipv4Addr::UNSPECIFIED, self.port).into();
        let failed = |error: Error| CallErrorKind::from(error).of(&self.entry);
        HttpServer::bind(
            runtime.handle(),
            [address],
            ServerLimits::default(),
            handler,
        )
        .map_err(failed)
    }
}
