//! `wasi:sockets` against the standard library's sockets on loopback: TCP, UDP, names.

mod allow;
mod children;
mod crowd;
mod ends;
mod fairness;
mod limits;
mod matrix;
mod names;
mod simulated;
mod tcp;
mod udp;

use std::thread::JoinHandle;
use std::time::Duration;

use serde_json::Value;
use wippy::Arguments;
use wippy::Runtime;
use wippy::stdio::Stdio;
use wippy::stdio::{InputSource, Sink};
use wippy::stdio::{PipeReader, pipe};
use wippy_dispatcher::{Dispatcher, Task};

use crate::support::{Project, live};

/// The functions of the guest.
const METHODS: [&str; 32] = [
    "talk",
    "serve",
    "greet-and-read",
    "connect",
    "read-to-failure",
    "write-much",
    "write-and-end",
    "busy",
    "read-nothing",
    "tcp-states",
    "tcp-options",
    "tcp-addresses",
    "tcp-matrix",
    "udp-matrix",
    "abandon",
    "shut-down-late",
    "udp-edges",
    "udp-flood",
    "tcp-bind",
    "churn",
    "open-and-close",
    "exhaust",
    "drop-parent",
    "udp-states",
    "udp-options",
    "udp-serve",
    "udp-talk",
    "udp-mistakes",
    "udp-over-permit",
    "look-up",
    "look-up-and-connect",
    "may",
];

const IMPORTS: &str = "[wasi:cli, wasi:io, wasi:clocks, wasi:sockets]";

fn project() -> Project {
    let mut project = Project::new();
    for method in METHODS {
        let path = format!("sockets#{method}");
        project.function(method, "sockets", &path, IMPORTS, &[]);
    }
    project
}

/// The functions on a dispatcher of their own, compiled once.
struct Guest {
    dispatcher: Dispatcher,
    runtime: Runtime,
}

impl Guest {
    fn new() -> Guest {
        let program = project().program(wippy::ProgramOptions::new());
        Guest::on(live(), &program)
    }

    fn on(dispatcher: Dispatcher, program: &wippy::Program) -> Guest {
        let runtime = Runtime::on(dispatcher.handle(), program.clone()).expect("an engine");
        Guest {
            dispatcher,
            runtime,
        }
    }

    /// Calls one function to its end.
    fn call(&self, method: &str, arguments: &[Value]) -> Result<Value, String> {
        self.dispatcher
            .block_on(self.runtime.call(method, Arguments::Json(arguments)))
            .unwrap_or_else(|error| panic!("{method}: {error}"))
            .map_err(|error| error.to_string())
    }

    /// The lines that a function gives.
    fn lines(&self, method: &str, arguments: &[Value]) -> Vec<String> {
        let value = self.call(method, arguments).expect("a value");
        serde_json::from_value(value).expect("lines")
    }

    /// Starts a call that prints its port first.
    fn start(&self, method: &str, arguments: Vec<Value>) -> (Call, PipeReader) {
        let handle = self.dispatcher.handle();
        let (printed, stdout) = pipe(&handle, 256).expect("a pipe");
        let stdio = Stdio::new(
            InputSource::Empty,
            Sink::Pipe(stdout.clone()),
            Sink::Pipe(stdout),
        );
        let (runtime, method) = (self.runtime.clone(), method.to_owned());
        let task = self.dispatcher.spawn(async move {
            let arguments = Arguments::Json(&arguments);
            let called = runtime
                .call_with(&method, wippy::CallOptions::new().stdio(stdio), arguments)
                .await;
            called.map_err(|error| error.to_string())
        });
        (task.expect("a task"), printed)
    }

    /// The port that a server has printed.
    fn port(&self, printed: &PipeReader) -> u16 {
        u16::try_from(self.number(printed)).expect("a port")
    }

    /// A number that a call has printed.
    fn number(&self, printed: &PipeReader) -> u64 {
        let line = self
            .dispatcher
            .block_on(printed.next(64))
            .expect("no deadlock")
            .expect("a pipe")
            .expect("a line");
        let text = String::from_utf8(line).expect("text");
        text.trim().parse().expect("a number")
    }

    /// A call's outcome.
    fn end(&self, call: Call) -> Result<Value, String> {
        self.dispatcher
            .block_on(call)
            .expect("no deadlock")
            .expect("not cancelled")
    }

    /// Lets it run for so many milliseconds.
    fn run_for(&self, milliseconds: u64) {
        let sleep = self
            .dispatcher
            .handle()
            .sleep(Duration::from_millis(milliseconds));
        self.dispatcher
            .block_on(sleep)
            .expect("no deadlock")
            .expect("a clock");
    }

    /// Runs until something outside has come to its end.
    fn run_until<T>(&self, outside: JoinHandle<T>) -> T {
        while !outside.is_finished() {
            self.run_for(1);
        }
        outside.join().expect("no panic")
    }
}

/// A call on its way.
type Call = Task<Result<Value, String>>;

/// Whether this machine has IPv6's loopback.
fn families() -> Vec<bool> {
    let v6 = std::net::UdpSocket::bind(("::1", 0)).is_ok();
    if v6 { vec![false, true] } else { vec![false] }
}

fn loopback(v6: bool) -> (&'static str, u16) {
    if v6 { ("::1", 0) } else { ("127.0.0.1", 0) }
}
