//! How services start, start again, and end.

use std::fmt::Display;
use std::time::Duration;

use wippy::services::Ended;
use wippy_dispatcher::net::{TcpListener, TcpStream};

use super::world::*;
use crate::support::Project;

fn napping(lifecycle: &str) -> Project {
    let mut project = site(&[("lifecycle", &lifecycle)], &[]);
    nap(&mut project, &[]);
    route(&mut project, "naps", "POST /nap", "nap");
    project
}

fn is_listening(world: &World) -> bool {
    let address = ADDRESS.parse().expect("an address");
    world
        .run(TcpStream::connect(&world.handle, address))
        .is_ok()
}

#[test]
fn only_what_is_started_with_the_project_listens() {
    let world = World::flawless(&napping("{auto_start: true}"));
    assert_eq!(world.ask("POST /nap", seconds(1)).status, 200);
    world.stop();
    assert_eq!(world.ended(), [] as [(String, Ended); 0]);
    let world = World::flawless(&napping("{}"));
    assert!(!is_listening(&world));
}

#[test]
fn it_starts_behind_what_it_depends_on() {
    let mut project = napping("{auto_start: true, depends_on: [late]}");
    project.entry("host", "process.host", &[]);
    // It never starts: nothing is compiled in no time, and after that its start has failed for good.
    project.command("exits", "exits", "[wasi:cli]", &[]);
    let fields: [(&str, &dyn Display); 4] = [
        ("process", &"exits"),
        ("host", &"host"),
        ("input", &"[ok]"),
        ("lifecycle", &"{}"),
    ];
    project.entry("late", "process.service", &fields);
    let world = World::flawless(&project);
    assert_eq!(world.ask("POST /nap", seconds(1)).status, 200);
    let broken = project
        .yaml()
        .replace("path: /exits.wasm", "path: /none.wasm");
    let broken = broken.replace("lifecycle: {}", "lifecycle: {restart: {max_attempts: 1}}");
    let world = World::of_yaml(&broken);
    let ended = world.ended();
    let failures: Vec<(&str, bool)> = ended
        .iter()
        .map(|(name, end)| (name.as_str(), *end != Ended::Done))
        .collect();
    assert_eq!(failures, [("late", true), ("web", true)]);
    let failure = Ended::Failed("it depends on test:late, which did not start".to_owned());
    assert_eq!(ended[1].1, failure);
}

#[test]
fn an_address_in_use_is_tried_again() {
    let restart = "restart: {initial_delay: 2s, backoff_factor: 1, max_attempts: 2}";
    let project = napping(&format!("{{auto_start: true, {restart}}}"));
    let dispatcher = crate::support::simulated();
    let address = ADDRESS.parse().expect("an address");
    let listener = TcpListener::bind(&dispatcher.handle(), address).expect("a port");
    let world = World::on(dispatcher, &project);
    world.sleep(Duration::from_secs(1));
    drop(listener);
    assert!(!is_listening(&world));
    world.sleep(Duration::from_secs(2));
    assert!(is_listening(&world));
    drop(world);

    let dispatcher = crate::support::simulated();
    let _listener = TcpListener::bind(&dispatcher.handle(), address).expect("a port");
    let world = World::on(dispatcher, &project);
    let ended = world.ended();
    let [(name, Ended::Failed(why))] = &ended[..] else {
        panic!("{ended:?}");
    };
    assert_eq!(name, "web");
    assert!(why.starts_with("cannot listen on 10.0.0.1:80: "), "{why}");
}

#[test]
fn requests_in_flight_are_answered_before_it_ends() {
    let world = World::flawless(&napping("{auto_start: true, stop_timeout: 20s}"));
    let slow = world.start("POST /nap", seconds(10));
    let handle = world.handle.clone();
    let idle = world.run(connect(&handle));
    world.sleep(Duration::from_secs(2));
    let begun = world.now();
    world.stop();
    let answer = world.run(slow).expect("not cancelled");
    assert_eq!(answer.status, 200);
    assert_eq!(world.now() - begun, 8);
    // Nobody gets in any more, and who asks for nothing holds nothing up.
    assert!(!is_listening(&world));
    assert_eq!(world.run(rest(&idle)), b"");
    assert_eq!(world.ended(), [] as [(String, Ended); 0]);
}

#[test]
fn what_is_not_answered_within_stop_timeout_is_cut_off() {
    let world = World::flawless(&napping("{auto_start: true, stop_timeout: 3s}"));
    let handle = world.handle.clone();
    let stream = world.run(async {
        let stream = connect(&handle).await;
        let bytes = request("POST /nap", seconds(30));
        stream.write_all(&bytes).await.expect("a peer");
        stream
    });
    world.sleep(Duration::from_secs(1));
    let begun = world.now();
    world.stop();
    assert_eq!(world.run(rest(&stream)), b"");
    assert_eq!(world.now() - begun, 3);
    assert_eq!(world.ended(), [] as [(String, Ended); 0]);
}

#[test]
fn a_connection_is_closed_once_it_was_idle() {
    let mut project = site(&[("timeouts", &"{idle: 7s}")], &[]);
    types(&mut project, "greet", "greet", &[]);
    route(&mut project, "hello", "GET /", "greet");
    let world = World::flawless(&project);
    let handle = world.handle.clone();
    let (answer, idle) = world.run(async {
        let stream = connect(&handle).await;
        let head = b"GET / HTTP/1.1\r\nHost: h\r\n\r\n";
        stream.write_all(head).await.expect("a peer");
        let mut buffer = vec![0; 4096];
        let read = stream.read(&mut buffer).await.expect("an answer");
        let begun = handle.now().expect("the time");
        assert_eq!(rest(&stream).await, b"");
        let idle = handle.now().expect("the time") - begun;
        (Answer::parse(&buffer[..read]), idle)
    });
    assert_eq!(answer.map(|it| it.status), Some(200));
    assert_eq!(idle.as_secs(), 7);
}
