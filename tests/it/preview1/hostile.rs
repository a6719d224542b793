//! Guests that mean harm: pointers and lengths beyond the memory, and functions called at random.

use serde_json::json;
use wippy::Arguments;

use super::operations::FUNCTIONS;
use crate::support::{Project, simulated};

/// How many calls the test makes; more with `RANDOM_CALLS`.
const CALLS: u64 = 20_000;

/// A module that calls functions at random, with random arguments: small numbers, places in its
/// memory, its end, and anything. It stops at the first call that is a trap. What it exports gives how
/// many calls were made, in memory that its own calls may overwrite: it is only for the loop.
fn module() -> String {
    let mut imports = String::new();
    let mut cases = String::new();
    for (index, (name, ty)) in FUNCTIONS.iter().enumerate() {
        imports.push_str(&format!(
            "(import \"wasi_snapshot_preview1\" \"{name}\" (func ${name} {ty}))\n"
        ));
        // It would be the end of every run.
        if *name == "proc_exit" {
            continue;
        }
        let params = ty
            .split("(param ")
            .nth(1)
            .and_then(|rest| rest.split(')').next());
        let arguments: Vec<&str> = params
            .unwrap_or_default()
            .split(' ')
            .filter(|it| !it.is_empty())
            .map(|ty| match ty {
                "i64" => "(call $wide)",
                _ => "(call $argument)",
            })
            .collect();
        cases.push_str(&format!(
            "(if (i32.eq (local.get $which) (i32.const {index})) (then (drop (call ${name} {})) (return)))\n",
            arguments.join(" ")
        ));
    }
    let count = FUNCTIONS.len();
    format!(
        r#"(module {imports}
        (memory (export "memory") 2)
        (data (i32.const 1024) "file")
        (global $seed (mut i64) (i64.const 1))
        (func $random (result i64)
            (global.set $seed (i64.xor (global.get $seed) (i64.shl (global.get $seed) (i64.const 13))))
            (global.set $seed (i64.xor (global.get $seed) (i64.shr_u (global.get $seed) (i64.const 7))))
            (global.set $seed (i64.xor (global.get $seed) (i64.shl (global.get $seed) (i64.const 17))))
            (global.get $seed))
        (func $argument (result i32) (local $kind i32) (local $bits i32)
            (local.set $kind (i32.and (i32.wrap_i64 (call $random)) (i32.const 1023)))
            (local.set $bits (i32.wrap_i64 (call $random)))
            (if (i32.lt_u (local.get $kind) (i32.const 600))
                (then (return (i32.and (local.get $bits) (i32.const 7)))))
            (if (i32.lt_u (local.get $kind) (i32.const 1000))
                (then (return (i32.add (i32.const 1024) (i32.and (local.get $bits) (i32.const 4095))))))
            (if (i32.lt_u (local.get $kind) (i32.const 1015))
                (then (return (i32.and (local.get $bits) (i32.const 65535)))))
            (if (i32.lt_u (local.get $kind) (i32.const 1020))
                (then (return (i32.sub (i32.const 131072) (i32.and (local.get $bits) (i32.const 31))))))
            (local.get $bits))
        (func $wide (result i64)
            (if (result i64) (i32.and (i32.wrap_i64 (call $random)) (i32.const 3))
                (then (i64.and (call $random) (i64.const 127)))
                (else (call $random))))
        (func $one (param $which i32)
            {cases})
        (func (export "calls") (param $seed i64) (param $count i64) (result i64)
            (local $done i64)
            (global.set $seed (i64.or (local.get $seed) (i64.const 1)))
            (loop $again
                (call $one (i32.wrap_i64 (i64.rem_u (call $random) (i64.const {count}))))
                (local.set $done (i64.add (local.get $done) (i64.const 1)))
                (br_if $again (i64.lt_u (local.get $done) (local.get $count))))
            (local.get $done)))"#
    )
}

/// Every call is an error number or a trap, and nothing else: no panic, no job that fails.
#[test]
fn random_calls_end_in_a_number_or_a_trap() {
    let total = std::env::var("RANDOM_CALLS")
        .ok()
        .and_then(|text| text.parse().ok());
    let total: u64 = total.unwrap_or(CALLS);
    let outer = tempfile::tempdir().expect("a directory");
    std::fs::write(outer.path().join("file"), "0123456789").expect("a file");
    let mut project = Project::new();
    let directory = json!(outer.path());
    project.entry("data", "fs.directory", &[("directory", &directory)]);
    let source = serde_json::to_string(&module()).expect("a string");
    let fields: [(&str, &dyn std::fmt::Display); 4] = [
        ("source", &source),
        ("method", &"calls"),
        ("imports", &"[wasi1]"),
        ("wasi", &"{mounts: [{fs: data, guest: /}]}"),
    ];
    project.entry("f", "function.wat", &fields);
    let (mut made, mut seed, mut traps) = (0, 1u64, 0);
    while made < total {
        // Time ends with a poll that waits for ever: the next seed gets a dispatcher of its own.
        let dispatcher = simulated();
        let runtime = project.load(&dispatcher);
        loop {
            seed += 1;
            let arguments = [
                json!(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 12),
                json!(2000),
            ];
            let called = dispatcher.block_on(runtime.call("f", Arguments::Json(&arguments)));
            let Ok(called) = called else {
                break;
            };
            match called {
                Ok(done) => made += done.as_u64().expect("a number"),
                Err(error) => {
                    let text = error.to_string();
                    let is_known = ["guest's memory", "subscriptions, where", "memory limit"];
                    assert!(is_known.iter().any(|it| text.contains(it)), "{text}");
                    traps += 1;
                    // It took more than that on average: how many is lost with the instance.
                    made += 20;
                }
            }
            if made >= total {
                break;
            }
        }
    }
    assert!(traps > 0, "no call was out of bounds");
}

/// What is beyond the memory is a trap, whatever function gets it, and leaves nothing half done.
#[test]
fn pointers_beyond_the_memory_are_traps() {
    let calls = [
        ("args_sizes_get", "(i32.const 65533) (i32.const 0)"),
        ("args_get", "(i32.const 65535) (i32.const 0)"),
        (
            "clock_time_get",
            "(i32.const 1) (i64.const 0) (i32.const 65529)",
        ),
        (
            "fd_read",
            "(i32.const 0) (i32.const 65532) (i32.const 1) (i32.const 0)",
        ),
        (
            "fd_read",
            "(i32.const 0) (i32.const 0) (i32.const -1) (i32.const 0)",
        ),
        (
            "fd_write",
            "(i32.const 1) (i32.const 8) (i32.const 1) (i32.const 0)",
        ),
        (
            "fd_write",
            "(i32.const 1) (i32.const 0) (i32.const 1) (i32.const 65534)",
        ),
        ("fd_fdstat_get", "(i32.const 1) (i32.const 65520)"),
        ("fd_filestat_get", "(i32.const 1) (i32.const 65500)"),
        (
            "poll_oneoff",
            "(i32.const 65500) (i32.const 0) (i32.const 1) (i32.const 0)",
        ),
        (
            "poll_oneoff",
            "(i32.const 0) (i32.const 65510) (i32.const 1) (i32.const 0)",
        ),
        ("random_get", "(i32.const 65535) (i32.const 2)"),
        ("random_get", "(i32.const -1) (i32.const -1)"),
    ];
    for (name, arguments) in calls {
        let ty = FUNCTIONS
            .iter()
            .find(|it| it.0 == name)
            .expect("a function")
            .1;
        // A buffer of no bytes at 0, and one at 8 that reaches beyond the memory by one.
        let module = format!(
            r#"(module (import "wasi_snapshot_preview1" "{name}" (func $f {ty}))
                (memory (export "memory") 1)
                (data (i32.const 8) "\ff\ff\00\00\02\00\00\00")
                (func (export "f") (drop (call $f {arguments}))))"#
        );
        let mut project = Project::new();
        project.text("f", &module, "f", "[wasi1]");
        let refused = project.call("f", &[]).expect_err(name);
        assert!(
            refused.contains("are not all in the guest's memory of 65536 bytes"),
            "{name}: {refused}"
        );
    }
}
