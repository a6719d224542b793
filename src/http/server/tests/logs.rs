//! The log of requests, their names and their traces.

use std::io::{self, Write};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::world::*;
use super::*;
use crate::http::method::Method;

const GET: &str = "GET /a HTTP/1.1\r\nHost: h\r\n\r\n";

/// What was written, for whoever looks.
#[derive(Clone, Default)]
struct Memory(Arc<Mutex<Vec<u8>>>);

impl Memory {
    fn text(&self) -> String {
        let bytes = self.0.lock().expect("no panic").clone();
        String::from_utf8(bytes).expect("UTF-8")
    }

    fn objects(&self) -> Vec<serde_json::Value> {
        let parse = |line: &str| serde_json::from_str(line).expect(line);
        self.text().lines().map(parse).collect()
    }
}

impl Write for Memory {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().expect("no panic").extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn with(log: &AccessLog) -> ServerSettings {
    ServerSettings {
        log: Some(log.clone()),
        request_ids: true,
        ..ServerSettings::default()
    }
}

#[test]
fn each_request_has_a_line_refused_ones_too() {
    for world in [World::live(), World::simulated()] {
        let memory = Memory::default();
        let log = AccessLog::new(LogFormat::Json, memory.clone());
        let server = world.serve_with(with(&log), echo(&world.handle));
        world.run(async {
            let mut client = world.connect(&server).await;
            client
                .say("POST /a?b HTTP/1.1\r\nHost: h.example\r\nUser-Agent: \u{9b}31m\"\r\n")
                .await;
            client
                .say("Referer: r\r\nX-Request-ID: mine-1\r\nContent-Length: 3\r\n\r\nabc")
                .await;
            assert_eq!(whole(client.answer(Method::Post).await).0, 200);
            let refused = "GET /\u{1b}]0;x HTTP/1.1\r\nHost: h\r\n\r\n";
            assert_eq!(client.get(refused).await.0, 400);
            let mut client = world.connect(&server).await;
            let large = "PUT /large HTTP/1.1\r\nHost: h\r\nContent-Length: 99999999999\r\n\r\n";
            assert_eq!(client.get(large).await.0, 413);
            // One that leaves before it is answered.
            let client = world.connect(&server).await;
            client
                .say("POST /left HTTP/1.0\r\nContent-Length: 3\r\n\r\n")
                .await;
            drop(client);
            world.settle().await;
        });
        let stopped = world.run(server.stop(Duration::from_secs(60)));
        stopped.expect("its thread");
        let lines = memory.objects();
        let of = |what: &str, value: &str| {
            let found = lines.iter().find(|line| line[what] == value);
            found.unwrap_or_else(|| panic!("no {what} {value} in {}", memory.text()))
        };
        let post = of("target", "/a?b");
        assert_eq!(post["method"], "POST");
        assert_eq!(post["version"], "1.1");
        assert_eq!(post["status"], 200);
        assert_eq!(post["bytes"], "POST /a?b abc".len());
        assert_eq!(post["host"], "h.example");
        assert_eq!(post["referer"], "r");
        assert_eq!(post["user_agent"], "\u{9b}31m\"");
        assert_eq!(post["id"], "mine-1");
        assert_eq!(post["end"], "answered");
        assert!(
            post["peer"]
                .as_str()
                .expect("text")
                .starts_with(post["client"].as_str().expect("text"))
        );
        let malformed = of("end", "malformed");
        assert_eq!(malformed["status"], 400);
        assert_eq!(malformed["request"], "GET /\u{1b}]0;x HTTP/1.1");
        assert_eq!(malformed["id"].as_str().map(str::len), Some(32));
        let large = of("end", "body-too-large");
        assert_eq!(large["request"], "PUT /large HTTP/1.1");
        let cut = of("target", "/left");
        assert!(
            ["client-gone", "half-closed", "answered"]
                .contains(&cut["end"].as_str().expect("text"))
        );
        assert_eq!(cut["version"], "1.0");
        assert_eq!(lines.len(), 4);
        assert!(!memory.text().contains(['\u{1b}', '\u{9b}']));
        assert_eq!((log.dropped(), log.failed()), (0, 0));
    }
}

/// A connection that brings nothing is no request.
#[test]
fn who_says_nothing_has_no_line() {
    let world = World::simulated();
    let memory = Memory::default();
    let log = AccessLog::new(LogFormat::Text, memory.clone());
    let server = world.serve_with(with(&log), echo(&world.handle));
    world.run(async {
        drop(world.connect(&server).await);
        let mut client = world.connect(&server).await;
        assert_eq!(client.rest().await, (String::new(), true));
        let mut client = world.connect(&server).await;
        client.say("GE").await;
        let (text, _) = client.rest().await;
        assert!(text.starts_with("HTTP/1.1 408 "), "{text}");
        world.sleep(1).await;
    });
    let text = memory.text();
    assert_eq!(text.lines().count(), 1, "{text}");
    assert!(
        text.contains(" \"GE\" 408 0 \"-\" \"-\" ") && text.contains(" late "),
        "{text}"
    );
}

/// Waits for each piece until it may be written.
struct Gate(Receiver<()>, Memory, Sender<()>);

impl Write for Gate {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let _ = self.2.send(());
        // Once nobody opens it any more it is open.
        let _ = self.0.recv();
        self.1.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_destination_that_stands_still_stops_nobody_and_lines_beyond_the_bound_are_counted() {
    let world = World::live();
    let (memory, (open, gate), (arrive, arrived)) = (Memory::default(), channel(), channel());
    let log = AccessLog::new(LogFormat::Text, Gate(gate, memory.clone(), arrive));
    let mut settings = with(&log);
    settings.limits.requests_each = u64::MAX;
    let server = world.serve_with(settings, echo(&world.handle));
    let requests = 1500;
    world.run(async {
        let mut client = world.connect(&server).await;
        let long = GET.replace("Host", &format!("User-Agent: {}\r\nHost", "x".repeat(1500)));
        assert_eq!(client.get(&long).await.0, 200);
        arrived.recv().expect("a line");
        for _ in 1..requests {
            assert_eq!(client.get(&long).await.0, 200);
        }
        let dropped = log.dropped();
        assert!((400..1000).contains(&dropped), "{dropped}");
        drop(open);
        log.flush(&world.handle).await;
        // As many lines as were not dropped, each a whole one.
        let lines = memory
            .text()
            .lines()
            .filter(|line| line.ends_with(|it: char| it.is_ascii_digit()))
            .count();
        assert_eq!(lines as u64 + dropped, requests);
        assert_eq!(log.failed(), 0);
    });
}

struct Broken;

impl Write for Broken {
    fn write(&mut self, _: &[u8]) -> io::Result<usize> {
        Err(io::ErrorKind::StorageFull.into())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn lines_that_cannot_be_written_are_counted_and_requests_answered() {
    let world = World::simulated();
    let log = AccessLog::new(LogFormat::Json, Broken);
    let server = world.serve_with(with(&log), echo(&world.handle));
    world.run(async {
        let mut client = world.connect(&server).await;
        for _ in 0..3 {
            assert_eq!(client.get(GET).await.0, 200);
            world.sleep(1).await;
        }
    });
    assert_eq!((log.failed(), log.dropped()), (3, 0));
}

#[test]
fn names_and_traces_are_taken_over_and_handed_on() {
    let world = World::simulated();
    let handle = world.handle.clone();
    let settings = ServerSettings {
        request_ids: true,
        ..ServerSettings::default()
    };
    let server = world.serve_with(settings, move |request: IncomingRequest| {
        let field = |name| {
            let value = request.head.fields.get(name).next().unwrap_or(b"-");
            String::from_utf8_lossy(value).into_owned()
        };
        let id = request.id.clone().expect("named");
        assert_eq!(field("x-request-id"), id);
        let (parent, state) = (field("traceparent"), field("tracestate"));
        let trace = request.trace.map_or(0, |trace| trace.trace);
        let mut response = ok(&handle, format!("{id} {parent} {state} {trace:x}"));
        if request.target.path == "/own" {
            response
                .fields
                .append("X-Request-Id", b"own")
                .expect("a field");
        }
        async { Ok(response) }
    });
    world.run(async {
        let ask = async |path: &str, lines: &str| {
            let mut client = world.connect(&server).await;
            client
                .say(format!("GET {path} HTTP/1.1\r\nHost: h\r\n{lines}\r\n"))
                .await;
            let said = client.answer(Method::Get).await;
            let ids = said.head.as_ref().expect("a head").fields.clone();
            let ids: Vec<_> = ids.get("x-request-id").map(<[u8]>::to_vec).collect();
            let ids: Vec<_> = ids
                .into_iter()
                .map(|it| String::from_utf8(it).expect("ASCII"))
                .collect();
            (whole(said).1, ids)
        };
        let parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        let lines = format!("X-Request-ID: a1\r\nTraceParent: {parent}\r\nTraceState: v=1\r\n");
        let (body, ids) = ask("/", &lines).await;
        assert_eq!(
            body,
            format!("a1 {parent} v=1 4bf92f3577b34da6a3ce929d0e0e4736")
        );
        assert_eq!(ids, ["a1"]);
        let (body, ids) = ask("/", "traceparent: 00-0-0-0\r\ntracestate: v=1\r\n").await;
        assert_eq!(body, format!("{} - - 0", ids[0]));
        assert_eq!((ids.len(), ids[0].len()), (1, 32));
        let (_, other) = ask("/", "").await;
        assert_ne!(ids, other);
        assert_eq!(ask("/own", "").await.1, ["own"]);
    });
}
