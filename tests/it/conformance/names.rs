//! Lookups of names.

use std::net::Ipv4Addr;

use serde_json::json;

use super::over_both_drivers;
use super::tcp::listen;
use super::world::World;

over_both_drivers!(
    a_numeric_address_is_its_own_answer_at_once,
    localhost_is_here,
    what_is_no_name_is_refused,
    a_name_that_nobody_has_is_unresolvable,
    a_name_is_connected_to,
);

fn look_up(world: &World, name: &str) -> Vec<String> {
    world.lines("look-up", &[json!(name)])
}

fn a_numeric_address_is_its_own_answer_at_once(world: &World) {
    assert_eq!(look_up(world, "10.1.2.3"), ["at once", "10.1.2.3"]);
    let answer = look_up(world, "2001:db8::7");
    assert_eq!(answer, ["at once", "2001:db8:0:0:0:0:0:7"]);
}

fn localhost_is_here(world: &World) {
    for name in ["localhost", "LocalHost"] {
        let answer = look_up(world, name);
        let (first, addresses) = answer.split_first().expect("an answer");
        assert_eq!(first, "later");
        assert!(!addresses.is_empty());
        let is_loopback = |it: &String| it.starts_with("127.") || it == "0:0:0:0:0:0:0:1";
        assert!(addresses.iter().all(is_loopback), "{addresses:?}");
    }
}

fn what_is_no_name_is_refused(world: &World) {
    let long = "a".repeat(64);
    for name in [
        "",
        ".",
        "a b",
        "a..b",
        "127.0.0.1:80",
        "[::1]:80",
        "a\0b",
        &long,
    ] {
        assert_eq!(look_up(world, name), ["invalid-argument"], "{name:?}");
    }
}

/// A machine without a resolver cannot say so.
fn a_name_that_nobody_has_is_unresolvable(world: &World) {
    for name in ["no-such-host.invalid", "bücher.invalid"] {
        let answer = look_up(world, name);
        let cannot_say = !world.is_simulated() && answer == ["temporary-resolver-failure"];
        assert!(cannot_say || answer == ["name-unresolvable"], "{answer:?}");
    }
}

fn a_name_is_connected_to(world: &World) {
    let (_listener, port) = listen(&world.client, (Ipv4Addr::LOCALHOST, 0).into());
    let arguments = [json!("localhost"), json!(port)];
    let outcomes = world.lines("look-up-and-connect", &arguments);
    assert!(outcomes.iter().any(|it| it == "ok"), "{outcomes:?}");
    // The other family's address has nobody.
    let known = |it: &String| it == "ok" || it == "connection-refused";
    assert!(outcomes.iter().all(known), "{outcomes:?}");
}
