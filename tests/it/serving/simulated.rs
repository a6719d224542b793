//! Served guests and their clients under faults of a simulated network.

use std::cell::Cell;
use std::net::SocketAddr;
use std::path::Path;
use std::rc::Rc;
use std::time::Duration;

use serde_json::{Value, json};
use wippy::http_server::{HttpServer, ServerLimits};
use wippy::sim::{AttemptEnd, Call, Scenario, Server, Simulation};
use wippy::{Entry, Program, Runtime};
use wippy_dispatcher::net::TcpStream;
use wippy_dispatcher::sim::{FaultMix, Seeds};
use wippy_dispatcher::{Dispatcher, Handle};

use super::{Served, entry, get, request, within};
use crate::support::{guests, simulated};

/// How many seeds are run: more where the environment says so.
fn seeds() -> u64 {
    let seeds = std::env::var("SIMULATED_SEEDS").ok();
    seeds.map_or(100, |seeds| seeds.parse().expect("a number of seeds"))
}

/// Guests that fetch, and the guest that they fetch from.
fn program() -> Program {
    let client = |method: &str| {
        Entry::function(&format!("test:{method}"))
            .file(guests().join("components/http-client.wasm"))
            .method(&format!("http-client#{method}"))
            .import("wasi:io")
            .import("wasi:clocks")
            .import("wasi:http")
    };
    let builder = Program::builder().entry(entry());
    let builder = builder.entry(client("fetch")).entry(client("sequential"));
    builder.build().expect("a program")
}

/// A request as the client takes it.
fn asks(method: &str, path: &str, body: Value) -> Value {
    json!({
        "method": method, "scheme": "http", "authority": "server", "path": path,
        "headers": [], "body": body, "trailers": [], "body-first": false, "unfinished": false,
        "connect-timeout": null, "first-byte-timeout": 60_000_000_000_u64,
        "between-bytes-timeout": 60_000_000_000_u64,
    })
}

fn faults() -> FaultMix {
    FaultMix::new(Duration::from_secs(10))
        .latency(Duration::from_millis(50))
        .jitter(Duration::from_millis(20))
        .loss(0.1)
        .duplication(0.1)
        .reordering(0.1)
        .short_io(0.3)
        .spurious_readiness(0.3)
        .partitions(8)
        .pauses(2)
        .clock_drift(500)
}

/// A served guest is crashed with its host, cut off and resumed: each of its clients has a whole answer, or
/// knows that it has none.
#[test]
fn every_request_is_answered_or_its_client_sees_an_error() {
    let call = |label: &str, request: Value, start: u64| {
        let call = Call::new("fetch").name(label).input([request]);
        call.start(Duration::from_millis(start))
    };
    let pieces = json!(["one, ", "two, ", "three"]);
    let simulation = Simulation::builder(program())
        .host("server", [])
        .host("one", [])
        .host("two", [])
        .serve("server", Server::new("served"))
        .run(
            "one",
            call("streams", asks("GET", "/slowly/50", Value::Null), 100),
        )
        .run("one", call("echoes", asks("POST", "/echo", pieces), 2_000))
        .run(
            "two",
            call("long", asks("GET", "/bytes/300000", Value::Null), 500),
        )
        .run(
            "two",
            call("traps", asks("GET", "/trap-later", Value::Null), 1_000),
        )
        .swarm(faults().crashes(2))
        .max_time(Duration::from_secs(7200))
        .build()
        .expect("a simulation");
    let numbers: String = (0..50).map(|number| format!("{number}\n")).collect();
    let report = Seeds::new(0..seeds()).jobs(2).verify(true).run(|seed| {
        let outcome = simulation.run(seed).map_err(|error| error.to_string())?;
        let failed = || Err(format!("{outcome}\n{:?}", outcome.calls));
        if !outcome.is_completed() {
            return failed();
        }
        let mut errors = 0;
        for call in &outcome.calls {
            for attempt in &call.attempts {
                let AttemptEnd::Returned(result) = &attempt.end else {
                    if attempt.end == AttemptEnd::Crashed {
                        continue;
                    }
                    return failed();
                };
                let body = result["ok"]["body"].as_str();
                let is_right = match (call.label.as_str(), body) {
                    (_, None) => result["err"].as_str().is_some_and(|it| !it.is_empty()),
                    ("streams", Some(body)) => body == numbers,
                    ("echoes", Some(body)) => body == "one, two, three",
                    ("long", Some(body)) => body.chars().count() == 300_000,
                    // Never whole.
                    _ => false,
                };
                if !is_right {
                    return failed();
                }
                errors += u64::from(call.label != "traps" && body.is_none());
            }
        }
        // Compared with the second run.
        Ok((errors > 0, outcome.hash, outcome.time))
    });
    let report = report.expect("no file of seeds");
    assert!(report.is_ok(), "{report}");
    // The faults matter to some seeds and not to others.
    let runs = report.outcomes().count();
    let hurt = report.outcomes().filter(|((hurt, ..), _)| *hurt).count();
    assert!(0 < hurt && hurt < runs, "{hurt} of {runs} had errors");
}

/// How long a client waits for a piece of its answer.
const LATE: Duration = Duration::from_secs(120);

/// The server's address.
const HOST: [u8; 4] = [10, 7, 0, 1];

/// Asks again and again, and breaks each third connection off. How many answers were whole.
async fn ask_and_reset(handle: Handle, server: SocketAddr, whole: Rc<Cell<u64>>) {
    let paths = ["/hello", "/slowly/3", "/bytes/100000", "/wait/50", "/echo"];
    for number in 0..15_usize {
        let path = paths[number % paths.len()];
        let Ok(stream) = TcpStream::connect(&handle, server).await else {
            continue;
        };
        let more = "Content-Length: 5\r\n\r\nhello";
        let asked = request("POST", path, more);
        if stream.write_all(asked.as_bytes()).await.is_err() {
            continue;
        }
        if number % 3 == 2 {
            let pause = Duration::from_millis(40 * number as u64);
            handle.sleep(pause).await.expect("time");
            let _ = stream.reset_on_close();
            continue;
        }
        let (mut bytes, mut buffer) = (Vec::new(), vec![0; 8192]);
        // A reset may be lost: then only time tells.
        while let Some(Ok(count @ 1..)) = within(&handle, LATE, stream.read(&mut buffer)).await {
            bytes.extend_from_slice(&buffer[..count]);
        }
        let has_head = bytes.windows(4).any(|window| window == b"\r\n\r\n");
        if has_head && super::client::Answer::of(&bytes).is_whole {
            whole.set(whole.get() + 1);
        }
    }
}

/// Whatever their clients do, what the server has taken it answers or cuts, and no guest is left behind.
#[test]
fn no_call_outlives_its_request() {
    let program = program();
    let report = Seeds::new(0..seeds() / 2).jobs(2).verify(true).run(|seed| {
        let simulation = wippy_dispatcher::Simulation::new(seed)
            .host("server", [HOST.into()])
            .host("client", [])
            .swarm(faults());
        let dispatcher = Dispatcher::builder().simulation(simulation).build();
        let dispatcher = dispatcher.map_err(|error| error.to_string())?;
        let host = |name| dispatcher.host(name).expect("a host").handle();
        let (server, client) = (host("server"), host("client"));
        let runtime = Runtime::on(server.clone(), program.clone()).expect("an engine");
        let run = async {
            let handler = runtime.http_handler("served").await.expect("a handler");
            let limits = ServerLimits::default();
            let address = (HOST, 80).into();
            let bound = HttpServer::bind(&server, [address], limits, handler.clone());
            let bound = bound.expect("a port");
            let whole = Rc::new(Cell::new(0));
            let asking: Vec<_> = (0..3)
                .map(|_| {
                    let address = bound.addresses()[0];
                    let asking = ask_and_reset(client.clone(), address, whole.clone());
                    client.spawn(asking).expect("a task")
                })
                .collect();
            for asked in asking {
                asked.await.expect("a task");
            }
            // Longer than a guest has whose client is gone, and a connection without a request.
            server.sleep(Duration::from_secs(1000)).await.expect("time");
            let counts = bound.counts();
            (counts, handler.open_calls(), whole.get())
        };
        let (counts, open_calls, whole) = dispatcher.block_on(run).map_err(|e| e.to_string())?;
        let says = format!("{counts:?}, {open_calls} calls, {whole} whole answers");
        let is_right = open_calls == 0
            && runtime.calls().is_empty()
            && counts.open == 0
            && counts.requests == counts.answered + counts.cut
            && whole <= counts.answered
            && whole > 0;
        match is_right {
            true => Ok((counts.cut > 0, whole)),
            false => Err(says),
        }
    });
    let report = report.expect("no file of seeds");
    assert!(report.is_ok(), "{report}");
    assert!(report.outcomes().any(|((was_cut, _), _)| *was_cut));
}

#[test]
fn a_scenario_serves_an_entry() {
    let yaml = r#"
hosts:
  server:
    serve: [{entry: served}, {entry: "test:served", port: 81}]
  client:
    run:
      - {entry: sequential, input: [http, "server:81", 2], start: 10ms}
      - {entry: sequential, name: other, input: [http, server, 3], start: 10ms}
expect:
  calls: [{call: sequential, result: 2}, {call: other, result: 3}]
"#;
    let scenario = Scenario::from_yaml(yaml, Path::new("s.yaml")).expect("no mistakes");
    let simulation = scenario
        .simulation(program())
        .build()
        .expect("a simulation");
    let outcome = simulation.run(1).expect("no setup");
    assert_eq!(scenario.check(&outcome), [""; 0], "{outcome}");
}

#[test]
fn what_cannot_be_served_is_said_before_a_run() {
    let build = |server: Server| {
        let simulation = Simulation::builder(program()).host("a", []);
        let simulation = simulation
            .serve("a", Server::new("served"))
            .serve("a", server);
        simulation.build().expect_err("a mistake").to_string()
    };
    let twice = build(Server::new("served"));
    assert!(twice.contains("two servers on port 80"), "{twice}");
    let client = build(Server::new("fetch").port(81));
    assert!(
        client.contains("exports no wasi:http/incoming-handler"),
        "{client}"
    );
    let none = build(Server::new("fetsh").port(81));
    assert!(none.contains("fetch"), "{none}");

    let read = |yaml: &str| {
        let scenario = Scenario::from_yaml(yaml, Path::new("s.yaml"));
        scenario.expect_err("a mistake")[0].to_string()
    };
    let expected = "s.yaml:1:21: error: hosts.a.serve[0].entry: entry is required: what is served";
    assert_eq!(read("hosts: {a: {serve: [{port: 1}]}}"), expected);
    let found = read("hosts: {a: {serve: [{entry: x, port: 65536}]}}");
    assert!(found.contains("expected a port from 1 to 65535"), "{found}");
}

/// The same seed does the same.
#[test]
fn error_ids_are_of_the_seed() {
    let id = |path: &str| {
        let served = Served::on(simulated(), entry(), ServerLimits::default(), |it| it);
        served.run(served.ask(&get(path))).text().to_owned()
    };
    assert_eq!(id("/trap"), id("/trap"));
}
