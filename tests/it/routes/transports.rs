//! How a request becomes the arguments of a function, and its result the answer.

use std::future::Future;

use super::world::*;
use crate::support::Project;

const TEXT: Option<&str> = Some("text/plain; charset=utf-8");
const BYTES: Option<&str> = Some("application/octet-stream");
const JSON: Option<&str> = Some("application/json");

/// A request, its body, the status, the content type and the body of the answer.
type Case = (
    &'static str,
    &'static [u8],
    u16,
    Option<&'static str>,
    &'static str,
);

fn functions(transport: &str) -> Project {
    let mut project = site(&[], &[]);
    let transport = &transport;
    for (name, method) in [
        ("greet", "greet"),
        ("bytes", "echo-bytes"),
        ("add", "add"),
        ("fail", "fail"),
        ("option", "echo-option"),
        ("record", "echo-record"),
        ("panic", "panic"),
    ] {
        types(&mut project, name, method, &[("transport", transport)]);
        route(
            &mut project,
            &format!("e-{name}"),
            &format!("POST /{name}"),
            name,
        );
    }
    route(&mut project, "e-sum", "GET /sum/{a}/:b", "add");
    route(&mut project, "e-mixed", "POST /mixed/{b}", "add");
    route(&mut project, "e-hello", "GET /hello/{name}", "greet");
    project.text("nothing", r#"(module (func (export "f")))"#, "f", "[]");
    route(&mut project, "e-nothing", "GET /nothing", "nothing");
    project
}

#[test]
fn the_body_is_the_one_argument_and_the_result_the_answer() {
    // Both transports are one where the component does not answer requests itself.
    for transport in ["payload", "wasi-http"] {
        let world = World::flawless(&functions(transport));
        let cases: &[Case] = &[
            ("POST /greet", "Zoë".as_bytes(), 200, TEXT, "Hello, Zoë!"),
            ("POST /greet", b"", 200, TEXT, "Hello, !"),
            ("POST /bytes", b"a\0b", 200, BYTES, "a\0b"),
            ("POST /bytes", b"", 200, BYTES, ""),
            // A function without parameters is called with none.
            ("GET /nothing", b"", 204, None, ""),
            ("GET /nothing", b"ignored", 204, None, ""),
            // A result that is err is a value.
            ("POST /fail", b"why", 200, JSON, r#"{"err":"why"}"#),
            ("POST /add", b"[2, 40]", 200, JSON, "42"),
            ("POST /option", b"[null]", 200, JSON, "null"),
            (
                "POST /record",
                br#"[{"name": "N", "age": 7, "tags": []}]"#,
                200,
                JSON,
                r#"{"name":"N","age":7,"nick":null,"home":null,"tags":[]}"#,
            ),
        ];
        for (route, body, status, content_type, expected) in cases {
            let answer = world.ask(route, body);
            assert_eq!(answer.said(), (*status, (*expected).to_owned()), "{route}");
            assert_eq!(answer.field("content-type"), *content_type, "{route}");
        }
    }
}

#[test]
fn bytes_that_are_no_text_come_back_as_they_were() {
    let world = World::flawless(&functions("payload"));
    let all: Vec<u8> = (0..=255).cycle().take(100_000).collect();
    assert_eq!(world.ask("POST /bytes", &all).bytes, all);
}

#[test]
fn parameters_of_the_path_are_arguments_of_the_same_name() {
    let world = World::flawless(&functions("payload"));
    for (route, body, expected) in [
        ("GET /sum/40/2", "", "42"),
        ("GET /sum/-1/%31", "", "0"),
        // What the path does not name is of the body.
        ("POST /mixed/2", "[40]", "42"),
        ("GET /hello/J%C3%BCrgen%2F", "not read", "Hello, Jürgen/!"),
    ] {
        assert_eq!(world.ask(route, body).said(), (200, expected.to_owned()));
    }
}

#[test]
fn what_does_not_fit_is_the_clients_mistake_and_says_where() {
    let world = World::flawless(&functions("payload"));
    let add = "add: func(a: s32, b: s32) -> s32";
    let cases: &[(&str, &[u8], String)] = &[
        (
            "POST /greet",
            b"\xff",
            "the input must be a JSON array of the function's arguments: it is not UTF-8".into(),
        ),
        (
            "POST /add",
            b"{}",
            "the input must be a JSON array of the function's arguments: it is no array".into(),
        ),
        (
            "POST /add",
            b"[1]",
            format!("parameter count mismatch: expected 2, got 1; the function is {add}"),
        ),
        (
            "POST /record",
            br#"[{"name": "N", "age": 300, "tags": []}]"#,
            "argument 0, field age: expected u8, got 300".into(),
        ),
        (
            "GET /sum/1/two",
            b"",
            format!("the path's parameter b: expected s32, got \"two\"; the function is {add}"),
        ),
    ];
    for (route, body, expected) in cases {
        let answer = world.ask(route, body);
        assert_eq!(answer.said(), (400, format!("{expected}\n")), "{route}");
        assert_eq!(answer.field("content-type"), TEXT);
    }
}

#[test]
fn a_failed_call_is_500_with_an_id_and_no_details() {
    let world = World::flawless(&functions("payload"));
    let (first, second) = (world.ask("POST /panic", ""), world.ask("POST /panic", ""));
    let id = |answer: &Answer| {
        assert_eq!(answer.status, 500);
        let text = answer.text();
        let id = text
            .strip_prefix("500, error ID ")
            .and_then(|rest| rest.strip_suffix("\n"));
        id.unwrap_or_else(|| panic!("{text}")).to_owned()
    };
    let (first, second) = (id(&first), id(&second));
    assert!(first.len() == 16 && first.bytes().all(|b| b.is_ascii_hexdigit()));
    assert_ne!(first, second);
    // It has failed alone.
    assert_eq!(world.ask("POST /greet", "you").status, 200);
}

#[test]
fn head_is_the_head_of_get() {
    let world = World::flawless(&functions("payload"));
    let get = world.ask("GET /sum/40/2", "");
    let head = world.ask("HEAD /sum/40/2", "");
    assert_eq!((head.status, head.bytes.len()), (200, 0));
    for field in ["content-type", "content-length"] {
        assert!(get.field(field).is_some());
        assert_eq!(head.field(field), get.field(field));
    }
}

#[test]
fn a_component_that_exports_the_handler_answers_itself() {
    for transport in ["payload", "wasi-http"] {
        let mut project = site(&[], &[]);
        let method = "wasi:http/incoming-handler";
        let imports = "[wasi:io, wasi:clocks, wasi:cli, wasi:http]";
        let extra: [(&str, &dyn std::fmt::Display); 1] = [("transport", &transport)];
        project.function("own", "http-server", method, imports, &extra);
        route(&mut project, "e-hello", "GET /hello", "own");
        route(&mut project, "e-echo", "POST /echo", "own");
        route(&mut project, "e-status", "GET /status/{code}", "own");
        let world = World::flawless(&project);
        assert_eq!(world.ask("GET /hello", "").said(), (200, "hello\n".into()));
        let text = "x".repeat(100_000);
        assert_eq!(world.ask("POST /echo", &text).said(), (200, text));
        assert_eq!(world.ask("GET /status/418", "").status, 418);
        // What has no route does not come to it.
        assert_eq!(world.ask("GET /echo", "").status, 405);
    }
}

/// Each piece comes back before the next is sent.
#[test]
fn a_component_at_a_route_streams_both_ways() {
    for transport in ["payload", "wasi-http"] {
        let mut project = site(&[], &[]);
        let method = "wasi:http/incoming-handler";
        let imports = "[wasi:io, wasi:clocks, wasi:cli, wasi:http]";
        let extra: [(&str, &dyn std::fmt::Display); 1] = [("transport", &transport)];
        project.function("own", "http-server", method, imports, &extra);
        route(&mut project, "e-echo", "POST /echo", "own");
        let world = World::flawless(&project);
        world.run(async {
            let stream = connect(&world.handle).await;
            let head = "POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n";
            let (mut told, mut buffer) = (String::new(), [0; 1024]);
            for (said, expected) in [
                (head, "\r\n\r\n"),
                ("3\r\none\r\n", "3\r\none\r\n"),
                ("3\r\ntwo\r\n", "3\r\ntwo\r\n"),
                ("0\r\nX-Sum: 3\r\n\r\n", "0\r\nX-Sum: 3\r\n\r\n"),
            ] {
                stream.write_all(said.as_bytes()).await.expect("a server");
                while !told.ends_with(expected) {
                    let count = stream.read(&mut buffer).await.expect("a server");
                    assert_ne!(count, 0, "{told}");
                    told.push_str(std::str::from_utf8(&buffer[..count]).expect("text"));
                }
            }
            assert!(told.starts_with("HTTP/1.1 200 "), "{told}");
        });
    }
}

/// A client that sends a byte a second, which keeps each piece within its time but not the whole: its answer, and
/// after how many seconds the connection was over.
fn drip(world: &World, path: &str) -> (Answer, u64) {
    let handle = world.handle.clone();
    world.run(async {
        let stream = connect(&handle).await;
        let begun = handle.now().expect("the time");
        let head = format!("POST {path} HTTP/1.1\r\nHost: h\r\nContent-Length: 100\r\n\r\n");
        stream.write_all(head.as_bytes()).await.expect("a peer");
        let dripping = async {
            while stream.write_all(b"x").await.is_ok() {
                let second = std::time::Duration::from_secs(1);
                handle.sleep(second).await.expect("a sleep");
            }
        };
        let mut dripping = std::pin::pin!(dripping);
        let reading = rest(&stream);
        let mut reading = std::pin::pin!(reading);
        let bytes = std::future::poll_fn(|cx| {
            let _ = dripping.as_mut().poll(cx);
            reading.as_mut().poll(cx)
        })
        .await;
        let took = handle.now().expect("the time") - begun;
        (Answer::parse(&bytes).expect("an answer"), took.as_secs())
    })
}

#[test]
fn a_body_that_is_too_large_or_never_ends_is_refused() {
    let mut project = site(&[("timeouts", &"{read: 5s}")], &[]);
    types(&mut project, "bytes", "echo-bytes", &[]);
    route(&mut project, "e", "POST /bytes", "bytes");
    let imports = "[wasi:io, wasi:clocks, wasi:cli, wasi:http]";
    let method = "wasi:http/incoming-handler";
    project.function("own", "http-server", method, imports, &[]);
    route(&mut project, "counts", "POST /count", "own");
    let world = World::flawless(&project);
    for path in ["/bytes", "/count"] {
        let (answer, took) = drip(&world, path);
        assert_eq!(answer.status, 408, "{path}");
        assert!((5..10).contains(&took), "{path}: {took}");
    }
    let large = vec![b'x'; 16 * 1024 * 1024 + 1];
    assert_eq!(world.ask("POST /bytes", large).status, 413);
}

#[test]
fn outside_of_a_request_both_transports_are_one() {
    for transport in ["payload", "wasi-http"] {
        let project = functions(transport);
        let answer = project.call("greet", &["you".into()]);
        assert_eq!(answer, Ok("Hello, you!".into()), "{transport}");
        assert_eq!(project.call("add", &[40.into(), 2.into()]), Ok(42.into()));
    }
}
