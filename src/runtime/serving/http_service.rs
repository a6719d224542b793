//! One run of an `http.service`: from listening to the end of its last request.

use std::fmt::Write;
use std::pin::pin;
use std::rc::Rc;
use std::time::Duration;

use wippy_dispatcher::net::TcpListener;
use wippy_dispatcher::{Error, Event};

use super::super::Runtime;
use super::component_handlers::ComponentHandlers;
use super::endpoint::Endpoints;
use super::listen::listen;
use super::site::Site;
use super::waiting_room::WaitingRoom;
use crate::http::server::{HttpServer, IncomingRequest, ServerLimits, ServerTimeouts};
use crate::quota::Quota;
use crate::registry::{Entry, HttpService};
use crate::select::{Either, select};

/// How long a response may take where `timeouts.write` is not written.
const RESPONSE: Duration = Duration::from_secs(60);
/// Bytes of memory for the bodies of all requests of a service that are being read or answered, and for the values that
/// are made of them.
const BODIES: usize = 1024 * 1024 * 1024;

/// How long a service may take to start and to end.
#[derive(Clone, Copy, Debug)]
pub(in crate::runtime) struct ServiceTimes {
    /// Until it listens.
    pub(in crate::runtime) start: Duration,
    /// Until the requests in flight are answered; what is left then is cut off.
    pub(in crate::runtime) end: Duration,
}

/// Serves until `stop` is set, and then until the requests in flight are answered, or the time for that has passed.
/// `started` is called once it listens. Gives why it could not start, if so.
///
/// # Errors
/// `TooManyTasks`, `TooManySources` and `TooManyTimers` when the dispatcher has no room for it; `WrongThread` and
/// `Closed`.
pub(in crate::runtime) async fn serve(
    runtime: &Runtime,
    entry: &Entry,
    service: &HttpService,
    times: ServiceTimes,
    stop: &Event,
    started: impl FnOnce(),
) -> Result<Option<String>, Error> {
    let ServiceTimes { start, end } = times;
    let handle = runtime.handle();
    let id = &entry.id;
    let listening = listen(handle, &service.addr.value);
    let listening = select(listening, handle.sleep(start));
    let listeners = match select(listening, stop.wait()).await {
        Either::Left(Either::Left(Ok(listeners))) => listeners,
        Either::Left(Either::Left(Err(failure))) => return Ok(Some(failure)),
        Either::Left(Either::Right(slept)) => {
            slept?;
            let failure = format!("not listening within its start_timeout of {start:?}");
            return Ok(Some(failure));
        }
        Either::Right(stopped) => {
            stopped?;
            return Ok(None);
        }
    };
    let patience = service.waiting.timeout;
    let components = Rc::new(ComponentHandlers::new(runtime.clone(), patience));
    let server = server(runtime, entry, service, listeners, components.clone())?;
    let mut addresses = String::new();
    for address in server.addresses() {
        let _ = write!(addresses, " http://{address}");
    }
    tracing::info!(target: "service", "{id} listens on{addresses}");
    started();
    stop.wait().await?;
    let until = handle.sleep(end);
    let counts = server.stop(end).await?;
    // A guest may have something to do when its response is complete.
    if let Either::Right(slept) = select(pin!(components.ended()), until).await {
        slept?;
    }
    tracing::info!(
        target: "service",
        "{id} stopped: {} requests answered, {} cut off",
        counts.answered,
        counts.cut
    );
    Ok(None)
}

fn server(
    runtime: &Runtime,
    entry: &Entry,
    service: &HttpService,
    listeners: Vec<TcpListener>,
    components: Rc<ComponentHandlers>,
) -> Result<HttpServer, Error> {
    let timeouts = service.timeouts;
    let mut limits = ServerLimits::default();
    let default = ServerTimeouts::default();
    limits.timeouts = ServerTimeouts {
        head: timeouts.read.unwrap_or(default.head),
        body: timeouts.read.unwrap_or(default.body),
        idle: timeouts.idle.unwrap_or(default.idle),
        write: timeouts.write.unwrap_or(default.write),
        ..default
    };
    let endpoints = Endpoints {
        runtime: runtime.clone(),
        room: WaitingRoom::new(service.waiting),
        components,
        bodies: Quota::new(BODIES),
        read: limits.timeouts.body,
        write: timeouts.write.unwrap_or(RESPONSE),
    };
    let site = Rc::new(Site::new(runtime.registry(), &entry.id, endpoints));
    let handler = move |request: IncomingRequest| {
        let site = site.clone();
        async move { site.answer(request).await }
    };
    HttpServer::on(runtime.handle(), listeners, limits, handler)
}
