//! Commands: what makes the exit status, and which there are.

use serde_json::Value;

use super::{assert_ran, program, run, wippy};
use crate::support::{Project, hash_of, simulated};

/// A `process.wasm` over an ordinary function of the `types` guest.
fn command_over(project: &mut Project, name: &str, method: &str) {
    let (meta, hash) = (format!("{{command: {{name: {name}}}}}"), hash_of("types"));
    let fields: [(&str, &dyn std::fmt::Display); 5] = [
        ("meta", &meta),
        ("fs", &"guests"),
        ("path", &"types.wasm"),
        ("hash", &hash),
        ("method", &method),
    ];
    project.entry(name, "process.wasm", &fields);
}

#[test]
fn the_exit_of_a_function_is_null_or_a_failed_call() {
    let mut project = Project::new();
    for (name, args) in [
        ("ok", "ok"),
        ("err", "err"),
        ("zero", "code, '0'"),
        ("seven", "code, '7'"),
    ] {
        let wasi = format!("{{args: [exits, {args}]}}");
        project.function(
            name,
            "exits",
            "wasi:cli/run",
            "[wasi:cli]",
            &[("wasi", &wasi)],
        );
    }
    let directory = project.directory();
    let call = |name: &str| run(&mut program(directory.path(), &["call", name]));
    assert_ran(&call("ok"), 0, "null\n", "");
    assert_ran(&call("zero"), 0, "null\n", "");
    assert_ran(&call("err"), 1, "", "error: test:err: exit status 1\n");
    assert_ran(&call("seven"), 1, "", "error: test:seven: exit status 7\n");
}

#[test]
fn the_exit_of_a_command_is_the_programs() {
    let mut project = Project::new();
    project.command("exits", "exits", "[wasi:cli]", &[]);
    let directory = project.directory();
    let cases: [(&[&str], i32); 6] = [
        (&["ok"], 0),
        (&["err"], 1),
        (&["code", "0"], 0),
        (&["code", "7"], 7),
        (&["code", "255"], 255),
        // It returns an err.
        (&[], 1),
    ];
    for (words, code) in cases {
        let ran = run(&mut program(
            directory.path(),
            &[&["run", "exits"], words].concat(),
        ));
        assert_ran(&ran, code, "", "");
    }
}

#[test]
fn the_result_of_a_command_is_a_status_or_is_printed() {
    let mut project = Project::new();
    command_over(&mut project, "greet", "greet");
    command_over(&mut project, "add", "add");
    command_over(&mut project, "fail", "fail");
    command_over(&mut project, "bool", "echo-bool");
    command_over(&mut project, "pair", "echo-tuple");
    // What the program does with a status is the same for all of them.
    let dispatcher = simulated();
    let runtime = project.load(&dispatcher);
    let status = |name: &str, words: &[&str]| {
        let words: Vec<String> = words.iter().map(|&word| word.to_owned()).collect();
        let stdio = wippy::stdio::Stdio::logged(name);
        let ran = dispatcher
            .block_on(runtime.run(name, stdio, &words))
            .expect("no deadlock");
        let status = ran.expect("a status");
        (status.code, status.output, status.error)
    };
    let text = |text: &str| Some(text.to_owned());
    assert_eq!(status("greet", &["you"]), (0, text("Hello, you!"), None));
    assert_eq!(status("add", &["3", "4"]), (7, None, None));
    assert_eq!(status("add", &["200", "57"]), (0, text("257"), None));
    assert_eq!(status("fail", &["no luck"]), (1, None, text("no luck")));
    assert_eq!(status("bool", &["true"]), (0, None, None));
    assert_eq!(status("bool", &["false"]), (1, None, None));
    assert_eq!(
        status("pair", &["[1, \"a\", true]"]),
        (0, text("[1,\"a\",true]"), None)
    );
    let directory = project.directory();
    let start = |words: &[&str]| run(&mut program(directory.path(), &[&["run"], words].concat()));
    assert_ran(&start(&["greet", "you"]), 0, "Hello, you!\n", "");
    assert_ran(&start(&["add", "3", "4"]), 7, "", "");
    assert_ran(&start(&["fail", "no luck"]), 1, "", "no luck\n");
    let wrong = start(&["add", "three", "4"]);
    assert_ran(
        &wrong,
        2,
        "",
        "error: test:add: argument 0: expected s32, got \"three\"\n",
    );
}

#[test]
fn missing_arguments_of_a_command_print_its_signature() {
    let mut project = Project::new();
    command_over(&mut project, "add", "add");
    let ran = wippy(&project, &["run", "add", "3"]);
    assert_eq!((ran.code, ran.out.as_str()), (Some(2), ""), "{ran:?}");
    assert!(
        ran.err
            .contains("parameter count mismatch: expected 2, got 1"),
        "{}",
        ran.err
    );
    assert!(
        ran.err.contains("add: func(a: s32, b: s32) -> s32"),
        "{}",
        ran.err
    );
}

#[test]
fn run_list_names_each_command_on_a_line() {
    let mut project = Project::new();
    assert_ran(
        &wippy(&project, &["run", "list"]),
        0,
        "Available commands:\n",
        "",
    );
    project.command("exits", "exits", "[]", &[]);
    let hash = hash_of("cat");
    let fields: [(&str, &dyn std::fmt::Display); 5] = [
        (
            "meta",
            &"{command: {name: copy-all, short: Copies its input}}",
        ),
        ("fs", &"guests"),
        ("path", &"/cat.wasm"),
        ("hash", &hash),
        ("method", &"wasi:cli/run"),
    ];
    project.entry("cat", "process.wasm", &fields);
    let lines = "Available commands:\n  copy-all  Copies its input\n  exits\n";
    assert_ran(&wippy(&project, &["run", "list"]), 0, lines, "");
    let ran = wippy(&project, &["run", "list", "--json"]);
    assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""), "{ran:?}");
    let lines: Vec<Value> = ran
        .out
        .lines()
        .map(|line| serde_json::from_str(line).expect(line))
        .collect();
    assert_eq!(lines.len(), 2);
    assert_eq!(lines[0]["name"], "copy-all");
    assert_eq!(lines[0]["short"], "Copies its input");
    assert_eq!(lines[0]["entry"], "test:cat");
}
