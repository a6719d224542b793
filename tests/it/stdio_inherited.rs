//! What was inherited: its flags stay as they were, and any of it may be closed.

use std::io::{Read, Write, pipe};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::process::{Output, Stdio as Redirect};

use rustix::fs::{OFlags, fcntl_getfl};

use super::{is_readable, project, start, streams, turn_until};
use crate::support::live;

fn is_blocking(fd: impl AsFd) -> bool {
    !fcntl_getfl(fd).expect("flags").contains(OFlags::NONBLOCK)
}

/// The test keeps a duplicate of each descriptor: the same description, as the shell's would be.
#[test]
fn flags_of_what_was_inherited_stay_as_they_were() {
    let dispatcher = live();
    let runtime = project().load(&dispatcher);
    let (pipe_out, mut pipe_in) = pipe().expect("a pipe");
    let (socket_out, mut socket_in) = UnixStream::pair().expect("sockets");
    let inputs: [(OwnedFd, &mut dyn Write); 2] = [
        (pipe_out.into(), &mut pipe_in),
        (socket_out.into(), &mut socket_in),
    ];
    for (stdin, feed) in inputs {
        let (echo, stdout) = pipe().expect("a pipe");
        let (_errors, stderr) = UnixStream::pair().expect("sockets");
        let ours = [OwnedFd::from(stdout), stderr.into(), stdin];
        let theirs = ours
            .each_ref()
            .map(|fd| Some(fd.try_clone().expect("a duplicate")));
        let [stdout, stderr, stdin] = theirs;
        let check = |when: &str| {
            for (index, fd) in ours.iter().enumerate() {
                assert!(is_blocking(fd), "{when}: descriptor {index}");
            }
        };
        check("before");
        let task = start(
            &dispatcher,
            &runtime,
            streams(&dispatcher, stdin, stdout, stderr),
            &["cat"],
        );
        check("set up");
        feed.write_all(b"x").expect("a reader");
        turn_until(&dispatcher, || is_readable(&echo));
        check("while it waits for more");
        drop(task);
        check("after");
    }
}

/// Runs the program in a shell that redirects its standard streams.
fn with_redirection(redirection: &str, words: &[&str]) -> Output {
    let directory = project().directory();
    crate::support::command("sh")
        .args([
            "-c",
            &format!("exec \"$@\" {redirection}"),
            "sh",
            crate::support::BINARY,
            "-C",
        ])
        .arg(directory.path())
        .args(words)
        .stdin(Redirect::null())
        .output()
        .expect("a shell")
}

#[test]
fn the_program_does_without_any_of_its_standard_streams() {
    let cases: [(&str, &[&str], i32); 5] = [
        ("<&-", &["run", "cat"], 0),
        ("<&-", &["run", "stdin-race", "3600000"], 0),
        ("2>&-", &["run", "exits", "code", "7"], 7),
        ("2>&-", &["run", "nothing"], 2),
        ("<&- >&- 2>&-", &["run", "cat", "--poll"], 0),
    ];
    for (redirection, words, code) in cases {
        let output = with_redirection(redirection, words);
        let errors = String::from_utf8_lossy(&output.stderr);
        assert_eq!(
            output.status.code(),
            Some(code),
            "{redirection} {words:?}: {errors}"
        );
        assert_eq!(errors, "", "{redirection} {words:?}");
    }
    let raced = with_redirection("<&-", &["run", "stdin-race", "3600000"]);
    assert_eq!(String::from_utf8_lossy(&raced.stdout), "1 stdin closed\n");
}

/// The program shares its streams' descriptions with whoever started it: this test.
#[test]
fn the_program_leaves_inherited_flags_alone_while_it_runs() {
    let directory = project().directory();
    let (stdin, mut feed) = pipe().expect("a pipe");
    let (mut echo, stdout) = UnixStream::pair().expect("sockets");
    let (_errors, stderr) = pipe().expect("a pipe");
    let copy = |fd: BorrowedFd<'_>| fd.try_clone_to_owned().expect("a duplicate");
    let ours = [
        copy(stdin.as_fd()),
        copy(stdout.as_fd()),
        copy(stderr.as_fd()),
    ];
    let mut child = crate::support::binary()
        .arg("-C")
        .arg(directory.path())
        .args(["run", "cat"])
        .stdin(stdin)
        .stdout(OwnedFd::from(stdout))
        .stderr(stderr)
        .spawn()
        .expect("the program");
    feed.write_all(b"x").expect("a reader");
    echo.read_exact(&mut [0]).expect("an echo");
    assert!(ours.iter().all(is_blocking), "while it waits for more");
    drop(feed);
    assert_eq!(child.wait().expect("a status").code(), Some(0));
    assert!(ours.iter().all(is_blocking), "after it");
}
