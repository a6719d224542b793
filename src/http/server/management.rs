//! The server for those who run one: probes and metrics, on an address of its own.

use std::time::Duration;

use wippy_dispatcher::{Error, Handle};

use super::handler::{Failure, IncomingRequest};
use super::health::{Health, Phase};
use super::http_server::HttpServer;
use super::limits::{RequestLimits, ServerLimits, ServerTimeouts};
use super::listener::Listener;
use super::settings::ServerSettings;
use crate::http::body::body;
use crate::http::exchange::Response;
use crate::http::fields::Fields;
use crate::http::method::Method;

/// How many probes and scrapes are connected at once; further ones wait.
const CONNECTIONS: usize = 256;
/// The size of a request's body, which nobody reads, in bytes.
const BODY_MAX: u64 = 64 * 1024;
/// How long a connection may take to send or take a message, and be idle: connections that do nothing must not keep a probe
/// waiting until its sender takes the process for dead.
const MESSAGE: Duration = Duration::from_secs(5);
const IDLE: Duration = Duration::from_secs(15);

const TEXT: &str = "text/plain; charset=utf-8";
const METRICS: &str = "text/plain; version=0.0.4; charset=utf-8";

/// Serves `/healthz`, which is answered as long as the dispatcher runs; `/readyz`, which is 503 before the server takes
/// requests and from when it drains; and `/metrics`, with what `metrics` gives.
///
/// # Errors
/// As [`HttpServer::with`].
pub fn serve_management(
    handle: &Handle,
    listeners: Vec<Listener>,
    health: Health,
    metrics: impl Fn() -> String + 'static,
) -> Result<HttpServer, Error> {
    let settings = ServerSettings {
        limits: ServerLimits {
            connections: CONNECTIONS,
            request: RequestLimits {
                body: BODY_MAX,
                ..RequestLimits::default()
            },
            timeouts: ServerTimeouts {
                head: MESSAGE,
                body: MESSAGE,
                write: MESSAGE,
                idle: IDLE,
                ..ServerTimeouts::default()
            },
            ..ServerLimits::default()
        },
        ..ServerSettings::default()
    };
    let own = handle.clone();
    let handler = move |request: IncomingRequest| {
        let response = respond(&own, &request, &health, &metrics);
        async move { response }
    };
    HttpServer::with(handle, listeners, settings, handler)
}

fn respond(
    handle: &Handle,
    request: &IncomingRequest,
    health: &Health,
    metrics: &impl Fn() -> String,
) -> Result<Response, Failure> {
    let path = request.target.path.split('?').next().unwrap_or_default();
    let is_known = matches!(path, "/healthz" | "/readyz" | "/metrics");
    if is_known && !matches!(request.head.method, Method::Get | Method::Head) {
        let mut response = text(handle, 405, TEXT, "only GET and HEAD\n".to_owned())?;
        let allowed = response.fields.append("allow", b"GET, HEAD");
        return allowed.map(|()| response).map_err(|_| Failure::INTERNAL);
    }
    match (path, health.phase()) {
        ("/healthz", _) => text(handle, 200, TEXT, "ok\n".to_owned()),
        ("/readyz", Phase::Ready) => text(handle, 200, TEXT, "ready\n".to_owned()),
        ("/readyz", Phase::Starting) => text(handle, 503, TEXT, "starting\n".to_owned()),
        ("/readyz", Phase::Draining) => text(handle, 503, TEXT, "draining\n".to_owned()),
        ("/metrics", _) => text(handle, 200, METRICS, metrics()),
        _ => text(
            handle,
            404,
            TEXT,
            "try /healthz, /readyz or /metrics\n".to_owned(),
        ),
    }
}

fn text(handle: &Handle, status: u16, kind: &str, text: String) -> Result<Response, Failure> {
    let (writer, reader) = body(handle, text.len(), None).map_err(|_| Failure::new(503))?;
    let mut fields = Fields::new();
    let named = fields.append("content-type", kind.as_bytes());
    let uncached = fields.append("cache-control", b"no-store");
    named.and(uncached).map_err(|_| Failure::INTERNAL)?;
    writer
        .write(text.into_bytes())
        .map_err(|_| Failure::INTERNAL)?;
    writer.finish(None).map_err(|_| Failure::INTERNAL)?;
    Ok(Response {
        status,
        fields,
        body: Some(reader),
    })
}
