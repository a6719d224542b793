//! Requests that are never sent, and servers that are never reached.

use serde_json::{Value, json};
use wippy::Arguments;

use super::server::Server;
use super::{Guest, get, with};
use crate::support::{Project, live};

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

/// Nothing that a guest says can end a line early, or begin another request.
#[test]
fn nothing_can_be_smuggled_into_a_head() {
    let guest = Guest::new();
    let server = Server::new(|mut peer, _| {
        peer.head();
        peer.answer("");
    });
    let authority = server.authority();
    let refused = |changes: Value| {
        let request = with(get(&authority), changes.clone());
        guest.fetch(request).expect_err(&changes.to_string())
    };
    for bad in [
        "\r\n",
        "\n",
        "\r",
        "\0",
        "\u{7f}",
        "\r\nX: y\r\n\r\nGET / HTTP/1.1",
    ] {
        let text = |before: &str, after: &str| format!("{before}{bad}{after}");
        assert_eq!(
            refused(json!({"method": text("GET", "")})),
            "cannot set the method"
        );
        assert_eq!(
            refused(json!({"method": text("G", "T")})),
            "cannot set the method"
        );
        assert_eq!(
            refused(json!({"scheme": text("ht", "tp")})),
            "cannot set the scheme"
        );
        assert_eq!(
            refused(json!({"path": text("/", "a")})),
            "cannot set the path"
        );
        assert_eq!(
            refused(json!({"path": text("/?a=", "")})),
            "cannot set the path"
        );
        for place in [text(&authority, ""), text("", &authority), text("u", "@a")] {
            assert_eq!(
                refused(json!({"authority": place})),
                "cannot set the authority"
            );
        }
        let syntax = "HeaderError::InvalidSyntax";
        assert_eq!(refused(json!({"headers": [[text("x", "y"), "z"]]})), syntax);
        assert_eq!(refused(json!({"headers": [["x", text("y", "z")]]})), syntax);
        let trailers = json!({"method": "POST", "body": ["a"], "trailers": [["x", text("y", "")]]});
        assert_eq!(refused(trailers), syntax);
    }
    for lengths in [
        vec!["5", "5"],
        vec!["5", "6"],
        vec!["x"],
        vec!["-1"],
        vec!["5, 5"],
        vec![""],
    ] {
        let headers: Vec<_> = lengths.iter().map(|it| ["content-length", it]).collect();
        let code = refused(json!({"method": "POST", "headers": headers}));
        assert_eq!(code, "HttpRequestBodySize(None)", "{lengths:?}");
    }
    // The form that asks for no resource is for OPTIONS alone.
    assert_eq!(refused(json!({"path": "*"})), "HttpRequestUriInvalid");
    let options = with(get(&authority), json!({"method": "OPTIONS", "path": "*"}));
    assert_eq!(guest.fetch(options).expect("an answer")["status"], 200);
}

#[test]
fn servers_that_are_not_there() {
    let guest = Guest::new();
    let authority = {
        let server = Server::saying("");
        server.authority()
    };
    assert_eq!(guest.refused(&authority), "ConnectionRefused");
    assert_eq!(guest.refused("127.0.0.1:0"), "ConnectionRefused");
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
    let mut project = Project::new();
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

/// `network.allow` holds before anything is looked up or connected.
#[test]
fn only_what_is_listed_is_reached() {
    let server = Server::new(|mut peer, _| {
        while !peer.head().is_empty() {
            peer.answer("hi");
        }
    });
    let authority = server.authority();
    let cases = [
        (format!("[\"http:127.0.0.1:{}\"]", server.port()), true),
        ("[\"http:*:*\"]".to_owned(), true),
        ("[]".to_owned(), false),
        ("[\"http:127.0.0.1:1\"]".to_owned(), false),
        (format!("[\"https:127.0.0.1:{}\"]", server.port()), false),
        // A right of sockets is none of requests.
        ("[\"tcp:*:*\", \"dns:*\"]".to_owned(), false),
    ];
    let mut project = Project::new();
    for (index, (rules, _)) in cases.iter().enumerate() {
        let wasi = format!("{{network: {{allow: {rules}}}}}");
        project.function(
            &format!("fetch-{index}"),
            "http-client",
            "http-client#fetch",
            "[wasi:clocks, wasi:io, wasi:http]",
            &[("wasi", &wasi)],
        );
    }
    let dispatcher = live();
    let runtime = project.load(&dispatcher);
    for (index, (rules, permitted)) in cases.iter().enumerate() {
        let name = format!("fetch-{index}");
        let answer = dispatcher
            .block_on(runtime.call(&name, Arguments::Json(&[get(&authority)])))
            .expect("a running dispatcher")
            .expect("no trap");
        match permitted {
            true => assert_eq!(answer["ok"]["body"], "hi", "{rules}"),
            false => assert_eq!(answer["err"], "HttpRequestDenied", "{rules}"),
        }
    }
    // Entries of one project that reach the same server may share its connection.
    assert!(matches!(server.accepted(), 1 | 2), "{}", server.accepted());
}
