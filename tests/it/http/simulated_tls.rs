//! HTTPS between simulated hosts: the matrix of the tests over real TLS, and what only a simulation can show.

mod runs;
mod server;
mod sessions;
mod trust;

use std::fmt::Display;
use std::sync::OnceLock;
use std::time::Duration;

use serde_json::{Value, json};
use wippy::sim::tls::{Certificate, TlsError};
use wippy::{Arguments, Program, ProgramOptions, Runtime};
use wippy_dispatcher::sim::Host;
use wippy_dispatcher::{Dispatcher, Simulation};

use super::{get, with};
use crate::support::Project;
use server::{Manner, Seen, serve};

fn program_with(project: &mut Project, extra: &[(&str, &dyn Display)]) -> Program {
    let imports = "[wasi:clocks, wasi:io, wasi:http]";
    for method in ["fetch", "sequential"] {
        let export = format!("http-client#{method}");
        project.function(method, "http-client", &export, imports, extra);
    }
    // A small pool: it stays until the last test has ended.
    let program = project.program(ProgramOptions::new().max_instances(64));
    let world = World::new(&program, Simulation::new(0), Manner::Gone);
    assert_eq!(world.failure(get("server:443")), "ConnectionTerminated");
    program
}

/// The guest that all tests share.
fn program() -> Program {
    static PROGRAM: OnceLock<Program> = OnceLock::new();
    let program = PROGRAM.get_or_init(|| program_with(&mut Project::new(), &[]));
    program.clone()
}

struct World {
    dispatcher: Dispatcher,
    runtime: Runtime,
    client: Host,
    seen: Seen,
}

impl World {
    fn new(program: &Program, simulation: Simulation, manner: Manner) -> World {
        let simulation = simulation.host("server", []).host("client", []);
        let builder = Dispatcher::builder().simulation(simulation);
        let dispatcher = builder.build().expect("a simulation");
        let seen = serve(&dispatcher.host("server").expect("a host"), manner);
        let client = dispatcher.host("client").expect("a host");
        let runtime = Runtime::on(client.handle(), program.clone()).expect("an engine");
        World {
            dispatcher,
            runtime,
            client,
            seen,
        }
    }

    fn call(&self, method: &'static str, arguments: Vec<Value>) -> Value {
        let runtime = self.runtime.clone();
        let call = async move {
            let answer = runtime.call(method, Arguments::Json(&arguments)).await;
            answer.map_err(|error| error.to_string())
        };
        let task = self.client.spawn(call).expect("a task");
        let answer = self.dispatcher.block_on(task).expect("no deadlock");
        answer.expect("not cancelled").expect("no trap")
    }

    fn body(&self, request: Value) -> String {
        let answer = self.call("fetch", vec![request]);
        let body = answer["ok"]["body"].as_str().map(str::to_owned);
        body.unwrap_or_else(|| panic!("{answer}"))
    }

    fn failure(&self, request: Value) -> String {
        let answer = self.call("fetch", vec![request]);
        let code = answer["err"].as_str().map(str::to_owned);
        code.unwrap_or_else(|| panic!("{answer}"))
    }

    /// What the server's sessions failed with, after everything under way has arrived.
    fn failed(&self) -> Vec<TlsError> {
        let rest = self.dispatcher.handle().sleep(Duration::from_secs(1));
        self.dispatcher.block_on(rest).expect("time").expect("time");
        self.seen.failed.borrow().clone()
    }

    fn hash(&self) -> u64 {
        self.dispatcher.trace().expect("a simulation").hash()
    }
}

fn https(authority: &str) -> Value {
    with(get(authority), json!({"scheme": "https"}))
}

fn certificate(name: &str) -> Certificate {
    Certificate::new([name]).expect("a name")
}
