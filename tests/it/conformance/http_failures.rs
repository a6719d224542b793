//! HTTP: servers that are not there, that break off, and that speak something else.

use serde_json::{Value, json};

use super::http::{fetch, request};
use super::http_server::{Server, bound};
use super::over_both_drivers;
use super::world::World;
use crate::http::{get, with};

over_both_drivers!(
    who_is_not_there_refuses,
    a_name_that_nobody_has_is_a_dns_error,
    what_is_no_target_is_never_sent,
    a_connection_that_ends_early_has_its_code,
    answers_that_are_none_have_their_code,
    a_body_that_is_dropped_is_a_failure,
    a_declared_length_is_held_to,
    https_of_who_speaks_none_is_a_protocol_error,
);

fn code(world: &World, request: Value) -> String {
    fetch(world, request).expect_err("a failure")
}

fn who_is_not_there_refuses(world: &World) {
    for ip in &world.addresses {
        let closed = bound(&world.server, *ip);
        let authority = closed.local_addr().expect("an address").to_string();
        drop(closed);
        for scheme in ["http", "https"] {
            let request = with(get(&authority), json!({ "scheme": scheme }));
            assert_eq!(code(world, request), "ConnectionRefused", "{scheme}");
        }
    }
}

/// A machine without a resolver says so in the error's text.
fn a_name_that_nobody_has_is_a_dns_error(world: &World) {
    let code = code(world, get("name.invalid:80"));
    assert!(code.starts_with("DnsError("), "{code}");
}

fn what_is_no_target_is_never_sent(world: &World) {
    let server = Server::new(world);
    let cases = [
        (json!({"authority": null}), "HttpRequestUriInvalid"),
        (
            json!({"authority": "localhost:99999"}),
            "HttpRequestUriInvalid",
        ),
        (json!({"scheme": "gopher"}), "HttpProtocolError"),
        (json!({"method": "CONNECT"}), "HttpRequestMethodInvalid"),
        (json!({"method": "a b"}), "cannot set the method"),
    ];
    for (changes, expected) in cases {
        assert_eq!(code(world, request(&server, "/", changes)), expected);
    }
    assert_eq!(server.accepted(), 0);
}

fn a_connection_that_ends_early_has_its_code(world: &World) {
    let server = Server::new(world);
    let cases = [
        ("/gone", "ConnectionTerminated"),
        ("/reset", "ConnectionTerminated"),
        (
            "/says/HTTP/1.1%20200%20OK%0d%0aContent-Le",
            "HttpResponseIncomplete",
        ),
        (
            "/says/HTTP/1.1%20200%20OK%0d%0aContent-Length:%209%0d%0a%0d%0ashort",
            "at read: HttpResponseIncomplete",
        ),
        (
            "/says/HTTP/1.1%20200%20OK%0d%0aTransfer-Encoding:%20chunked%0d%0a%0d%0a5%0d%0ahel",
            "at read: HttpResponseIncomplete",
        ),
    ];
    for (path, expected) in cases {
        let found = code(world, request(&server, path, json!({})));
        assert_eq!(found, expected, "{path}");
    }
}

fn answers_that_are_none_have_their_code(world: &World) {
    let server = Server::new(world);
    for text in ["SSH-2.0-server%0d%0a", "HTTP/2.0%20200%20OK%0d%0a%0d%0a"] {
        let found = code(world, request(&server, &format!("/says/{text}"), json!({})));
        assert_eq!(found, "HttpProtocolError", "{text}");
    }
    let upgrade = "/says/HTTP/1.1%20101%20S%0d%0a%0d%0a";
    assert_eq!(
        code(world, request(&server, upgrade, json!({}))),
        "HttpUpgradeFailed"
    );
}

fn a_body_that_is_dropped_is_a_failure(world: &World) {
    let server = Server::new(world);
    let body = json!(["x".repeat(70_000)]);
    let changes = json!({"method": "POST", "body": body, "unfinished": true});
    let code = code(world, request(&server, "/mirror", changes));
    assert!(code.contains("dropped before it was finished"), "{code}");
}

fn a_declared_length_is_held_to(world: &World) {
    let server = Server::new(world);
    let five = json!([["content-length", "5"]]);
    let cases = [
        (json!(["hell"]), "at finish: HttpRequestBodySize(Some(4))"),
        (
            json!(["hello", "!"]),
            "at write: HttpRequestBodySize(Some(6))",
        ),
    ];
    for (body, expected) in cases {
        let changes = json!({"method": "POST", "headers": five, "body": body});
        assert_eq!(code(world, request(&server, "/mirror", changes)), expected);
    }
}

/// The server takes the handshake's beginning for a line that has no end, or ends the connection.
fn https_of_who_speaks_none_is_a_protocol_error(world: &World) {
    let listener = bound(&world.server, world.addresses[0])
        .listen(8)
        .expect("a port");
    let authority = listener.local_addr().expect("an address").to_string();
    let server = async move {
        while let Ok((stream, _)) = listener.accept().await {
            let hello = stream.read(&mut [0; 512]).await.expect("a record");
            assert!(hello > 0);
            let refusal = b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n";
            stream.write_all(refusal).await.expect("open");
            while stream.read(&mut [0; 512]).await.is_ok_and(|read| read > 0) {}
        }
    };
    let server = world.server.spawn(server).expect("a task");
    let request = with(get(&authority), json!({ "scheme": "https" }));
    assert_eq!(code(world, request), "TlsProtocolError");
    drop(server);
}
