//! HTTP: the three times that a request may take.

use serde_json::json;
use wippy_dispatcher::net::TcpStream;

use super::http::{fetch, request};
use super::http_server::{Server, bound};
use super::over_both_drivers;
use super::world::World;
use crate::http::{get, with};

over_both_drivers!(
    a_connection_that_is_never_made_is_late,
    a_server_that_says_nothing_is_late,
    a_body_that_stops_is_late,
    a_server_that_takes_nothing_is_late,
    a_server_that_answers_is_in_time,
);

/// Nanoseconds after which something is late that never comes.
const SHORT: u64 = 20_000_000;

/// Nobody accepts, and the backlog is full: the address does not answer any more.
fn a_connection_that_is_never_made_is_late(world: &World) {
    let listener = bound(&world.server, world.addresses[0])
        .listen(0)
        .expect("a port");
    let address = listener.local_addr().expect("an address");
    let connect = TcpStream::connect(&world.server, address);
    let _filling = world.wait(connect).expect("room for one");
    for scheme in ["http", "https"] {
        let changes = json!({"scheme": scheme, "connect-timeout": SHORT});
        let late = fetch(world, with(get(&address.to_string()), changes));
        assert_eq!(late, Err("ConnectionTimeout".to_owned()), "{scheme}");
    }
}

fn a_server_that_says_nothing_is_late(world: &World) {
    let server = Server::new(world);
    // Nothing, and a head without an end.
    for path in ["/silent", "/drips"] {
        let late = fetch(
            world,
            request(&server, path, json!({"first-byte-timeout": SHORT})),
        );
        assert_eq!(late, Err("ConnectionReadTimeout".to_owned()), "{path}");
    }
    world.run_until(|| server.ended() == 2);
}

fn a_body_that_stops_is_late(world: &World) {
    let server = Server::new(world);
    let late = fetch(
        world,
        request(&server, "/stops", json!({"between-bytes-timeout": SHORT})),
    );
    assert_eq!(late, Err("at read: ConnectionReadTimeout".to_owned()));
    world.run_until(|| server.ended() == 1);
}

fn a_server_that_takes_nothing_is_late(world: &World) {
    let server = Server::new(world);
    // More than both systems hold for who does not read.
    let body = vec!["x".repeat(1_000_000); 8];
    let changes = json!({"method": "POST", "body": body, "between-bytes-timeout": SHORT});
    let late = fetch(world, request(&server, "/takes-nothing", changes));
    assert_eq!(late, Err("ConnectionWriteTimeout".to_owned()));
}

fn a_server_that_answers_is_in_time(world: &World) {
    let server = Server::new(world);
    let minute = 60_000_000_000u64;
    let changes = json!({
        "method": "POST",
        "body": ["a", "b"],
        "trailers": [["end", "now"]],
        "connect-timeout": minute,
        "first-byte-timeout": minute,
        "between-bytes-timeout": minute,
    });
    let reply = fetch(world, request(&server, "/mirror", changes)).expect("a reply");
    assert_eq!(reply["body"], "chunked:ab:end: now");
}
