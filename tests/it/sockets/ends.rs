//! Peers that break off, peers that do not read, and what was accepted before an end.

use std::io::{ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

use rustix::net::sockopt::{set_socket_linger, set_socket_recv_buffer_size};
use serde_json::json;

use super::{Guest, IMPORTS, loopback};
use crate::support::{Project, live};

fn listener() -> (TcpListener, u16) {
    let server = TcpListener::bind(loopback(false)).expect("a port");
    let port = server.local_addr().expect("an address").port();
    (server, port)
}

/// Runs until nothing can run any more.
fn run_until_idle(guest: &Guest) {
    let idle = |turn: wippy_dispatcher::Turn| turn.ran == 0 && turn.runnable == 0;
    while !idle(guest.dispatcher.turn(Some(Duration::ZERO)).expect("a turn")) {}
}

/// Accepts a guest's connection. The guest's module may still have to be linked, on another thread.
fn accept(guest: &Guest, server: &TcpListener) -> TcpStream {
    server.set_nonblocking(true).expect("a mode");
    loop {
        match server.accept() {
            Ok((stream, _)) => {
                stream.set_nonblocking(false).expect("a mode");
                return stream;
            }
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {
                let turn = guest.dispatcher.turn(Some(Duration::from_millis(1)));
                turn.expect("a turn");
            }
            Err(error) => panic!("no connection: {error}"),
        }
    }
}

/// Reads to the end and counts.
fn count(mut stream: TcpStream) -> u64 {
    let mut buffer = vec![0; 1 << 18];
    let mut total = 0;
    loop {
        match stream.read(&mut buffer).expect("no reset") {
            0 => return total,
            read => total += read as u64,
        }
    }
}

#[test]
fn a_reset_is_told_with_its_code_and_then_the_stream_is_closed() {
    let guest = Guest::new();
    let (server, port) = listener();
    let peer = thread::spawn(move || {
        let (mut stream, _) = server.accept().expect("a client");
        stream.read_exact(&mut [0]).expect("a byte");
        set_socket_linger(&stream, Some(Duration::ZERO)).expect("an option");
    });
    let told = guest.call("read-to-failure", &[json!(port)]);
    peer.join().expect("the peer");
    assert_eq!(told, Ok(json!("connection-reset, then closed")));
}

#[test]
fn an_orderly_end_is_closed() {
    let guest = Guest::new();
    let (server, port) = listener();
    let peer = thread::spawn(move || {
        let (mut stream, _) = server.accept().expect("a client");
        stream.read_exact(&mut [0]).expect("a byte");
        stream.write_all(b"12345").expect("open");
    });
    let told = guest.call("read-to-failure", &[json!(port)]);
    peer.join().expect("the peer");
    assert_eq!(told, Ok(json!("closed after 5")));
}

#[test]
fn a_peer_that_reads_late_parks_its_writer_at_the_permit() {
    const BYTES: u64 = 12 << 20;
    let guest = Guest::new();
    let (server, at) = listener();
    let (writer, _) = guest.start("write-much", vec![json!(at), json!(BYTES)]);
    // Another guest goes on meanwhile; the writer cannot get past what the system holds.
    let (echo, printed) = guest.start("serve", vec![json!(false), json!(1)]);
    let echo_port = guest.port(&printed);
    let talk = vec![json!(false), json!(echo_port), json!("meanwhile")];
    let (talk, _) = guest.start("talk", talk);
    assert_eq!(guest.end(talk), Ok(json!({ "ok": "meanwhile" })));
    assert_eq!(guest.end(echo), Ok(json!({ "ok": 9 })));
    let stream = accept(&guest, &server);
    run_until_idle(&guest);
    assert!(!writer.is_finished());
    let reading = thread::spawn(move || count(stream));
    let parked = guest.end(writer).expect("a value");
    assert_eq!(reading.join().expect("the reader"), BYTES);
    assert!(parked["ok"].as_u64().expect("a count") > 0, "{parked}");
}

#[test]
fn what_was_accepted_is_delivered_whatever_ends_the_call() {
    let guest = Guest::new();
    for way in ["return", "drop", "shutdown", "exit", "trap"] {
        let (server, at) = listener();
        set_socket_recv_buffer_size(&server, 1 << 13).expect("an option");
        let arguments = vec![json!(at), json!(way)];
        let (writer, printed) = guest.start("write-and-end", arguments);
        // The connect completes in the system; the guest writes until nothing more fits.
        let written = guest.number(&printed);
        assert!(written >= 1 << 16, "{way}: {written}");
        run_until_idle(&guest);
        assert!(!writer.is_finished(), "{way}: it waits for the delivery");
        let (stream, _) = server.accept().expect("the writer");
        let reading = thread::spawn(move || count(stream));
        let outcome = guest.end(writer);
        assert_eq!(outcome.is_err(), way == "trap", "{way}: {outcome:?}");
        assert_eq!(reading.join().expect("the reader"), written, "{way}");
    }
}

/// A peer that never reads holds the end of a call up for `limits.delivery_ms` and no longer. It does
/// not take what it could have read for all there is.
#[test]
fn what_nobody_takes_is_given_up_in_time() {
    let mut project = Project::new();
    let (path, limits) = ("sockets#write-and-end", "{delivery_ms: 20}");
    project.function(
        "write-and-end",
        "sockets",
        path,
        IMPORTS,
        &[("limits", &limits)],
    );
    let dispatcher = live();
    let runtime = project.load(&dispatcher);
    let guest = Guest {
        dispatcher,
        runtime,
    };
    for way in ["return", "drop", "shutdown", "exit", "trap"] {
        let (server, at) = listener();
        set_socket_recv_buffer_size(&server, 1 << 13).expect("an option");
        let (writer, _) = guest.start("write-and-end", vec![json!(at), json!(way)]);
        let outcome = guest.end(writer);
        assert_eq!(outcome.is_err(), way == "trap", "{way}: {outcome:?}");
        run_until_idle(&guest);
        let (mut stream, _) = server.accept().expect("the writer");
        let mut buffer = vec![0; 1 << 18];
        let ended = loop {
            match stream.read(&mut buffer) {
                Ok(0) => panic!("{way}: an orderly end"),
                Ok(_) => {}
                Err(error) => break error.kind(),
            }
        };
        assert_eq!(ended, ErrorKind::ConnectionReset, "{way}");
    }
}

/// A call that nobody waits for any more delivers nothing, and leaves nothing.
#[test]
fn a_dropped_call_closes_its_connections() {
    let guest = Guest::new();
    let (server, at) = listener();
    let (writer, _) = guest.start("write-much", vec![json!(at), json!(1u64 << 40)]);
    let accepting = thread::spawn(move || server.accept().expect("the writer").0);
    let mut stream = guest.run_until(accepting);
    guest.run_for(10);
    drop(writer);
    guest.run_for(1);
    // With the call alive this would wait for ever: it writes a terabyte.
    let mut buffer = vec![0; 1 << 18];
    while stream.read(&mut buffer).is_ok_and(|read| read > 0) {}
}

/// Linux drops the first packet of a client that finds the backlog full, and the client tries again
/// after a second.
#[test]
fn a_full_backlog_keeps_a_connect_waiting() {
    let (server, at) = listener();
    rustix::net::listen(&server, 0).expect("a backlog");
    let filling: Vec<TcpStream> = (0..1)
        .map(|_| TcpStream::connect(("127.0.0.1", at)).expect("room"))
        .collect();
    let guest = Guest::new();
    let (waiting, _) = guest.start("connect", vec![json!(false), json!(at)]);
    guest.run_for(50);
    assert!(!waiting.is_finished(), "the backlog is full");
    let first = server.accept().expect("the first");
    assert_eq!(guest.end(waiting), Ok(json!("ok")));
    drop((first, filling));
}

#[test]
fn sockets_that_go_away_leave_an_end_or_a_reset() {
    let guest = Guest::new();
    assert_eq!(
        guest.lines("abandon", &[]),
        [
            "nobody accepted: connection-reset",
            "nobody accepted: connection-reset",
            "nobody accepted: connection-reset",
            "gone while it connected: closed",
            "reset: connection-reset",
            "and again: closed",
            "its local-address: ok",
            "its remote-address: invalid-state",
            "its hop-limit: ok",
            "its write: closed",
        ]
    );
}

/// Where both directions have ended the system knows of no connection any more, and that is what
/// was asked for.
#[test]
fn shutting_down_what_has_ended_is_no_wrong_state() {
    let guest = Guest::new();
    let ways = ["receive", "send", "both"];
    let mut expected: Vec<String> = ways
        .iter()
        .map(|way| format!("connection-reset, {way}: ok"))
        .collect();
    for way in ways {
        expected.push(format!("closed, closed, {way}, client: ok"));
        expected.push(format!("closed, closed, {way}, server: ok"));
    }
    assert_eq!(guest.lines("shut-down-late", &[]), expected);
}
