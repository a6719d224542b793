//! Components that answer HTTP requests, seen by their clients.

mod answers;
mod client;
mod command;
mod departures;
mod failures;
mod operators;
mod pools;
pub mod process;
mod rfc9112;
mod simulated;
mod streaming;
pub mod tls_client;
mod under_load;

use std::future::{Future, poll_fn};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use wippy::http_server::{ComponentHandler, HttpServer, ServerLimits};
use wippy::stdio::{PipeReader, Sink, Stdio, pipe};
use wippy::{Entry, Program, Runtime};
use wippy_dispatcher::{Dispatcher, Handle};

use crate::support::{guests, live, simulated};
use client::{Answer, Client};

/// A guest that is served, on a dispatcher of its own.
pub struct Served {
    dispatcher: Dispatcher,
    handle: Handle,
    runtime: Runtime,
    handler: ComponentHandler,
    server: HttpServer,
    /// What its guests print.
    printed: PipeReader,
}

/// The file of a guest.
pub fn component(guest: &str) -> PathBuf {
    guests().join("components").join(format!("{guest}.wasm"))
}

/// The entry of the guest `http-server`.
pub fn entry() -> Entry {
    let imports = ["wasi:cli", "wasi:clocks", "wasi:io", "wasi:http/types"];
    let entry = Entry::function("test:served")
        .file(component("http-server"))
        .method("wasi:http/incoming-handler#handle");
    imports.into_iter().fold(entry, Entry::import)
}

impl Served {
    /// In virtual time.
    pub fn simulated(entry: Entry) -> Served {
        Served::on(simulated(), entry, ServerLimits::default(), |it| it)
    }

    /// Over the loopback interface.
    pub fn live(entry: Entry) -> Served {
        Served::on(live(), entry, ServerLimits::default(), |it| it)
    }

    pub fn on(
        dispatcher: Dispatcher,
        entry: Entry,
        limits: ServerLimits,
        change: impl FnOnce(ComponentHandler) -> ComponentHandler,
    ) -> Served {
        let handle = dispatcher.handle();
        let (printed, writer) = pipe(&handle, 64 * 1024).expect("a pipe");
        let entry =
            entry.stdio(move |_| Ok(Stdio::logged("served").stdout(Sink::Pipe(writer.clone()))));
        let program = Program::builder().entry(entry).build().expect("a program");
        let runtime = Runtime::on(handle.clone(), program).expect("an engine");
        let host = match handle.is_simulated().expect("its thread") {
            true => [10, 0, 0, 1],
            false => [127, 0, 0, 1],
        };
        let handler = dispatcher
            .block_on(runtime.http_handler("served"))
            .expect("no deadlock")
            .expect("a handler");
        let handler = change(handler);
        let server = HttpServer::bind(&handle, [(host, 0).into()], limits, handler.clone());
        Served {
            server: server.expect("a port"),
            dispatcher,
            handle,
            runtime,
            handler,
            printed,
        }
    }

    pub fn run<T>(&self, future: impl Future<Output = T>) -> T {
        self.dispatcher.block_on(future).expect("no deadlock")
    }

    pub fn address(&self) -> SocketAddr {
        self.server.addresses()[0]
    }

    pub async fn connect(&self) -> Client {
        Client::connect(&self.handle, self.address()).await
    }

    pub async fn sleep_ms(&self, milliseconds: u64) {
        let time = Duration::from_millis(milliseconds);
        self.handle.sleep(time).await.expect("time");
    }

    /// Milliseconds of the monotonic clock.
    pub fn now_ms(&self) -> u64 {
        self.handle.now().expect("a clock").as_nanos() / 1_000_000
    }

    /// The answer to one request on a connection of its own.
    pub async fn ask(&self, request: &str) -> Answer {
        let client = self.connect().await;
        client.say(request).await;
        client.last_answer().await
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.ask(&get(path)).await
    }

    /// What was printed since the last look.
    pub fn printed(&self) -> String {
        let bytes = self.printed.read(64 * 1024).unwrap_or_default();
        String::from_utf8(bytes).expect("UTF-8")
    }
}

/// The future's output, unless so much time passes first.
pub async fn within<F: Future>(handle: &Handle, time: Duration, future: F) -> Option<F::Output> {
    let mut late = pin!(handle.sleep(time));
    let mut future = pin!(future);
    poll_fn(|cx| match future.as_mut().poll(cx) {
        Poll::Ready(output) => Poll::Ready(Some(output)),
        Poll::Pending => late.as_mut().poll(cx).map(|_| None),
    })
    .await
}

/// A GET whose answer is the last on its connection.
pub fn get(path: &str) -> String {
    request("GET", path, "")
}

/// Any other request; `more` are the other fields' lines and the body.
pub fn request(method: &str, path: &str, more: &str) -> String {
    let more = if more.is_empty() { "\r\n" } else { more };
    format!("{method} {path} HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n{more}")
}
