//! Requests that are never sent, and servers that are never reached.

use serde_json::json;

use super::server::Server;
use super::{Guest, get, with};

#[test]
fn targets_that_are_none() {
    let guest = Guest::new();
    let code = |changes| {
        guest
            .fetch(with(get("127.0.0.1:1"), changes))
            .expect_err("a refusal")
    };
    assert_eq!(code(json!({"authority": null})), "HttpRequestUriInvalid");
    assert_eq!(
        code(json!({"authority": "localhost:99999"})),
        "HttpRequestUriInvalid"
    );
    assert_eq!(
        code(json!({"authority": "user@localhost"})),
        "HttpRequestUriInvalid"
    );
    assert_eq!(code(json!({"scheme": "gopher"})), "HttpProtocolError");
    assert_eq!(
        code(json!({"method": "CONNECT"})),
        "HttpRequestMethodInvalid"
    );
    let long = format!("/{}", "x".repeat(20_000));
    assert_eq!(code(json!({"path": long})), "HttpRequestUriTooLong");
    assert_eq!(code(json!({"method": "a b"})), "cannot set the method");
}

#[test]
fn servers_that_are_not_there() {
    let guest = Guest::new();
    let authority = {
        let server = Server::saying("");
        server.authority()
    };
    assert_eq!(guest.refused(&authority), "ConnectionRefused");
    let name = guest.refused("name.invalid:80");
    assert!(name.starts_with("DnsError("), "{name}");
    assert_eq!(guest.refused("not..a.name:80"), "HttpRequestUriInvalid");
}

/// The name has an address of each family, and the server listens on one.
#[test]
fn one_address_of_a_name_is_enough() {
    let guest = Guest::new();
    let server = Server::saying("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi");
    let authority = format!("localhost:{}", server.port());
    assert_eq!(
        guest.fetch(get(&authority)).expect("an answer")["body"],
        "hi"
    );
    let server = Server::on("[::1]:0", |mut peer, _| {
        let head = peer.head();
        let seen = head.lines().any(|line| line.starts_with("Host: [::1]:"));
        peer.answer(&seen.to_string());
    });
    let reply = guest.fetch(get(&server.authority())).expect("an answer");
    assert_eq!(reply["body"], "true");
}

#[test]
fn without_the_import_nothing_is_sent() {
    let mut project = crate::support::Project::new();
    project.function(
        "fetch",
        "http-client",
        "http-client#fetch",
        "[wasi:clocks, wasi:io]",
        &[],
    );
    let error = project
        .call("fetch", &[get("127.0.0.1:1")])
        .expect_err("a trap");
    assert!(
        error.contains("add `- wasi:http` to its imports"),
        "{error}"
    );
}
