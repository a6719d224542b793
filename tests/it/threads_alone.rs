//! What is left of threads and wake-ups once nothing runs: in a process of its own.

use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use crate::support::{Project, binary};

/// The names of a process's threads.
fn threads(child: &Child) -> Vec<String> {
    let tasks = std::fs::read_dir(format!("/proc/{}/task", child.id())).expect("procfs");
    let name = |task: std::io::Result<std::fs::DirEntry>| {
        std::fs::read_to_string(task.ok()?.path().join("comm")).ok()
    };
    tasks
        .filter_map(name)
        .map(|name| name.trim().to_owned())
        .collect()
}

/// How often a process gave its processor up because it had nothing to do.
fn waits(child: &Child) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", child.id()));
    let status = status.expect("procfs");
    let mut lines = status.lines();
    let line = lines.find_map(|line| line.strip_prefix("voluntary_ctxt_switches:"));
    line.expect("a count").trim().parse().expect("a number")
}

/// One second after the last compilation and the last of a guest's work there is one thread, and a
/// guest that waits wakes nothing.
#[test]
fn a_parked_guest_leaves_one_thread_that_sleeps() {
    let mut project = Project::new();
    project.command("cat", "cat", "[wasi:cli, wasi:io]", &[]);
    let directory = project.directory();
    let mut child = binary()
        .args(["--no-cache", "run", "cat"])
        .current_dir(directory.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the program");
    let begun = Instant::now();
    // It waits for its input once the module is compiled.
    let mut alone_since = None;
    while alone_since.is_none_or(|since: Instant| since.elapsed() < Duration::from_millis(300)) {
        assert!(
            begun.elapsed() < Duration::from_secs(60),
            "{:?}",
            threads(&child)
        );
        let alone = threads(&child).len() == 1 && waits(&child) > 0;
        alone_since = match (alone, alone_since) {
            (false, _) => None,
            (true, None) => Some(Instant::now()),
            (true, since) => since,
        };
        std::thread::yield_now();
    }
    let before = waits(&child);
    std::thread::park_timeout(Duration::from_millis(300));
    assert_eq!(waits(&child), before, "something woke it");
    assert_eq!(threads(&child).len(), 1);
    drop(child.stdin.take());
    assert!(child.wait().expect("an end").success());
}
