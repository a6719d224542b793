//! `wippy serve`, as a process that is sent signals.

use std::io::Read;
use std::net::TcpStream;
use std::os::unix::process::ExitStatusExt;
use std::process::Stdio;

use rustix::process::Signal;

use super::client::Answer;
use super::get;
use super::process::Serving;
use crate::cli::run;
use crate::support::{binary, guests};

/// Reads until the first piece of a body has come.
fn first_piece(client: &mut TcpStream) -> Vec<u8> {
    let mut bytes = Vec::new();
    while !bytes.ends_with(b"0\n\r\n") {
        let mut byte = [0];
        client.read_exact(&mut byte).expect("a piece");
        bytes.push(byte[0]);
    }
    bytes
}

#[test]
fn a_file_is_served_until_a_signal() {
    for signal in [Signal::TERM, Signal::INT] {
        let serving = Serving::start(&[]);
        assert_eq!(serving.get("/hello").text(), "hello\n");
        serving.send(signal);
        let (status, said) = serving.end();
        assert_eq!((status.code(), said.as_str()), (Some(0), ""));
    }
}

#[test]
fn requests_that_have_begun_are_answered_before_it_ends() {
    let serving = Serving::start(&[]);
    let mut slow = serving.connect(&get("/slowly/4"));
    let mut bytes = first_piece(&mut slow);
    serving.send(Signal::TERM);
    serving.until_it_stops();
    slow.read_to_end(&mut bytes).expect("an orderly end");
    let answer = Answer::of(&bytes);
    assert!(answer.is_whole);
    assert_eq!(answer.text(), "0\n1\n2\n3\n");
    assert_eq!(serving.end().0.code(), Some(0));
}

#[test]
fn what_a_guest_does_behind_its_answer_is_waited_for() {
    let serving = Serving::start(&[]);
    assert_eq!(serving.get("/after/200").text(), "answered\n");
    serving.send(Signal::TERM);
    let (status, said) = serving.end();
    assert_eq!(status.code(), Some(0));
    assert!(said.contains("after"), "{said}");
}

#[test]
fn what_is_left_after_the_stop_timeout_is_cut() {
    let serving = Serving::start(&["--stop-timeout", "50ms"]);
    let mut slow = serving.connect(&get("/slowly/600"));
    let mut bytes = first_piece(&mut slow);
    serving.send(Signal::TERM);
    let _ = slow.read_to_end(&mut bytes);
    assert!(!Answer::of(&bytes).is_whole);
    assert_eq!(serving.end().0.code(), Some(0));
}

#[test]
fn a_second_signal_ends_it_at_once() {
    let serving = Serving::start(&[]);
    let _waiting = serving.connect(&get("/slowly/600"));
    serving.send(Signal::TERM);
    serving.until_it_stops();
    serving.send(Signal::TERM);
    assert_eq!(serving.end().0.signal(), Some(15));

    let serving = Serving::start(&[]);
    let _waiting = serving.connect(&get("/slowly/600"));
    serving.send(Signal::TERM);
    serving.until_it_stops();
    serving.send(Signal::INT);
    assert_eq!(serving.end().0.code(), Some(130));
}

#[test]
fn options_bound_what_a_guest_may_use() {
    let serving = Serving::start(&["--max-time", "50ms", "--max-instances", "1"]);
    assert_eq!(serving.get("/spin").status, 500);
    assert_eq!(serving.get("/hello").status, 200);
    serving.send(Signal::TERM);
    let (_, said) = serving.end();
    assert!(said.contains("GET /spin: error ID "), "{said}");
    assert!(said.contains("context deadline exceeded"), "{said}");
}

#[test]
fn failures_and_what_guests_print_are_log_lines() {
    let serving = Serving::start(&[]);
    let failed = serving.get("/trap");
    let id = failed.text().trim_end().rsplit(' ').next().expect("an ID");
    serving.get("/error/DNS-timeout");
    serving.get("/length/5");
    serving.send(Signal::TERM);
    let (_, said) = serving.end();
    // The request's ID is in the response and in the log.
    let request = failed.field("x-request-id").expect("an ID");
    let trapped = format!(
        "http: file:http-server.wasm: request {request}: GET /trap: error ID {id}: wasm trap"
    );
    assert!(said.contains(&trapped), "{said}");
    assert!(said.contains("GET /error/DNS-timeout: 504"), "{said}");
    assert!(said.contains("true true"), "{said}");
}

#[test]
fn mistakes_say_what_to_do() {
    let components = guests().join("components");
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let taken = taken.local_addr().expect("an address").to_string();
    let of = |name: &str| components.join(name).display().to_string();
    let (served, command) = (of("http-server.wasm"), of("exits.wasm"));
    for (words, code, text) in [
        (
            &["hello"][..],
            2,
            "'wippy serve' takes a file, such as ./hello.wasm",
        ),
        (&["absent.wasm"], 2, "absent.wasm: no such file"),
        (
            &[&command],
            2,
            "method \"wasi:http/incoming-handler\" not found; the module exports wasi:cli/run",
        ),
        (&["--addr", "here", &served], 2, "expected ADDRESS:PORT"),
        (&["--addr", &taken, &served], 1, "Address already in use"),
        (
            &["--max-instances", "0", &served],
            2,
            "0 is not in 1..=4096",
        ),
        (&["--max-wait", "soon", &served], 2, "expected a duration"),
        (&["--tls-cert", "a.pem", &served], 2, "--tls-key"),
        (
            &["--tls-cert", "/none/a.pem", "--tls-key", "b", &served],
            1,
            "cannot read /none/a.pem: ",
        ),
        (&["--addr", "systemd", &served], 1, "socket unit of systemd"),
        (&["--dir", "/none", &served], 2, "--dir /none"),
    ] {
        let ran = run(binary().arg("serve").args(words).stdin(Stdio::null()));
        assert_eq!(ran.code, Some(code), "{words:?}: {ran:?}");
        assert!(ran.err.contains(text), "{words:?}: {ran:?}");
    }
}
