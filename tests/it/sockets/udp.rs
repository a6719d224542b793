//! Datagrams, their states and their options.

use std::net::UdpSocket;
use std::thread;

use serde_json::json;

use super::{Guest, families, loopback};

#[test]
fn a_client_talks_to_a_native_peer_connected_or_not() {
    let guest = Guest::new();
    for v6 in families() {
        for connected in [false, true] {
            let peer = UdpSocket::bind(loopback(v6)).expect("a port");
            let at = peer.local_addr().expect("an address").port();
            let echo = thread::spawn(move || {
                for _ in 0..40 {
                    let mut buffer = [0; 64];
                    let (length, from) = peer.recv_from(&mut buffer).expect("a datagram");
                    peer.send_to(&buffer[..length], from).expect("room");
                }
            });
            let texts: Vec<String> = (0..40).map(|number| format!("text {number}")).collect();
            let arguments = [json!(v6), json!(at), json!(texts), json!(connected)];
            let answers = guest.call("udp-talk", &arguments);
            echo.join().expect("the peer");
            assert_eq!(answers, Ok(json!({ "ok": texts })));
        }
    }
}

#[test]
fn a_server_answers_native_clients() {
    let guest = Guest::new();
    for v6 in families() {
        let (server, printed) = guest.start("udp-serve", vec![json!(v6), json!(5)]);
        let at = (loopback(v6).0, guest.port(&printed));
        let client = thread::spawn(move || {
            let socket = UdpSocket::bind(loopback(v6)).expect("a port");
            for number in 0..5u8 {
                socket.send_to(&[number; 9], at).expect("room");
                let mut buffer = [0; 64];
                let (length, from) = socket.recv_from(&mut buffer).expect("an answer");
                assert_eq!((&buffer[..length], from.port()), (&[number; 9][..], at.1));
            }
        });
        assert_eq!(guest.end(server), Ok(json!({ "ok": 5 })));
        client.join().expect("the client");
    }
}

#[test]
fn states_and_streams_that_were_replaced() {
    let guest = Guest::new();
    for v6 in families() {
        let expected = [
            "unbound finish-bind: not-in-progress",
            "unbound stream: invalid-state",
            "unbound local-address: invalid-state",
            "unbound remote-address: invalid-state",
            "bind other family: invalid-argument",
            "start-bind: ok",
            "binding start-bind: concurrency-conflict",
            "binding local-address: concurrency-conflict",
            "binding stream: invalid-state",
            "ready: true",
            "finish-bind: ok",
            "bound finish-bind: not-in-progress",
            "bound start-bind: invalid-state",
            "bind in use: address-in-use",
            "remote-address: invalid-state",
            "stream to port 0: invalid-argument",
            "stream to other family: invalid-argument",
            "receive: 0",
            "readable: false",
            "permitted: true",
            "old receive: invalid-state",
            "old check-send: invalid-state",
            "old send: invalid-state",
            "old ready: true",
            "connected remote-address: ok",
            "disconnected remote-address: invalid-state",
            "same port: true",
        ];
        assert_eq!(guest.lines("udp-states", &[json!(v6)]), expected);
    }
}

#[test]
fn options_reach_the_system() {
    let guest = Guest::new();
    for v6 in families() {
        let expected = [
            "family: true",
            "hops 0: invalid-argument",
            "hops 42: ok",
            "hops: 42",
            "receive buffer 0: invalid-argument",
            "receive buffer: ok",
            "receive buffer: 65536",
            "send buffer 0: invalid-argument",
            "send buffer: ok",
            "send buffer: 65536",
        ];
        assert_eq!(guest.lines("udp-options", &[json!(v6)]), expected);
    }
}

#[test]
fn what_cannot_be_sent_says_why_and_what_came_before_it_is_sent() {
    let guest = Guest::new();
    let mut expected = vec![
        "none: 0 sent",
        "no remote: invalid-argument",
        "port 0: invalid-argument",
        "other family: invalid-argument",
        "wildcard: invalid-argument",
        "broadcast: access-denied",
        "too long: datagram-too-large",
        "two good ones and a bad one: 2 sent",
        "a good one and one that is too long: 1 sent",
        "received: abd",
        "receive of 0: 0",
        "connected to another: invalid-argument",
        "connected to its peer: ok",
        "from before it was connected: 0",
    ];
    if families().len() > 1 {
        expected.push("mapped: invalid-argument");
    }
    assert_eq!(guest.lines("udp-mistakes", &[]), expected);
}

#[test]
fn more_than_was_permitted_traps() {
    let guest = Guest::new();
    let trap = guest.call("udp-over-permit", &[]).expect_err("a trap");
    assert!(
        trap.contains("send of 65 datagrams where check-send permitted 64"),
        "{trap}"
    );
}

#[test]
fn errors_of_the_network_replaced_streams_and_sizes_at_their_bounds() {
    let guest = Guest::new();
    for v6 in families() {
        let expected = [
            "to nobody: ok",
            "receive: connection-refused",
            "receive again: 0",
            "to nobody: ok",
            "and again: connection-refused",
            "and again: ok",
            "connected anew: true",
            "its peer sends: ok",
            "received: 1",
            "to its peer: ok",
            "without a remote: invalid-argument",
            "to itself: ok",
            "an empty one came: true",
            "the longest: ok",
            "it came: true",
            "one byte more: datagram-too-large",
            "all that is permitted: true",
            "all came: true",
            "bound as before: true",
        ];
        assert_eq!(guest.lines("udp-edges", &[json!(v6)]), expected, "{v6}");
    }
}
