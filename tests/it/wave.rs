//! WAVE text as arguments: `wippy call 'ns:f(1, "x", {a: 1})'`.

use std::io::Write;
use std::process::Stdio;

use serde_json::json;
use wippy::Arguments;

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
        "test:add: parameter count mismatch: expected 2, got 1; \
         the function is add: func(a: s32, b: s32) -> s32"
    );
    assert_eq!(
        error(""),
        "test:add: parameter count mismatch: expected 2, got 0; \
         the function is add: func(a: s32, b: s32) -> s32"
    );
    assert_eq!(
        error("1, 2, 3"),
        "test:add: parameter count mismatch: expected 2, got 3; \
         the function is add: func(a: s32, b: s32) -> s32"
    );
    for (text, told) in [
        (
            "1, \"x\"",
            "argument 1: expected s32, got \"x\" (at character 4 of the arguments)",
        ),
        (
            "1, 3000000000",
            "argument 1: expected s32, got 3000000000 (at character 4 of the arguments)",
        ),
        (
            "[\",(\"], 2",
            "argument 0: expected s32, got a list (at character 1 of the arguments)",
        ),
        (
            "1, 2)",
            "argument 1: a closing bracket too many (at character 6 of the arguments)",
        ),
        (
            "{",
            "argument 0: unexpected end of input (at character 2 of the arguments)",
        ),
        (
            "1 2",
            "argument 0: unexpected token: Number (at character 3 of the arguments)",
        ),
        (
            "'é', \"\\\"(\", ?",
            "argument 2: invalid token (at character 13 of the arguments)",
        ),
    ] {
        assert_eq!(error(text), format!("test:add: {told}"), "{text}");
    }
    assert!(error(&"[".repeat(100_000)).contains("nested deeper than"));
}

#[test]
fn the_command_line_takes_it_in_parentheses() {
    let directory = project().directory();
    let call = |words: &[&str]| {
        crate::support::binary()
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

#[test]
fn records_and_flags_are_as_strict_as_in_json() {
    let dispatcher = simulated();
    let runtime = project().load(&dispatcher);
    for (name, text, told) in [
        (
            "echo-record",
            r#"{name: "a", age: 7, nik: "b", tags: []}"#,
            "argument 0, field nik: unknown field, did you mean \"nick\"? (at character 21 of the arguments)",
        ),
        (
            "echo-record",
            r#"{name: "a", age: 300, tags: []}"#,
            "argument 0, field age: expected u8, got 300 (at character 18 of the arguments)",
        ),
        (
            "echo-record",
            r#"{name: "a", tags: []}"#,
            "argument 0, field age: missing, expected u8 (at character 1 of the arguments)",
        ),
        (
            "echo-record",
            r#"{name: "a", age: 7, tags: ["x", 3]}"#,
            "argument 0, field tags[1]: expected string, got 3 (at character 33 of the arguments)",
        ),
        (
            "echo-variant",
            "circle",
            "argument 0: expected circle(f64), got circle (at character 1 of the arguments)",
        ),
    ] {
        let called = dispatcher.block_on(runtime.call(name, Arguments::Wave(text)));
        let error = called.expect("no deadlock").expect_err(text).to_string();
        assert_eq!(error, format!("test:{name}: {told}"), "{text}");
    }
}

#[test]
fn json_arguments_come_from_standard_input_or_a_file() {
    let directory = project().directory();
    let call = |words: &[&str], input: &str| {
        let mut child = crate::support::binary()
            .arg("-C")
            .arg(directory.path())
            .arg("call")
            .args(words)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program");
        let mut stdin = child.stdin.take().expect("its input");
        // What it does not read, it does not read.
        let _ = stdin.write_all(input.as_bytes());
        drop(stdin);
        let output = child.wait_with_output().expect("its end");
        let text = |bytes| String::from_utf8(bytes).expect("text");
        (
            output.status.code(),
            text(output.stdout),
            text(output.stderr),
        )
    };
    let file = directory.path().join("arguments.txt");
    std::fs::write(&file, "[19,\n 23]\n").expect("a file");
    let at = format!("@{}", file.display());
    let answer = (Some(0), "42\n".to_owned(), String::new());
    assert_eq!(call(&["add", "-"], "[19, 23]"), answer);
    assert_eq!(call(&["add", &at], ""), answer);
    for (words, input, told) in [
        (["add", "-"], "19", "are not a JSON array"),
        (["add", "-"], "[1, ", "are not JSON: "),
        (["add", "-"], "[1]", "expected 2, got 1"),
        (
            ["echo-record", "-"],
            r#"[{"age": 1, "age": 2}]"#,
            "key \"age\" given twice",
        ),
        (
            ["echo-record", r#"{"age": 1, "age": 2}"#],
            "",
            "key \"age\" given twice",
        ),
        (
            ["add", "@/no/such/file"],
            "",
            "cannot read the arguments from @/no/such/file",
        ),
    ] {
        let (status, _, error) = call(&words, input);
        assert_eq!(status, Some(2), "{words:?} {error}");
        assert!(error.contains(told), "{words:?} {error}");
    }
}
