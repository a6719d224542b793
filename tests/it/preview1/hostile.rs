//! Guests that mean harm: pointers and lengths beyond the memory, buffers that overlap, and functions
//! called at random.

use super::expect;
use super::random_calls::functions::FUNCTIONS;
use super::random_calls::{Outcome, RandomCalls, calls};
use crate::support::{Project, live, simulated};

/// How many calls the test makes; more with `RANDOM_CALLS`.
const CALLS: u64 = 100_000;

/// How many of them an instance makes at most.
const CALLS_AN_INSTANCE: u64 = 2000;

/// Every call is an error number or a trap, and nothing else: no panic, no job that fails.
#[test]
fn random_calls_end_in_a_number_or_a_trap() {
    let total = std::env::var("RANDOM_CALLS")
        .ok()
        .and_then(|text| text.parse().ok());
    let total: u64 = total.unwrap_or(CALLS);
    let guest = RandomCalls::new();
    let (mut made, mut seed, mut traps) = (0, 1u64, 0);
    while made < total {
        // A dispatcher ends with a guest that waits for ever: the next seed gets one of its own.
        let runtime = guest.runtime();
        while made < total {
            seed += 1;
            let random = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 12;
            match calls(&runtime, random, CALLS_AN_INSTANCE) {
                Outcome::Done(calls) => made += calls,
                // It took more than that on average: how many is lost with the instance.
                Outcome::Trapped => {
                    made += 20;
                    traps += 1;
                }
                Outcome::WaitsForEver => break,
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

/// The last place where each result fits, and the first where it does not.
#[test]
fn pointers_at_the_end_of_the_memory_work_to_the_last_byte() {
    for (name, before, size, after) in [
        ("args_sizes_get", "(i32.const 0)", 4, ""),
        ("clock_res_get", "(i32.const 1)", 8, ""),
        ("clock_time_get", "(i32.const 1) (i64.const 0)", 8, ""),
        ("fd_fdstat_get", "(i32.const 1)", 24, ""),
        ("fd_filestat_get", "(i32.const 1)", 64, ""),
        ("fd_prestat_get", "(i32.const 3)", 8, ""),
        ("fd_prestat_dir_name", "(i32.const 3)", 5, "(i32.const 5)"),
        (
            "fd_read",
            "(i32.const 0) (i32.const 0) (i32.const 1)",
            4,
            "",
        ),
        (
            "fd_write",
            "(i32.const 1) (i32.const 0) (i32.const 1)",
            4,
            "",
        ),
        // The description of a buffer.
        (
            "fd_write",
            "(i32.const 1)",
            8,
            "(i32.const 1) (i32.const 0)",
        ),
        ("random_get", "", 9, "(i32.const 9)"),
        (
            "path_filestat_get",
            "(i32.const 3) (i32.const 0) (i32.const 16) (i32.const 1)",
            64,
            "",
        ),
        // A path.
        (
            "path_create_directory",
            "(i32.const 3)",
            300,
            "(i32.const 300)",
        ),
        // A subscription, its events, and how many they are. What is zero is a timer that is due.
        (
            "poll_oneoff",
            "",
            48,
            "(i32.const 1024) (i32.const 1) (i32.const 0)",
        ),
        (
            "poll_oneoff",
            "(i32.const 1024)",
            32,
            "(i32.const 1) (i32.const 0)",
        ),
        (
            "poll_oneoff",
            "(i32.const 1024) (i32.const 2048) (i32.const 1)",
            4,
            "",
        ),
    ] {
        let call = |pointer: i64| {
            let outer = tempfile::tempdir().expect("a directory");
            let mut project = Project::new();
            let module = calling(name, &format!("{before} (i32.const {pointer}) {after}"));
            let source = serde_json::to_string(&module).expect("a string");
            let directory = serde_json::json!(outer.path());
            project.entry("data", "fs.directory", &[("directory", &directory)]);
            let fields: [(&str, &dyn std::fmt::Display); 4] = [
                ("source", &source),
                ("method", &"f"),
                ("imports", &"[wasi1]"),
                ("wasi", &"{mounts: [{fs: data, guest: /data}]}"),
            ];
            project.entry("f", "function.wat", &fields);
            project.call("f", &[])
        };
        assert!(call(65536 - size).is_ok(), "{name} {before}");
        for beyond in [65536 - size + 1, 65536, -1] {
            let refused = call(beyond).expect_err(name);
            assert!(
                refused.contains("guest's memory of 65536 bytes"),
                "{name}: {refused}"
            );
        }
    }
}

/// A module whose function calls this once, with a memory of one page and a buffer of no bytes at 0.
fn calling(name: &str, arguments: &str) -> String {
    let ty = FUNCTIONS
        .iter()
        .find(|it| it.0 == name)
        .expect("a function")
        .1;
    format!(
        r#"(module (import "wasi_snapshot_preview1" "{name}" (func $f {ty}))
            (memory (export "memory") 1)
            (data (i32.const 16) ".")
            (func (export "f") (drop (call $f {arguments}))))"#
    )
}

/// Where what is read and what is written lie over one another, the later one wins, and nothing else is
/// touched.
#[test]
fn structures_that_overlap_are_read_before_they_are_written() {
    let outer = tempfile::tempdir().expect("a directory");
    std::fs::write(outer.path().join("file"), "0123456789").expect("a file");
    std::os::unix::fs::symlink("file", outer.path().join("link")).expect("a link");
    let wasi = "{mounts: [{fs: data, guest: /data}]}";
    for dispatcher in [simulated(), live()] {
        expect(
            &dispatcher,
            &[("wasi", &wasi)],
            Some(outer.path()),
            &[
                // A path, and over it the descriptor.
                ("put 64 file", "ok"),
                ("raw path_open 3 0 @64 4 0 2 2 0 @64", "0"),
                ("u32 64", "4"),
                // A path, and over it the status; a name, and over it where it leads.
                ("put 64 file", "ok"),
                ("raw path_filestat_get 3 0 @64 4 @64", "0"),
                ("u64 96", "10"),
                ("put 64 link", "ok"),
                ("raw path_readlink 3 @64 4 @64 9 @66", "0"),
                ("u32 66", "4"),
                ("text 64 2", "fi"),
                // The description of a buffer, over it its length, and over that how much was read.
                ("put32 64 @64", "ok"),
                ("put32 68 8", "ok"),
                ("raw fd_pread 4 @64 1 0 @68", "0"),
                ("u32 68", "8"),
                ("text 64 4", "0123"),
                // A subscription, its own event, and in that how many there are.
                ("zero", "ok"),
                ("put64 64 77", "ok"),
                ("put32 80 1", "ok"),
                ("raw poll_oneoff @64 @64 1 @72", "0"),
                ("u64 64", "77"),
                ("u32 72", "1"),
                // Two subscriptions: the first event covers the second one, which has been read.
                ("zero", "ok"),
                ("put64 64 1", "ok"),
                ("put32 80 1", "ok"),
                ("put64 112 2", "ok"),
                ("put32 128 1", "ok"),
                ("raw poll_oneoff @64 @96 2 @256", "0"),
                ("u32 256", "2"),
                ("u64 96", "1"),
                ("u64 128", "2"),
                // The pointers to the arguments over their bytes.
                ("raw args_get @64 @64", "0"),
                // How many and how large, at the same place: the size is stored last.
                ("raw fd_prestat_dir_name 3 @64 5", "0"),
                ("text 64 5", "/data"),
                // A length that ends where numbers end.
                ("put32 64 @64", "ok"),
                ("put32 68 0", "ok"),
                ("raw fd_read 4 @64 1 @64", "0"),
                ("u32 64", "0"),
            ],
        );
    }
}

/// A memory that grows between two calls is all used by the second, and what was beyond it is not by
/// the first.
#[test]
fn a_memory_that_grew_is_used_to_its_new_end() {
    let grown = |grows: bool| {
        let grow = match grows {
            true => "(drop (memory.grow (i32.const 2)))",
            false => "",
        };
        let module = format!(
            r#"(module
            (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
            (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll (param i32 i32 i32 i32) (result i32)))
            (memory (export "memory") 1 3)
            ;; A buffer that reaches from the first page into the second, and one in the third.
            (data (i32.const 8) "\00\ff\00\00\00\02\00\00\00\00\02\00\00\00\01\00")
            (data (i32.const 80) "\01")
            (func (export "f") (result i32)
                (if (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 0)) (then unreachable))
                {grow}
                ;; It waits between two uses of the memory.
                (if (call $poll (i32.const 64) (i32.const 256) (i32.const 1) (i32.const 512)) (then unreachable))
                (if (call $write (i32.const 1) (i32.const 8) (i32.const 2) (i32.const 131068)) (then unreachable))
                (i32.load (i32.const 131068))))"#
        );
        let mut project = Project::new();
        project.text("f", &module, "f", "[wasi1]");
        project.call("f", &[])
    };
    assert_eq!(grown(true), Ok(serde_json::json!(0x200 + 0x10000)));
    let refused = grown(false).expect_err("beyond the memory");
    assert!(
        refused.contains("guest's memory of 65536 bytes"),
        "{refused}"
    );
}
