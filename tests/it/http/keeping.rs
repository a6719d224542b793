//! Connections that are kept, and what happens when one is gone.

use std::sync::mpsc;

use serde_json::json;

use super::server::{Server, path};
use super::{Guest, get, with};

/// Answers every request on a connection until it ends.
fn patient() -> Server {
    Server::new(|mut peer, _| {
        while !peer.head().is_empty() {
            peer.answer("hi");
        }
    })
}

#[test]
fn a_thousand_requests_share_a_connection() {
    let guest = Guest::new();
    let server = patient();
    let arguments = [json!("http"), json!(server.authority()), json!(1000)];
    assert_eq!(guest.call("sequential", &arguments), Ok(json!(1000)));
    // Another call of the same project too.
    guest.fetch(get(&server.authority())).expect("an answer");
    assert_eq!(server.accepted(), 1);
}

/// The server closes between the exchanges: a request that may be repeated is, once.
#[test]
fn a_stale_connection_is_replaced_for_those_that_may_be_repeated() {
    let guest = Guest::new();
    // The second request on a connection is read and not answered: only then is it known.
    let server = Server::new(|mut peer, _| {
        peer.head();
        peer.answer("hi");
        peer.head();
    });
    let authority = server.authority();
    for _ in 0..3 {
        let reply = guest.fetch(get(&authority)).expect("an answer");
        assert_eq!(reply["body"], "hi");
    }
    assert_eq!(server.accepted(), 3);
    let post = with(get(&authority), json!({"method": "POST"}));
    assert_eq!(guest.fetch(post), Err("ConnectionTerminated".to_owned()));
    assert_eq!(server.accepted(), 3);
}

/// A connection that was closed before is not even tried: whatever the method.
#[test]
fn a_closed_connection_is_not_used() {
    let guest = Guest::new();
    let (told, heard) = mpsc::channel();
    let server = Server::new(move |mut peer, _| {
        peer.head();
        peer.answer("hi");
        peer.stream
            .shutdown(std::net::Shutdown::Both)
            .expect("a connection");
        told.send(()).expect("a listener");
    });
    let post = with(get(&server.authority()), json!({"method": "POST"}));
    for number in 1..=3 {
        let reply = guest.fetch(post.clone()).expect("an answer");
        assert_eq!(reply["body"], "hi");
        heard.recv().expect("a connection");
        assert_eq!(server.accepted(), number);
    }
}

#[test]
fn a_server_that_closes_is_believed() {
    let guest = Guest::new();
    let server = Server::new(|mut peer, _| {
        peer.head();
        peer.say("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nhi");
        peer.closed();
    });
    for _ in 0..2 {
        guest.fetch(get(&server.authority())).expect("an answer");
    }
    assert_eq!(server.accepted(), 2);
}

/// Whoever drops the future, or the body, gives the exchange up: the server's connection ends.
#[test]
fn what_nobody_wants_any_more_is_given_up() {
    let guest = Guest::new();
    let (told, heard) = mpsc::channel();
    let (started, running) = mpsc::channel();
    let running = std::sync::Mutex::new(running);
    let server = Server::new(move |mut peer, _| {
        match path(&peer.head()) {
            "/held" => {
                // Answered only once the other request is here.
                running
                    .lock()
                    .expect("one at a time")
                    .recv()
                    .expect("a start");
                peer.answer("");
            }
            "/body" => {
                peer.say("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nfirst");
                started.send(()).expect("a listener");
                told.send(peer.closed()).expect("a listener");
            }
            _ => {
                started.send(()).expect("a listener");
                told.send(peer.closed()).expect("a listener");
            }
        }
        peer.closed();
    });
    for (method, path) in [("abandon", "/never"), ("abandon-body", "/body")] {
        let arguments = [json!(server.authority()), json!(path), json!("/held")];
        guest.call(method, &arguments).expect("no trap");
        // The dispatcher runs on for the tasks that are left.
        let turn = || {
            guest
                .dispatcher
                .turn(Some(std::time::Duration::from_millis(1)))
        };
        let closed = loop {
            match heard.try_recv() {
                Ok(closed) => break closed,
                Err(_) => turn().expect("a running dispatcher"),
            };
        };
        assert!(closed, "{method}");
    }
}
