//! A server: listeners, the connections that they accept, and an orderly end.

use std::fmt;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;

use wippy_dispatcher::net::TcpListener;
use wippy_dispatcher::{Error, Handle, Task};

use super::accept::accept;
use super::handler::Handler;
use super::limits::ServerLimits;
use super::listen_address::ListenAddress;
use super::listener::Listener;
use super::meters::ServerCounts;
use super::placement::{Placement, ServingThread};
use super::seats::Seats;
use super::server_state::ServerState;
use super::settings::ServerSettings;
use crate::select::select;

/// How long a server that has ended waits for its log to be written.
pub(super) const FLUSH: Duration = Duration::from_secs(1);

/// Serves HTTP/1.1, and clients of HTTP/1.0, with a handler. It works on its dispatcher's thread: each connection is a
/// task there. Dropping it ends all of them at once.
///
/// ```
/// use std::time::Duration;
/// use wippy::http_server::{
///     Fields, Failure, HttpServer, IncomingRequest, Response, ServerLimits, body,
/// };
/// use wippy_dispatcher::net::TcpStream;
/// use wippy_dispatcher::{Dispatcher, Error};
///
/// let dispatcher = Dispatcher::new()?;
/// let handle = dispatcher.handle();
/// let own = handle.clone();
/// let echo_path = move |request: IncomingRequest| {
///     let own = own.clone();
///     async move {
///         let (writer, reader) = body(&own, 4096, None).map_err(|_| Failure::INTERNAL)?;
///         writer.write(request.target.path.into_bytes()).map_err(|_| Failure::INTERNAL)?;
///         writer.finish(None).map_err(|_| Failure::INTERNAL)?;
///         Ok(Response { status: 200, fields: Fields::new(), body: Some(reader) })
///     }
/// };
/// let any_port = ([127, 0, 0, 1], 0).into();
/// let server = HttpServer::bind(&handle, [any_port], ServerLimits::default(), echo_path)?;
/// dispatcher.block_on(async {
///     let client = TcpStream::connect(&handle, server.addresses()[0]).await?;
///     client.write_all(b"GET /hello HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").await?;
///     let (mut text, mut buffer) = (Vec::new(), [0; 256]);
///     while let read @ 1.. = client.read(&mut buffer).await? {
///         text.extend_from_slice(&buffer[..read]);
///     }
///     assert!(text.starts_with(b"HTTP/1.1 200 OK\r\n") && text.ends_with(b"\r\n\r\n/hello"));
///     let counts = server.stop(Duration::from_secs(1)).await?;
///     assert_eq!((counts.requests, counts.answered, counts.open), (1, 1, 0));
///     Ok::<(), Error>(())
/// })??;
/// # Ok::<(), Error>(())
/// ```
pub struct HttpServer {
    state: Rc<ServerState>,
    addresses: Vec<SocketAddr>,
    listen_addresses: Vec<ListenAddress>,
    accepting: Vec<Task<Result<(), Error>>>,
}

impl HttpServer {
    /// Listens on addresses, each with a backlog of 1,024 connections. Port 0 is any free one:
    /// [`HttpServer::addresses`] says which.
    ///
    /// # Errors
    /// As [`TcpListener::bind`], of the first address that fails; `TooManyTasks`, `TooManySources`.
    pub fn bind(
        handle: &Handle,
        addresses: impl IntoIterator<Item = SocketAddr>,
        limits: ServerLimits,
        handler: impl Handler + 'static,
    ) -> Result<HttpServer, Error> {
        let listeners: Result<Vec<TcpListener>, Error> = addresses
            .into_iter()
            .map(|address| TcpListener::bind(handle, address))
            .collect();
        HttpServer::on(handle, listeners?, limits, handler)
    }

    /// The same on sockets that listen already.
    ///
    /// # Errors
    /// `TooManyTasks`, `TooManySources`, `WrongThread`, `Closed`; `Io` when the system is short of memory.
    pub fn on(
        handle: &Handle,
        listeners: Vec<TcpListener>,
        limits: ServerLimits,
        handler: impl Handler + 'static,
    ) -> Result<HttpServer, Error> {
        let listeners = listeners.into_iter().map(Listener::Tcp).collect();
        let settings = ServerSettings {
            limits,
            ..ServerSettings::default()
        };
        HttpServer::with(handle, listeners, settings, handler)
    }

    /// The same with other settings, and sockets of any family.
    ///
    /// # Errors
    /// As [`HttpServer::on`]; `NotSimulated` for simulated TLS.
    pub fn with(
        handle: &Handle,
        listeners: Vec<Listener>,
        settings: ServerSettings,
        handler: impl Handler + 'static,
    ) -> Result<HttpServer, Error> {
        let seats = Seats::new(handle, settings.limits.connections)?;
        let state = ServerState::new(handle, settings, seats, Box::new(handler))?;
        HttpServer::accepting(Rc::new(state), listeners, Vec::new())
    }

    /// A server that accepts for other threads too.
    pub(super) fn accepting(
        state: Rc<ServerState>,
        listeners: Vec<Listener>,
        others: Vec<ServingThread>,
    ) -> Result<HttpServer, Error> {
        let placement = Rc::new(Placement::new(state.clone(), others));
        let mut server = HttpServer {
            state,
            addresses: Vec::new(),
            listen_addresses: Vec::new(),
            accepting: Vec::new(),
        };
        for listener in listeners {
            let address = listener.address()?;
            if let ListenAddress::Internet(address) = &address {
                server.addresses.push(*address);
            }
            server.listen_addresses.push(address);
            let state = server.state.clone();
            let accepting =
                state
                    .handle
                    .spawn(accept(state.clone(), placement.clone(), listener))?;
            server.accepting.push(accepting);
        }
        Ok(server)
    }

    /// The addresses of IPv4 and IPv6 that it listens on, in the order in which they were given.
    pub fn addresses(&self) -> &[SocketAddr] {
        &self.addresses
    }

    /// All addresses that it listens on, in the order in which they were given.
    pub fn listen_addresses(&self) -> &[ListenAddress] {
        &self.listen_addresses
    }

    /// What it has done so far.
    pub fn counts(&self) -> ServerCounts {
        self.state.meters().counts()
    }

    /// Ends it in order. Connections that the system has completed are still accepted; those that wait for a
    /// further request are closed, new ones after one second without a request; requests that have begun are
    /// answered, and their connections closed behind it; then what the handler still does of them is waited for
    /// ([`Handler::drained`]). What is left after `within` is cut.
    ///
    /// Dropping the future cuts what is left at once.
    ///
    /// # Errors
    /// `WrongThread` and `Closed`.
    pub async fn stop(mut self, within: Duration) -> Result<ServerCounts, Error> {
        let state = self.state.clone();
        let ending = async {
            self.stop_accepting().await;
            state.quiet().await
        };
        select(ending, state.handle.sleep(within)).await;
        // Nothing is left where the time was enough. Where not, all tasks end at their next run.
        state.cut.set();
        state.seats.quiet().await?;
        if let Some(log) = &state.settings.log {
            select(log.flush(&state.handle), state.handle.sleep(FLUSH)).await;
        }
        Ok(state.meters().counts())
    }

    /// Accepts what the system has completed, and nothing more.
    pub(super) async fn stop_accepting(&mut self) {
        self.state.stopping.set();
        for accepting in std::mem::take(&mut self.accepting) {
            // How it ended makes no difference now.
            let _ = accepting.await;
        }
    }
}

impl Drop for HttpServer {
    fn drop(&mut self) {
        self.state.cut.set();
    }
}

impl fmt::Debug for HttpServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpServer")
            .field("addresses", &self.listen_addresses)
            .field("counts", &self.counts())
            .finish_non_exhaustive()
    }
}
