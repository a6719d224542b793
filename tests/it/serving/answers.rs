//! What comes in and what goes out.

use std::time::Duration;

use wippy::http_server::{HttpServer, ServerLimits};
use wippy::{CallErrorKind, Entry, Program, Runtime};

use super::{Served, component, entry, get, request};
use crate::support::live;

#[test]
fn a_guest_answers_over_the_systems_sockets() {
    let served = Served::live(entry());
    let answer = served.run(served.get("/hello"));
    assert_eq!((answer.status, answer.text()), (200, "hello\n"));
    // The guest had ended before its head was sent.
    assert!(answer.is_whole);
    served
        .run(served.handler.ended())
        .expect("the dispatcher runs");
}

#[test]
fn the_small_guest_answers_every_path() {
    let entry = Entry::function("test:served")
        .file(component("http-hello"))
        .import("wasi:io")
        .import("wasi:http/types");
    let served = Served::simulated(entry);
    for path in ["/", "/any?thing"] {
        let answer = served.run(served.get(path));
        assert_eq!((answer.status, answer.text()), (200, "hello\n"));
        assert_eq!(answer.field("content-type"), Some("text/plain"));
    }
}

#[test]
fn a_request_comes_with_all_its_parts() {
    let served = Served::simulated(entry());
    let more = "X-Asked: one\r\nx-asked: two\r\nKeep-Alive: 1\r\nTE: trailers\r\n\r\n";
    let answer = served.run(served.ask(&request("PURGE", "/request/a%20b?c=%2F", more)));
    let expected = "Method::Other(\"PURGE\") Some(Scheme::Http) Some(\"a.test\") \
                    Some(\"/request/a%20b?c=%2F\")\n\
                    X-Asked: one\nx-asked: two\nTE: trailers\n\
                    x-forwarded-for: 10.0.0.1\nx-forwarded-proto: http\n";
    assert_eq!(answer.text(), expected);

    // A target names the server rather than the field `Host`; the scheme is the connection's all the same.
    let answer = served.run(served.ask(&request("GET", "https://b.test:81/request/", "")));
    let expected = "Method::Get Some(Scheme::Http) Some(\"b.test:81\") Some(\"/request/\")\n\
                    x-forwarded-for: 10.0.0.1\nx-forwarded-proto: http\n";
    assert_eq!(answer.text(), expected);

    // HTTP/1.0 need not name a host.
    let answer = served.run(served.ask("GET /request/ HTTP/1.0\r\n\r\n"));
    let expected = "Method::Get Some(Scheme::Http) None Some(\"/request/\")\n\
                    x-forwarded-for: 10.0.0.1\nx-forwarded-proto: http\n";
    assert_eq!(answer.text(), expected);
}

#[test]
fn the_rules_of_the_interface_hold() {
    let served = Served::simulated(entry());
    let more = "x-asked: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n";
    let answer = served.run(served.ask(&request("POST", "/rules", more)));
    assert_eq!(answer.text(), "all hold\n");
}

#[test]
fn an_answer_is_framed_by_what_is_known_of_it() {
    let served = Served::simulated(entry());
    let whole = served.run(served.get("/fields"));
    assert_eq!(whole.field("content-length"), Some("0"));
    assert_eq!(whole.field("x-own"), Some("1"));
    assert!(whole.field("date").is_some());

    let none = served.run(served.get("/empty"));
    assert_eq!(none.field("content-length"), Some("0"));

    let long = served.run(served.get("/bytes/1000000"));
    assert_eq!(long.field("transfer-encoding"), Some("chunked"));
    let expected: Vec<u8> = (0..1_000_000).map(|at| (at % 4096 % 251) as u8).collect();
    assert!(long.is_whole && long.body == expected);

    // A client of HTTP/1.0 has no chunks: the connection's end is the body's.
    let old = served.run(served.ask("GET /bytes/1000000 HTTP/1.0\r\n\r\n"));
    assert_eq!(old.field("transfer-encoding"), None);
    assert!(old.body == expected);

    let declared = served.run(served.get("/length/5"));
    assert_eq!(declared.field("content-length"), Some("5"));
    assert_eq!((declared.text(), declared.is_whole), ("12345", true));
    assert_eq!(served.printed(), "true true\n");
}

/// The guest writes its body as it would for any other request: that nobody gets it is not its concern.
#[test]
fn answers_that_have_no_body_throw_away_what_is_written() {
    let served = Served::simulated(entry());
    for (method, path, status) in [
        ("HEAD", "/slowly/3", 200),
        ("HEAD", "/bytes/1000000", 200),
        ("GET", "/status/204", 204),
        ("GET", "/status/304", 304),
    ] {
        let answer = served.run(served.ask(&request(method, path, "")));
        assert_eq!((answer.status, answer.text()), (status, ""), "{path}");
        let ended = served.run(served.handler.ended());
        ended.expect("the dispatcher runs");
    }
    assert_eq!(served.printed(), "");
    let head = served.run(served.ask(&request("HEAD", "/length/5", "")));
    assert_eq!(head.field("content-length"), Some("5"));
}

/// It is not written for ever.
#[test]
fn a_body_that_nobody_gets_has_an_end() {
    let served = Served::simulated(entry().delivery(Duration::from_millis(5)));
    served.run(async {
        let begun = served.now_ms();
        let head = served.ask(&request("HEAD", "/endless/0", "")).await;
        assert_eq!(head.status, 200);
        served.handler.ended().await.expect("the dispatcher runs");
        let took = served.now_ms() - begun;
        assert!((5..10).contains(&took), "{took} ms");

        // One that is finished holds nobody up.
        served.ask(&request("HEAD", "/after/500", "")).await;
        served.handler.ended().await.expect("the dispatcher runs");
    });
    assert_eq!(served.printed(), "after\n");
}

#[test]
fn statuses_are_the_guests() {
    let served = Served::simulated(entry());
    for status in [200, 201, 404, 418, 500, 599, 999] {
        let answer = served.run(served.get(&format!("/status/{status}")));
        assert_eq!(answer.status, status);
    }
}

#[test]
fn a_response_that_is_none_is_500_with_an_id() {
    let served = Served::simulated(entry());
    for path in [
        // An informational status is no answer.
        "/status/100",
        "/status/199",
        // A length without a body, and one that is none.
        "/empty/5",
        "/empty/many",
    ] {
        let answer = served.run(served.get(path));
        assert_eq!(answer.status, 500, "{path}");
        assert!(answer.text().starts_with("500, error ID "), "{path}");
    }
    // What a GET would be answered with.
    let head = served.run(served.ask(&request("HEAD", "/empty/5", "")));
    assert_eq!(
        (head.status, head.field("content-length")),
        (200, Some("5"))
    );
    assert_eq!(served.run(served.get("/empty/0")).status, 200);
}

#[test]
fn trailers_go_both_ways() {
    let served = Served::simulated(entry());
    let answer = served.run(served.get("/trailers"));
    assert_eq!(answer.text(), "before trailers\n");
    assert_eq!(answer.trailers, "x-sum: 7\r\n\r\n");

    let more = "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nX-Check: 1\r\nHost: x\r\n\r\n";
    let answer = served.run(served.ask(&request("POST", "/echo", more)));
    assert_eq!(answer.text(), "abc");
    // What belongs to the connection does not reach the guest.
    assert_eq!(answer.trailers, "X-Check: 1\r\n\r\n");
}

#[test]
fn a_connection_takes_one_request_after_the_other() {
    let served = Served::simulated(entry());
    let text = served.run(async {
        let client = served.connect().await;
        let kept = get("/hello").replace("Connection: close\r\n", "");
        // The second is sent before the first is answered.
        client.say(kept.repeat(2) + &get("/empty")).await;
        String::from_utf8(client.rest().await).expect("text")
    });
    assert_eq!(text.matches("HTTP/1.1 200 OK").count(), 3);
    assert_eq!(text.matches("\r\n\r\nhello\n").count(), 2);
}

/// Of the versions, only the last number differs.
#[test]
fn a_guest_of_another_version_is_served() {
    let path = component("http-server");
    let mut component = std::fs::read(path).expect("a component");
    let (own, other) = (b"@0.2.12", b"@0.2.11");
    let mut at = 0;
    while let Some(found) = component[at..].windows(7).position(|it| it == own) {
        at += found;
        component[at..at + 7].copy_from_slice(other);
    }
    let served = Served::simulated(entry().bytes(&component));
    assert_eq!(served.run(served.get("/hello")).text(), "hello\n");
}

#[test]
fn what_answers_no_requests_is_refused_before_it_is_served() {
    let text = r#"(module (func (export "f")))"#;
    let program = Program::builder().entry(Entry::function("app:f").bytes(text));
    let dispatcher = live();
    let runtime = Runtime::on(dispatcher.handle(), program.build().expect("a program"));
    let runtime = runtime.expect("an engine");
    let handler = |name: &'static str| dispatcher.block_on(runtime.http_handler(name));
    let error = handler("app:f").expect("runs").expect_err("no handler");
    assert!(matches!(error.kind, CallErrorKind::NoIncomingHandler));
    assert!(
        error.to_string().contains("wasi:http/incoming-handler"),
        "{error}"
    );
    let error = handler("app:g").expect("runs").expect_err("no entry");
    assert!(matches!(error.kind, CallErrorKind::Lookup(_)));
}

/// What the guest has not declared traps when it is called.
#[test]
fn a_guest_uses_what_its_entry_lists() {
    let entry = Entry::function("test:served")
        .file(component("http-server"))
        .import("wasi:io");
    let served = Served::simulated(entry);
    assert_eq!(served.run(served.get("/hello")).status, 500);
}

#[test]
fn requests_are_answered_side_by_side() {
    let served = Served::on(live(), entry(), ServerLimits::default(), |it| it);
    served.run(async {
        let asking: Vec<_> = (0..32)
            .map(|_| {
                let (handle, address) = (served.handle.clone(), served.address());
                let ask = async move {
                    let client = super::Client::connect(&handle, address).await;
                    client.say(get("/wait/5")).await;
                    client.last_answer().await.status
                };
                served.handle.spawn(ask).expect("a task")
            })
            .collect();
        for asked in asking {
            assert_eq!(asked.await.expect("a task"), 200);
        }
    });
    let counts = HttpServer::counts(&served.server);
    assert_eq!((counts.requests, counts.answered), (32, 32));
}
