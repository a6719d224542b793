//! `wasi:io/poll`.

use serde_json::json;
use wippy_dispatcher::{Dispatcher, Simulation};

use crate::support::{Project, live, simulated};

fn project() -> Project {
    let mut project = Project::new();
    for method in [
        "poll-many",
        "poll-expired",
        "poll-same-twice",
        "poll-empty",
        "poll-duplicate-many",
        "ready-loop",
    ] {
        project.function(
            method,
            "pollset",
            &format!("pollset#{method}"),
            "[wasi:clocks, wasi:io]",
            &[],
        );
    }
    project.function(
        "sleep-poll",
        "sleeper",
        "sleeper#sleep-poll",
        "[wasi:clocks, wasi:io]",
        &[],
    );
    project
}

#[test]
fn an_empty_list_traps() {
    let error = project().call("poll-empty", &[]).expect_err("a trap");
    assert!(error.contains("poll of an empty list"), "{error}");
}

#[test]
fn a_pollable_that_is_listed_twice_gives_both_indexes() {
    for dispatcher in [live(), simulated()] {
        let project = project();
        assert_eq!(
            project.call_on(&dispatcher, "poll-same-twice", &[]),
            Ok(json!([0, 1]))
        );
        assert_eq!(
            project.call_on(&dispatcher, "poll-duplicate-many", &[json!(5000)]),
            Ok(json!(5000))
        );
    }
}

/// The guest traps itself unless exactly the due ones are in each answer.
#[test]
fn a_poll_gives_all_that_are_ready_and_nothing_else() {
    for dispatcher in [live(), simulated()] {
        for (timers, ready) in [(1, 1), (64, 1), (64, 64), (1000, 3)] {
            let arguments = [json!(timers), json!(ready), json!(10)];
            project()
                .call_on(&dispatcher, "poll-many", &arguments)
                .expect("right answers");
            project()
                .call_on(&dispatcher, "poll-expired", &arguments)
                .expect("right answers");
        }
    }
}

#[test]
fn timers_fire_in_the_order_of_their_deadlines() {
    let project = project();
    let durations = json!([5000, 1000, 3000, 1000, 0]);
    let order = project.call("sleep-poll", &[durations]).expect("an order");
    assert_eq!(order, json!([4, 1, 3, 2, 0]));
}

#[test]
fn a_poll_of_more_than_one_wait_takes_names_the_bound() {
    let builder = Dispatcher::builder().simulation(Simulation::new(1));
    let builder = builder.max_wait_set_members(4);
    let dispatcher = builder.build().expect("a dispatcher");
    let four = [json!([3000, 1000, 4000, 2000])];
    let order = project().call_on(&dispatcher, "sleep-poll", &four);
    assert_eq!(order, Ok(json!([1, 3, 0, 2])));
    let five = [json!([3000, 1000, 4000, 2000, 5000])];
    let error = project().call_on(&dispatcher, "sleep-poll", &five);
    let error = error.expect_err("a trap");
    assert!(
        error.contains("too many things to wait for at once: the bound is 4"),
        "{error}"
    );
}

#[test]
fn ready_says_the_same_as_poll() {
    project()
        .call("ready-loop", &[json!(1000)])
        .expect("ready each time");
}
