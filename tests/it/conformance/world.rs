//! Where a case runs: a dispatcher with guests on it, and a place for the servers that they reach.

use std::future::Future;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::OnceLock;
use std::time::Duration;

use serde_json::Value;
use wippy::stdio::{InputSource, PipeReader, PipeWriter, Sink, Stdio, pipe};
use wippy::{Arguments, CallOptions, Program, ProgramOptions, Runtime};
use wippy_dispatcher::net::UdpSocket;
use wippy_dispatcher::sim::Link;
use wippy_dispatcher::{Dispatcher, Handle, Simulation, Task};

use crate::files::preview1::script;
use crate::support::{Project, live, simulated};

/// Functions of guests by their components.
const FUNCTIONS: [(&str, &[&str]); 5] = [
    (
        "sockets",
        &[
            "talk",
            "serve",
            "greet-and-read",
            "connect",
            "read-to-failure",
            "write-much",
            "write-and-end",
            "busy",
            "read-nothing",
            "tcp-bind",
            "churn",
            "udp-serve",
            "udp-talk",
            "udp-flood",
            "look-up",
            "look-up-and-connect",
        ],
    ),
    (
        "http-client",
        &[
            "fetch",
            "sequential",
            "together",
            "download",
            "upload",
            "leave",
            "abandon",
            "abandon-body",
            "check-once",
        ],
    ),
    (
        "pollset",
        &[
            "poll-many",
            "poll-expired",
            "poll-same-twice",
            "ready-loop",
            "forever",
        ],
    ),
    ("sleeper", &["sleep-series", "sleep-poll", "overshoot"]),
    (
        "calendar",
        &[
            "wall-now",
            "wall-resolution",
            "monotonic-resolution",
            "monotonic-check",
        ],
    ),
];

/// Commands, each the guest of its name.
const COMMANDS: [&str; 5] = ["cat", "chatter", "stream-errors", "echo", "ticker"];

const IMPORTS: &str =
    "[wasi:cli, wasi:io, wasi:clocks, wasi:sockets, wasi:http, wasi:random, wasi:filesystem]";

/// A call on its way.
pub(super) type Call = Task<Result<Value, String>>;

/// What a command left.
#[derive(Debug, PartialEq)]
pub(super) struct Ended {
    pub(super) code: u8,
    pub(super) stdout: String,
    pub(super) stderr: String,
}

/// A dispatcher, and two of its hosts, which may be the same.
pub(super) struct World {
    dispatcher: Dispatcher,
    runtime: Runtime,
    /// Where guests run; peers on their loopback interface too.
    pub(super) client: Handle,
    /// Where servers run that guests reach over a link.
    pub(super) server: Handle,
    /// That host's addresses.
    pub(super) addresses: Vec<IpAddr>,
}

/// The guests of all cases, compiled before the first. Its pool is small: it stays until the last test has ended, and
/// takes its address space from those of other tests.
fn program() -> Program {
    static PROGRAM: OnceLock<Program> = OnceLock::new();
    let make = || {
        let mut project = Project::new();
        for (guest, methods) in FUNCTIONS {
            for method in methods {
                let export = format!("{guest}#{method}");
                project.function(method, guest, &export, IMPORTS, &[]);
            }
        }
        let limits = "{delivery_ms: 20}";
        let (name, export) = ("write-and-end-soon", "sockets#write-and-end");
        project.function(name, "sockets", export, IMPORTS, &[("limits", &limits)]);
        for command in COMMANDS {
            project.command(command, command, IMPORTS, &[]);
        }
        script(&mut project, &[]);
        let program = project.program(ProgramOptions::new().max_instances(64));
        // Simulations have compiled code of their own. One that waits for a thread that compiles for another would take
        // that for a deadlock.
        for dispatcher in [live(), simulated()] {
            let runtime = Runtime::on(dispatcher.handle(), program.clone()).expect("an engine");
            let functions = FUNCTIONS.iter().map(|(_, methods)| methods[0]);
            for name in functions.chain(COMMANDS).chain(["script"]) {
                let prepared = dispatcher.block_on(runtime.prepare(name));
                prepared.expect("a dispatcher").expect("a guest");
            }
        }
        program
    };
    PROGRAM.get_or_init(make).clone()
}

impl World {
    fn new(
        dispatcher: Dispatcher,
        client: Handle,
        server: Handle,
        addresses: Vec<IpAddr>,
    ) -> World {
        let runtime = Runtime::on(client.clone(), program()).expect("an engine");
        World {
            dispatcher,
            runtime,
            client,
            server,
            addresses,
        }
    }

    /// Over the system's loopback interface.
    pub(super) fn live() -> World {
        World::on_one_host(live())
    }

    fn on_one_host(dispatcher: Dispatcher) -> World {
        let handle = dispatcher.handle();
        let loopback = [
            IpAddr::from(Ipv4Addr::LOCALHOST),
            IpAddr::from(Ipv6Addr::LOCALHOST),
        ];
        let mut addresses = loopback.to_vec();
        addresses.retain(|ip| UdpSocket::bound(&handle, SocketAddr::new(*ip, 0)).is_ok());
        World::new(dispatcher, handle.clone(), handle, addresses)
    }

    /// Over simulated networks: of one host and of two, with more and fewer short reads and writes and spurious
    /// reports of readiness.
    pub(super) fn simulations() -> impl Iterator<Item = World> {
        (0..6).map(|seed| {
            let rate = f64::from(seed as u32 % 3) * 0.2;
            let simulation = Simulation::new(seed)
                .short_io(rate)
                .spurious_readiness(rate);
            let build = |simulation| {
                let builder = Dispatcher::builder().simulation(simulation);
                builder.build().expect("a simulation")
            };
            if seed % 2 == 0 {
                return World::on_one_host(build(simulation));
            }
            let millisecond = Duration::from_millis(1);
            let link = Link::new().latency(millisecond).jitter(millisecond);
            let simulation = simulation.host("server", []).host("client", []);
            let dispatcher = build(simulation.default_link(link));
            let client = dispatcher.host("client").expect("a host").handle();
            let server = dispatcher.host("server").expect("a host");
            let (handle, addresses) = (server.handle(), server.addresses());
            World::new(dispatcher, client, handle, addresses)
        })
    }

    pub(super) fn is_simulated(&self) -> bool {
        self.client.is_simulated().expect("own thread")
    }

    /// Any port of the guests' loopback interface, and whether that is IPv6.
    pub(super) fn loopbacks(&self) -> Vec<(bool, SocketAddr)> {
        let both = [
            SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            SocketAddr::from((Ipv6Addr::LOCALHOST, 0)),
        ];
        let there = both
            .into_iter()
            .filter(|any| UdpSocket::bound(&self.client, *any).is_ok());
        there.map(|any| (any.is_ipv6(), any)).collect()
    }

    /// Runs until a future is ready.
    pub(super) fn wait<T>(&self, future: impl Future<Output = T>) -> T {
        self.dispatcher.block_on(future).expect("no deadlock")
    }

    /// Runs until a task has ended.
    pub(super) fn end<T>(&self, task: Task<T>) -> T {
        self.wait(task).expect("not cancelled")
    }

    /// Lets so much time pass.
    pub(super) fn run_for(&self, milliseconds: u64) {
        let sleep = self.client.sleep(Duration::from_millis(milliseconds));
        self.wait(sleep).expect("a clock");
    }

    /// Runs until something has come true.
    pub(super) fn run_until(&self, mut condition: impl FnMut() -> bool) {
        while !condition() {
            self.run_for(1);
        }
    }

    /// Starts a call, and gives what it prints.
    pub(super) fn start(&self, method: &str, arguments: Vec<Value>) -> (Call, PipeReader) {
        let (printed, stdout) = pipe(&self.client, 1 << 16).expect("a pipe");
        let stdio = Stdio::new(
            InputSource::Empty,
            Sink::Pipe(stdout.clone()),
            Sink::Pipe(stdout),
        );
        let (runtime, method) = (self.runtime.clone(), method.to_owned());
        let call = async move {
            let options = CallOptions::new().stdio(stdio);
            let called = runtime.call_with(&method, options, Arguments::Json(&arguments));
            called.await.map_err(|error| error.to_string())
        };
        (self.client.spawn(call).expect("a task"), printed)
    }

    /// Calls a function to its end; what it gives, or why it trapped.
    pub(super) fn call(&self, method: &str, arguments: &[Value]) -> Result<Value, String> {
        self.end(self.start(method, arguments.to_vec()).0)
    }

    /// The lines that a function gives.
    pub(super) fn lines(&self, method: &str, arguments: &[Value]) -> Vec<String> {
        let value = self.call(method, arguments).expect("no trap");
        serde_json::from_value(value).expect("lines")
    }

    /// The number in the next line that a call prints.
    pub(super) fn number(&self, printed: &PipeReader) -> u64 {
        let line = self
            .wait(printed.next(64))
            .expect("a pipe")
            .expect("a line");
        let text = String::from_utf8(line).expect("text");
        text.trim().parse().expect("a number")
    }

    /// Starts a command that reads this input, and prints into pipes that hold 64 KiB.
    pub(super) fn command(&self, words: &[&str], input: InputSource) -> Task<Ended> {
        let runtime = self.runtime.clone();
        let words: Vec<String> = words.iter().map(|&word| word.to_owned()).collect();
        let handle = self.client.clone();
        let command = async move {
            let make = || pipe(&handle, 1 << 16).expect("a pipe");
            let ((printed, stdout), (said, stderr)) = (make(), make());
            let stdio = Stdio::new(input, Sink::Pipe(stdout), Sink::Pipe(stderr));
            let reading = [printed, said].map(|reader| {
                let reading = read_all(reader);
                handle.spawn(reading).expect("a task")
            });
            let (command, arguments) = words.split_first().expect("a command");
            let status = runtime.run(command, stdio, arguments).await;
            let [stdout, stderr] = reading;
            Ended {
                code: status.expect("a status").code,
                stdout: stdout.await.expect("not cancelled"),
                stderr: stderr.await.expect("not cancelled"),
            }
        };
        self.client.spawn(command).expect("a task")
    }

    /// Starts a command that prints into a pipe; its status. It may say 64 bytes of what goes wrong.
    pub(super) fn command_into(&self, words: &[&str], stdout: PipeWriter) -> Task<u8> {
        let runtime = self.runtime.clone();
        let words: Vec<String> = words.iter().map(|&word| word.to_owned()).collect();
        let (said, stderr) = pipe(&self.client, 64).expect("a pipe");
        let command = async move {
            let stdio = Stdio::new(InputSource::Empty, Sink::Pipe(stdout), Sink::Pipe(stderr));
            let (command, arguments) = words.split_first().expect("a command");
            let status = runtime.run(command, stdio, arguments).await;
            drop(said);
            status.expect("a status").code
        };
        self.client.spawn(command).expect("a task")
    }

    /// Starts a command that is a server, and waits for the line that says so.
    pub(super) fn serve(&self, words: &[&str], line: &str) -> Task<u8> {
        let (printed, stdout) = pipe(&self.client, 1 << 16).expect("a pipe");
        let server = self.command_into(words, stdout);
        let said = self.wait(printed.next(1 << 16)).expect("a pipe");
        assert_eq!(said.as_deref(), Some(line.as_bytes()));
        server
    }

    /// Runs a command without input.
    pub(super) fn run(&self, words: &[&str]) -> Ended {
        self.end(self.command(words, InputSource::Empty))
    }
}

async fn read_all(reader: PipeReader) -> String {
    let mut bytes = Vec::new();
    while let Some(more) = reader.next(1 << 16).await.expect("a pipe") {
        bytes.extend(more);
    }
    String::from_utf8(bytes).expect("text")
}
