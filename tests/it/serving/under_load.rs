//! A signal while many clients send requests.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use rustix::process::Signal;

use super::process::Serving;
use crate::cli::program;
use crate::support::Project;

/// How many clients there are.
const CLIENTS: usize = 32;
/// How many answers are there before the signal.
const ANSWERS: usize = 500;
const REQUEST: &[u8] = b"GET /hello HTTP/1.1\r\nHost: a\r\n\r\n";
/// How answers end: a guest that has not finished its body with the head answers in chunks.
const ENDS: [&[u8]; 2] = [b"\r\n\r\nhello\n", b"\r\n\r\n6\r\nhello\n\r\n0\r\n\r\n"];

/// What the clients have seen.
#[derive(Default)]
struct Seen {
    /// The signal is sent at once, or was.
    is_signalled: AtomicBool,
    answered: AtomicUsize,
    /// Requests whose first byte was written before the signal, without an answer.
    lost: AtomicUsize,
}

/// Sends requests until one has no answer, on one connection or each on its own.
fn send(authority: &str, keeps: bool, seen: &Seen) {
    let mut kept = None;
    loop {
        let connected = match kept.take() {
            Some(client) => Ok(client),
            None => TcpStream::connect(authority),
        };
        // Refused, nothing was written.
        let Ok(mut client) = connected else { return };
        if client.write_all(REQUEST).is_err() {
            return;
        }
        let before = !seen.is_signalled.load(Ordering::SeqCst);
        let mut bytes = Vec::new();
        let mut buffer = [0; 1024];
        while !ENDS.iter().any(|end| bytes.ends_with(end)) {
            match client.read(&mut buffer) {
                Ok(read @ 1..) => bytes.extend_from_slice(&buffer[..read]),
                Ok(0) | Err(_) => {
                    seen.lost.fetch_add(usize::from(before), Ordering::SeqCst);
                    return;
                }
            }
        }
        seen.answered.fetch_add(1, Ordering::SeqCst);
        kept = keeps.then_some(client);
    }
}

/// Sends the signal while clients send requests. All that they wrote before it is answered, and the end is an orderly one.
fn check(serving: Serving, what: &str) {
    let seen = Seen::default();
    std::thread::scope(|scope| {
        for number in 0..CLIENTS {
            let (authority, seen) = (&serving.authority, &seen);
            scope.spawn(move || send(authority, number % 2 == 0, seen));
        }
        while seen.answered.load(Ordering::SeqCst) < ANSWERS {
            std::thread::yield_now();
        }
        seen.is_signalled.store(true, Ordering::SeqCst);
        serving.send(Signal::TERM);
    });
    assert_eq!(serving.end().0.code(), Some(0), "{what}");
    assert_eq!(seen.lost.into_inner(), 0, "{what}");
}

#[test]
fn every_request_from_before_a_signal_is_answered() {
    for threads in ["1", "2"] {
        let serving = Serving::start(&["--threads", threads]);
        check(serving, &format!("serve with {threads} threads"));
    }
}

#[test]
fn every_request_to_a_service_from_before_a_signal_is_answered() {
    let mut project = Project::new();
    let method = "wasi:http/incoming-handler";
    let imports = "[wasi:io, wasi:clocks, wasi:cli, wasi:http]";
    project.function("served", "http-server", method, imports, &[]);
    let lifecycle = "{auto_start: true}";
    project.entry(
        "web",
        "http.service",
        &[("addr", &"'127.0.0.1:0'"), ("lifecycle", &lifecycle)],
    );
    project.entry("api", "http.router", &[]);
    let path = "/hello";
    project.entry(
        "hello",
        "http.endpoint",
        &[("path", &path), ("func", &"served")],
    );
    let directory = project.directory();
    for threads in ["1", "2"] {
        let run = &mut program(directory.path(), &["run", "--threads", threads]);
        check(Serving::of(run), &format!("run with {threads} threads"));
    }
}
