//! Descriptors: few of them, none left, none leaked. In a process of its own, because a limit
//! holds for all of it.

use std::process::Stdio;

use super::IMPORTS;
use crate::support::Project;

/// Calls a function of the guest in a program that may have so many descriptors.
fn call_with(descriptors: u32, words: &[&str]) -> String {
    let mut project = Project::new();
    for function in ["churn", "exhaust"] {
        let path = format!("sockets#{function}");
        project.function(function, "sockets", &path, IMPORTS, &[]);
    }
    let directory = project.directory();
    let script = format!("ulimit -n {descriptors}; exec \"$0\" \"$@\"");
    let output = crate::support::command("sh")
        .args(["-c", &script, crate::support::BINARY, "-C"])
        .arg(directory.path())
        .arg("call")
        .args(words)
        .stdin(Stdio::null())
        .output()
        .expect("a program");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    String::from_utf8(output.stdout).expect("text")
}

#[test]
fn connections_that_come_and_go_need_few_descriptors() {
    let rounds = call_with(40, &["churn", "300"]);
    let rounds: serde_json::Value = serde_json::from_str(&rounds).expect("JSON");
    assert_eq!(rounds, serde_json::json!({ "ok": 300 }));
}

#[test]
fn none_left_is_a_limit_and_given_back_ones_are_used() {
    let lines = call_with(40, &["exhaust"]);
    let lines: Vec<String> = serde_json::from_str(&lines).expect("lines");
    let expected = [
        "connect: new-socket-limit",
        "accept: new-socket-limit",
        "ready: true",
        "accepted as many as were given back: true",
    ];
    assert_eq!(lines, expected);
}
