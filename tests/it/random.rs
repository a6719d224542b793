//! `wasi:random`.

use serde_json::{Value, json};

use crate::support::{Project, live, simulated};

fn project(extra: &[(&str, &dyn std::fmt::Display)]) -> Project {
    let mut project = Project::new();
    for method in [
        "random-bytes",
        "random-u64",
        "insecure-bytes",
        "insecure-u64",
        "insecure-seed",
    ] {
        project.function(
            method,
            "dice",
            &format!("dice#{method}"),
            "[wasi:random]",
            extra,
        );
    }
    project
}

fn length(bytes: &Value) -> usize {
    bytes.as_array().expect("a list").len()
}

#[test]
fn lists_have_the_length_that_was_asked_for() {
    let project = project(&[]);
    for method in ["random-bytes", "insecure-bytes"] {
        for asked in [0, 1, 255, 256, 257, 100_000] {
            let bytes = project.call(method, &[json!(asked)]).expect("bytes");
            assert_eq!(length(&bytes), asked, "{method}");
        }
    }
}

#[test]
fn beyond_the_memory_limit_the_call_fails() {
    let limits = "{max_memory_bytes: 2000000}";
    let project = project(&[("limits", &limits)]);
    for method in ["random-bytes", "insecure-bytes"] {
        let error = project
            .call(method, &[json!(3_000_000)])
            .expect_err("too much");
        assert!(error.contains("limits.max_memory_bytes"), "{error}");
        let error = project
            .call(method, &[json!("18446744073709551615")])
            .expect_err("too much");
        assert!(error.contains("limits.max_memory_bytes"), "{error}");
    }
}

#[test]
fn a_seed_decides_all_of_it_in_a_simulation() {
    let project = project(&[]);
    for method in ["random-u64", "insecure-u64", "insecure-seed"] {
        let first = project.call(method, &[]).expect("a number");
        assert_eq!(project.call(method, &[]), Ok(first.clone()), "{method}");
        let other = wippy_dispatcher::Dispatcher::simulated(2).expect("a simulation");
        assert_ne!(project.call_on(&other, method, &[]), Ok(first), "{method}");
    }
}

#[test]
fn the_systems_randomness_differs_from_call_to_call() {
    let project = project(&[]);
    let dispatcher = live();
    let runtime = project.load(&dispatcher);
    for method in ["random-u64", "insecure-u64", "insecure-seed"] {
        let call = || {
            let none = wippy::Arguments::Json(&[]);
            let called = dispatcher.block_on(runtime.call(method, none));
            called.expect("no deadlock").expect("a number")
        };
        assert_ne!(call(), call(), "{method}");
    }
}

#[test]
fn secure_and_insecure_are_different_streams() {
    let project = project(&[]);
    let dispatcher = simulated();
    let secure = project.call_on(&dispatcher, "random-u64", &[]);
    assert_ne!(secure, project.call("insecure-u64", &[]));
}
