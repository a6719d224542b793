//! Random functions in random orders, with handles that live, were destroyed, never were, or belong to other threads.

mod random;
mod step;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::thread;

use wippy_capi::wippy_status;

use random::Random;
use step::{Run, step};

/// How many functions are called: `WIPPY_FUZZ_CALLS` says otherwise.
const CALLS: u64 = 100_000;

/// Threads that call at the same time, and know of each other's handles.
const THREADS: u64 = 4;

thread_local! {
    /// What callbacks go on with.
    static RUN: RefCell<Option<Run>> = const { RefCell::new(None) };
}

fn number(name: &str, default: u64) -> u64 {
    let value = std::env::var(name).ok();
    value.map_or(default, |value| value.parse().expect("a number"))
}

#[test]
fn no_order_of_calls_does_harm() {
    let calls = number("WIPPY_FUZZ_CALLS", CALLS);
    let seed = number("WIPPY_FUZZ_SEED", 1);
    let shared = Arc::new(Mutex::new(Vec::new()));
    let threads: Vec<_> = (0..THREADS)
        .map(|thread| {
            let shared = shared.clone();
            thread::spawn(move || {
                let mut run = Run::new(Random::new(seed * THREADS + thread), shared);
                for _ in 0..calls / THREADS {
                    run = step(run);
                }
                // What is left goes with the thread.
                run.seen
            })
        })
        .collect();
    let mut seen = BTreeMap::new();
    for thread in threads {
        for (status, count) in thread.join().expect("a thread that ends") {
            *seen.entry(status).or_insert(0) += count;
        }
    }
    println!("{seen:?}");
    let total: u64 = seen.values().sum();
    assert!(total >= calls, "{total}");
    assert!(!seen.contains_key("Panic"), "{seen:?}");
    // It reaches what it is for.
    for status in [
        wippy_status::Ok,
        wippy_status::InvalidArgument,
        wippy_status::InvalidHandle,
        wippy_status::WrongThread,
        wippy_status::Busy,
        wippy_status::Pending,
        wippy_status::CallFailed,
        wippy_status::Closed,
        wippy_status::TooSmall,
    ] {
        assert!(
            seen.contains_key(step::name(status)),
            "{status:?}: {seen:?}"
        );
    }
}

#[test]
fn every_function_is_among_them() {
    let header = include_str!("../../include/wippy.h");
    let steps = include_str!("order/step.rs");
    let mut functions = 0;
    for line in header.lines().filter(|line| !line.starts_with("//")) {
        let Some((before, _)) = line.split_once('(') else {
            continue;
        };
        let name = before.rsplit([' ', '*']).next().unwrap_or_default();
        if name.starts_with("wippy_") {
            functions += 1;
            assert!(
                steps.contains(&format!("{name}(")),
                "{name} is never called"
            );
        }
    }
    assert!(functions > 40, "{functions}");
}

/// Nothing unwinds out of what is exported.
#[test]
fn every_function_is_guarded() {
    let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/src/api");
    let mut functions = 0;
    for file in std::fs::read_dir(directory).expect("sources") {
        let text = std::fs::read_to_string(file.expect("a file").path()).expect("UTF-8");
        for exported in text.split("#[unsafe(no_mangle)]").skip(1) {
            functions += 1;
            let body = exported.split("\n}\n").next().unwrap_or_default();
            let is_guarded = body.contains("guarded(") || body.contains("change(");
            // It gives the address of a constant.
            let is_constant = body.contains("fn wippy_version()");
            assert!(is_guarded || is_constant, "{body}");
        }
    }
    assert!(functions > 60, "{functions}");
}
