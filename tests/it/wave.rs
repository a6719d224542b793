//! WAVE text as arguments: `wippy call 'ns:f(1, "x", {a: 1})'`.

use std::process::Command;

use serde_json::json;
use wippy::function::Arguments;

use crate::support::{Project, simulated};

const TYPES: &str = "test:guests/types@0.1.0";

fn project() -> Project {
    let mut project = Project::new();
    project.function("add", "types", "add", "[]", &[]);
    project.function("greet", "types", "greet", "[]", &[]);
    for method in [
        "echo-record",
        "echo-variant",
        "echo-flags",
        "echo-nested-option",
        "echo-list",
        "echo-result",
    ] {
        project.function(method, "types", &format!("{TYPES}#{method}"), "[]", &[]);
    }
    project
}

#[test]
fn every_shape_of_value_is_read() {
    let dispatcher = simulated();
    let runtime = project().load(&dispatcher);
    let person = json!({"name": "a", "age": 7, "nick": null, "home": null, "tags": ["x", "y"]});
    for (name, text, value) in [
        ("add", "19, 23", json!(42)),
        ("greet", r#""you""#, json!("Hello, you!")),
        (
            "echo-record",
            r#"{name: "a", age: 7, tags: ["x", "y"]}"#,
            person,
        ),
        ("echo-variant", "circle(1.5)", json!({"circle": 1.5})),
        ("echo-variant", "empty", json!("empty")),
        (
            "echo-flags",
            "{read, list-all}",
            json!(["read", "list-all"]),
        ),
        ("echo-nested-option", "some(none)", json!({"some": null})),
        ("echo-list", "[1, -2]", json!([1, -2])),
        ("echo-result", "err(\"no\")", json!({"err": "no"})),
    ] {
        let called = dispatcher.block_on(runtime.call(name, Arguments::Wave(text)));
        let called = called
            .expect("no deadlock")
            .map_err(|error| error.to_string());
        assert_eq!(called, Ok(value), "{name}({text})");
    }
}

#[test]
fn what_is_not_wave_or_does_not_fit_is_an_error() {
    let dispatcher = simulated();
    let runtime = project().load(&dispatcher);
    let error = |text: &str| {
        let called = dispatcher.block_on(runtime.call("add", Arguments::Wave(text)));
        called.expect("no deadlock").expect_err(text).to_string()
    };
    assert_eq!(
        error("1"),
        "test:add: parameter count mismatch: expected 2, got 1"
    );
    assert_eq!(
        error(""),
        "test:add: parameter count mismatch: expected 2, got 0"
    );
    assert_eq!(
        error("1, 2, 3"),
        "test:add: parameter count mismatch: expected 2, got 3"
    );
    for text in ["1, \"x\"", "1, 2)", "1, 3000000000", "{", "1 2"] {
        assert!(
            error(text).starts_with("test:add: argument 0: "),
            "{text}: {}",
            error(text)
        );
    }
    assert!(error(&"[".repeat(100_000)).contains("nested deeper than"));
}

#[test]
fn the_command_line_takes_it_in_parentheses() {
    let directory = project().directory();
    let call = |words: &[&str]| {
        Command::new(env!("CARGO_BIN_EXE_wippy"))
            .arg("-C")
            .arg(directory.path())
            .arg("call")
            .args(words)
            .output()
            .expect("the program")
    };
    assert_eq!(call(&["test:add(19, 23)"]).stdout, b"42\n");
    assert_eq!(call(&["add(19, 23)", "1"]).status.code(), Some(2));
}
