//! What is taken, and what is understood of it.

use super::*;
use crate::http::head::Framing;

#[test]
fn a_request_without_a_body() {
    let request = one(b"GET /a?b=c HTTP/1.1\r\nHost: example.test:8080\r\nX-Spelled-So: 1\r\n\r\n");
    let received = request.head;
    assert_eq!(received.head.method.as_str(), "GET");
    assert_eq!(received.target.path, "/a?b=c");
    let authority = received.target.authority.as_deref();
    assert_eq!(authority, Some("example.test:8080"));
    assert_eq!(received.target.secure, None);
    assert_eq!(received.framing, Framing::Length(0));
    assert!(received.keeps_alive && !received.expects_continue);
    let names: Vec<_> = received.head.fields.iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["Host", "X-Spelled-So"]);
}

#[test]
fn bodies_of_both_framings_and_trailers() {
    let length = one(b"PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello");
    assert_eq!(length.body, b"hello");
    let chunked = one(
        b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: Chunked\r\n\r\n3;a=b\r\nabc\r\n0A\r\n0123456789\r\n0\r\nX-Sum: 1\r\n\r\n",
    );
    assert_eq!(chunked.body, b"abc0123456789");
    let trailers = chunked.trailers.expect("trailers");
    assert_eq!(trailers.get("x-sum").count(), 1);
}

#[test]
fn requests_come_one_behind_the_other() {
    let said = decode(
        b"POST /1 HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi\r\nGET /2 HTTP/1.1\r\nHost: a\r\n\r\nGET /3 HT",
    );
    let paths: Vec<_> = said
        .requests
        .iter()
        .map(|request| request.head.target.path.as_str())
        .collect();
    // Some old clients send an empty line behind a body.
    assert_eq!(paths, ["/1", "/2"]);
    assert_eq!(said.rest, b"GET /3 HT");
    assert_eq!(said.refusal, None);
}

#[test]
fn forms_of_targets() {
    let cases = [
        ("GET", "/", None, Some("host"), "/"),
        ("OPTIONS", "*", None, Some("host"), "*"),
        ("OPTIONS", "http://b:1", Some(false), Some("b:1"), "*"),
        ("GET", "http://b", Some(false), Some("b"), "/"),
        ("GET", "HTTP://b/x?y", Some(false), Some("b"), "/x?y"),
        (
            "GET",
            "https://[::1]:2?y",
            Some(true),
            Some("[::1]:2"),
            "/?y",
        ),
        ("GET", "//b/x", None, Some("host"), "//b/x"),
        (
            "GET",
            "/-._~!$&'()*+,;=:@%2f%3F/?100%|[{\"^`}]\\<>",
            None,
            Some("host"),
            "/-._~!$&'()*+,;=:@%2f%3F/?100%|[{\"^`}]\\<>",
        ),
        (
            "GET",
            "/x?a=http://c/",
            None,
            Some("host"),
            "/x?a=http://c/",
        ),
    ];
    for (method, target, secure, authority, path) in cases {
        let text = format!("{method} {target} HTTP/1.1\r\nHost: host\r\n\r\n");
        let read = one(text.as_bytes()).head.target;
        let expected = RequestTarget {
            secure,
            authority: authority.map(str::to_owned),
            path: path.to_owned(),
        };
        assert_eq!(read, expected, "{text}");
    }
}

#[test]
fn http_1_0_needs_no_host_and_keeps_the_connection_only_if_it_says_so() {
    let old = one(b"GET / HTTP/1.0\r\n\r\n").head;
    assert_eq!(old.target.authority, None);
    assert!(!old.keeps_alive);
    let kept = one(b"GET / HTTP/1.0\r\nConnection: Keep-Alive\r\nHost: a\r\n\r\n").head;
    assert_eq!(kept.target.authority.as_deref(), Some("a"));
    assert!(kept.keeps_alive);
    let closed = one(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: x, Close\r\n\r\n").head;
    assert!(!closed.keeps_alive);
}

/// RFC 9110, section 6.5.1: whoever merged them into the head would believe them.
#[test]
fn fields_of_the_head_are_left_out_of_trailers() {
    let with = |trailers: &str| {
        let head = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
        one(format!("{head}1\r\nx\r\n0\r\n{trailers}\r\n").as_bytes()).trailers
    };
    let forbidden = "Content-Length: 9\r\nTransfer-Encoding: chunked\r\nHost: b\r\nAuthorization: c\r\n\
                     Cookie: d\r\nX-Forwarded-For: 192.0.2.1\r\nContent-Type: e\r\n";
    assert_eq!(with(forbidden), None);
    let some = with(&format!("A: 1\r\n{forbidden}b: 2\r\n")).expect("trailers");
    let names: Vec<&str> = some.iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["A", "b"]);
}

#[test]
fn an_expectation_waits_only_for_a_body_and_not_in_http_1_0() {
    let cases = [
        ("1.1", "Content-Length: 1\r\n", "x", true),
        ("1.1", "", "", false),
        ("1.1", "Content-Length: 0\r\n", "", false),
        ("1.0", "Content-Length: 1\r\n", "x", false),
    ];
    for (version, line, body, expects) in cases {
        let text =
            format!("PUT / HTTP/{version}\r\nHost: a\r\nExpect: 100-Continue\r\n{line}\r\n{body}");
        assert_eq!(
            one(text.as_bytes()).head.expects_continue,
            expects,
            "{text}"
        );
    }
}

#[test]
fn an_upgrade_is_ignored() {
    let request = one(
        b"GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: x\r\n\r\n",
    );
    assert!(request.head.keeps_alive);
}

#[test]
fn other_methods_are_the_handlers_matter() {
    assert_eq!(
        one(b"BREW / HTTP/1.1\r\nHost: a\r\n\r\n")
            .head
            .head
            .method
            .as_str(),
        "BREW"
    );
    assert_eq!(
        one(b"get / HTTP/1.1\r\nHost: a\r\n\r\n")
            .head
            .head
            .method
            .as_str(),
        "get"
    );
}

/// RFC 9110, section 2.5: a later minor version is answered as the latest that is known.
#[test]
fn a_later_minor_version_is_one_of_http_1_1() {
    for minor in 2..=9 {
        for before in ["", "\r\n"] {
            let text = format!("{before}GET /1 HTTP/1.{minor}\r\nHost: a\r\nA: 1.{minor}\r\n\r\n");
            let request = one(text.as_bytes());
            assert_eq!(request.head.head.minor, 1);
            assert_eq!(request.head.target.path, "/1");
            let value = format!("1.{minor}");
            let values: Vec<_> = request.head.head.fields.get("a").collect();
            assert_eq!(values, [value.as_bytes()]);
            assert!(request.head.keeps_alive);
        }
    }
    // What it needs of HTTP/1.1 it needs too.
    let said = decode(b"GET / HTTP/1.2\r\n\r\n");
    assert_eq!(said.refusal, Some(Refusal::Malformed));
}
