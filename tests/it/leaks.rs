//! Guests that never drop what they have opened: nothing of it survives their calls. In a program of
//! its own with few descriptors, so that it would fail where one were left.

use std::fmt::Display;
use std::process::{Command, Stdio};

use crate::support::Project;

/// Opens sixteen files and closes none; says how many it got.
const FILES: &str = r#"(module
    (import "wasi_snapshot_preview1" "path_open" (func $open
        (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
    (memory (export "memory") 1)
    (data (i32.const 0) "file")
    (func (export "leak") (result i32) (local $left i32) (local $opened i32)
        (local.set $left (i32.const 16))
        (loop $again
            (if (i32.eqz (call $open (i32.const 3) (i32.const 0) (i32.const 0) (i32.const 4)
                    (i32.const 0) (i64.const 2) (i64.const 0) (i32.const 0) (i32.const 64)))
                (then (local.set $opened (i32.add (local.get $opened) (i32.const 1)))))
            (br_if $again (local.tee $left (i32.sub (local.get $left) (i32.const 1)))))
        (local.get $opened)))"#;

/// Makes sixteen sockets and drops none; says how many it got.
const SOCKETS: &str = r#"(component
    (import "wasi:sockets/network@0.2.0" (instance $network
        (type $code (enum "unknown" "access-denied" "not-supported" "invalid-argument"
            "out-of-memory" "timeout" "concurrency-conflict" "not-in-progress" "would-block"
            "invalid-state" "new-socket-limit" "address-not-bindable" "address-in-use"
            "remote-unreachable" "connection-refused" "connection-reset" "connection-aborted"
            "datagram-too-large" "name-unresolvable" "temporary-resolver-failure"
            "permanent-resolver-failure"))
        (export "error-code" (type (eq $code)))
        (type $family (enum "ipv4" "ipv6"))
        (export "ip-address-family" (type (eq $family)))))
    (alias export $network "error-code" (type $code))
    (alias export $network "ip-address-family" (type $family))
    (import "wasi:sockets/tcp@0.2.0" (instance $tcp
        (export "tcp-socket" (type (sub resource)))))
    (alias export $tcp "tcp-socket" (type $socket))
    (import "wasi:sockets/tcp-create-socket@0.2.0" (instance $create
        (alias outer 1 $socket (type $outer-socket))
        (export "tcp-socket" (type $made (eq $outer-socket)))
        (alias outer 1 $code (type $outer-code))
        (export "error-code" (type $failed (eq $outer-code)))
        (alias outer 1 $family (type $outer-family))
        (export "ip-address-family" (type $kind (eq $outer-family)))
        (export "create-tcp-socket" (func (param "address-family" $kind)
            (result (result (own $made) (error $failed)))))))
    (core module $memory (memory (export "memory") 1))
    (core instance $memory (instantiate $memory))
    (core func $create (canon lower (func $create "create-tcp-socket")
        (memory (core memory $memory "memory"))))
    (core module $m
        (import "host" "memory" (memory 1))
        (import "host" "create" (func $create (param i32 i32)))
        (func (export "leak") (result i32) (local $left i32) (local $made i32)
            (local.set $left (i32.const 16))
            (loop $again
                (call $create (i32.const 0) (i32.const 0))
                (if (i32.eqz (i32.load8_u (i32.const 0)))
                    (then (local.set $made (i32.add (local.get $made) (i32.const 1)))))
                (br_if $again (local.tee $left (i32.sub (local.get $left) (i32.const 1)))))
            (local.get $made)))
    (core instance $i (instantiate $m (with "host" (instance
        (export "memory" (memory $memory "memory"))
        (export "create" (func $create))))))
    (func (export "leak") (result s32) (canon lift (core func $i "leak"))))"#;

/// Makes two hundred timers and drops none.
const TIMERS: &str = r#"(component
    (import "wasi:io/poll@0.2.0" (instance $poll (export "pollable" (type (sub resource)))))
    (alias export $poll "pollable" (type $pollable))
    (import "wasi:clocks/monotonic-clock@0.2.0" (instance $clock
        (alias outer 1 $pollable (type $outer))
        (export "pollable" (type $made (eq $outer)))
        (export "subscribe-duration" (func (param "when" u64) (result (own $made))))))
    (core func $subscribe (canon lower (func $clock "subscribe-duration")))
    (core module $m
        (import "clock" "subscribe" (func $subscribe (param i64) (result i32)))
        (func (export "leak") (result i32) (local $left i32)
            (local.set $left (i32.const 200))
            (loop $again
                (drop (call $subscribe (i64.const 3600000000000)))
                (br_if $again (local.tee $left (i32.sub (local.get $left) (i32.const 1)))))
            (i32.const 16)))
    (core instance $i (instantiate $m (with "clock" (instance
        (export "subscribe" (func $subscribe))))))
    (func (export "leak") (result s32) (canon lift (core func $i "leak"))))"#;

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
