//! The project of the README: what its first command shows keeps working.

use std::io::Write;
use std::process::{Output, Stdio};

/// Runs the program on the tour with this standard input.
fn wippy(words: &[&str], input: &str) -> Output {
    let mut child = crate::support::binary()
        .args(["-C", concat!(env!("CARGO_MANIFEST_DIR"), "/examples/tour")])
        .args(words)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program");
    let mut stdin = child.stdin.take().expect("a pipe");
    // A guest that reads nothing may have gone already.
    let _ = stdin.write_all(input.as_bytes());
    drop(stdin);
    child.wait_with_output().expect("its end")
}

/// What it printed; it must have succeeded and complained of nothing.
fn output(words: &[&str], input: &str) -> String {
    let output = wippy(words, input);
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success() && stderr.is_empty(),
        "{words:?}: {stderr}"
    );
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
fn functions_are_called() {
    assert_eq!(
        output(&["call", "greet", "\"reader\""], ""),
        "\"Hello, reader!\"\n"
    );
    assert_eq!(output(&["call", "add", "19", "23"], ""), "42\n");
    assert_eq!(output(&["call", "answer"], ""), "42\n");
}

#[test]
fn ordinary_programs_run_as_commands() {
    let list = output(&["run", "list"], "");
    for command in ["hello", "reader", "ticker"] {
        assert!(list.contains(&format!("\n  {command}")), "{list}");
    }
    assert_eq!(
        output(&["run", "reader"], "a\nb\n"),
        "read \"a\"\nread \"b\"\nend of input after 2 lines\n"
    );
    let ticks = output(&["run", "ticker", "2", "3"], "");
    let lines: Vec<&str> = ticks.lines().collect();
    assert_eq!(lines.len(), 3, "{ticks}");
    for (number, line) in (1..).zip(lines) {
        assert!(line.starts_with(&format!("tick {number} of 3, ")), "{line}");
    }
    let hello = output(&["run", "hello", "one", "two words"], "");
    assert!(hello.contains("arg 2: two words"), "{hello}");
}

#[test]
fn a_command_that_fails_says_so_with_its_status() {
    let output = wippy(&["run", "ticker"], "");
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(
        String::from_utf8_lossy(&output.stderr),
        "usage: ticker PERIOD-MS TIMES\n"
    );
}

#[test]
fn a_missing_import_is_named() {
    let output = wippy(&["call", "nap_without_clock", "[1000]"], "");
    assert_eq!(output.status.code(), Some(1));
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(
        stderr.contains("add `- wasi:clocks` to its imports"),
        "{stderr}"
    );
}

#[test]
fn the_trace_that_the_readme_shows_is_that_of_its_command() {
    let words = [
        "call",
        "nap",
        "[20000]",
        "--repeat",
        "1000",
        "--concurrent",
        "1000",
        "--simulate",
        "7",
    ];
    let output = wippy(&words, "");
    assert!(output.status.success());
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said);
    let trace = said.lines().find(|line| line.starts_with("trace: "));
    let readme = include_str!("../../README.md");
    let shown = readme.lines().find(|line| line.starts_with("trace: "));
    assert!(shown.is_some(), "the README shows it");
    assert_eq!(trace, shown);
}
