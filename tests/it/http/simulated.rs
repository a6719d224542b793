//! Requests over the simulated network.

use std::time::Duration;

use serde_json::{Value, json};
use wippy::{Arguments, Program, ProgramOptions, Runtime};
use wippy_dispatcher::net::TcpListener;
use wippy_dispatcher::sim::{Crash, Host, Link};
use wippy_dispatcher::{Dispatcher, Handle, Simulation};

use super::get;
use crate::support::Project;

const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello";

/// Serves every request with the same answer.
fn serve(host: &Host) {
    let main = |handle: Handle| async move {
        let any = ([0, 0, 0, 0], 80).into();
        let listener = TcpListener::bind(&handle, any).expect("a port");
        while let Ok((stream, _)) = listener.accept().await {
            let exchange = async move {
                let (mut request, mut buffer) = (Vec::new(), [0; 256]);
                while let Ok(read @ 1..) = stream.read(&mut buffer).await {
                    request.extend_from_slice(&buffer[..read]);
                    if request.ends_with(b"\r\n\r\n") {
                        request.clear();
                        if stream.write_all(ANSWER).await.is_err() {
                            break;
                        }
                    }
                }
            };
            handle.spawn(exchange).expect("a task").detach();
        }
    };
    host.boot(main).expect("a task");
}

fn program() -> Program {
    let mut project = Project::new();
    let imports = "[wasi:clocks, wasi:io, wasi:http]";
    project.function("fetch", "http-client", "http-client#fetch", imports, &[]);
    project.program(ProgramOptions::new())
}

struct World {
    dispatcher: Dispatcher,
    runtime: Runtime,
    client: Handle,
}

impl World {
    fn new(program: &Program, seed: u64, link: Link) -> World {
        let simulation = Simulation::new(seed)
            .host("server", [])
            .host("client", [])
            .default_link(link);
        let builder = Dispatcher::builder().simulation(simulation);
        let dispatcher = builder.build().expect("a simulation");
        serve(&dispatcher.host("server").expect("a host"));
        let client = dispatcher.host("client").expect("a host").handle();
        let runtime = Runtime::on(client.clone(), program.clone()).expect("an engine");
        World {
            dispatcher,
            runtime,
            client,
        }
    }

    fn fetch(&self, authority: &str) -> Value {
        let (runtime, request) = (self.runtime.clone(), [get(authority)]);
        let fetch = async move {
            let answer = runtime.call("fetch", Arguments::Json(&request)).await;
            answer.map_err(|error| error.to_string())
        };
        let task = self.client.spawn(fetch).expect("a task");
        let answer = self.dispatcher.block_on(task).expect("no deadlock");
        answer.expect("not cancelled").expect("no trap")
    }
}

#[test]
fn a_native_task_serves_a_guest_on_another_host() {
    let program = program();
    for seed in 0..5 {
        let link = Link::new().jitter(Duration::from_millis(5)).loss(0.05);
        let world = World::new(&program, seed, link);
        for _ in 0..3 {
            let answer = world.fetch("server");
            assert_eq!(answer["ok"]["body"], json!("hello"), "{answer}");
        }
        let hash = world.dispatcher.trace().expect("a simulation").hash();
        let again = World::new(&program, seed, link);
        (0..3).for_each(|_| drop(again.fetch("server")));
        assert_eq!(again.dispatcher.trace().expect("a simulation").hash(), hash);
    }
}

#[test]
fn what_fails_has_its_code() {
    let world = World::new(&program(), 1, Link::new());
    let answer = world.fetch("nobody").to_string();
    assert!(answer.contains("NXDOMAIN"), "{answer}");
    assert_eq!(world.fetch("server:81")["err"], json!("ConnectionRefused"));
    assert_eq!(world.fetch("localhost")["err"], json!("ConnectionRefused"));
    let server = world.dispatcher.host("server").expect("a host");
    server.crash_with(Crash::Silent).expect("a host");
    let answer = world.fetch("server").to_string();
    assert!(answer.contains("imeout"), "{answer}");
    server.restart().expect("a task");
    let answer = world.fetch("server");
    assert_eq!(answer["ok"]["body"], json!("hello"), "{answer}");
}
