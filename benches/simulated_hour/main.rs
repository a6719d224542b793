//! How long a virtual hour takes in which a hundred guests on hosts of their own send a request a second to a
//! native server, with partitions. Prints; nothing fails by it. `cargo bench --bench simulated_hour`.

// What is measured runs in a simulation; the clock around it is the system's.
#![allow(clippy::disallowed_methods)]

use std::error::Error;
use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::json;
use wippy::sim::{Call, Simulation};
use wippy::{Entry, Program};
use wippy_dispatcher::Handle;
use wippy_dispatcher::net::{TcpListener, TcpStream};
use wippy_dispatcher::sim::{Fault, Link};

/// Guests, each on a host.
const GUESTS: u32 = 100;
/// How long each answer takes, and so how often a guest asks.
const SECOND: Duration = Duration::from_secs(1);

fn main() -> Result<(), Box<dyn Error>> {
    let quick = std::env::args().any(|word| word == "--quick");
    let seconds = if quick { 60 } else { 3600 };
    let simulation = simulation(seconds)?;
    let begun = Instant::now();
    let outcome = simulation.run(1)?;
    let took = begun.elapsed();
    let answered = outcome.calls.iter().filter(|call| call.result().is_some());
    let requests = answered.count() as u64 * u64::from(seconds);
    if !outcome.is_completed() || requests < u64::from(GUESTS * seconds) {
        return Err(outcome.to_string().into());
    }
    println!(
        "{:.0} s of virtual time in {:.2} s: {requests} requests ({:.1} µs each), {} decisions ({:.0} a second)",
        outcome.time.as_secs_f64(),
        took.as_secs_f64(),
        took.as_secs_f64() * 1e6 / requests as f64,
        outcome.records,
        outcome.records as f64 / took.as_secs_f64(),
    );
    Ok(())
}

fn simulation(seconds: u32) -> Result<Simulation, Box<dyn Error>> {
    let guest = "tests/guests/components/bench-http.wasm";
    let entry = Entry::function("app:ask")
        .file(Path::new(env!("CARGO_MANIFEST_DIR")).join(guest))
        .method("http-loops#get-series")
        .import("wasi:clocks")
        .import("wasi:io")
        .import("wasi:http");
    let program = Program::builder().entry(entry).build()?;
    let name = |number: u32| format!("guest-{number}");
    let mut builder = Simulation::builder(program)
        .host("server", [])
        .native("server", serve)
        .default_link(Link::new().jitter(Duration::from_millis(1)))
        .max_time(Duration::from_secs(2 * 3600));
    for number in 0..GUESTS {
        let input = [json!("server"), json!("/"), json!(seconds)];
        builder = builder.host(&name(number), []);
        builder = builder.run(&name(number), Call::new("app:ask").input(input));
    }
    // Each minute a third of the guests reaches nobody for ten seconds.
    for minute in 0..seconds.div_ceil(60) {
        let cut = |number: &u32| number % 3 == minute % 3;
        let cut: Vec<String> = (0..GUESTS).filter(cut).map(name).collect();
        let begins = Duration::from_secs(u64::from(minute) * 60 + 20);
        let partition = Fault::partition(["server"], cut.clone());
        builder = builder.at(begins, partition);
        builder = builder.at(begins + 10 * SECOND, Fault::heal(["server"], cut));
    }
    Ok(builder.build()?)
}

/// Answers each request a second later.
async fn serve(handle: Handle) {
    let listener = TcpListener::bind(&handle, ([0, 0, 0, 0], 80).into()).expect("a free port");
    while let Ok((stream, _)) = listener.accept().await {
        let answering = answer(handle.clone(), stream);
        handle.spawn(answering).expect("room for a task").detach();
    }
}

async fn answer(handle: Handle, stream: TcpStream) {
    let (mut request, mut buffer) = (Vec::new(), [0; 1024]);
    while let Ok(read @ 1..) = stream.read(&mut buffer).await {
        request.extend_from_slice(&buffer[..read]);
        if !request.ends_with(b"\r\n\r\n") {
            continue;
        }
        request.clear();
        let _ = handle.sleep(SECOND).await;
        let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";
        if stream.write_all(answer).await.is_err() {
            return;
        }
    }
}
