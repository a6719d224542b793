//! Servers that do everything wrong: each gets the right code, and nothing is kept of it.

use serde_json::json;

use super::server::Server;
use super::{Guest, get, with};

#[test]
fn answers_that_are_none_have_the_right_code() {
    let guest = Guest::new();
    let big = "x".repeat(70_000);
    let bomb: String = (0..1000).map(|n| format!("x{n}: y\r\n")).collect();
    let head = "HTTP/1.1 200 OK\r\n";
    let chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    let cases = [
        (String::new(), "ConnectionTerminated"),
        (
            "garbage HTTP/1.1 200 OK\r\n\r\n".into(),
            "HttpProtocolError",
        ),
        (
            "\r\n\r\nHTTP/1.1 200 OK\r\n\r\n".into(),
            "HttpProtocolError",
        ),
        ("SSH-2.0-server\r\n".into(), "HttpProtocolError"),
        ("HTTP/2.0 200 OK\r\n\r\n".into(), "HttpProtocolError"),
        (
            "HTTP/1.1 200 OK\r\nContent-Le".into(),
            "HttpResponseIncomplete",
        ),
        (
            format!("{head}Content-Length: 1\r\nContent-Length: 2\r\n\r\nab"),
            "HttpProtocolError",
        ),
        (format!("{head} c\r\nA: b\r\n\r\n"), "HttpProtocolError"),
        (format!("{head}A : b\r\n\r\n"), "HttpProtocolError"),
        (
            format!("{head}Transfer-Encoding: gzip\r\n\r\n"),
            "HttpResponseTransferCoding(Some(\"gzip\"))",
        ),
        (
            format!("{head}{bomb}\r\n"),
            "HttpResponseHeaderSectionSize(Some(65536))",
        ),
        (
            format!("{head}A: {big}"),
            "HttpResponseHeaderSectionSize(Some(65536))",
        ),
        ("HTTP/1.1 102 P\r\n\r\n".repeat(5000), "HttpProtocolError"),
        ("HTTP/1.1 101 S\r\n\r\n".into(), "HttpUpgradeFailed"),
        (
            format!("{head}Content-Length: 9\r\n\r\nshort"),
            "at read: HttpResponseIncomplete",
        ),
        (
            format!("{chunked}5\r\nhel"),
            "at read: HttpResponseIncomplete",
        ),
        (
            format!("{chunked}5\r\nhello\r\n"),
            "at read: HttpResponseIncomplete",
        ),
        (
            format!("{chunked}zz\r\nhello"),
            "at read: HttpProtocolError",
        ),
        (
            format!("{chunked}5\r\nhelloX"),
            "at read: HttpProtocolError",
        ),
        (
            format!("{chunked}-5\r\nhello"),
            "at read: HttpProtocolError",
        ),
        (
            format!("{chunked}1{}\r\nhello", "0".repeat(16)),
            "at read: HttpProtocolError",
        ),
        (
            format!("{chunked}{}\r\nhello", "f".repeat(16)),
            "at read: HttpResponseIncomplete",
        ),
        (
            format!("{head}Content-Length: {}\r\n\r\nhello", u64::MAX),
            "at read: HttpResponseIncomplete",
        ),
        (
            format!("{head}Content-Length: {}0\r\n\r\nhello", u64::MAX),
            "HttpProtocolError",
        ),
        (
            format!("{head}Content-Length: 1, 2\r\n\r\na"),
            "HttpProtocolError",
        ),
        (
            format!("{head}Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"),
            "HttpResponseTransferCoding(Some(\"gzip, chunked\"))",
        ),
        (
            format!("{chunked}1;{}", "x".repeat(5000)),
            "at read: HttpProtocolError",
        ),
        (
            format!("{chunked}0\r\nA: {big}"),
            "at read: HttpResponseTrailerSectionSize(Some(65536))",
        ),
    ];
    for (answer, expected) in cases {
        let start = answer.get(..60).unwrap_or(&answer).to_owned();
        let server = Server::saying(answer);
        assert_eq!(guest.refused(&server.authority()), expected, "{start:?}");
    }
}

#[test]
fn a_reset_is_a_connection_that_was_terminated() {
    let guest = Guest::new();
    let at_once = Server::new(|mut peer, _| {
        peer.head();
        peer.reset();
    });
    assert_eq!(guest.refused(&at_once.authority()), "ConnectionTerminated");
}

/// The answer was whole: what becomes of the connection behind it is no concern of the guest's.
#[test]
fn a_reset_behind_an_answer_changes_nothing() {
    let guest = Guest::new();
    let (told, heard) = std::sync::mpsc::channel();
    let server = Server::new(move |mut peer, _| {
        peer.head();
        peer.answer("whole");
        peer.reset();
        told.send(()).expect("a listener");
    });
    for _ in 0..3 {
        // A POST is never sent again, so a connection that is gone must not be tried.
        let request = with(get(&server.authority()), json!({"method": "POST"}));
        let reply = guest.fetch(request).expect("an answer");
        assert_eq!(reply["body"], "whole");
        heard.recv().expect("a reset");
    }
    assert_eq!(server.accepted(), 3);
}

/// A megabyte of head that never ends is refused at its bound; the server sees it by its write.
#[test]
fn an_endless_head_is_cut_off() {
    let guest = Guest::new();
    let server = Server::new(|mut peer, _| {
        peer.head();
        peer.say("HTTP/1.1 200 OK\r\n");
        while peer.say("x: y\r\n".repeat(1000)) {}
    });
    assert_eq!(
        guest.refused(&server.authority()),
        "HttpResponseHeaderSectionSize(Some(65536))"
    );
}

#[test]
fn bytes_behind_an_answer_are_no_answer_to_the_next_request() {
    let guest = Guest::new();
    let server = Server::new(|mut peer, number| {
        peer.head();
        peer.say("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n");
        peer.say(format!(
            "{number}HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison"
        ));
        peer.closed();
    });
    for expected in ["0", "1"] {
        let reply = guest.fetch(get(&server.authority())).expect("an answer");
        assert_eq!(reply["body"], expected);
    }
}
