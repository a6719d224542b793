//! The waiting room: who waits while all instances are busy, how many of them, and for how long.

use std::time::Duration;

use super::world::*;
use crate::support::Project;

fn busy(waiting: &str, pool: &str) -> Project {
    let mut project = site(&[("waiting", &waiting)], &[]);
    nap(&mut project, &[("pool", &pool)]);
    route(&mut project, "naps", "POST /nap", "nap");
    types(&mut project, "greet", "greet", &[]);
    route(&mut project, "hello", "POST /hello", "greet");
    project
}

/// A moment in which all requests so far have arrived.
const MOMENT: Duration = Duration::from_millis(500);

#[test]
fn requests_wait_for_their_turn() {
    let world = World::flawless(&busy("{timeout: 30s}", "{type: inline}"));
    let begun = world.now();
    let tasks: Vec<_> = (0..3)
        .map(|_| {
            let task = world.start("POST /nap", seconds(5));
            world.sleep(MOMENT);
            task
        })
        .collect();
    for (after, task) in [5, 10, 15].into_iter().zip(tasks) {
        let answer = world.run(task).expect("not cancelled");
        assert_eq!(answer.status, 200);
        assert_eq!(world.now() - begun, after);
    }
}

#[test]
fn a_full_waiting_room_turns_away_at_once() {
    let world = World::flawless(&busy("{requests: 1, timeout: 20s}", "{type: inline}"));
    let first = world.start("POST /nap", seconds(5));
    world.sleep(MOMENT);
    let second = world.start("POST /nap", seconds(5));
    world.sleep(MOMENT);
    let begun = world.now();
    let third = world.ask("POST /nap", seconds(5));
    assert_eq!(third.said(), (503, "all instances are busy\n".to_owned()));
    assert_eq!(third.field("retry-after"), Some("20"));
    assert_eq!(world.now(), begun);
    // Who need not wait is not turned away.
    assert_eq!(world.ask("POST /hello", "you").status, 200);
    for task in [first, second] {
        assert_eq!(world.run(task).expect("not cancelled").status, 200);
    }
    // The room is empty again.
    let (first, second) = (
        world.start("POST /nap", seconds(1)),
        world.start("POST /nap", seconds(1)),
    );
    for task in [first, second] {
        assert_eq!(world.run(task).expect("not cancelled").status, 200);
    }
}

#[test]
fn who_waits_for_too_long_is_turned_away() {
    let world = World::flawless(&busy("{timeout: 2500ms}", "{type: inline}"));
    let first = world.start("POST /nap", seconds(10));
    world.sleep(MOMENT);
    let begun = world.now();
    let second = world.ask("POST /nap", seconds(10));
    assert_eq!(second.status, 503);
    assert_eq!(second.field("retry-after"), Some("3"));
    assert!((2..=3).contains(&(world.now() - begun)));
    // Its patience is for the wait: a guest that runs is not ended by it.
    assert_eq!(world.run(first).expect("not cancelled").status, 200);
}

#[test]
fn a_waiting_room_of_no_places_is_a_refusal() {
    let world = World::flawless(&busy("{requests: 0}", "{type: inline}"));
    let first = world.start("POST /nap", seconds(10));
    world.sleep(MOMENT);
    assert_eq!(world.ask("POST /nap", seconds(1)).status, 503);
    assert_eq!(world.run(first).expect("not cancelled").status, 200);
}

#[test]
fn a_full_pool_is_503_too() {
    let pool = "{type: static, workers: 1, buffer: 1}";
    let world = World::flawless(&busy("{timeout: 30s}", pool));
    let tasks: Vec<_> = (0..3)
        .map(|_| {
            let task = world.start("POST /nap", seconds(5));
            world.sleep(MOMENT);
            task
        })
        .collect();
    let statuses: Vec<u16> = tasks
        .into_iter()
        .map(|task| world.run(task).expect("not cancelled").status)
        .collect();
    assert_eq!(statuses, [200, 200, 503]);
}

/// A component that answers by itself, one request at a time.
fn own(waiting: &str, pool: &str) -> Project {
    let mut project = busy(waiting, pool);
    let imports = "[wasi:io, wasi:clocks, wasi:cli, wasi:http]";
    let method = "wasi:http/incoming-handler";
    project.function("own", "http-server", method, imports, &[("pool", &pool)]);
    route(&mut project, "waits", "GET /wait/{ms}", "own");
    project
}

#[test]
fn components_that_answer_themselves_wait_in_the_same_room() {
    let world = World::flawless(&own("{requests: 1, timeout: 20s}", "{type: inline}"));
    let first = world.start("GET /wait/5000", "");
    world.sleep(MOMENT);
    let second = world.start("GET /wait/5000", "");
    world.sleep(MOMENT);
    let begun = world.now();
    let third = world.ask("GET /wait/5000", "");
    assert_eq!(third.said(), (503, "all instances are busy\n".to_owned()));
    assert_eq!(third.field("retry-after"), Some("20"));
    assert_eq!(world.now(), begun);
    // The room is one for all of the service: a function has no place in it either.
    let nap = world.start("POST /nap", seconds(1));
    world.sleep(MOMENT);
    assert_eq!(world.ask("POST /nap", seconds(1)).status, 503);
    for task in [first, second, nap] {
        assert_eq!(world.run(task).expect("not cancelled").status, 200);
    }
    let (first, second) = (
        world.start("GET /wait/9", ""),
        world.start("GET /wait/9", ""),
    );
    for task in [first, second] {
        assert_eq!(world.run(task).expect("not cancelled").status, 200);
    }
}

#[test]
fn their_wait_ends_as_that_of_functions() {
    let world = World::flawless(&own("{timeout: 2500ms}", "{type: inline}"));
    let first = world.start("GET /wait/10000", "");
    world.sleep(MOMENT);
    let begun = world.now();
    let second = world.ask("GET /wait/1", "");
    assert_eq!(
        (second.status, second.field("retry-after")),
        (503, Some("3"))
    );
    assert!((2..=3).contains(&(world.now() - begun)));
    assert_eq!(world.run(first).expect("not cancelled").status, 200);
}
