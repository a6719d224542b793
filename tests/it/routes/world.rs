//! A project whose services run in virtual time, and clients of them.

use std::fmt::Display;
use std::future::Future;
use std::net::SocketAddr;
use std::time::Duration;

use wippy::project::{LoadOptions, from_yaml};
use wippy::services::{Ended, Plan, supervise};
use wippy::stdio::Stdio;
use wippy::{ProgramOptions, Runtime};
use wippy_dispatcher::net::TcpStream;
use wippy_dispatcher::{Dispatcher, Error, Event, Handle, Task};

use crate::support::{Project, simulated};

/// Where the services of these tests listen.
pub const ADDRESS: &str = "10.0.0.1:80";
const TYPES: &str = "test:guests/types@0.1.0";
const CLOCKS: &str = "[wasi:clocks, wasi:io]";

/// A project with a service and a router, whose further fields are these.
pub fn site(service: &[(&str, &dyn Display)], router: &[(&str, &dyn Display)]) -> Project {
    let mut project = Project::new();
    let mut fields: Vec<(&str, &dyn Display)> = vec![("addr", &"'10.0.0.1:80'")];
    if !service.iter().any(|(name, _)| *name == "lifecycle") {
        fields.push(("lifecycle", &"{auto_start: true}"));
    }
    fields.extend(service);
    project.entry("web", "http.service", &fields);
    project.entry("api", "http.router", router);
    project
}

/// Adds an endpoint; of `POST /path` the first word is its method.
pub fn route(project: &mut Project, name: &str, route: &str, func: &str) {
    let (method, path) = route.split_once(' ').expect("a method and a path");
    let path = format!("'{path}'");
    project.entry(
        name,
        "http.endpoint",
        &[("method", &method), ("path", &path), ("func", &func)],
    );
}

/// Adds a function of the guest that has all types.
pub fn types(project: &mut Project, name: &str, method: &str, extra: &[(&str, &dyn Display)]) {
    let full = match method.starts_with("echo") {
        true => format!("{TYPES}#{method}"),
        false => method.to_owned(),
    };
    project.function(name, "types", &full, "[]", extra);
}

/// Adds `nap`, which sleeps for the microseconds of a list.
pub fn nap(project: &mut Project, extra: &[(&str, &dyn Display)]) {
    project.function("nap", "sleeper", "sleeper#sleep-series", CLOCKS, extra);
}

/// The body that has `nap` sleep for so many seconds.
pub fn seconds(seconds: u64) -> String {
    format!("[[{}]]", seconds * 1_000_000)
}

/// What a server answered.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Answer {
    pub status: u16,
    fields: Vec<(String, String)>,
    pub bytes: Vec<u8>,
}

impl Answer {
    /// Reads one answer, up to the end of its connection. `None` where nothing came.
    pub fn parse(bytes: &[u8]) -> Option<Answer> {
        let end = bytes.windows(4).position(|it| it == b"\r\n\r\n")?;
        let head = std::str::from_utf8(&bytes[..end]).expect("a head is text");
        let mut lines = head.split("\r\n");
        let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
        let fields = lines.filter_map(|line| line.split_once(": "));
        let mut answer = Answer {
            status,
            fields: fields
                .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
                .collect(),
            bytes: bytes[end + 4..].to_vec(),
        };
        if answer.field("transfer-encoding") == Some("chunked") {
            answer.bytes = whole(&answer.bytes)?;
        }
        Some(answer)
    }

    pub fn field(&self, name: &str) -> Option<&str> {
        let mut fields = self.fields.iter();
        fields
            .find(|(field, _)| field == name)
            .map(|(_, value)| value.as_str())
    }

    pub fn text(&self) -> String {
        String::from_utf8(self.bytes.clone()).expect("text")
    }

    /// The status and the body.
    pub fn said(&self) -> (u16, String) {
        (self.status, self.text())
    }
}

/// A body that comes in chunks; `None` where it does not end.
fn whole(mut chunks: &[u8]) -> Option<Vec<u8>> {
    let mut whole = Vec::new();
    loop {
        let end = chunks.windows(2).position(|it| it == b"\r\n")?;
        let length = std::str::from_utf8(&chunks[..end]).ok()?;
        let length = usize::from_str_radix(length, 16).expect("the length of a chunk");
        let rest = &chunks[end + 2..];
        whole.extend_from_slice(rest.get(..length)?);
        chunks = rest.get(length + 2..)?;
        if length == 0 {
            return Some(whole);
        }
    }
}

/// A request with a body, on a connection of its own.
pub fn request(route: &str, body: impl AsRef<[u8]>) -> Vec<u8> {
    let body = body.as_ref();
    let mut bytes = format!(
        "{route} HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Length: {}\r\n\r\n",
        body.len()
    )
    .into_bytes();
    bytes.extend_from_slice(body);
    bytes
}

/// A runtime whose services are supervised.
pub struct World {
    pub dispatcher: Dispatcher,
    pub handle: Handle,
    stop: Event,
    /// The messages of what is wrong with the project.
    pub found: Vec<String>,
    supervising: Task<Result<Vec<(String, Ended)>, Error>>,
}

impl World {
    /// Loads a project, and starts what it starts with.
    pub fn new(project: &Project) -> World {
        World::on(simulated(), project)
    }

    pub fn on(dispatcher: Dispatcher, project: &Project) -> World {
        World::of(dispatcher, &project.yaml())
    }

    pub fn of_yaml(yaml: &str) -> World {
        World::of(simulated(), yaml)
    }

    fn of(dispatcher: Dispatcher, yaml: &str) -> World {
        let loaded = from_yaml(yaml, None, &LoadOptions::default());
        let found = loaded.diagnostics.iter().map(ToString::to_string).collect();
        let handle = dispatcher.handle();
        let plan = Plan::new(&loaded.registry).expect("an order");
        let program = wippy::Program::with_options(loaded.registry, ProgramOptions::new());
        let runtime = Runtime::on(handle.clone(), program).expect("an engine");
        let stop = Event::new(&handle).expect("an event");
        let until = stop.clone();
        let supervising = async move {
            let stdio = Stdio::logged("services");
            let ended = supervise(&runtime, plan, stdio, &until).await?;
            Ok(ended.into_iter().map(|(id, end)| (id.name, end)).collect())
        };
        World {
            supervising: dispatcher.spawn(supervising).expect("a task"),
            dispatcher,
            handle,
            stop,
            found,
        }
    }

    /// The same for a project without mistakes and warnings.
    pub fn flawless(project: &Project) -> World {
        let world = World::new(project);
        assert_eq!(world.found, [""; 0]);
        world
    }

    pub fn run<T>(&self, future: impl Future<Output = T>) -> T {
        self.dispatcher.block_on(future).expect("no deadlock")
    }

    /// Asks in a task of its own.
    pub fn start(&self, route: &str, body: impl AsRef<[u8]>) -> Task<Answer> {
        let asking = ask(self.handle.clone(), request(route, body));
        self.dispatcher.spawn(asking).expect("a task")
    }

    /// The answer to one request.
    pub fn ask(&self, route: &str, body: impl AsRef<[u8]>) -> Answer {
        self.run(ask(self.handle.clone(), request(route, body)))
    }

    /// Sets the event that stops the services.
    pub fn stop(&self) {
        self.stop.set();
    }

    /// How the services have ended.
    pub fn ended(self) -> Vec<(String, Ended)> {
        let World {
            dispatcher,
            supervising,
            ..
        } = self;
        let ended = dispatcher.block_on(supervising).expect("no deadlock");
        ended.expect("not cancelled").expect("a running dispatcher")
    }

    pub fn sleep(&self, time: Duration) {
        self.run(self.handle.sleep(time)).expect("a sleep");
    }

    /// Seconds of virtual time.
    pub fn now(&self) -> u64 {
        self.handle.now().expect("the time").as_nanos() / 1_000_000_000
    }
}

/// Connects, as soon as somebody listens, and sends a request; its answer.
pub async fn ask(handle: Handle, request: Vec<u8>) -> Answer {
    let stream = connect(&handle).await;
    // A server that refuses a large body may have ended before it has all of it.
    let _ = stream.write_all(&request).await;
    let bytes = rest(&stream).await;
    Answer::parse(&bytes).expect("an answer")
}

/// A connection to the service, which may be about to start.
pub async fn connect(handle: &Handle) -> TcpStream {
    connect_to(handle, ADDRESS).await
}

/// The same to another service.
pub async fn connect_to(handle: &Handle, address: &str) -> TcpStream {
    let address: SocketAddr = address.parse().expect("an address");
    for _ in 0..100 {
        match TcpStream::connect(handle, address).await {
            Ok(stream) => return stream,
            Err(_) => handle
                .sleep(Duration::from_millis(10))
                .await
                .expect("a sleep"),
        }
    }
    panic!("nobody listens on {address}");
}

/// All that comes up to the end of a connection.
pub async fn rest(stream: &TcpStream) -> Vec<u8> {
    let (mut bytes, mut buffer) = (Vec::new(), vec![0; 16 * 1024]);
    while let Ok(read @ 1..) = stream.read(&mut buffer).await {
        bytes.extend_from_slice(&buffer[..read]);
    }
    bytes
}
