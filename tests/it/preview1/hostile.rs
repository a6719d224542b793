//! Guests that mean harm: pointers and lengths beyond the memory, buffers that overlap, and functions
//! called at random.

use super::expect;
use super::random_calls::functions::FUNCTIONS;
use super::random_calls::{Outcome, RandomCalls, calls};
use crate::support::{Project, live, simulated};

/// How many calls the test makes; more with `RANDOM_CALLS`.
const CALLS: u64 = 20_000;

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
