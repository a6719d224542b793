//! `poll_oneoff`: clocks, streams, and many of both, in simulated time.

use std::time::Duration;

use serde_json::json;
use wippy::stdio::{InputSource, Sink, Stdio, pipe};
use wippy::{Arguments, CallOptions};

use super::answers;
use crate::support::{Project, live, simulated};

/// Commands that write a subscription to a clock at `at` of the scratch memory.
fn clock(at: usize, userdata: u64, id: u32, timeout: u64, flags: u16) -> Vec<String> {
    vec![
        format!("put64 {at} {userdata}"),
        format!("put64 {} 0", at + 8),
        format!("put32 {} {id}", at + 16),
        format!("put64 {} {timeout}", at + 24),
        format!("put64 {} {flags}", at + 40),
    ]
}

/// The same to a descriptor.
fn descriptor(at: usize, userdata: u64, kind: u8, fd: u32) -> Vec<String> {
    vec![
        format!("put64 {at} {userdata}"),
        format!("put64 {} {kind}", at + 8),
        format!("put32 {} {fd}", at + 16),
    ]
}

/// Runs them in simulated time: the answers, and how much time passed.
fn run(lines: &[String]) -> (Vec<String>, Duration) {
    let dispatcher = simulated();
    let handle = dispatcher.handle();
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    let start = handle.now().expect("the time");
    let answers = answers(&dispatcher, &[], None, &lines);
    let passed = handle.now().expect("the time") - start;
    (answers, passed)
}

const MS: u64 = 1_000_000;

#[test]
fn a_relative_time_passes() {
    for id in [0, 1] {
        let mut lines = clock(0, 77, id, 20 * MS, 0);
        lines.push("raw poll_oneoff @0 @4096 1 @8192".to_owned());
        for look in [
            "u32 8192", "u64 4096", "u16 4104", "u8 4106", "u64 4112", "u16 4120",
        ] {
            lines.push(look.to_owned());
        }
        let (answers, passed) = run(&lines);
        assert_eq!(answers[5..], ["0", "1", "77", "0", "0", "0", "0"]);
        assert!((20..24).contains(&passed.as_millis()), "{passed:?}");
    }
}

#[test]
fn an_absolute_time_comes() {
    // The simulation begins a second after its clock; a time that is past is there at once.
    let mut lines = clock(0, 1, 1, 1030 * MS, 1);
    lines.push("raw poll_oneoff @0 @4096 1 @8192".to_owned());
    lines.extend(clock(0, 2, 1, 1, 1));
    lines.push("raw poll_oneoff @0 @4096 1 @8192".to_owned());
    lines.extend(clock(0, 3, 0, 1, 1));
    lines.push("raw poll_oneoff @0 @4096 1 @8192".to_owned());
    lines.push("u64 4096".to_owned());
    let (answers, passed) = run(&lines);
    assert_eq!(answers.last().map(String::as_str), Some("3"));
    assert!((30..34).contains(&passed.as_millis()), "{passed:?}");
}

#[test]
fn a_time_of_the_wall_clock_comes() {
    let dispatcher = simulated();
    let handle = dispatcher.handle();
    let wall = handle.wall_time().expect("a clock");
    let soon = wall.seconds * 1_000_000_000 + u64::from(wall.nanoseconds) + 40 * MS;
    let mut lines = clock(0, 1, 0, soon, 1);
    lines.push("raw poll_oneoff @0 @4096 1 @8192".to_owned());
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    let start = handle.now().expect("the time");
    let answers = answers(&dispatcher, &[], None, &lines);
    let passed = handle.now().expect("the time") - start;
    assert_eq!(answers.last().map(String::as_str), Some("0"));
    assert!((39..44).contains(&passed.as_millis()), "{passed:?}");
}

/// The first of five thousand timers ends the poll, and is the only event.
#[test]
fn thousands_of_timers_are_polled() {
    let mut lines = Vec::new();
    for index in 0..5000 {
        lines.extend(clock(
            index * 48,
            index as u64,
            1,
            50 * MS - index as u64 * 1000,
            0,
        ));
    }
    lines.push("raw poll_oneoff @0 @300000 5000 @500000".to_owned());
    lines.push("u32 500000".to_owned());
    lines.push("u64 300000".to_owned());
    let (answers, passed) = run(&lines);
    assert_eq!(answers[25_000..], ["0", "1", "4999"]);
    // What it computes costs simulated time as well.
    assert!((45..1000).contains(&passed.as_millis()), "{passed:?}");
}

#[test]
fn streams_and_timers_are_polled_together() {
    // An empty input has ended, which is an event; an output always has room here.
    let mut lines = clock(0, 1, 1, 1000 * MS, 0);
    lines.extend(descriptor(48, 2, 1, 0));
    lines.extend(descriptor(96, 3, 2, 1));
    lines.push("raw poll_oneoff @0 @4096 3 @8192".to_owned());
    for look in ["u32 8192", "u64 4096", "u8 4106", "u64 4128", "u8 4138"] {
        lines.push(look.to_owned());
    }
    let (answers, passed) = run(&lines);
    assert_eq!(answers[11..], ["0", "2", "2", "1", "3", "2"]);
    assert!(passed.as_millis() < 1000, "{passed:?}");
}

/// A file is always ready, with what is left of it; at its end it has hung up.
#[test]
fn files_are_always_ready() {
    let outer = tempfile::tempdir().expect("a directory");
    std::fs::write(outer.path().join("file"), "0123456789").expect("a file");
    let wasi = "{mounts: [{fs: data, guest: /data}]}";
    let mut lines = vec![
        "open f /data file rw".to_owned(),
        "raw fd_seek #f 4 0 @9000".to_owned(),
    ];
    lines.extend(descriptor(0, 5, 1, 4));
    lines.extend(descriptor(48, 6, 2, 4));
    lines.push("raw poll_oneoff @0 @4096 2 @8192".to_owned());
    for look in ["u32 8192", "u64 4112", "u16 4120", "u64 4144"] {
        lines.push(look.to_owned());
    }
    lines.push("raw fd_seek #f 0 2 @9000".to_owned());
    lines.push("raw poll_oneoff @0 @4096 2 @8192".to_owned());
    lines.push("u16 4120".to_owned());
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    let answers = answers(&live(), &[("wasi", &wasi)], Some(outer.path()), &lines);
    assert_eq!(answers[8..13], ["0", "2", "6", "0", "1"]);
    assert_eq!(answers[14..], ["0", "1"]);
}

/// A guest that waits for its input wakes when that comes, and before its timer.
#[test]
fn input_ends_a_wait() {
    let mut lines: Vec<String> = vec!["mounts".to_owned()];
    lines.extend(clock(0, 1, 1, 1000 * MS, 0));
    lines.extend(descriptor(48, 2, 1, 0));
    lines.push("raw poll_oneoff @0 @4096 2 @8192".to_owned());
    lines.push("u64 4096".to_owned());
    for line in [
        "put32 512 @1024",
        "put32 516 100",
        "raw fd_read 0 @512 1 @64",
        "text 1024 5",
    ] {
        lines.push(line.to_owned());
    }
    // Nothing more is there yet: with `nonblock` a read does not wait for it.
    lines.push("raw fd_fdstat_set_flags 0 4".to_owned());
    lines.push("raw fd_read 0 @512 1 @64".to_owned());
    let lines: Vec<String> = lines.iter().map(|line| line.replace(' ', "\t")).collect();
    let mut project = Project::new();
    crate::files::preview1::script(&mut project, &[]);
    let dispatcher = simulated();
    let handle = dispatcher.handle();
    let runtime = project.load(&dispatcher);
    let (reader, writer) = pipe(&handle, 100).expect("a pipe");
    let (_printed, output) = pipe(&handle, 100).expect("a pipe");
    let stdio = Stdio::new(
        InputSource::Pipe(reader),
        Sink::Pipe(output.clone()),
        Sink::Pipe(output),
    );
    let arguments = [json!(lines)];
    let start = handle.now().expect("the time");
    let called = dispatcher.block_on(async {
        let sleeping = handle.sleep(Duration::from_millis(30));
        let typing = dispatcher
            .spawn(async move {
                sleeping.await.expect("time passes");
                writer.write(b"typed").expect("a reader");
                writer
            })
            .expect("room");
        let called = runtime.call_with(
            "script",
            CallOptions::new().stdio(stdio),
            Arguments::Json(&arguments),
        );
        let called = called.await.map_err(|error| error.to_string());
        drop(typing.await);
        called
    });
    let answers = called.expect("no deadlock").expect("answers");
    let answers: Vec<&str> = answers.as_array().expect("a list")[9..]
        .iter()
        .map(|answer| answer.as_str().expect("a text"))
        .collect();
    assert_eq!(answers, ["0", "2", "ok", "ok", "0", "typed", "0", "6"]);
    let passed = (handle.now().expect("the time") - start).as_millis();
    assert!((30..34).contains(&passed), "{passed}");
}

/// A deadline ends a guest that waits and one that only calls functions.
#[test]
fn a_deadline_ends_what_waits_and_what_spins() {
    let waits =
        r#"(drop (call $poll (i32.const 0) (i32.const 100) (i32.const 1) (i32.const 200)))"#;
    let spins =
        r#"(loop $again (drop (call $now (i32.const 1) (i64.const 0) (i32.const 0))) (br $again))"#;
    for body in [waits, spins] {
        let module = format!(
            r#"(module
                (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll (param i32 i32 i32 i32) (result i32)))
                (import "wasi_snapshot_preview1" "clock_time_get" (func $now (param i32 i64 i32) (result i32)))
                (memory (export "memory") 1)
                (data (i32.const 16) "\01")
                (data (i32.const 24) "\ff\ff\ff\ff\ff\00\00\00")
                (func (export "_start") {body}))"#
        );
        let source = serde_json::to_string(&module).expect("a string");
        let fields: [(&str, &dyn std::fmt::Display); 4] = [
            ("source", &source),
            ("method", &"_start"),
            ("imports", &"[wasi1]"),
            ("limits", &"{max_execution_ms: 50}"),
        ];
        let mut project = Project::new();
        project.entry("f", "function.wat", &fields);
        let dispatcher = simulated();
        let handle = dispatcher.handle();
        let start = handle.now().expect("the time");
        let ended = project.call_on(&dispatcher, "f", &[]);
        assert_eq!(ended, Err("test:f: context deadline exceeded".to_owned()));
        let passed = (handle.now().expect("the time") - start).as_millis();
        assert!((50..60).contains(&passed), "{passed}");
    }
}
