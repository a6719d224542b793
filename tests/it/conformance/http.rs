//! HTTP: exchanges that come about.

use serde_json::{Value, json};

use super::http_server::Server;
use super::over_both_drivers;
use super::world::World;
use crate::http::{get, with};

over_both_drivers!(
    a_request_reaches_each_address,
    requests_are_framed_by_what_is_known_of_them,
    responses_are_read_as_they_are_framed,
    a_body_waits_for_the_servers_word,
    an_early_answer_is_an_answer,
    large_bodies_come,
    large_bodies_go,
    a_connection_is_kept,
    many_are_in_flight_through_one_poll,
    what_may_be_had_once,
    requests_that_nobody_waits_for_are_sent,
    what_is_abandoned_ends_its_connection,
);

/// A request for a path of a server.
pub(super) fn request(server: &Server, path: &str, changes: Value) -> Value {
    let request = with(get(&server.authority), json!({ "path": path }));
    with(request, changes)
}

/// The reply, or the code's name.
pub(super) fn fetch(world: &World, request: Value) -> Result<Value, String> {
    let answer = world.call("fetch", &[request]).expect("no trap");
    match answer["err"].as_str() {
        Some(code) => Err(code.to_owned()),
        None => Ok(answer["ok"].clone()),
    }
}

fn a_request_reaches_each_address(world: &World) {
    for ip in &world.addresses {
        let server = Server::at(world, *ip);
        let reply = fetch(world, request(&server, "/host", json!({}))).expect("a reply");
        assert_eq!(reply["body"], server.authority);
        assert_eq!(reply["status"], 200);
    }
}

fn requests_are_framed_by_what_is_known_of_them(world: &World) {
    let server = Server::new(world);
    let five = json!([["content-length", "5"]]);
    let cases = [
        (json!({}), "none::"),
        (json!({"method": "POST"}), "0::"),
        (
            json!({"method": "POST", "body": ["hello"], "body-first": true}),
            "5:hello:",
        ),
        (
            json!({"method": "PUT", "body": ["he", "llo"], "headers": five}),
            "5:hello:",
        ),
        (
            json!({"method": "POST", "body": ["he", "", "llo"], "trailers": [["X-Sum", "9"]]}),
            "chunked:hello:X-Sum: 9",
        ),
    ];
    for (changes, expected) in cases {
        let reply = fetch(world, request(&server, "/mirror", changes.clone()));
        assert_eq!(reply.expect("a reply")["body"], expected, "{changes}");
    }
}

fn responses_are_read_as_they_are_framed(world: &World) {
    let server = Server::new(world);
    let fetch =
        |path: &str, changes| fetch(world, request(&server, path, changes)).expect("a reply");
    assert_eq!(fetch("/length/5", json!({}))["body"], "xxxxx");
    assert_eq!(fetch("/until-closed", json!({}))["body"], "all of it");
    let reply = fetch("/chunked/5", json!({}));
    assert_eq!(reply["body"], "yyyyy");
    assert_eq!(reply["trailers"], json!([["X-Sum", "7"], ["other", "8"]]));
    for (method, status) in [("HEAD", 200), ("GET", 204), ("GET", 304)] {
        let path = format!("/status/{status}");
        let reply = fetch(&path, json!({ "method": method }));
        assert_eq!(
            (&reply["status"], &reply["body"]),
            (&json!(status), &json!(""))
        );
    }
}

fn a_body_waits_for_the_servers_word(world: &World) {
    let server = Server::new(world);
    let changes = json!({
        "method": "POST",
        "headers": [["expect", "100-continue"], ["content-length", "5"]],
        "body": ["hello"],
    });
    let reply = fetch(world, request(&server, "/continue", changes));
    assert_eq!(reply.expect("a reply")["body"], "false:hello");
}

fn an_early_answer_is_an_answer(world: &World) {
    let server = Server::new(world);
    let changes = json!({"method": "POST", "body": ["hello"], "trailers": [["X-Sum", "9"]]});
    let reply = fetch(world, request(&server, "/refuses-the-body", changes));
    let reply = reply.expect("a reply");
    assert_eq!(
        (&reply["status"], &reply["body"]),
        (&json!(413), &json!("big"))
    );
}

const LARGE: usize = 1_500_001;

fn large_bodies_come(world: &World) {
    let server = Server::new(world);
    for framing in ["length", "chunked"] {
        let path = format!("/{framing}/{LARGE}");
        // Another exchange goes on while nothing of the body is read.
        for held in [json!(null), json!("/held")] {
            let arguments = [json!(server.authority), json!(path), held];
            let came = world.call("download", &arguments);
            assert_eq!(came, Ok(json!({ "ok": LARGE })), "{path}");
        }
    }
}

fn large_bodies_go(world: &World) {
    let server = Server::new(world);
    for declared in [true, false] {
        let arguments = [
            json!(server.authority),
            json!("/count"),
            json!(LARGE),
            json!(declared),
            json!(null),
        ];
        let went = world.call("upload", &arguments).expect("no trap");
        assert_eq!(went["ok"][1], format!("{LARGE} true"), "{went}");
    }
}

fn a_connection_is_kept(world: &World) {
    let server = Server::new(world);
    let arguments = [json!("http"), json!(server.authority), json!(5)];
    assert_eq!(world.call("sequential", &arguments), Ok(json!(5)));
    assert_eq!(server.accepted(), 1);
}

/// None of them is answered before all are there.
fn many_are_in_flight_through_one_poll(world: &World) {
    let server = Server::new(world);
    let count = 24;
    server.answer_together(count);
    let arguments = [json!(server.authority), json!(count)];
    let bodies = world.call("together", &arguments).expect("no trap");
    let paths: Vec<String> = (0..count).map(|index| format!("/{index}")).collect();
    assert_eq!(bodies, json!(paths));
    assert_eq!(server.accepted(), count);
}

fn what_may_be_had_once(world: &World) {
    let server = Server::new(world);
    let checked = world.call("check-once", &[json!(server.authority)]);
    assert_eq!(checked, Ok(json!({ "ok": true })));
}

fn requests_that_nobody_waits_for_are_sent(world: &World) {
    for (leaving, traps) in [("dropped", false), ("kept", false), ("trapped", true)] {
        let server = Server::new(world);
        let changes = json!({"method": "POST", "body": ["hello"], "body-first": true});
        let request = request(&server, "/mirror", changes);
        let left = world.call("leave", &[request, json!(3), json!(leaving)]);
        assert_eq!(left.is_err(), traps, "{leaving}: {left:?}");
        world.run_until(|| server.ended() == server.accepted());
    }
}

fn what_is_abandoned_ends_its_connection(world: &World) {
    for (method, path) in [("abandon", "/silent"), ("abandon-body", "/stops")] {
        let server = Server::new(world);
        let arguments = [json!(server.authority), json!(path), json!("/held")];
        world.call(method, &arguments).expect("no trap");
        world.run_until(|| server.ended() >= 1);
        assert_eq!(server.accepted(), 2, "{method}");
    }
}
