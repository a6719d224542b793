//! `wippy run` by itself, as a process that is sent signals.

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdin, Stdio};

use rustix::process::{Pid, Signal, kill_process};

use super::service;
use crate::cli::{program, wippy};
use crate::support::Project;

/// A service that copies its input, on the program's own streams.
fn copying() -> Project {
    let mut project = Project::new();
    project.entry("terminal", "terminal.host", &[]);
    project.command("cat", "cat", "[wasi:cli, wasi:io]", &[]);
    service(&mut project, "copying", "cat", "[--blocking]", "");
    project
}

/// Starts it and waits until it has copied something.
fn started(project: &Project) -> (Child, ChildStdin, tempfile::TempDir) {
    let directory = project.directory();
    let mut child = program(directory.path(), &["run"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program");
    // Kept open: the end of its input would end the service.
    let mut stdin = child.stdin.take().expect("a pipe");
    stdin.write_all(b"hello\n").expect("a reader");
    let mut line = String::new();
    let mut stdout = BufReader::with_capacity(1, child.stdout.as_mut().expect("a pipe"));
    stdout.read_line(&mut line).expect("a line");
    assert_eq!(line, "hello\n");
    (child, stdin, directory)
}

fn send(child: &Child, signal: Signal) {
    let pid = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
    kill_process(pid.expect("its ID"), signal).expect("a process");
}

#[test]
fn services_run_until_a_signal() {
    let project = copying();
    for (signal, code) in [(Signal::TERM, 0), (Signal::INT, 130)] {
        let (mut child, _stdin, _directory) = started(&project);
        send(&child, signal);
        assert_eq!(child.wait().expect("its end").code(), Some(code));
        let mut told = String::new();
        let mut stderr = child.stderr.take().expect("a pipe");
        stderr.read_to_string(&mut told).expect("text");
        assert!(told.contains("test:copying stopped"), "{told}");
    }
}

#[test]
fn services_that_have_ended_end_the_program() {
    let mut project = copying();
    let directory = project.directory();
    let mut run = program(directory.path(), &["run"]);
    // Its input has ended.
    assert_eq!(crate::cli::run(&mut run).code, Some(0));

    let restart = ", restart: {initial_delay: 1ms, max_attempts: 1}";
    project.command("exits", "exits", "[wasi:cli]", &[]);
    service(&mut project, "failing", "exits", "[code, 9]", restart);
    let ran = wippy(&project, &["run"]);
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert!(
        ran.err.contains("test:failing failed for good: status 9"),
        "{ran:?}"
    );
}

#[test]
fn without_services_it_says_what_to_do() {
    let ran = wippy(&Project::new(), &["run"]);
    assert_eq!(ran.code, Some(2), "{ran:?}");
    assert!(ran.err.contains("lifecycle: {auto_start: true}"), "{ran:?}");
    assert!(ran.err.contains("wippy run list"), "{ran:?}");
}

#[test]
fn mistaken_services_do_not_stop_the_others() {
    let mut project = copying();
    service(&mut project, "broken", "nobody", "[]", "");
    service(
        &mut project,
        "circular",
        "cat",
        "[]",
        ", depends_on: [circular]",
    );
    let ran = wippy(&project, &["run"]);
    assert_eq!(ran.code, Some(2), "{ran:?}");
    let cycle =
        "lifecycle.depends_on has a cycle: test:circular → test:circular; remove one of these";
    assert!(ran.err.contains(cycle), "{ran:?}");

    let mut project = copying();
    service(&mut project, "broken", "nobody", "[]", "");
    let ran = wippy(&project, &["run"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(ran.err.contains("test:broken: process: "), "{ran:?}");
}
