//! `wasi_unstable`: the version before, which numbers and lays some things out differently.

use serde_json::json;

use crate::support::{Project, simulated};

/// Calls `f` of a module over the older version, with a mount that holds `file` of ten bytes.
fn call(imports: &str, body: &str) -> i64 {
    let directory = tempfile::tempdir().expect("a directory");
    std::fs::write(directory.path().join("file"), "0123456789").expect("a file");
    let module = format!(
        r#"(module {imports} (memory (export "memory") 1)
            (data (i32.const 0) "file")
            (func (export "f") (result i32) {body}))"#
    );
    let module = module.replace("PREVIEW1", "wasi_unstable");
    let mut project = Project::new();
    let path = json!(directory.path());
    project.entry("data", "fs.directory", &[("directory", &path)]);
    let source = serde_json::to_string(&module).expect("a string");
    let wasi = "{mounts: [{fs: data, guest: /data}]}";
    let fields: [(&str, &dyn std::fmt::Display); 4] = [
        ("source", &source),
        ("method", &"f"),
        ("imports", &"[wasi1]"),
        ("wasi", &wasi),
    ];
    project.entry("f", "function.wat", &fields);
    let called = project.call("f", &[]).expect("an answer");
    called.as_i64().expect("a number")
}

const OPEN: &str = r#"(import "PREVIEW1" "path_open"
    (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))"#;
const OPENED: &str = "(drop (call $open (i32.const 3) (i32.const 0) (i32.const 0) (i32.const 4)
    (i32.const 0) (i64.const 2) (i64.const 2) (i32.const 0) (i32.const 64)))";

#[test]
fn seeking_counts_from_the_position_the_end_and_the_beginning() {
    let imports = format!(
        r#"{OPEN} (import "PREVIEW1" "fd_seek" (func $seek (param i32 i64 i32 i32) (result i32)))"#
    );
    // 2 is the beginning, 0 the position, 1 the end.
    let body = format!(
        "{OPENED}
        (drop (call $seek (i32.const 4) (i64.const 3) (i32.const 2) (i32.const 72)))
        (drop (call $seek (i32.const 4) (i64.const 2) (i32.const 0) (i32.const 72)))
        (drop (call $seek (i32.const 4) (i64.const -1) (i32.const 1) (i32.const 80)))
        (i32.add (i32.mul (i32.load (i32.const 72)) (i32.const 100)) (i32.load (i32.const 80)))"
    );
    assert_eq!(call(&imports, &body), 509);
}

#[test]
fn a_files_status_is_shorter() {
    let imports = format!(
        r#"{OPEN} (import "PREVIEW1" "fd_filestat_get" (func $stat (param i32 i32) (result i32)))"#
    );
    let body = format!(
        "{OPENED} (drop (call $stat (i32.const 4) (i32.const 128)))
        (i32.add (i32.mul (i32.load (i32.const 148)) (i32.const 100)) (i32.load (i32.const 152)))"
    );
    // One link, ten bytes.
    assert_eq!(call(&imports, &body), 110);
}

#[test]
fn a_subscription_to_a_clock_is_longer() {
    let module = r#"(module
        (import "wasi_unstable" "poll_oneoff" (func $poll (param i32 i32 i32 i32) (result i32)))
        (memory (export "memory") 1)
        (func (export "_start")
            (i64.store (i32.const 0) (i64.const 9))
            (i64.store (i32.const 16) (i64.const 1000000000000))
            (i32.store (i32.const 24) (i32.const 1))
            (i64.store (i32.const 32) (i64.const 25000000))
            (if (call $poll (i32.const 0) (i32.const 128) (i32.const 1) (i32.const 200))
                (then unreachable))
            (if (i64.ne (i64.load (i32.const 128)) (i64.const 9)) (then unreachable))))"#;
    let mut project = Project::new();
    project.text("f", module, "_start", "[wasi1]");
    let dispatcher = simulated();
    let handle = dispatcher.handle();
    let start = handle.now().expect("the time");
    let called = project.call_on(&dispatcher, "f", &[]);
    assert_eq!(called, Ok(json!({"ok": true})));
    let passed = (handle.now().expect("the time") - start).as_millis();
    assert!((25..30).contains(&passed), "{passed}");
}
