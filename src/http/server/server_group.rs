//! A server on several threads, with all that those who run it expect.

use std::fmt;
use std::rc::Rc;
use std::sync::Arc;

use wippy_dispatcher::{Error, Handle, Histogram};

use super::group_thread::{GroupThread, HandlerError, MakeHandler, ThreadError};
use super::handler::Handler;
use super::health::{Health, Phase};
use super::http_server::{FLUSH, HttpServer};
use super::listen_address::ListenAddress;
use super::listener::{ListenError, Listener};
use super::management::serve_management;
use super::meters::{Meters, ServerCounts};
use super::passed_sockets::PassedSockets;
use super::seats::Seats;
use super::server_metrics::to_prometheus;
use super::server_options::ServerOptions;
use super::server_state::ServerState;
use super::server_tls::{ServerTls, TlsFilesError};
use crate::select::select;

/// Why a server does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// There is nowhere to listen.
    #[error("a server needs an address to listen on")]
    NoAddress,
    /// It cannot listen.
    #[error(transparent)]
    Listen(#[from] ListenError),
    /// A thread has no handler.
    #[error("cannot prepare the handler of requests: {0}")]
    Handler(#[source] HandlerError),
    /// A dispatcher, or the system, refuses.
    #[error(transparent)]
    Dispatcher(#[from] Error),
}

impl From<ThreadError> for StartError {
    fn from(error: ThreadError) -> StartError {
        match error {
            ThreadError::Dispatcher(error) => StartError::Dispatcher(error),
            ThreadError::Handler(error) => StartError::Handler(error),
        }
    }
}

/// A server on several threads, each with a dispatcher and a handler of its own, and a second server for probes and
/// metrics. It belongs to the thread of its handle, which accepts all connections, serves its part of them, and gives
/// each other one to the thread that has the fewest. Dropping it ends all connections at once.
///
/// Connections are handed over, and the threads have no sockets with `SO_REUSEPORT`: the kernel would choose a thread by
/// a hash of addresses, so that some threads had several times as many connections as others, and connections that
/// wait at a socket which is closed would be reset. UNIX sockets and sockets of a service manager know no such option.
///
/// ```
/// use wippy::internals::http_server::{
///     Failure, IncomingRequest, PassedSockets, Response, ServerGroup, ServerOptions,
/// };
/// use wippy_dispatcher::{Dispatcher, Handle};
///
/// let dispatcher = Dispatcher::new()?;
/// let handle = dispatcher.handle();
/// let options = ServerOptions {
///     addresses: vec!["127.0.0.1:0".parse()?],
///     threads: 2,
///     ..ServerOptions::default()
/// };
/// // Called once on each thread.
/// let make = |_: &Handle| Ok(|_: IncomingRequest| async { Err::<Response, _>(Failure::new(404)) });
/// let mut passed = PassedSockets::default();
/// dispatcher.block_on(async {
///     let group = ServerGroup::start(&handle, options, &mut passed, String::new, make).await?;
///     assert_eq!(group.addresses().len(), 1);
///     group.stop().await?;
///     Ok::<(), Box<dyn std::error::Error>>(())
/// })??;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct ServerGroup {
    handle: Handle,
    options: ServerOptions,
    server: HttpServer,
    state: Rc<ServerState>,
    threads: Vec<GroupThread>,
    management: Option<HttpServer>,
    health: Health,
}

impl ServerGroup {
    /// Listens, starts the threads and has `make` make a handler on each, the caller's included. `metrics` is further
    /// text for `/metrics`.
    ///
    /// # Errors
    /// [`StartError`]; in a simulation `Dispatcher` with `Simulated` where there is more than one thread.
    pub async fn start<H: Handler + 'static>(
        handle: &Handle,
        options: ServerOptions,
        passed: &mut PassedSockets,
        metrics: impl Fn() -> String + 'static,
        make: impl Fn(&Handle) -> Result<H, HandlerError> + Send + Sync + 'static,
    ) -> Result<ServerGroup, StartError> {
        if options.addresses.is_empty() {
            return Err(StartError::NoAddress);
        }
        if options.threads > 1 && handle.is_simulated()? {
            return Err(Error::Simulated("a second thread of a server").into());
        }
        let mut listeners = Vec::new();
        for address in &options.addresses {
            listeners.extend(Listener::bind(handle, address, passed)?);
        }
        let admin = options.admin.as_ref();
        let admin = admin.map(|address| Listener::bind(handle, address, passed));
        let admin = admin.transpose()?;

        let make: Arc<MakeHandler> =
            Arc::new(move |handle| Ok(Box::new(make(handle)?) as Box<dyn Handler>));
        let seats = Seats::new(handle, options.limits.connections)?;
        let handler = make(handle).map_err(StartError::Handler)?;
        let state = ServerState::new(handle, options.settings(), seats.clone(), handler)?;
        let state = Rc::new(state);
        let (mut threads, mut others) = (Vec::new(), Vec::new());
        for number in 1..options.threads.max(1) {
            let settings = options.settings();
            let started = GroupThread::start(number, settings, seats.clone(), make.clone());
            let (thread, serving) = started.await?;
            threads.push(thread);
            others.push(serving);
        }
        let meters = all_meters(&state, &threads).into_iter().enumerate();
        let meters: Vec<_> = meters
            .map(|(number, meters)| (number.to_string(), meters))
            .collect();
        let server = HttpServer::accepting(state.clone(), listeners, others)?;
        let health = Health::default();
        let log = options.log.clone();
        let all_metrics = move || to_prometheus("thread", &meters, log.as_ref()) + &metrics();
        let management =
            admin.map(|listeners| serve_management(handle, listeners, health.clone(), all_metrics));
        let management = management.transpose()?;
        health.set(Phase::Ready);
        Ok(ServerGroup {
            handle: handle.clone(),
            options,
            server,
            state,
            threads,
            management,
            health,
        })
    }

    /// The addresses that it listens on, with the ports that the system chose.
    pub fn addresses(&self) -> &[ListenAddress] {
        self.server.listen_addresses()
    }

    /// The addresses of probes and metrics.
    pub fn admin_addresses(&self) -> &[ListenAddress] {
        let management = self.management.as_ref();
        management.map_or(&[], HttpServer::listen_addresses)
    }

    /// What probes are told.
    pub fn health(&self) -> &Health {
        &self.health
    }

    /// What all threads have done so far.
    pub fn counts(&self) -> ServerCounts {
        let mut sum = ServerCounts::default();
        for meters in all_meters(&self.state, &self.threads) {
            sum.add(&meters.counts());
        }
        sum
    }

    /// How many connections each thread has, the caller's first.
    pub fn connections(&self) -> Vec<u64> {
        let meters = all_meters(&self.state, &self.threads);
        meters.iter().map(|meters| meters.counts().open).collect()
    }

    /// How long requests took, on all threads.
    pub fn durations(&self) -> Histogram {
        let mut sum = Histogram::default();
        for meters in all_meters(&self.state, &self.threads) {
            sum.add(&meters.durations());
        }
        sum
    }

    /// Reads the files of the certificate again; new connections have it from then on. Where there is no TLS of
    /// files it does nothing.
    ///
    /// # Errors
    /// [`TlsFilesError`], which is logged: the certificate that was used before is used on.
    pub async fn reload(&self) -> Result<(), TlsFilesError> {
        let Some(ServerTls::Files(files)) = &self.options.tls else {
            return Ok(());
        };
        let files = files.clone();
        let reloaded = match self.handle.unblock(move || files.reload()).await {
            Ok(reloaded) => reloaded,
            Err(error) => Err(TlsFilesError::NotRead(error)),
        };
        match &reloaded {
            Ok(()) => tracing::info!("the certificate was read again"),
            Err(error) => {
                tracing::error!("{error}; the certificate that was used before is used on")
            }
        }
        reloaded
    }

    /// Ends it in order: probes are told that it drains, for as long as `drain_delay` says, and then it ends as
    /// [`HttpServer::stop`] does within `stop_timeout`. Probes and metrics are answered until the end.
    ///
    /// Dropping the future cuts what is left at once.
    ///
    /// # Errors
    /// `WrongThread` and `Closed`.
    pub async fn stop(mut self) -> Result<ServerCounts, Error> {
        self.health.set(Phase::Draining);
        self.handle.sleep(self.options.drain_delay).await?;
        self.state.stopping.set();
        self.threads.iter().for_each(|thread| thread.stopping.set());
        let state = self.state.clone();
        let ending = async {
            self.server.stop_accepting().await;
            end(&state, &mut self.threads).await
        };
        select(ending, self.handle.sleep(self.options.stop_timeout)).await;
        self.state.cut.set();
        self.threads.iter().for_each(|thread| thread.cut.set());
        self.server.stop_accepting().await;
        end(&state, &mut self.threads).await?;
        if let Some(log) = &self.options.log {
            select(log.flush(&self.handle), self.handle.sleep(FLUSH)).await;
        }
        if let Some(management) = self.management.take() {
            management.stop(FLUSH).await?;
        }
        Ok(self.counts())
    }
}

/// Waits until no thread has a connection. None come any more.
async fn end(state: &ServerState, threads: &mut [GroupThread]) -> Result<(), Error> {
    for thread in threads.iter_mut() {
        if let Some(no_more) = thread.no_more.take() {
            no_more.send(());
        }
    }
    state.quiet().await?;
    for thread in threads {
        if !thread.has_ended {
            // It has, however it says so.
            let _ = (&mut thread.ended).await;
            thread.has_ended = true;
        }
    }
    Ok(())
}

fn all_meters(state: &ServerState, threads: &[GroupThread]) -> Vec<Arc<Meters>> {
    let own = state.settings.meters.clone();
    let others = threads.iter().map(|thread| thread.meters.clone());
    std::iter::once(own).chain(others).collect()
}

impl fmt::Debug for ServerGroup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServerGroup")
            .field("addresses", &self.addresses())
            .field("admin", &self.admin_addresses())
            .field("threads", &(self.threads.len() + 1))
            .finish_non_exhaustive()
    }
}
