//! How long a request may take, whatever its guest does.

use super::world::*;
use crate::support::Project;

const SPIN: &str = r#"(module (func (export "f") (loop $on br $on)))"#;

fn endless(service: &str, limits: &str) -> Project {
    let mut project = site(&[("timeouts", &service)], &[]);
    nap(&mut project, &[("limits", &limits)]);
    let source = serde_json::to_string(SPIN).expect("a string");
    project.entry(
        "spin",
        "function.wat",
        &[("source", &source), ("method", &"f"), ("limits", &limits)],
    );
    route(&mut project, "naps", "POST /nap", "nap");
    route(&mut project, "spins", "POST /spin", "spin");
    project
}

fn check(project: &Project, after: u64, status: u16) {
    let world = World::flawless(project);
    check_one(&world, "/nap", &seconds(3600), (after, status));
    check_one(&world, "/spin", "", (after, status));
    let half_a_second = "[[500000]]";
    assert_eq!(world.ask("POST /nap", half_a_second).status, 200);
}

fn check_one(world: &World, path: &str, body: &str, (after, status): (u64, u16)) {
    let begun = world.now();
    let answer = world.ask(&format!("POST {path}"), body);
    assert_eq!(answer.status, status, "{path}: {}", answer.text());
    let text = format!("{status}, error ID ");
    assert!(
        answer.text().starts_with(&text),
        "{path}: {}",
        answer.text()
    );
    assert_eq!(world.now() - begun, after, "{path}");
}

#[test]
fn a_response_has_its_time_whether_the_guest_waits_or_computes() {
    check(&endless("{write: 1s}", "{}"), 1, 504);
}

/// A component that answers by itself has the same time.
#[test]
fn so_has_that_of_a_component_that_answers_requests_itself() {
    let mut project = site(&[("timeouts", &"{write: 1s}")], &[]);
    let imports = "[wasi:io, wasi:clocks, wasi:cli, wasi:http]";
    let method = "wasi:http/incoming-handler";
    project.function("own", "http-server", method, imports, &[]);
    route(&mut project, "e-wait", "POST /wait/{ms}", "own");
    route(&mut project, "e-spin", "POST /spin", "own");
    let world = World::flawless(&project);
    check_one(&world, "/wait/3600000", "", (1, 504));
    check_one(&world, "/spin", "", (1, 504));
    assert_eq!(world.ask("POST /wait/100", "").status, 200);
}

#[test]
fn its_own_limit_is_a_failed_call_too() {
    let mut project = site(&[("timeouts", &"{write: 30s}")], &[]);
    let imports = "[wasi:io, wasi:clocks, wasi:cli, wasi:http]";
    let limits = [(
        "limits",
        &"{max_execution_ms: 1000}" as &dyn std::fmt::Display,
    )];
    let method = "wasi:http/incoming-handler";
    project.function("own", "http-server", method, imports, &limits);
    route(&mut project, "e-wait", "POST /wait/{ms}", "own");
    route(&mut project, "e-spin", "POST /spin", "own");
    let world = World::flawless(&project);
    check_one(&world, "/wait/3600000", "", (1, 500));
    check_one(&world, "/spin", "", (1, 500));
}

#[test]
fn a_response_has_a_minute_where_nothing_is_written() {
    let world = World::flawless(&endless("{}", "{}"));
    check_one(&world, "/nap", &seconds(3600), (60, 504));
}

#[test]
fn a_functions_own_limit_is_a_failed_call() {
    let project = endless("{write: 30s}", "{max_execution_ms: 1000}");
    check(&project, 1, 500);
}
