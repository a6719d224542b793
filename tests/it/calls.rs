//! Calling functions: arguments, results, failures, and nothing left behind.

use serde_json::json;
use wippy::Arguments;

use crate::support::{Project, simulated};

const TYPES: &str = "test:guests/types@0.1.0";

fn project() -> Project {
    let mut project = Project::new();
    project.function("greet", "types", "greet", "[]", &[]);
    project.function("add", "types", "add", "[]", &[]);
    project.function("fail", "types", "fail", "[]", &[]);
    project.function("panic", "types", "panic", "[wasi:cli, wasi:io]", &[]);
    project.function("team", "types", &format!("{TYPES}#echo-team"), "[]", &[]);
    project
}

#[test]
fn arguments_and_results_are_json() {
    let project = project();
    assert_eq!(
        project.call("greet", &[json!("you")]),
        Ok(json!("Hello, you!"))
    );
    assert_eq!(
        project.call("test:add", &[json!(-3), json!(45)]),
        Ok(json!(42))
    );
    let team = json!({
        "title": "t",
        "users": [{"name": "a", "age": 7, "nick": null, "home": {"street": "s", "zip-code": 9}, "tags": ["x"]}],
    });
    assert_eq!(project.call("team", std::slice::from_ref(&team)), Ok(team));
}

#[test]
fn an_err_result_is_a_value_and_not_a_failed_call() {
    let project = project();
    assert_eq!(
        project.call("fail", &[json!("because")]),
        Ok(json!({"err": "because"}))
    );
    let ok = project.call("fail", &[json!("")]).expect("a value");
    assert!(ok.get("ok").is_some(), "{ok}");
}

#[test]
fn mistaken_arguments_name_their_place() {
    let project = project();
    let count = project.call("add", &[json!(1)]).expect_err("too few");
    assert_eq!(
        count,
        "test:add: parameter count mismatch: expected 2, got 1; \
         the function is add: func(a: s32, b: s32) -> s32"
    );
    let team = json!({"title": "t", "users": [{"name": "a", "age": 300, "tags": []}]});
    let deep = project.call("team", &[team]).expect_err("out of range");
    assert!(
        deep.contains("argument 0, field users[0].age: expected u8, got 300"),
        "{deep}"
    );
}

#[test]
fn an_unknown_entry_is_named_with_the_nearest() {
    let error = project().call("greeet", &[]).expect_err("unknown");
    assert!(
        error.contains("greeet") && error.contains("test:greet"),
        "{error}"
    );
}

#[test]
fn a_trap_fails_its_call_and_poisons_nothing() {
    let project = project();
    let dispatcher = simulated();
    let runtime = project.load(&dispatcher);
    dispatcher
        .block_on(async {
            for _ in 0..3 {
                let trapped = runtime
                    .call("panic", Arguments::Json(&[]))
                    .await
                    .expect_err("a trap");
                assert!(trapped.to_string().starts_with("test:panic: "), "{trapped}");
                let arguments = [json!(1), json!(2)];
                let sum = runtime
                    .call("add", Arguments::Json(&arguments))
                    .await
                    .expect("a sum");
                assert_eq!(sum, json!(3));
            }
        })
        .expect("no deadlock");
}

/// Counts its calls in a global, which a fresh instance starts anew.
const COUNTER: &str = r#"(component
    (core module $m
        (global $count (mut i32) (i32.const 0))
        (func (export "next") (result i32)
            (global.set $count (i32.add (global.get $count) (i32.const 1)))
            (global.get $count)))
    (core instance $i (instantiate $m))
    (func (export "next") (result u32) (canon lift (core func $i "next"))))"#;

#[test]
fn every_call_has_a_fresh_instance() {
    let mut project = Project::new();
    project.text("next", COUNTER, "next", "[]");
    let dispatcher = simulated();
    let runtime = project.load(&dispatcher);
    dispatcher
        .block_on(async {
            for _ in 0..3 {
                let count = runtime
                    .call("next", Arguments::Json(&[]))
                    .await
                    .expect("a count");
                assert_eq!(count, json!(1));
            }
        })
        .expect("no deadlock");
}

/// Grows its memory by so many pages and returns what `memory.grow` said.
const GROWER: &str = r#"(component
    (core module $m
        (memory (export "memory") 1)
        (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0))))
    (core instance $i (instantiate $m))
    (func (export "grow") (param "pages" u32) (result s32) (canon lift (core func $i "grow"))))"#;

#[test]
fn memory_is_bounded_by_the_entry() {
    let source = serde_json::to_string(GROWER).expect("a string");
    let mut project = Project::new();
    let limits = "{max_memory_bytes: 1048576}";
    project.entry(
        "grow",
        "function.wat",
        &[
            ("source", &source),
            ("method", &"grow"),
            ("limits", &limits),
        ],
    );
    assert_eq!(project.call("grow", &[json!(15)]), Ok(json!(1)));
    assert_eq!(project.call("grow", &[json!(16)]), Ok(json!(-1)));
}
