//! TCP clients, servers, states, addresses and options.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::thread;

use serde_json::json;

use super::{Guest, families, loopback};

#[test]
fn a_client_talks_to_a_native_server_and_half_closes() {
    let guest = Guest::new();
    for v6 in families() {
        let server = TcpListener::bind(loopback(v6)).expect("a port");
        let address = server.local_addr().expect("an address");
        let peer = thread::spawn(move || {
            let (mut stream, _) = server.accept().expect("a client");
            let mut received = String::new();
            stream.read_to_string(&mut received).expect("text");
            // Its half is ended, ours is open.
            stream.write_all(b"and ").expect("open");
            stream.write_all(received.as_bytes()).expect("open");
        });
        let words = "words ".repeat(3000);
        let answer = guest.call("talk", &[json!(v6), json!(address.port()), json!(words)]);
        peer.join().expect("the peer");
        assert_eq!(answer, Ok(json!({ "ok": format!("and {words}") })));
    }
}

#[test]
fn a_server_serves_native_clients() {
    let guest = Guest::new();
    for v6 in families() {
        let (server, printed) = guest.start("serve", vec![json!(v6), json!(3)]);
        let at = (loopback(v6).0, guest.port(&printed));
        let clients: Vec<_> = (0..3)
            .map(|number| {
                thread::spawn(move || {
                    let mut stream = TcpStream::connect(at).expect("it listens");
                    let words = format!("client {number} ").repeat(1000);
                    stream.write_all(words.as_bytes()).expect("open");
                    let mut echo = vec![0; words.len()];
                    stream.read_exact(&mut echo).expect("an echo");
                    assert_eq!(echo, words.as_bytes());
                    words.len()
                })
            })
            .collect();
        let echoed = guest.end(server);
        let sent: usize = clients
            .into_iter()
            .map(|client| client.join().expect("a client"))
            .sum();
        assert_eq!(echoed, Ok(json!({ "ok": sent })));
    }
}

#[test]
fn a_server_half_closes_and_still_reads() {
    let guest = Guest::new();
    let (server, printed) = guest.start("greet-and-read", vec![]);
    let at = ("127.0.0.1", guest.port(&printed));
    let client = thread::spawn(move || {
        let mut stream = TcpStream::connect(at).expect("it listens");
        let mut greeting = String::new();
        stream.read_to_string(&mut greeting).expect("text");
        stream.write_all(b"see you").expect("open");
        stream.shutdown(Shutdown::Write).expect("open");
        greeting
    });
    assert_eq!(guest.end(server), Ok(json!({ "ok": "see you" })));
    assert_eq!(client.join().expect("the client"), "good bye");
}

#[test]
fn a_guest_talks_to_a_guest_on_one_dispatcher() {
    let guest = Guest::new();
    let (server, printed) = guest.start("serve", vec![json!(false), json!(2)]);
    let port = guest.port(&printed);
    let talk = vec![json!(false), json!(port), json!("to and fro")];
    let clients = [
        guest.start("talk", talk.clone()).0,
        guest.start("talk", talk).0,
    ];
    for client in clients {
        assert_eq!(guest.end(client), Ok(json!({ "ok": "to and fro" })));
    }
    assert_eq!(guest.end(server), Ok(json!({ "ok": 20 })));
}

#[test]
fn a_port_that_nobody_listens_on_refuses() {
    let guest = Guest::new();
    for v6 in families() {
        let closed = TcpListener::bind(loopback(v6)).expect("a port");
        let port = closed.local_addr().expect("an address").port();
        drop(closed);
        assert_eq!(
            guest.call("connect", &[json!(v6), json!(port)]),
            Ok(json!("connection-refused"))
        );
    }
}

#[test]
fn a_port_that_somebody_listens_on_is_in_use() {
    let guest = Guest::new();
    let held = TcpListener::bind(loopback(false)).expect("a port");
    let port = held.local_addr().expect("an address").port();
    let taken = guest.call("tcp-bind", &[json!(port)]);
    assert_eq!(taken, Ok(json!("address-in-use")));
    drop(held);
    assert_eq!(guest.call("tcp-bind", &[json!(port)]), Ok(json!("ok")));
}

#[test]
fn every_wrong_order_is_an_invalid_state() {
    let guest = Guest::new();
    for v6 in families() {
        let expected = include_str!("tcp_states.txt");
        assert_eq!(
            guest.lines("tcp-states", &[json!(v6)]).join("\n"),
            expected.trim()
        );
    }
}

#[test]
fn addresses_that_are_none_are_invalid_arguments() {
    let guest = Guest::new();
    for v6 in families() {
        let mut expected = vec![
            "bind other family: invalid-argument",
            "bind mapped: invalid-argument",
            "bind compatible: invalid-argument",
            "bind multicast: invalid-argument",
            "bind not here: address-not-bindable",
            "connect other family: invalid-argument",
            "connect mapped: invalid-argument",
            "connect compatible: invalid-argument",
            "connect wildcard: invalid-argument",
            "connect multicast: invalid-argument",
            "connect port 0: invalid-argument",
        ];
        if !v6 {
            expected.push("connect broadcast: invalid-argument");
        }
        expected.extend([
            "start-connect: ok",
            "finish-connect: connection-refused",
            "after it finish-connect: not-in-progress",
            "after it start-connect: invalid-state",
            "after it start-bind: invalid-state",
            "after it local-address: invalid-state",
            "after it hop-limit: invalid-state",
        ]);
        assert_eq!(guest.lines("tcp-addresses", &[json!(v6)]), expected);
    }
}

#[test]
fn options_reach_the_system_and_accepted_sockets() {
    let guest = Guest::new();
    for v6 in families() {
        let expected = [
            "family: true",
            "keep-alive on: ok",
            "idle 0: invalid-argument",
            "idle 1 ns: ok",
            "idle: 1000000000",
            "idle max: ok",
            "idle 7 s: ok",
            "interval 0: invalid-argument",
            "interval 8 s: ok",
            "count 0: invalid-argument",
            "count max: ok",
            "count 9: ok",
            "hops 0: invalid-argument",
            "hops 42: ok",
            "receive buffer 0: invalid-argument",
            "receive buffer: ok",
            "receive buffer max: ok",
            "send buffer 0: invalid-argument",
            "send buffer: ok",
            "keep-alive: true",
            "idle: 7",
            "interval: 8",
            "count: 9",
            "hops: 42",
            "receive buffer: 65536",
            "send buffer: 65536",
        ];
        assert_eq!(guest.lines("tcp-options", &[json!(v6)]), expected);
    }
}

#[test]
fn nothing_is_read_while_the_stream_is_open_and_the_end_after_it_was_shut_down() {
    let guest = Guest::new();
    let server = TcpListener::bind(loopback(false)).expect("a port");
    let port = server.local_addr().expect("an address").port();
    assert_eq!(
        guest.lines("read-nothing", &[json!(port)]),
        ["0 bytes", "ok", "closed", "true", "closed"]
    );
}
