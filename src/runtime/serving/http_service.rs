//! One run of an `http.service`: from listening to the end of its last request.

use std::fmt::Write;
use std::rc::Rc;
use std::time::Duration;

use wippy_dispatcher::{Error, Event};

use super::super::Runtime;
use super::certificate::read_certificate;
use super::component_handlers::ComponentHandlers;
use super::endpoint::Endpoints;
use super::listen::listen;
use super::operations::Operations;
use super::site::Site;
use super::waiting_room::WaitingRoom;
use crate::http::server::{
    Handler, HandlerEnd, HandlerFuture, HttpServer, IncomingRequest, Listener, ServerLimits,
    ServerTimeouts,
};
use crate::quota::Quota;
use crate::registry::{Entry, HttpService};
use crate::select::{Either, select};

/// How long a request may take, its body included, where `timeouts.read` is not written.
const READ: Duration = Duration::from_secs(30);
/// How long a response may take where `timeouts.write` is not written.
const RESPONSE: Duration = Duration::from_secs(60);
/// Bytes of memory for the bodies of all requests of a service that are being read or answered, for the values that are
/// made of them, and for what functions have answered and clients have not taken.
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
    operations: &Operations,
    started: impl FnOnce(),
) -> Result<Option<String>, Error> {
    let ServiceTimes { start, end } = times;
    let handle = runtime.handle();
    let id = &entry.id;
    let listening = async {
        let tls = match &service.tls {
            Some(tls) => Some(read_certificate(runtime, tls).await?),
            None => None,
        };
        let listeners = listen(handle, &service.addr.value).await?;
        Ok::<_, String>((tls, listeners))
    };
    let listening = select(listening, handle.sleep(start));
    let (tls, listeners) = match select(listening, stop.wait()).await {
        Either::Left(Either::Left(Ok(ready))) => ready,
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
    let scheme = if tls.is_some() { "https" } else { "http" };
    let settings = operations.settings(id, limits_of(service), tls);
    let before = settings.meters.counts();
    let listeners = listeners.into_iter().map(Listener::Tcp).collect();
    let handler = SiteHandler::new(runtime, entry, service);
    let server = HttpServer::with(handle, listeners, settings, handler)?;
    let mut addresses = String::new();
    for address in server.addresses() {
        let _ = write!(addresses, " {scheme}://{address}");
    }
    tracing::info!(target: "service", "{id} listens on{addresses}");
    started();
    operations.listens(id);
    stop.wait().await?;
    let counts = server.stop(end).await?;
    tracing::info!(
        target: "service",
        "{id} stopped: {} requests answered, {} cut off",
        counts.answered - before.answered,
        counts.cut - before.cut
    );
    Ok(None)
}

/// The bounds of a service, with its times.
fn limits_of(service: &HttpService) -> ServerLimits {
    let timeouts = service.timeouts;
    let mut limits = ServerLimits::default();
    let default = ServerTimeouts::default();
    limits.timeouts = ServerTimeouts {
        head: timeouts.read.unwrap_or(default.head),
        read: Some(timeouts.read.unwrap_or(READ)),
        idle: timeouts.idle.unwrap_or(default.idle),
        write: timeouts.write.unwrap_or(default.write),
        ..default
    };
    limits
}

/// Answers the requests of a service.
struct SiteHandler {
    site: Rc<Site>,
    components: Rc<ComponentHandlers>,
}

impl SiteHandler {
    fn new(runtime: &Runtime, entry: &Entry, service: &HttpService) -> SiteHandler {
        let room = Rc::new(WaitingRoom::new(&entry.id, service.waiting));
        let write = service.timeouts.write.unwrap_or(RESPONSE);
        let components = ComponentHandlers::new(runtime.clone(), room.clone(), Some(write));
        let components = Rc::new(components);
        let endpoints = Endpoints {
            runtime: runtime.clone(),
            room,
            components: components.clone(),
            bodies: Quota::new(BODIES),
            write,
        };
        SiteHandler {
            site: Rc::new(Site::new(runtime.registry(), &entry.id, endpoints)),
            components,
        }
    }
}

impl Handler for SiteHandler {
    fn handle(&self, request: IncomingRequest) -> HandlerFuture {
        let site = self.site.clone();
        Box::pin(async move { site.answer(request).await })
    }

    /// A guest may have something to do when its response is complete.
    fn drained(&self) -> HandlerEnd {
        let components = self.components.clone();
        Box::pin(async move {
            // It fails at the dispatcher's end, and its calls with it.
            let _ = components.ended().await;
        })
    }
}
