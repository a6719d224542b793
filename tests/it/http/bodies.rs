//! Bodies both ways: lengths, chunks, trailers, and the server's word before them.

use std::sync::mpsc::{Receiver, channel};

use serde_json::json;

use super::server::{Peer, Server};
use super::{Guest, get, with};

/// Answers with what it saw: how the body was framed, the body, the trailers.
fn mirror(mut peer: Peer) {
    while mirror_one(&mut peer) {}
}

/// One request; false at the end of the connection.
fn mirror_one(peer: &mut Peer) -> bool {
    let head = peer.head();
    if head.is_empty() {
        return false;
    }
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("Content-Length: "))
        .or_else(|| {
            head.lines()
                .find_map(|line| line.strip_prefix("content-length: "))
        })
        .map(|length| length.parse::<usize>().expect("a length"));
    let chunked = head.contains("Transfer-Encoding: chunked\r\n");
    let seen = match (length, chunked) {
        (Some(length), false) => {
            let body = peer.bytes(length);
            format!("{length}:{}", String::from_utf8_lossy(&body))
        }
        (None, true) => {
            let (body, trailers) = peer.chunks();
            format!(
                "chunked:{}:{}",
                String::from_utf8_lossy(&body),
                trailers.join(",")
            )
        }
        (None, false) => "none".to_owned(),
        (Some(_), true) => "both".to_owned(),
    };
    peer.answer(&seen)
}

#[test]
fn a_body_is_framed_by_what_is_known_of_it() {
    let guest = Guest::new();
    let server = Server::new(|peer, _| mirror(peer));
    let authority = server.authority();
    let length = json!([["content-length", "5"]]);
    let cases = [
        // A GET without a body says nothing of one, a POST says that it is empty.
        (json!({}), "none"),
        (json!({"body": []}), "none"),
        (json!({"method": "POST"}), "0:"),
        (json!({"method": "POST", "body": []}), "0:"),
        // All of it is there before the request goes out: the length is known.
        (
            json!({"method": "POST", "body": ["hello"], "body-first": true}),
            "5:hello",
        ),
        (
            json!({"method": "POST", "body": ["he", "llo"], "headers": length}),
            "5:hello",
        ),
        (
            json!({"method": "GET", "body": ["he", "llo"], "body-first": true}),
            "5:hello",
        ),
        (
            json!({"method": "POST", "body": ["he", "", "llo"], "trailers": [["X-Sum", "9"]]}),
            "chunked:hello:X-Sum: 9",
        ),
        (
            json!({"method": "PUT", "body": ["a"], "trailers": [["b", "c"]], "body-first": true}),
            "chunked:a:b: c",
        ),
    ];
    for (changes, expected) in cases {
        let reply = guest.fetch(with(get(&authority), changes.clone()));
        assert_eq!(reply.expect("an answer")["body"], expected, "{changes}");
    }
}

#[test]
fn a_request_without_a_path_asks_for_the_root() {
    let guest = Guest::new();
    let server = Server::new(|mut peer, _| {
        let head = peer.head();
        peer.answer(head.lines().next().unwrap_or_default());
    });
    let request = with(get(&server.authority()), json!({"path": null}));
    let reply = guest.fetch(request).expect("an answer");
    assert_eq!(reply["body"], "GET / HTTP/1.1");
}

#[test]
fn a_declared_length_is_held_to() {
    let guest = Guest::new();
    let server = Server::new(|peer, _| mirror(peer));
    let code = |changes| {
        let request = with(get(&server.authority()), json!({"method": "POST"}));
        guest.fetch(with(request, changes)).expect_err("a refusal")
    };
    let five = json!([["content-length", "5"]]);
    assert_eq!(
        code(json!({"headers": five, "body": ["hell"]})),
        "at finish: HttpRequestBodySize(Some(4))"
    );
    assert_eq!(
        code(json!({"headers": five, "body": ["hello", "!"]})),
        "at write: HttpRequestBodySize(Some(6))"
    );
    assert_eq!(
        code(json!({"headers": five})),
        "HttpRequestBodySize(Some(0))"
    );
    let trailers = code(json!({"headers": five, "body": ["hello"], "trailers": [["a", "b"]]}));
    assert!(
        trailers.starts_with("at finish: InternalError(Some(\"trailers cannot follow"),
        "{trailers}"
    );
    let several = json!([["content-length", "5"], ["Content-Length", "5"]]);
    assert_eq!(
        code(json!({"headers": several, "body": ["hello"]})),
        "cannot set the body"
    );
}

/// A server that says nothing, and what it hears: a head, and the beginning of what follows it.
fn listening() -> (Server, Receiver<(String, Vec<u8>)>) {
    let (told, heard) = channel();
    let server = Server::new(move |mut peer, _| {
        let head = peer.head();
        let rest = peer.bytes(1000);
        told.send((head, rest)).expect("a listener");
    });
    (server, heard)
}

/// The server sees a body without its end, and the guest an error.
#[test]
fn a_body_that_is_dropped_is_never_ended() {
    let guest = Guest::new();
    let (server, heard) = listening();
    let request = with(
        get(&server.authority()),
        json!({"method": "POST", "body": ["x".repeat(70_000)], "unfinished": true}),
    );
    let error = guest.fetch(request).expect_err("a failure");
    assert!(error.contains("dropped before it was finished"), "{error}");
    let (head, rest) = heard.recv().expect("a connection");
    assert!(head.is_empty() || head.contains("Transfer-Encoding: chunked"));
    assert!(!rest.ends_with(b"0\r\n\r\n"));
}

#[test]
fn trailers_come_back() {
    let guest = Guest::new();
    let server = Server::saying(
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\nX-Sum: 7\r\nConnection: x\r\nother: 8\r\n\r\n",
    );
    let reply = guest.fetch(get(&server.authority())).expect("an answer");
    assert_eq!(reply["body"], "hi");
    assert_eq!(reply["trailers"], json!([["X-Sum", "7"], ["other", "8"]]));
}

/// Trailers come when it is too late to frame, route or decode the message by them.
#[test]
fn trailers_that_belong_to_the_head_are_refused() {
    let guest = Guest::new();
    let (server, heard) = listening();
    let code = |name: &str| {
        let changes =
            json!({"method": "POST", "body": ["hello"], "trailers": [["sum", "1"], [name, "1"]]});
        let refused = guest.fetch(with(get(&server.authority()), changes));
        refused.expect_err(name)
    };
    for name in [
        "Content-Length",
        "trailer",
        "Content-Encoding",
        "content-type",
        "content-range",
        "TE",
        "expect",
        "max-forwards",
        "cache-control",
        "range",
        "if-none-match",
        "authorization",
        "cookie",
        "set-cookie",
    ] {
        assert_eq!(code(name), "at finish: HttpProtocolError", "{name}");
        let (head, rest) = heard.recv().expect("a connection");
        assert!(head.is_empty() || head.contains("chunked"), "{name}");
        assert!(!rest.ends_with(b"\r\n\r\n"), "{name}");
    }
    for name in ["host", "Transfer-Encoding", "connection", "upgrade"] {
        assert!(code(name).contains("Forbidden"), "{name}");
    }
}

#[test]
fn bodies_end_with_the_connection_where_nothing_else_is_said() {
    let guest = Guest::new();
    let server = Server::saying("HTTP/1.0 200 OK\r\n\r\nall of it");
    let reply = guest.fetch(get(&server.authority())).expect("an answer");
    assert_eq!(reply["body"], "all of it");
}

#[test]
fn head_and_no_content_and_not_modified_have_no_body() {
    let guest = Guest::new();
    for (method, status) in [("HEAD", 200), ("GET", 204), ("GET", 304)] {
        let server = Server::new(move |mut peer, _| {
            // Two on one connection: the second is not read as the first's body.
            for _ in 0..2 {
                peer.head();
                peer.say(format!("HTTP/1.1 {status} x\r\nContent-Length: 7\r\n\r\n"));
            }
            peer.closed();
        });
        for _ in 0..2 {
            let request = with(get(&server.authority()), json!({"method": method}));
            let reply = guest.fetch(request).expect("an answer");
            assert_eq!(reply["status"], status);
            assert_eq!(reply["body"], "");
        }
        assert_eq!(server.accepted(), 1);
    }
}

#[test]
fn the_body_waits_for_the_servers_word() {
    let guest = Guest::new();
    let server = Server::new(|mut peer, _| {
        let head = peer.head();
        assert!(head.contains("expect: 100-continue"));
        peer.say("HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n");
        // Nothing of the body may be here yet.
        peer.stream.set_nonblocking(true).expect("an option");
        let early = peer.stream.peek(&mut [0; 1]);
        peer.stream.set_nonblocking(false).expect("an option");
        let early = early.is_ok();
        peer.say("HTTP/1.1 100 Continue\r\n\r\n");
        let body = peer.bytes(5);
        peer.answer(&format!("{early}:{}", String::from_utf8_lossy(&body)));
    });
    let expecting = json!({
        "method": "POST",
        "headers": [["expect", "100-continue"], ["content-length", "5"]],
        "body": ["hello"],
    });
    let reply = guest.fetch(with(get(&server.authority()), expecting.clone()));
    assert_eq!(reply.expect("an answer")["body"], "false:hello");

    // A server that does not want it says so, and never sees it.
    let (told, heard) = channel();
    let server = Server::new(move |mut peer, _| {
        peer.head();
        peer.say("HTTP/1.1 417 No\r\nContent-Length: 0\r\n\r\n");
        told.send(peer.bytes(1)).expect("a listener");
    });
    let reply = guest.fetch(with(get(&server.authority()), expecting));
    assert_eq!(reply.expect("an answer")["status"], 417);
    assert!(heard.recv().expect("a connection").is_empty());
}

/// The answer comes before the body has gone: the guest still gets it.
#[test]
fn an_early_answer_is_an_answer() {
    let guest = Guest::new();
    let server = Server::new(|mut peer, _| {
        peer.head();
        peer.say("HTTP/1.1 413 Too Large\r\nContent-Length: 3\r\n\r\nbig");
        peer.closed();
    });
    let request = with(
        get(&server.authority()),
        json!({"method": "POST", "headers": [["content-length", "5"]], "body": ["hello"]}),
    );
    let reply = guest.fetch(request).expect("an answer");
    assert_eq!(reply["status"], 413);
    assert_eq!(reply["body"], "big");
}
