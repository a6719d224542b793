//! A server and its clients on one dispatcher.

use std::future::Future;
use std::net::SocketAddr;
use std::time::Duration;

use wippy_dispatcher::net::{TcpListener, TcpStream};
use wippy_dispatcher::{Dispatcher, Handle, Task};

use super::*;
use crate::http::body::{BodyReader, Stopped, body};
use crate::http::error::ErrorCode;
use crate::http::exchange::Response;
use crate::http::method::Method;
use crate::http::tests::{Said as Answer, decode as read_answer};

/// A dispatcher, and a server there.
pub struct World {
    pub dispatcher: Dispatcher,
    pub handle: Handle,
}

impl World {
    /// In virtual time.
    pub fn simulated() -> World {
        World::on(Dispatcher::simulated(1).expect("a simulation"))
    }

    /// Over the system's sockets, on the loopback interface.
    pub fn live() -> World {
        World::on(Dispatcher::new().expect("a dispatcher"))
    }

    fn on(dispatcher: Dispatcher) -> World {
        let handle = dispatcher.handle();
        World { dispatcher, handle }
    }

    pub fn serve(&self, limits: ServerLimits, handler: impl Handler + 'static) -> HttpServer {
        let host = match self.handle.is_simulated().expect("its thread") {
            true => [10, 0, 0, 1],
            false => [127, 0, 0, 1],
        };
        HttpServer::bind(&self.handle, [(host, 0).into()], limits, handler).expect("a port")
    }

    /// With other settings, on a port of the host's.
    pub fn serve_with(
        &self,
        settings: ServerSettings,
        handler: impl Handler + 'static,
    ) -> HttpServer {
        let host = match self.handle.is_simulated().expect("its thread") {
            true => [10, 0, 0, 1],
            false => [127, 0, 0, 1],
        };
        let listener = TcpListener::bind(&self.handle, (host, 0).into()).expect("a port");
        let listeners = vec![Listener::Tcp(listener)];
        HttpServer::with(&self.handle, listeners, settings, handler).expect("a server")
    }

    pub fn run<T>(&self, future: impl Future<Output = T>) -> T {
        self.dispatcher.block_on(future).expect("no deadlock")
    }

    pub fn spawn<T: 'static>(&self, future: impl Future<Output = T> + 'static) -> Task<T> {
        self.handle.spawn(future).expect("a task")
    }

    pub async fn sleep(&self, seconds: u64) {
        let time = Duration::from_secs(seconds);
        self.handle.sleep(time).await.expect("time");
    }

    /// Until the packets of a simulation have arrived; on the loopback interface they have.
    pub async fn settle(&self) {
        if self.handle.is_simulated().expect("its thread") {
            self.sleep(1).await;
        }
    }

    /// Seconds of the monotonic clock.
    pub fn seconds(&self) -> u64 {
        self.handle.now().expect("a clock").as_nanos() / 1_000_000_000
    }

    pub async fn connect(&self, server: &HttpServer) -> Client {
        Client::connect(&self.handle, server.addresses()[0]).await
    }
}

/// A client that says what it is told to, and reads until there is a whole answer.
pub struct Client {
    pub stream: TcpStream,
    unread: Vec<u8>,
}

impl Client {
    pub async fn connect(handle: &Handle, server: SocketAddr) -> Client {
        Client::of(TcpStream::connect(handle, server).await.expect("a server"))
    }

    pub fn of(stream: TcpStream) -> Client {
        Client {
            stream,
            unread: Vec::new(),
        }
    }

    pub async fn say(&self, bytes: impl AsRef<[u8]>) {
        self.stream.write_all(bytes.as_ref()).await.expect("open");
    }

    /// The next answer: whole, or as far as it came where the connection ended.
    pub async fn answer(&mut self, method: Method) -> Answer {
        let mut buffer = vec![0; 64 * 1024];
        loop {
            let said = read_answer(method.clone(), [&self.unread[..]], false);
            if said.ended || said.error.is_some() {
                self.unread = said.rest.clone();
                return said;
            }
            match self.stream.read(&mut buffer).await {
                Ok(0) | Err(_) => {
                    return read_answer(method, [&std::mem::take(&mut self.unread)[..]], true);
                }
                Ok(count) => self.unread.extend_from_slice(&buffer[..count]),
            }
        }
    }

    /// The status and the body of the next answer, which is whole.
    pub async fn get(&mut self, bytes: impl AsRef<[u8]>) -> (u16, String) {
        self.say(bytes).await;
        whole(self.answer(Method::Get).await)
    }

    /// Everything up to the connection's end, and whether that is an orderly one.
    pub async fn rest(&mut self) -> (String, bool) {
        let mut buffer = vec![0; 64 * 1024];
        let orderly = loop {
            match self.stream.read(&mut buffer).await {
                Ok(0) => break true,
                Err(_) => break false,
                Ok(count) => self.unread.extend_from_slice(&buffer[..count]),
            }
        };
        let all = std::mem::take(&mut self.unread);
        (String::from_utf8(all).expect("ASCII"), orderly)
    }
}

/// The status and the body of an answer that is whole.
pub fn whole(said: Answer) -> (u16, String) {
    assert_eq!(said.error, None);
    assert!(said.ended);
    let body = String::from_utf8(said.body).expect("UTF-8");
    (said.head.expect("a head").status, body)
}

/// All of a request's body.
pub async fn read_all(body: &BodyReader) -> Result<Vec<u8>, ErrorCode> {
    let mut all = Vec::new();
    loop {
        match body.read(64 * 1024) {
            Ok(bytes) if bytes.is_empty() => body.readable().wait().await.expect("a dispatcher"),
            Ok(bytes) => all.extend(bytes),
            Err(Stopped::Ended) => return Ok(all),
            Err(Stopped::Failed(code)) => return Err(code),
        }
    }
}

/// 200 with these bytes.
pub fn ok(handle: &Handle, bytes: impl Into<Vec<u8>>) -> Response {
    let bytes = bytes.into();
    let (writer, reader) = body(handle, bytes.len(), None).expect("room");
    writer.write(bytes).expect("room");
    writer.finish(None).expect("any length");
    Response {
        status: 200,
        fields: Fields::new(),
        body: Some(reader),
    }
}

/// Answers with the method, the path and the body of the request.
pub fn echo(handle: &Handle) -> impl Handler + use<> {
    let handle = handle.clone();
    move |request: IncomingRequest| {
        let handle = handle.clone();
        async move {
            let bytes = read_all(&request.body)
                .await
                .map_err(|_| Failure::new(400))?;
            let (method, path) = (request.head.method.as_str(), &request.target.path);
            let text = format!("{method} {path} {}", String::from_utf8_lossy(&bytes));
            Ok(ok(&handle, text))
        }
    }
}
