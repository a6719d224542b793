//! Standard output: a slow reader parks the guest and nobody else, and what was accepted arrives.

use std::fmt::Display;
use std::fs::File;
use std::io::{Seek, pipe};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::time::Duration;

use rustix::io::ioctl_fionread;
use serde_json::Value;
use wippy::Arguments;
use wippy::Runtime;
use wippy::stdio::Stdio;
use wippy::stdio::{InputSource, Sink};
use wippy_dispatcher::{Dispatcher, Task};

use crate::cli::wippy;
use crate::stdio::{project, reading, run, sleep, start, streams, turn_until};
use crate::support::{Project, live, simulated};

/// What `chatter` writes with `1024` as its first argument.
fn pattern() -> Vec<u8> {
    (0..1 << 20).map(|at: u32| (at % 251) as u8).collect()
}

/// The number at the end of what `chatter` says: how often it was told that there is no room.
fn full(said: &[u8]) -> u64 {
    let text = std::str::from_utf8(said).expect("text");
    let number = text
        .strip_prefix("full ")
        .and_then(|rest| rest.strip_suffix('\n'));
    number.expect("a count").parse().expect("a number")
}

fn null() -> OwnedFd {
    File::options()
        .write(true)
        .open("/dev/null")
        .expect("a device")
        .into()
}

#[test]
fn in_virtual_time_a_full_pipe_parks_its_writer() {
    let dispatcher = simulated();
    let handle = dispatcher.handle();
    let runtime = project().load(&dispatcher);
    let make = |capacity| wippy::stdio::pipe(&handle, capacity).expect("a pipe");
    let ((printed, stdout), (said, stderr)) = (make(10_000), make(100));
    let stdio = Stdio::new(
        InputSource::Empty,
        Sink::Pipe(stdout.clone()),
        Sink::Pipe(stderr),
    );
    let task = start(&dispatcher, &runtime, stdio, &["chatter", "1024", "3000"]);
    dispatcher
        .block_on(async {
            // Hours of virtual time do not help: nobody reads.
            handle
                .sleep(Duration::from_secs(3600))
                .await
                .expect("sleep");
            assert_eq!(stdout.check_write().expect("open"), 0);
            assert!(!task.is_finished());
            drop(stdout);
            let mut bytes = Vec::new();
            while let Some(some) = printed.next(7000).await.expect("a pipe") {
                bytes.extend(some);
            }
            assert!(bytes == pattern(), "{} bytes", bytes.len());
            assert_eq!(task.await.expect("not cancelled").code, 0);
            let said = said.next(100).await.expect("a pipe").expect("a count");
            // Each 10,000 bytes fill it once, unless the guest computes for so long meanwhile that
            // its reader comes first.
            assert!(full(&said) >= 80, "{}", full(&said));
        })
        .expect("no deadlock");
}

#[test]
fn a_full_pipe_parks_its_writer_and_nobody_else() {
    for chunk in ["1000", "65536"] {
        let dispatcher = live();
        let runtime = project().load(&dispatcher);
        let ((printed, stdout), (said, stderr)) =
            (pipe().expect("a pipe"), pipe().expect("a pipe"));
        let stdio = streams(&dispatcher, None, Some(stdout.into()), Some(stderr.into()));
        let task = start(&dispatcher, &runtime, stdio, &["chatter", "1024", chunk]);
        // A pipe holds 64 KiB unless somebody asks for more.
        turn_until(&dispatcher, || {
            ioctl_fionread(&printed).expect("a pipe") > 60_000
        });
        sleep(&dispatcher, &runtime);
        assert!(!task.is_finished());
        let bytes = reading(printed);
        assert_eq!(
            dispatcher
                .block_on(task)
                .expect("no deadlock")
                .expect("not cancelled")
                .code,
            0
        );
        let bytes = bytes.join().expect("a reader");
        assert!(bytes == pattern(), "{} bytes", bytes.len());
        assert!(full(&reading(said).join().expect("a reader")) > 0);
    }
}

#[test]
fn every_kind_of_output_takes_all_of_it() {
    let dispatcher = live();
    let runtime = project().load(&dispatcher);
    let words = ["chatter", "1024", "30000"];
    let check = |name: &str, bytes: Vec<u8>| {
        assert!(bytes == pattern(), "{name}: {} bytes", bytes.len());
    };

    let (printed, stdout) = UnixStream::pair().expect("sockets");
    let stdio = streams(&dispatcher, None, Some(stdout.into()), Some(null()));
    let bytes = reading(printed);
    assert_eq!(run(&dispatcher, &runtime, stdio, &words), 0);
    check("socket", bytes.join().expect("a reader"));

    let mut file = tempfile::tempfile().expect("a file");
    let stdout = file.try_clone().expect("a duplicate").into();
    let stdio = streams(&dispatcher, None, Some(stdout), Some(null()));
    assert_eq!(run(&dispatcher, &runtime, stdio, &words), 0);
    file.rewind().expect("a file");
    check("file", reading(file).join().expect("a reader"));

    let stdio = streams(&dispatcher, None, Some(null()), Some(null()));
    assert_eq!(run(&dispatcher, &runtime, stdio, &words), 0);
}

/// As after `2>&1`: both descriptors are the same pipe.
#[test]
fn output_and_errors_may_be_one_pipe() {
    let dispatcher = live();
    let runtime = project().load(&dispatcher);
    let (printed, stdout) = pipe().expect("a pipe");
    let stderr = stdout.try_clone().expect("a duplicate");
    let stdio = streams(&dispatcher, None, Some(stdout.into()), Some(stderr.into()));
    let bytes = reading(printed);
    assert_eq!(
        run(&dispatcher, &runtime, stdio, &["chatter", "1024", "30000"]),
        0
    );
    let bytes = bytes.join().expect("a reader");
    let (out, err) = bytes.split_at(1 << 20);
    assert!(out == pattern());
    full(err);
}

#[test]
fn a_reader_that_goes_away_closes_the_stream() {
    let dispatcher = live();
    let runtime = project().load(&dispatcher);
    let ((printed, stdout), (said, stderr)) = (pipe().expect("a pipe"), pipe().expect("a pipe"));
    let stdio = streams(&dispatcher, None, Some(stdout.into()), Some(stderr.into()));
    drop(printed);
    assert_eq!(
        run(&dispatcher, &runtime, stdio, &["stream-errors", "stdout"]),
        0
    );
    assert_eq!(
        reading(said).join().expect("a reader"),
        b"stdout: closed, then closed\n"
    );
}

#[test]
fn a_reader_that_goes_away_wakes_a_parked_writer() {
    let dispatcher = live();
    let runtime = project().load(&dispatcher);
    let ((printed, stdout), (said, stderr)) = (pipe().expect("a pipe"), pipe().expect("a pipe"));
    let stdio = streams(&dispatcher, None, Some(stdout.into()), Some(stderr.into()));
    let task = start(&dispatcher, &runtime, stdio, &["stream-errors", "stdout"]);
    turn_until(&dispatcher, || {
        ioctl_fionread(&printed).expect("a pipe") > 60_000
    });
    sleep(&dispatcher, &runtime);
    assert!(!task.is_finished());
    drop(printed);
    dispatcher
        .block_on(task)
        .expect("no deadlock")
        .expect("not cancelled");
    assert_eq!(
        reading(said).join().expect("a reader"),
        b"stdout: closed, then closed\n"
    );
}

#[test]
fn an_output_that_was_never_there_is_closed() {
    let dispatcher = live();
    let (said, stderr) = pipe().expect("a pipe");
    let stdio = streams(&dispatcher, None, None, Some(stderr.into()));
    let ran = project().run_on(&dispatcher, "stream-errors", stdio, &["stdout"]);
    assert_eq!(ran.map(|status| status.code), Ok(0));
    assert_eq!(
        reading(said).join().expect("a reader"),
        b"stdout: closed, then closed\n"
    );
}

#[test]
fn a_failure_is_told_once_with_what_happened() {
    let dispatcher = live();
    let runtime = project().load(&dispatcher);
    let full = File::options()
        .write(true)
        .open("/dev/full")
        .expect("a device");
    let (said, stderr) = pipe().expect("a pipe");
    let stdio = streams(&dispatcher, None, Some(full.into()), Some(stderr.into()));
    assert_eq!(
        run(&dispatcher, &runtime, stdio, &["stream-errors", "stdout"]),
        0
    );
    let said = String::from_utf8(reading(said).join().expect("a reader")).expect("text");
    let rest = said
        .strip_prefix("stdout: failed: No space left on device")
        .expect(&said);
    assert!(rest.ends_with(", then closed\n"), "{said}");
}

/// Takes two permits, fills each of them, and ends: by returning, through `exit`, or with a trap.
/// It says nothing of flushing and drops nothing.
const HASTY: &str = r#"(component
    (import "wasi:io/error@0.2.0" (instance $error (export "error" (type (sub resource)))))
    (alias export $error "error" (type $error-type))
    (import "wasi:io/streams@0.2.0" (instance $streams
        (export "output-stream" (type $output (sub resource)))
        (alias outer 1 $error-type (type $outer-error))
        (export "error" (type $error (eq $outer-error)))
        (type $failure (variant (case "last-operation-failed" (own $error)) (case "closed")))
        (export "stream-error" (type $stream-error (eq $failure)))
        (export "[method]output-stream.check-write"
            (func (param "self" (borrow $output)) (result (result u64 (error $stream-error)))))
        (export "[method]output-stream.write" (func
            (param "self" (borrow $output)) (param "contents" (list u8))
            (result (result (error $stream-error)))))))
    (alias export $streams "output-stream" (type $output))
    (import "wasi:cli/stdout@0.2.0" (instance $stdout
        (alias outer 1 $output (type $outer-output))
        (export "output-stream" (type $output (eq $outer-output)))
        (export "get-stdout" (func (result (own $output))))))
    (import "wasi:cli/exit@0.2.0" (instance $exit (export "exit" (func (param "status" (result))))))

    (core module $memory-module (memory (export "memory") 3))
    (core instance $memory-instance (instantiate $memory-module))
    (alias core export $memory-instance "memory" (core memory $memory))
    (core func $get-stdout (canon lower (func $stdout "get-stdout")))
    (core func $check-write (canon lower
        (func $streams "[method]output-stream.check-write") (memory $memory)))
    (core func $write (canon lower (func $streams "[method]output-stream.write") (memory $memory)))
    (core func $exit-now (canon lower (func $exit "exit")))

    (core module $m
        (import "host" "get-stdout" (func $get-stdout (result i32)))
        (import "host" "check-write" (func $check-write (param i32 i32)))
        (import "host" "write" (func $write (param i32 i32 i32 i32)))
        (import "host" "exit" (func $exit (param i32)))
        (import "host" "memory" (memory 3))
        ;; The first page has the results, the second the bytes.
        (func $fill (param $byte i32)
            (local $stdout i32)
            (local.set $stdout (call $get-stdout))
            (memory.fill (i32.const 65536) (local.get $byte) (i32.const 65536))
            (call $check-write (local.get $stdout) (i32.const 0))
            (if (i32.load8_u (i32.const 0)) (then unreachable))
            (if (i64.lt_u (i64.load (i32.const 8)) (i64.const 65536)) (then unreachable))
            (call $write (local.get $stdout) (i32.const 65536) (i32.const 65536) (i32.const 0))
            (if (i32.load8_u (i32.const 0)) (then unreachable)))
        ;; One permit in four parts, then more than what is left of it.
        (func $part (param $stdout i32) (param $from i32) (param $length i32)
            (call $write (local.get $stdout)
                (i32.add (i32.const 131072) (local.get $from)) (local.get $length) (i32.const 0))
            (if (i32.load8_u (i32.const 0)) (then unreachable)))
        (func (export "parts")
            (local $stdout i32)
            (local.set $stdout (call $get-stdout))
            (call $check-write (local.get $stdout) (i32.const 0))
            (call $part (local.get $stdout) (i32.const 0) (i32.const 5))
            (call $part (local.get $stdout) (i32.const 5) (i32.const 0))
            (call $part (local.get $stdout) (i32.const 5) (i32.const 10))
            (call $part (local.get $stdout) (i32.const 15) (i32.const 14))
            (call $part (local.get $stdout) (i32.const 0) (i32.const 65508)))
        (data (i32.const 131072) "one line\nand another\nthe rest")
        (func $both
            (call $fill (i32.const 97))
            (call $fill (i32.const 98)))
        (func (export "return") (call $both))
        (func (export "exit") (call $both) (call $exit (i32.const 0)))
        (func (export "exit-err") (call $both) (call $exit (i32.const 1)))
        (func (export "trap") (call $both) unreachable))
    (core instance $i (instantiate $m (with "host" (instance
        (export "get-stdout" (func $get-stdout))
        (export "check-write" (func $check-write))
        (export "write" (func $write))
        (export "exit" (func $exit-now))
        (export "memory" (memory $memory))))))
    (func (export "parts") (canon lift (core func $i "parts")))
    (func (export "return") (canon lift (core func $i "return")))
    (func (export "exit") (canon lift (core func $i "exit")))
    (func (export "exit-err") (canon lift (core func $i "exit-err")))
    (func (export "trap") (canon lift (core func $i "trap"))))"#;

fn call(
    dispatcher: &Dispatcher,
    runtime: &Runtime,
    name: &str,
    stdio: Stdio,
) -> Task<Result<Value, String>> {
    let (runtime, name) = (runtime.clone(), name.to_owned());
    let task = dispatcher.spawn(async move {
        let called = runtime
            .call_with(
                &name,
                wippy::CallOptions::new().stdio(stdio),
                Arguments::Json(&[]),
            )
            .await;
        called.map_err(|error| error.to_string())
    });
    task.expect("a task")
}

#[test]
fn what_was_accepted_is_delivered_before_the_call_ends() {
    let ends: [(&str, Result<Value, &str>); 4] = [
        ("return", Ok(Value::Null)),
        ("exit", Ok(Value::Null)),
        ("exit-err", Err("exit status 1")),
        ("trap", Err("unreachable")),
    ];
    for (name, expected) in ends {
        let dispatcher = live();
        let mut project = project();
        project.text(name, HASTY, name, "[wasi:cli, wasi:io]");
        let runtime = project.load(&dispatcher);
        let (printed, stdout) = pipe().expect("a pipe");
        let task = call(
            &dispatcher,
            &runtime,
            name,
            streams(&dispatcher, None, Some(stdout.into()), None),
        );
        turn_until(&dispatcher, || {
            ioctl_fionread(&printed).expect("a pipe") > 60_000
        });
        sleep(&dispatcher, &runtime);
        assert!(!task.is_finished(), "{name} ended with bytes on its hands");
        let bytes = reading(printed);
        let ended = dispatcher
            .block_on(task)
            .expect("no deadlock")
            .expect("not cancelled");
        // Whatever is not in the pipe by now never will be.
        drop((runtime, dispatcher));
        let bytes = bytes.join().expect("a reader");
        assert!(
            bytes == [[b'a'; 65536], [b'b'; 65536]].concat(),
            "{name}: {} bytes",
            bytes.len()
        );
        match (ended, expected) {
            (Ok(value), expected) => assert_eq!(Ok(value), expected, "{name}"),
            (Err(error), expected) => {
                assert!(error.contains(expected.expect_err(name)), "{name}: {error}")
            }
        }
    }
}

/// A permit may be used in parts; what is written with the rest of it must fit into the rest.
#[test]
fn a_permit_that_is_used_in_parts_makes_whole_log_lines() {
    let mut project = Project::new();
    project.text("parts", HASTY, "parts", "[wasi:cli, wasi:io]");
    let ran = wippy(&project, &["call", "parts"]);
    let said: Vec<&str> = ran
        .err
        .lines()
        .filter_map(|line| line.split_once("guest: "))
        .filter_map(|(_, said)| said.split_once(" entry="))
        .map(|(text, _)| text)
        .collect();
    assert_eq!(said, ["one line", "and another", "the rest"], "{}", ran.err);
    let trap = "write of 65508 bytes where check-write permitted 65507";
    assert!(ran.err.contains(trap), "{}", ran.err);
}

/// Nobody reads: the call ends after `limits.delivery_ms`, and what it wrote stays with the stream,
/// which is not the call's.
#[test]
fn output_that_nobody_reads_yet_holds_the_end_of_a_call_up_for_a_bounded_time() {
    let dispatcher = live();
    let mut project = Project::new();
    let source = serde_json::to_string(HASTY).expect("a string");
    let fields: [(&str, &dyn Display); 4] = [
        ("source", &source),
        ("method", &"return"),
        ("imports", &"[wasi:cli, wasi:io]"),
        ("limits", &"{delivery_ms: 20}"),
    ];
    project.entry("return", "function.wat", &fields);
    let runtime = project.load(&dispatcher);
    let (printed, stdout) = pipe().expect("a pipe");
    let stdio = streams(&dispatcher, None, Some(stdout.into()), None);
    let task = call(&dispatcher, &runtime, "return", stdio.clone());
    let ended = dispatcher
        .block_on(task)
        .expect("no deadlock")
        .expect("not cancelled");
    assert_eq!(ended, Ok(Value::Null));
    assert!(!stdio.is_delivered());
    let bytes = reading(printed);
    dispatcher.block_on(stdio.delivered()).expect("no deadlock");
    drop((stdio, runtime, dispatcher));
    let bytes = bytes.join().expect("a reader");
    assert!(bytes == [[b'a'; 65536], [b'b'; 65536]].concat());
}

#[test]
fn output_that_nobody_will_read_does_not_hold_the_end_of_a_call_up() {
    let dispatcher = live();
    let mut project = Project::new();
    project.text("return", HASTY, "return", "[wasi:cli, wasi:io]");
    let runtime = project.load(&dispatcher);
    let (printed, stdout) = pipe().expect("a pipe");
    let task = call(
        &dispatcher,
        &runtime,
        "return",
        streams(&dispatcher, None, Some(stdout.into()), None),
    );
    turn_until(&dispatcher, || {
        ioctl_fionread(&printed).expect("a pipe") > 60_000
    });
    drop(printed);
    let ended = dispatcher
        .block_on(task)
        .expect("no deadlock")
        .expect("not cancelled");
    assert_eq!(ended, Ok(Value::Null));
}
