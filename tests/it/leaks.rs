//! Guests that never drop what they have opened: nothing of it survives their calls. In a program of
//! its own with few descriptors, so that it would fail where one were left.

use std::fmt::Display;
use std::process::{Command, Stdio};

use crate::support::Project;

/// Opens sixteen files and closes none; says how many it got.
const FILES: &str = include_str!("leaks/files.wat");

/// Makes sixteen sockets and drops none; says how many it got.
const SOCKETS: &str = include_str!("leaks/sockets.wat");

/// Makes two hundred timers and drops none.
const TIMERS: &str = include_str!("leaks/timers.wat");

/// A hundred calls, two at a time, where three would need more descriptors than there are.
fn leak(source: &str, imports: &str, pool: &str) {
    let mut project = Project::new();
    let files = tempfile::tempdir().expect("a directory");
    std::fs::write(files.path().join("file"), "text").expect("a file");
    let directory = files.path().display();
    project.entry("files", "fs.directory", &[("directory", &directory)]);
    let source = serde_json::to_string(source).expect("a string");
    let mut fields: Vec<(&str, &dyn Display)> = vec![
        ("source", &source),
        ("method", &"leak"),
        ("imports", &imports),
        ("pool", &pool),
    ];
    let wasi = "{mounts: [{fs: files, guest: /}]}";
    if imports.contains("wasi:filesystem") {
        fields.push(("wasi", &wasi));
    }
    project.entry("leaky", "function.wat", &fields);
    let project = project.directory();
    let output = Command::new("sh")
        .args([
            "-c",
            "ulimit -n 64; exec \"$0\" \"$@\"",
            env!("CARGO_BIN_EXE_wippy"),
            "-C",
        ])
        .arg(project.path())
        .args(["call", "leaky", "--repeat", "100", "--concurrent", "2"])
        .stdin(Stdio::null())
        .output()
        .expect("a program");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{pool}: {said}");
    let printed = String::from_utf8_lossy(&output.stdout);
    assert!(
        printed.lines().all(|line| line == "16"),
        "{pool}: {printed}"
    );
    assert_eq!(printed.lines().count(), 100, "{pool}");
}

const POOLS: [&str; 2] = ["{type: lazy}", "{type: static, workers: 2}"];

#[test]
fn files_that_a_guest_leaves_open_are_closed() {
    for pool in POOLS {
        leak(
            FILES,
            "[wasi:cli, wasi:io, wasi:clocks, wasi:filesystem]",
            pool,
        );
    }
}

#[test]
fn sockets_that_a_guest_leaves_open_are_closed() {
    for pool in POOLS {
        leak(SOCKETS, "[wasi:io, wasi:sockets]", pool);
    }
}

#[test]
fn timers_that_a_guest_leaves_are_dropped() {
    for pool in POOLS {
        leak(TIMERS, "[wasi:io, wasi:clocks]", pool);
    }
}
