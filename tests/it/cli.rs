//! The program: what it prints, where, and its exit status.

#[path = "cli_mistakes.rs"]
mod mistakes;
#[path = "cli_run.rs"]
mod run_options;
#[path = "cli_status.rs"]
mod status;
#[path = "cli_terminal.rs"]
mod terminal;

use std::io::{PipeWriter, pipe};
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::support::Project;

/// What a run of the program left.
#[derive(Debug)]
pub struct Ran {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

/// The program in a project's directory.
pub fn program(directory: &Path, words: &[&str]) -> Command {
    let mut command = crate::support::binary();
    command
        .arg("-C")
        .arg(directory)
        .args(words)
        .stdin(Stdio::null());
    command
}

/// Runs a command to its end.
pub fn run(command: &mut Command) -> Ran {
    let output = command.output().expect("the program");
    Ran {
        code: output.status.code(),
        out: String::from_utf8(output.stdout).expect("text"),
        err: String::from_utf8(output.stderr).expect("text"),
    }
}

/// Runs the program over a project.
pub fn wippy(project: &Project, words: &[&str]) -> Ran {
    let directory = project.directory();
    run(&mut program(directory.path(), words))
}

/// That it ended like this, and said nothing else.
#[track_caller]
fn assert_ran(ran: &Ran, code: i32, out: &str, err: &str) {
    let Ran {
        code: was,
        out: printed,
        err: said,
    } = ran;
    assert_eq!(
        (*was, printed.as_str(), said.as_str()),
        (Some(code), out, err)
    );
}

const TYPES: &str = "test:guests/types@0.1.0";

/// Adds two numbers. Small, so that a process has little to compile.
const ADD: &str = r#"(component
    (core module $m
        (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1))))
    (core instance $i (instantiate $m))
    (func (export "add") (param "a" s32) (param "b" s32) (result s32) (canon lift (core func $i "add"))))"#;

fn functions() -> Project {
    let mut project = Project::new();
    project.text("add", ADD, "add", "[]");
    project.function("greet", "types", "greet", "[]", &[]);
    project.function("fail", "types", "fail", "[]", &[]);
    project.function("panic", "types", "panic", "[wasi:cli, wasi:io]", &[]);
    project.function("team", "types", &format!("{TYPES}#echo-team"), "[]", &[]);
    project.function(
        "sleep",
        "sleeper",
        "sleep-series",
        "[wasi:io, wasi:clocks]",
        &[],
    );
    project
}

#[test]
fn call_prints_the_result_as_json() {
    let directory = functions().directory();
    let call = |words: &[&str]| run(&mut program(directory.path(), &[&["call"], words].concat()));
    assert_ran(&call(&["add", "2", "40"]), 0, "42\n", "");
    assert_ran(&call(&["test:add", "-3", "1"]), 0, "-2\n", "");
    assert_ran(&call(&["greet", "\"you\""]), 0, "\"Hello, you!\"\n", "");
    assert_ran(
        &call(&["fail", "\"because\""]),
        0,
        "{\"err\":\"because\"}\n",
        "",
    );
    let team = "{\"title\":\"t\",\"users\":[]}";
    let echoed = call(&["team", team]);
    assert_eq!(echoed.code, Some(0), "{echoed:?}");
    let parse = |text: &str| serde_json::from_str::<Value>(text).expect("JSON");
    assert_eq!(parse(&echoed.out), parse(team));
}

#[test]
fn the_directory_is_this_one_or_the_one_that_is_named() {
    let directory = functions().directory();
    let here = |words: &[&str]| {
        let mut command = crate::support::binary();
        run(command.args(words).current_dir(directory.path()))
    };
    assert_ran(&here(&["call", "add", "1", "1"]), 0, "2\n", "");
    assert_eq!(
        here(&["call", "add", "1", "1", "-C", "/nowhere"]).code,
        Some(2)
    );
    let there = directory.path().to_str().expect("text");
    assert_ran(
        &here(&["call", "add", "1", "1", "--directory", there]),
        0,
        "2\n",
        "",
    );
}

#[test]
fn arguments_that_do_not_fit_are_usage_errors_that_say_which() {
    let directory = functions().directory();
    let call = |words: &[&str]| {
        let ran = run(&mut program(directory.path(), &[&["call"], words].concat()));
        assert_eq!((ran.code, ran.out.as_str()), (Some(2), ""), "{words:?}");
        ran.err
    };
    let err = call(&["add", "1", "you"]);
    assert!(err.starts_with("error: argument 1 is not JSON: "), "{err}");
    let err = call(&["add", "1"]);
    assert_eq!(
        err,
        "error: test:add: parameter count mismatch: expected 2, got 1; \
         the function is add: func(a: s32, b: s32) -> s32\n"
    );
    let err = call(&["add", "1", "\"you\""]);
    assert_eq!(
        err,
        "error: test:add: argument 1: expected s32, got \"you\"\n"
    );
    let err = call(&[
        "team",
        "{\"title\": \"t\", \"users\": [{\"name\": \"a\", \"age\": 300, \"tags\": []}]}",
    ]);
    assert_eq!(
        err,
        "error: test:team: argument 0, field users[0].age: expected u8, got 300\n"
    );
}

#[test]
fn unknown_names_come_with_a_suggestion() {
    let directory = functions().directory();
    let call = run(&mut program(directory.path(), &["call", "greeet", "1"]));
    assert_ran(
        &call,
        2,
        "",
        "error: entry \"greeet\" not found (did you mean test:greet?)\n",
    );
    let run = run(&mut program(directory.path(), &["run", "dance"]));
    let text =
        "error: command \"dance\" not found. Use 'wippy run list' to see available commands\n";
    assert_ran(&run, 2, "", text);
}

#[test]
fn a_trap_is_a_failed_call_with_the_entry_in_its_message() {
    let ran = wippy(&functions(), &["call", "panic"]);
    assert_eq!((ran.code, ran.out.as_str()), (Some(1), ""), "{ran:?}");
    assert!(
        ran.err.contains("error: test:panic: ") && ran.err.contains("unreachable"),
        "{}",
        ran.err
    );
    assert!(!ran.err.contains("panicked at src"), "{}", ran.err);
}

#[test]
fn usage_errors_are_2_and_help_is_0() {
    let directory = functions().directory();
    let start = |words: &[&str]| run(&mut program(directory.path(), words));
    let wrong: [&[&str]; 6] = [
        &[],
        &["dance"],
        &["call"],
        &["run", "-x"],
        &["call", "add", "--repeat", "x"],
        &["--loud", "run", "list"],
    ];
    for words in wrong {
        let ran = start(words);
        assert_eq!((ran.code, ran.out.as_str()), (Some(2), ""), "{words:?}");
        assert!(ran.err.contains("--help"), "{words:?}: {}", ran.err);
    }
    for words in [&["--help"][..], &["call", "--help"]] {
        let ran = start(words);
        assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""), "{words:?}");
        assert!(ran.out.contains("Usage: wippy"), "{words:?}: {}", ran.out);
    }
}

#[test]
fn repeated_calls_print_every_result_and_a_summary() {
    let directory = functions().directory();
    for concurrent in ["1", "3", "100"] {
        let words = [
            "call",
            "add",
            "1",
            "1",
            "--repeat",
            "7",
            "--concurrent",
            concurrent,
        ];
        let ran = run(&mut program(directory.path(), &words));
        assert_eq!(
            (ran.code, ran.out.as_str()),
            (Some(0), "2\n".repeat(7).as_str()),
            "{ran:?}"
        );
        assert!(
            ran.err.starts_with("7 calls in ") && ran.err.contains("p50"),
            "{}",
            ran.err
        );
    }
    for (concurrent, repeat) in [("2000000", "2000000"), ("65537", "1"), ("0", "1")] {
        let words = [
            "call",
            "add",
            "1",
            "1",
            "--repeat",
            repeat,
            "--concurrent",
            concurrent,
        ];
        let ran = run(&mut program(directory.path(), &words));
        assert_eq!((ran.code, ran.out.as_str()), (Some(2), ""), "{ran:?}");
        assert!(
            ran.err.contains("--concurrent") && ran.err.contains("65536"),
            "{}",
            ran.err
        );
    }
    // All of them are made, and the first failure is the outcome.
    let ran = run(&mut program(
        directory.path(),
        &["call", "add", "1", "--repeat", "5", "--concurrent", "2"],
    ));
    assert_eq!((ran.code, ran.out.as_str()), (Some(2), ""), "{ran:?}");
    assert!(
        ran.err.contains("5 calls in ") && ran.err.contains("parameter count mismatch"),
        "{}",
        ran.err
    );
}

/// Ten guests that sleep equal times, of which the seed says who goes first.
#[test]
fn a_seed_gives_the_same_trace_in_every_process() {
    let directory = functions().directory();
    let trace = |seed: &str| {
        let ten = [
            "call",
            "sleep",
            "[1000, 1000]",
            "--repeat",
            "10",
            "--concurrent",
            "10",
            "--simulate",
            seed,
        ];
        let ran = run(&mut program(directory.path(), &ten));
        assert_eq!(ran.code, Some(0), "{ran:?}");
        assert_eq!(ran.out.lines().count(), 10, "{}", ran.out);
        let hash = ran
            .err
            .lines()
            .find(|line| line.starts_with("trace: "))
            .expect("a trace")
            .to_owned();
        (hash, ran.out, ran.err)
    };
    let (first, again, other) = (trace("7"), trace("7"), trace("8"));
    assert_eq!(first, again);
    assert_ne!(first.0, other.0);
}

/// A pipe that nobody reads any more.
fn broken() -> PipeWriter {
    pipe().expect("a pipe").1
}

#[test]
fn output_that_nobody_reads_is_no_panic() {
    let mut project = functions();
    project.command("chatter", "chatter", "[wasi:cli, wasi:io]", &[]);
    let directory = project.directory();
    let cases: [(&[&str], i32); 5] = [
        (&["call", "add", "1", "2"], 141),
        (&["call", "add", "1", "2", "--repeat", "50"], 141),
        (&["run", "list"], 141),
        (&["--help"], 141),
        (&["run", "chatter", "10", "1000"], 141),
    ];
    for (words, code) in cases {
        let child = program(directory.path(), words)
            .stdout(broken())
            .stderr(Stdio::piped())
            .spawn();
        let ended = child
            .expect("the program")
            .wait_with_output()
            .expect("an end");
        let err = String::from_utf8_lossy(&ended.stderr);
        assert_eq!(ended.status.code(), Some(code), "{words:?}: {err}");
        assert!(!err.contains("panicked"), "{words:?}: {err}");
    }
    for (words, code) in [
        (&["call", "nothing"][..], 2),
        (&["dance"], 2),
        (&["call", "panic"], 1),
    ] {
        let mut child = program(directory.path(), words)
            .stderr(broken())
            .spawn()
            .expect("the program");
        assert_eq!(
            child.wait().expect("an end").code(),
            Some(code),
            "{words:?}"
        );
    }
}
