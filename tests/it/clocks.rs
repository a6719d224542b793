//! `wasi:clocks`.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

use crate::support::{Project, live, simulated};

fn project() -> Project {
    let mut project = Project::new();
    for method in [
        "wall-now",
        "wall-resolution",
        "monotonic-now",
        "monotonic-resolution",
        "monotonic-check",
    ] {
        project.function(
            method,
            "calendar",
            &format!("calendar#{method}"),
            "[wasi:clocks]",
            &[],
        );
    }
    project.function(
        "forever",
        "pollset",
        "pollset#forever",
        "[wasi:clocks, wasi:io]",
        &[],
    );
    project
}

fn duration(pair: &Value) -> Duration {
    let part = |index: usize| pair.get(index).and_then(Value::as_u64).expect("a number");
    Duration::new(part(0), u32::try_from(part(1)).expect("nanoseconds"))
}

#[test]
fn the_wall_clock_is_the_systems() {
    let now = || {
        SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .expect("after 1970")
    };
    let before = now();
    let read = duration(&project().call_on(&live(), "wall-now", &[]).expect("a time"));
    // The system's clock may be set meanwhile, by a little.
    let slack = Duration::from_secs(1);
    assert!(read + slack >= before && read <= now() + slack, "{read:?}");
}

#[test]
fn a_simulation_starts_at_a_known_time_and_stays_there() {
    let project = project();
    let wall = project.call("wall-now", &[]).expect("a time");
    assert_eq!(wall, project.call("wall-now", &[]).expect("a time"));
    assert_eq!(duration(&wall).as_secs(), 946_684_801);
}

#[test]
fn the_monotonic_clock_never_goes_back() {
    assert_eq!(
        project().call_on(&live(), "monotonic-check", &[json!(10_000)]),
        Ok(json!(true))
    );
    assert_eq!(
        project().call_on(&simulated(), "monotonic-check", &[json!(10_000)]),
        Ok(json!(true))
    );
}

#[test]
fn resolutions_are_positive() {
    for dispatcher in [live(), simulated()] {
        let wall = project()
            .call_on(&dispatcher, "wall-resolution", &[])
            .expect("a duration");
        assert!(duration(&wall) > Duration::ZERO);
        let monotonic = project()
            .call_on(&dispatcher, "monotonic-resolution", &[])
            .expect("a number");
        assert!(monotonic.as_u64().expect("a number") > 0);
    }
}

#[test]
fn the_longest_times_never_come_and_the_shortest_are_there_at_once() {
    for dispatcher in [live(), simulated()] {
        assert_eq!(
            project().call_on(&dispatcher, "forever", &[]),
            Ok(json!(true))
        );
    }
    let now = project().call("monotonic-now", &[]).expect("a number");
    assert!(now.as_u64().expect("a number") > 0);
}
