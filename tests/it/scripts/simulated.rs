//! The same components in a simulation, where a native task on another host serves them; and one in C, which is there in
//! any case.

use std::time::Duration;

use serde_json::{Value, json};
use wippy::stdio::{InputSource, Sink, Stdio, pipe};
use wippy::{Arguments, Program, ProgramOptions, Runtime};
use wippy_dispatcher::net::{TcpListener, TcpStream};
use wippy_dispatcher::sim::{FaultMix, Link};
use wippy_dispatcher::{Dispatcher, Handle, Simulation};

use super::project;
use crate::support::{Project, live};

/// Answers each request with its path.
async fn exchange(stream: TcpStream) {
    let (mut request, mut buffer) = (Vec::new(), [0; 256]);
    while let Ok(read @ 1..) = stream.read(&mut buffer).await {
        request.extend_from_slice(&buffer[..read]);
        if request.ends_with(b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&request).into_owned();
            let path = head.split(' ').nth(1).unwrap_or_default();
            let length = path.len();
            let answer = format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\n\r\n{path}");
            if stream.write_all(answer.as_bytes()).await.is_err() {
                return;
            }
            request.clear();
        }
    }
}

async fn serve(handle: Handle) {
    let any = ([0, 0, 0, 0], 80).into();
    let listener = TcpListener::bind(&handle, any).expect("a port");
    while let Ok((stream, _)) = listener.accept().await {
        handle.spawn(exchange(stream)).expect("a task").detach();
    }
}

/// What a call gives under this seed, and the hash of its trace.
fn fetch(program: &Program, seed: u64, urls: &Value) -> (Result<Value, String>, u64) {
    let mix = FaultMix::new(Duration::from_secs(1));
    let simulation = Simulation::new(seed)
        .host("server", [])
        .host("client", [])
        .default_link(Link::new().latency(Duration::from_millis(20)))
        .swarm(mix.loss(0.1).jitter(Duration::from_millis(50)).pauses(1));
    let builder = Dispatcher::builder().simulation(simulation);
    let dispatcher = builder.build().expect("a simulation");
    let server = dispatcher.host("server").expect("a host");
    server.boot(serve).expect("a task");
    let client = dispatcher.host("client").expect("a host").handle();
    let runtime = Runtime::on(client.clone(), program.clone()).expect("an engine");
    let arguments = [urls.clone()];
    let call = async move {
        let answer = runtime.call("fetch", Arguments::Json(&arguments)).await;
        answer.map_err(|error| error.to_string())
    };
    let answer = dispatcher.block_on(client.spawn(call).expect("a task"));
    let answer = answer.expect("no deadlock").expect("not cancelled");
    (answer, dispatcher.trace().expect("a simulation").hash())
}

/// Ten seeds, each of which gives the same twice.
fn fetches(variable: &str, method: &str, urls: Value, expected: Value) {
    let Some(project) = project(variable, method) else {
        return;
    };
    let program = project.program(ProgramOptions::new());
    // Compiled once: the runs find it in the program.
    let dispatcher = live();
    let runtime = Runtime::on(dispatcher.handle(), program.clone()).expect("an engine");
    let prepared = dispatcher.block_on(runtime.prepare("fetch"));
    prepared.expect("no deadlock").expect("a component");
    for seed in 0..10 {
        let (answer, hash) = fetch(&program, seed, &urls);
        assert_eq!(answer, Ok(expected.clone()), "seed {seed}");
        assert_eq!(fetch(&program, seed, &urls).1, hash, "seed {seed}");
    }
}

#[test]
fn javascript_fetches_in_a_simulation() {
    let url = json!("http://server/path?query");
    let expected = json!("200 /path?query");
    fetches("WIPPY_JAVASCRIPT", "fetch-text", url, expected);
}

#[test]
fn python_fetches_several_at_once_in_a_simulation() {
    let urls = json!(["http://server/one", "http://server/two?x"]);
    let expected = json!(["200 /one", "200 /two?x"]);
    fetches("WIPPY_PYTHON", "fetch-texts", urls, expected);
}

/// It prints its arguments and sleeps 5 ms; libc and the preview 1 adapter are in between.
#[test]
fn c_sleeps_in_virtual_time() {
    let mut project = Project::new();
    let imports = "[wasi:cli, wasi:io, wasi:clocks]";
    project.command("hello-c", "hello-c", imports, &[]);
    let program = project.program(ProgramOptions::new());
    let run = |seed| {
        let dispatcher = Dispatcher::simulated(seed).expect("a simulation");
        let handle = dispatcher.handle();
        let runtime = Runtime::on(handle.clone(), program.clone()).expect("an engine");
        let make = || pipe(&handle, 4096).expect("a pipe");
        let ((printed, stdout), (_, stderr)) = (make(), make());
        let (stdout, stderr) = (Sink::Pipe(stdout), Sink::Pipe(stderr));
        let stdio = Stdio::new(InputSource::Empty, stdout, stderr);
        let words = ["one".to_owned(), "two words".to_owned()];
        let timed = async {
            runtime.prepare("hello-c").await.expect("compiled");
            let begun = handle.now().expect("a clock");
            let status = runtime.run("hello-c", stdio, &words).await;
            let ended = handle.now().expect("a clock");
            (status.expect("an end").code, ended - begun)
        };
        let (code, took) = dispatcher.block_on(timed).expect("no deadlock");
        assert_eq!(code, 0);
        let bytes = printed.read(4096).expect("an output");
        let output = String::from_utf8(bytes).expect("text");
        (
            output,
            took,
            dispatcher.trace().expect("a simulation").hash(),
        )
    };
    // The first run compiles.
    run(0);
    for seed in 0..10 {
        let (output, took, hash) = run(seed);
        assert!(output.contains("two words"), "{output}");
        let sleep = Duration::from_millis(5);
        assert!(took >= sleep && took < 2 * sleep, "{took:?}");
        assert_eq!(run(seed), (output, took, hash), "seed {seed}");
    }
}
