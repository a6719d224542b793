//! SIGUSR1 and `-vv`, with the program.

use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, ChildStderr, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use crate::cli::program;
use crate::support::Project;

fn started(directory: &Path, words: &[&str]) -> Child {
    program(directory, words)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program")
}

fn ask(child: &Child) {
    let pid = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
    kill_process(pid.expect("its ID"), Signal::USR1).expect("a process");
}

/// The lines of a table: as many calls as its first line says, and the heading.
fn table(stderr: &mut BufReader<ChildStderr>) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = || {
        let mut line = String::new();
        stderr.read_line(&mut line).expect("text");
        line.trim_end().to_owned()
    };
    let first = line();
    let words: Vec<_> = first.split(' ').collect();
    let count = match words[..] {
        ["wippy:", count, "calls" | "call"] => count.parse().expect("a number"),
        _ => panic!("no table: {first}"),
    };
    if count > 0 {
        let heading: Vec<_> = line().split_whitespace().map(str::to_owned).collect();
        assert_eq!(heading, ["CALL", "ENTRY", "BEGUN", "SINCE", "STATE"]);
        lines.extend((0..count).map(|_| line()));
    }
    lines
}

#[test]
fn a_guest_that_reads_says_so() {
    let mut project = Project::new();
    project.command("cat", "cat", "[wasi:cli, wasi:io]", &[]);
    let directory = project.directory();
    let mut child = started(directory.path(), &["run", "cat", "--blocking"]);
    let mut stdin = child.stdin.take().expect("a pipe");
    let mut stdout = BufReader::new(child.stdout.take().expect("a pipe"));
    let mut stderr = BufReader::new(child.stderr.take().expect("a pipe"));
    stdin.write_all(b"hello\n").expect("a reader");
    let mut line = String::new();
    stdout.read_line(&mut line).expect("a line");
    for number in 0..3 {
        ask(&child);
        let rows = table(&mut stderr);
        assert_eq!(rows.len(), 1, "{rows:?}");
        let words: Vec<_> = rows[0].split_whitespace().collect();
        assert_eq!(words[..2], ["1", "test:cat"], "{number}: {rows:?}");
        assert!(
            rows[0].ends_with("  parked: waits for standard input"),
            "{rows:?}"
        );
    }
    drop(stdin);
    assert!(child.wait().expect("its end").success());
    let mut rest = String::new();
    stdout.read_to_string(&mut rest).expect("text");
    assert_eq!(
        (line.as_str(), rest.as_str()),
        ("hello\n", ""),
        "its output is as ever"
    );
}

/// On one thread, and on one of several, each with a guest that never yields by itself.
#[test]
fn guests_that_compute_do_not_hinder_the_answer() {
    let mut project = Project::new();
    let source = r#"(module (func (export "spin") (loop $on br $on)))"#;
    project.text("spin", source, "spin", "[]");
    let source = serde_json::to_string(source).expect("a string");
    let fields: [(&str, &dyn std::fmt::Display); 3] = [
        ("source", &source),
        ("method", &"spin"),
        ("pool", &"{worker_class: own, workers: 1}"),
    ];
    project.entry("elsewhere", "function.wat", &fields);
    let directory = project.directory();
    for name in ["spin", "elsewhere"] {
        let mut child = started(directory.path(), &["call", name]);
        let mut stderr = BufReader::new(child.stderr.take().expect("a pipe"));
        until_caught(&child);
        let begun = Instant::now();
        // The first tables may still show how it is compiled, or nothing.
        loop {
            ask(&child);
            let rows = table(&mut stderr);
            if rows.iter().any(|row| row.ends_with("  running")) {
                assert!(rows[0].contains(&format!(" test:{name} ")), "{rows:?}");
                break;
            }
            assert!(begun.elapsed() < Duration::from_secs(60), "it never runs");
        }
        child.kill().expect("a process");
        child.wait().expect("its end");
    }
}

/// Waits until the program answers the signal: before, it would end it or be lost.
fn until_caught(child: &Child) {
    let status = format!("/proc/{}/status", child.id());
    let fds = format!("/proc/{}/fd", child.id());
    loop {
        let text = std::fs::read_to_string(&status).expect("a process");
        let caught = text.lines().find_map(|line| line.strip_prefix("SigCgt:"));
        let caught = u64::from_str_radix(caught.expect("signals").trim(), 16).expect("a set");
        let links = std::fs::read_dir(&fds).expect("descriptors");
        let sockets = links.filter_map(|link| std::fs::read_link(link.ok()?.path()).ok());
        let sockets = sockets.filter(|link| link.to_string_lossy().starts_with("socket:"));
        // Signal 10, and both ends of what its handler writes to.
        if caught & (1 << 9) != 0 && sockets.count() >= 2 {
            return;
        }
        std::thread::yield_now();
    }
}

#[test]
fn calls_are_traced_where_that_is_asked_for_twice() {
    let mut project = Project::new();
    let source = r#"(module (func (export "nothing")))"#;
    project.text("nothing", source, "nothing", "[]");
    let directory = project.directory();
    for (option, is_traced) in [("-v", false), ("-vv", true)] {
        let output = program(directory.path(), &[option, "call", "nothing"]).output();
        let output = output.expect("the program");
        assert!(output.status.success());
        let log = String::from_utf8(output.stderr).expect("text");
        assert_eq!(log.contains("wippy::call"), is_traced, "{log}");
        for state in ["begins", "running", "ended: ok"] {
            let line = |line: &str| {
                let is_of_call = line.contains(r#"call{entry=test:nothing number=1}"#);
                is_of_call && line.ends_with(&format!("wippy::call: {state}"))
            };
            assert_eq!(log.lines().any(line), is_traced, "{state}: {log}");
        }
    }
}
