//! An HTTP client on a dispatcher: connections that are kept, and exchanges on them.
//!
//! Each exchange is a task. It never waits for anything but the dispatcher, and everything that it
//! holds has a bound: a piece of the request, a piece of the response.

mod connect;
mod connection;
mod idle;
mod permit;
mod run;
mod stream;

pub use idle::ClientLimits;

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak};

use rustls::{ClientConfig, RootCertStore};
use wippy_dispatcher::{Handle, Instant, Lane, Task};

use super::error::ErrorCode;
use super::exchange::{Reply, Request, reply};
use super::session::Session;
use super::simulated_tls::{TlsConnector, TrustStore};
use super::tls::{self, Roots, system_roots};
use crate::select::{Either, select};
use connection::{Connection, Exchange, Outcome};
use idle::{IdleConnections, Key};
use permit::{ConnectionCount, ConnectionPermit};
use run::run;
use stream::Stream;

/// How many sets of roots keep their settings.
const CONFIGS_MAX: usize = 64;

/// Sends requests. Clones are the same client, with the same connections.
#[derive(Clone, Debug)]
pub struct Client(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    handle: Handle,
    limits: ClientLimits,
    idle: Mutex<IdleConnections>,
    /// Closes the connections that have waited too long; alive while some wait.
    sweeper: Mutex<Option<Task<()>>>,
    open: ConnectionCount,
    made: AtomicUsize,
    configs: Mutex<HashMap<[u8; 32], Arc<ClientConfig>>>,
    /// Whom it trusts in a simulation, where the system's roots have no say.
    trust: Mutex<TrustStore>,
    system: Arc<OnceLock<RootCertStore>>,
    /// The system's roots are read once, however many ask at the same time.
    reading: Lane,
}

impl Client {
    /// A client without connections. Nothing is read before the first request over TLS.
    pub fn new(handle: &Handle, limits: ClientLimits) -> Client {
        Client(Arc::new(Inner {
            handle: handle.clone(),
            limits,
            idle: Mutex::default(),
            sweeper: Mutex::new(None),
            open: ConnectionCount::new(limits.connections),
            made: AtomicUsize::new(0),
            configs: Mutex::default(),
            trust: Mutex::default(),
            system: Arc::new(OnceLock::new()),
            reading: handle.lane(1, limits.connections),
        }))
    }

    /// Sends a request. It starts at the dispatcher's next turn; what is known of its body then
    /// decides how the body is framed.
    ///
    /// # Errors
    /// When the dispatcher's bounds are reached. Everything else is in the reply.
    pub fn send(&self, request: Request) -> Result<Reply, ErrorCode> {
        let handle = &self.0.handle;
        let (answer, reply) = reply(handle)?;
        let client = self.clone();
        let task = handle.spawn(async move {
            let mut exchange = Exchange::new(request, answer);
            if let Err(code) = client.perform(&mut exchange).await {
                exchange.fail(code);
            }
        })?;
        task.detach();
        Ok(reply)
    }

    /// Whom it trusts in a simulation from now on. Connections that wait are closed: perhaps they are not
    /// trusted any more.
    pub fn trust(&self, trust: TrustStore) {
        *lock(&self.0.trust) = trust;
        loop {
            let oldest = lock(&self.0.idle).take_oldest();
            if oldest.is_none() {
                break;
            }
        }
    }

    /// How many connections wait for their next exchange.
    pub fn idle(&self) -> usize {
        lock(&self.0.idle).len()
    }

    /// How many connections were made so far.
    pub fn made(&self) -> usize {
        self.0.made.load(Ordering::Relaxed)
    }

    async fn perform(&self, exchange: &mut Exchange) -> Result<(), ErrorCode> {
        let key = Key {
            target: exchange.request.target.clone(),
            roots: match exchange.request.target.secure {
                true => exchange.request.roots.digest(),
                false => [0; 32],
            },
        };
        if let Some(mut connection) = self.take(&key) {
            match run(&mut connection, &self.0.handle, exchange).await? {
                // The server had closed it in the meantime: the request was never looked at. What
                // else waits may be as old, so a new connection is made.
                Outcome::Stale => {}
                outcome => return self.finish(outcome, key, connection),
            }
        }
        let Some(mut connection) = self.connect(exchange).await? else {
            return Ok(());
        };
        let outcome = run(&mut connection, &self.0.handle, exchange).await?;
        self.finish(outcome, key, connection)
    }

    fn finish(&self, outcome: Outcome, key: Key, connection: Connection) -> Result<(), ErrorCode> {
        match outcome {
            Outcome::Kept => self.put(key, connection),
            Outcome::Over => Ok(()),
            Outcome::Stale => Err(ErrorCode::ConnectionTerminated),
        }
    }

    /// A connection that waits and is still of use.
    fn take(&self, key: &Key) -> Option<Connection> {
        loop {
            let mut connection = lock(&self.0.idle).take(key)?;
            if connection.is_quiet() {
                return Some(connection);
            }
        }
    }

    fn put(&self, key: Key, connection: Connection) -> Result<(), ErrorCode> {
        let now = self.0.handle.now()?;
        let displaced = lock(&self.0.idle).put(key, connection, now, &self.0.limits);
        drop(displaced);
        self.sweep()
    }

    /// Room for a new connection, at the cost of one that waits where there is none.
    fn permit(&self) -> Result<ConnectionPermit, ErrorCode> {
        self.0.open.acquire().or_else(|full| {
            let oldest = lock(&self.0.idle).take_oldest().ok_or(full)?;
            drop(oldest);
            self.0.open.acquire()
        })
    }

    /// A new connection within the time for it; none when nobody wants it any more.
    async fn connect(&self, exchange: &Exchange) -> Result<Option<Connection>, ErrorCode> {
        let permit = self.permit()?;
        let handle = &self.0.handle;
        let request = &exchange.request;
        let mut known = false;
        let connecting = async {
            let addresses = connect::addresses(handle, request.flow, &request.target).await?;
            known = true;
            let tcp = connect::connect_any(handle, addresses).await?;
            // Small pieces of a body must not wait for the acknowledgement of those before.
            let _ = tcp.options().set_nodelay(true);
            if !request.target.secure {
                return Ok(Stream::plain(tcp));
            }
            let session = self.session(request).await?;
            connect::secure(tcp, session).await
        };
        let late = handle.sleep(request.timeouts.connect);
        let given_up = select(exchange.given_up(), late);
        match select(connecting, given_up).await {
            Either::Left(stream) => {
                self.0.made.fetch_add(1, Ordering::Relaxed);
                Ok(Some(Connection::new(handle, stream?, permit)?))
            }
            Either::Right(Either::Left(_)) => Ok(None),
            Either::Right(Either::Right(_)) if known => Err(ErrorCode::ConnectionTimeout),
            Either::Right(Either::Right(_)) => Err(ErrorCode::DnsTimeout),
        }
    }

    /// A session with the server of a request. In a simulation nothing of the system is read.
    async fn session(&self, request: &Request) -> Result<Session, ErrorCode> {
        let handle = &self.0.handle;
        let (host, roots) = (&request.target.host, &request.roots);
        if handle.is_simulated()? {
            let trust = lock(&self.0.trust).with(roots.common_names());
            let connector = TlsConnector::new(handle, trust)?;
            return Ok(Session::Simulated(Box::new(connector.http(host)?)));
        }
        let config = self.config(roots).await?;
        let session = tls::Session::new(config, host)?;
        Ok(Session::Real(Box::new(session)))
    }

    /// The TLS settings for a set of roots.
    async fn config(&self, roots: &Roots) -> Result<Arc<ClientConfig>, ErrorCode> {
        let inner = &self.0;
        if let Some(config) = lock(&inner.configs).get(&roots.digest()) {
            return Ok(config.clone());
        }
        if inner.system.get().is_none() {
            let system = inner.system.clone();
            let read = inner.reading.unblock(move || {
                system.get_or_init(system_roots);
            });
            read.await?;
        }
        let system = inner.system.get().ok_or(ErrorCode::ConfigurationError)?;
        let config = roots.config(system, &inner.handle)?;
        let mut configs = lock(&inner.configs);
        if configs.len() >= CONFIGS_MAX {
            configs.clear();
        }
        Ok(configs.entry(roots.digest()).or_insert(config).clone())
    }

    /// Sees to it that connections that wait are closed in time.
    fn sweep(&self) -> Result<(), ErrorCode> {
        let mut sweeper = lock(&self.0.sweeper);
        if sweeper.as_ref().is_some_and(|task| !task.is_finished()) {
            return Ok(());
        }
        let timeout = self.0.limits.idle_timeout;
        let first = self.0.handle.now()? + timeout;
        let task =
            self.0
                .handle
                .spawn(sweep(Arc::downgrade(&self.0), self.0.handle.clone(), first))?;
        *sweeper = Some(task);
        Ok(())
    }
}

async fn sweep(client: Weak<Inner>, handle: Handle, first: Instant) {
    let mut next = Some(first);
    while let Some(deadline) = next {
        if handle.sleep_until(deadline).await.is_err() {
            return;
        }
        let (Some(client), Ok(now)) = (client.upgrade(), handle.now()) else {
            return;
        };
        let timeout = client.limits.idle_timeout;
        let nanos = u64::try_from(timeout.as_nanos()).unwrap_or(u64::MAX);
        let before = Instant::from_nanos(now.as_nanos().saturating_sub(nanos));
        let (expired, oldest) = lock(&client.idle).expire(before);
        drop(expired);
        next = oldest.map(|since| since + timeout);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
