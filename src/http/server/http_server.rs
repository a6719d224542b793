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
use super::server_state::{ServerCounts, ServerState};
use crate::select::select;

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
        let state = Rc::new(ServerState::new(handle, limits, Box::new(handler))?);
        let mut server = HttpServer {
            state: state.clone(),
            addresses: Vec::new(),
            accepting: Vec::new(),
        };
        for listener in listeners {
            server.addresses.push(listener.local_addr()?);
            let accepting = handle.spawn(accept(state.clone(), listener))?;
            server.accepting.push(accepting);
        }
        Ok(server)
    }

    /// The addresses that it listens on, in the order in which they were given.
    pub fn addresses(&self) -> &[SocketAddr] {
        &self.addresses
    }

    /// What it has done so far.
    pub fn counts(&self) -> ServerCounts {
        self.state.counts()
    }

    /// Ends it in order. Connections that the system has completed are still accepted; those that wait for a
    /// further request are closed, new ones after one second without a request; requests that have begun are
    /// answered, and their connections closed behind it. What is left after `within` is cut.
    ///
    /// Dropping the future cuts what is left at once.
    ///
    /// # Errors
    /// `WrongThread` and `Closed`.
    pub async fn stop(mut self, within: Duration) -> Result<ServerCounts, Error> {
        let state = self.state.clone();
        let accepting = std::mem::take(&mut self.accepting);
        state.stopping.set();
        let ending = async {
            for accepting in accepting {
                // How it ended makes no difference now.
                let _ = accepting.await;
            }
            state.quiet.wait().await
        };
        select(ending, state.handle.sleep(within)).await;
        // Nothing is left where the time was enough. Where not, all tasks end at their next run.
        state.cut.set();
        state.quiet.wait().await?;
        Ok(state.counts())
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
            .field("addresses", &self.addresses)
            .field("counts", &self.counts())
            .finish_non_exhaustive()
    }
}
