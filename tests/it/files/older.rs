//! Kernels and containers without `openat2`, `preadv2` and `pwritev2`: the program in a process of its own
//! behind a filter that refuses them.

use std::fs;
use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use super::unshared::{is_inside, not_tested, run_again};
use super::{World, descriptors, escapes, expect, streams};
use crate::support::{Project, live};

/// What such a kernel says, and what some filters of containers say.
const REFUSALS: [&str; 2] = ["38", "1"];

/// The program that sets up the filter.
struct Without {
    directory: tempfile::TempDir,
}

impl Without {
    fn new() -> Option<Without> {
        let directory = tempfile::tempdir().expect("a directory");
        let without = Without { directory };
        let source = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/files/without.c");
        let built = Command::new("cc")
            .args(["-o".as_ref(), without.path().as_os_str(), source.as_ref()])
            .output();
        let works = |refusal: &str| {
            let tried = Command::new(without.path())
                .args([refusal, "true"])
                .output();
            tried.is_ok_and(|output| output.status.success())
        };
        if !built.is_ok_and(|output| output.status.success()) || !works(REFUSALS[0]) {
            not_tested(
                "a kernel without openat2 and preadv2",
                "no C compiler, or no filters",
            );
            return None;
        }
        Some(without)
    }

    fn path(&self) -> PathBuf {
        self.directory.path().join("without")
    }
}

#[test]
fn files_do_without_the_newer_calls() {
    if is_inside() {
        let world = World::new();
        let preadv2 = || {
            let file = fs::File::open("/dev/null").expect("a file");
            let mut byte = [0];
            let mut slices = [std::io::IoSliceMut::new(&mut byte)];
            let nowait = rustix::io::ReadWriteFlags::NOWAIT;
            rustix::io::preadv2(file, &mut slices, 0, nowait)
        };
        preadv2().expect_err("it is refused");
        world.expect(descriptors::BASICS);
        fs::remove_file(world.root().join("a")).expect("a file");
        let dispatcher = live();
        expect(
            &dispatcher,
            &world.project().load(&dispatcher),
            streams::STREAMS,
        );
        world.expect(&[
            ("open f /data a crw", "ok"),
            ("size f 3", "ok"),
            ("append o f", "ok"),
            ("append p f", "ok"),
            ("put o one", "ok"),
            ("put p two", "ok"),
            ("read f 99 3", "onetwo, end"),
            ("mkdir /data d", "ok"),
            ("rename /data a /data d/b", "ok"),
            ("open f /data d/../d/./b r", "ok"),
            ("stat-at /data none f", "no-entry"),
        ]);
        escapes::nothing_leads_out();
        return;
    }
    let Some(without) = Without::new() else {
        return;
    };
    let path = without.path();
    let program = path.to_str().expect("a name");
    for refusal in REFUSALS {
        run_again(
            &[program, refusal],
            "files::older::files_do_without_the_newer_calls",
        );
    }
}

#[test]
fn standard_streams_do_without_the_newer_calls() {
    let Some(without) = Without::new() else {
        return;
    };
    let mut project = Project::new();
    project.command("cat", "cat", "[wasi:cli, wasi:io]", &[]);
    let project = project.directory();
    for refusal in REFUSALS {
        let mut child = crate::support::command(without.path())
            .args([refusal, crate::support::BINARY, "-C"])
            .arg(project.path())
            .args(["run", "cat"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("a program");
        let mut stdin = child.stdin.take().expect("a pipe");
        stdin.write_all(b"one\ntwo\n").expect("a reader");
        drop(stdin);
        let output = child.wait_with_output().expect("an end");
        assert_eq!(
            String::from_utf8_lossy(&output.stdout),
            "one\ntwo\n",
            "{output:?}"
        );
    }
}
