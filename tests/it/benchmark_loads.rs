//! Benchmarks in virtual time: what is measured of guests whose latency is known.

use std::time::Duration;

use serde_json::{Value, json};
use wippy::benchmark::{Benchmark, BenchmarkError, Measured};
use wippy::{Arguments, CallErrorKind, Entry, Program, Runtime};
use wippy_dispatcher::{Dispatcher, Event};

use crate::support::Project;

const SECOND: Duration = Duration::from_secs(1);
const MILLISECOND: Duration = Duration::from_millis(1);

/// Counts its calls, and fails from the fifth one on.
const COUNTER: &str = r#"(component
    (core module $m
        (global $calls (mut i32) (i32.const 0))
        (func (export "tick") (result i32)
            (global.set $calls (i32.add (global.get $calls) (i32.const 1)))
            (if (i32.ge_s (global.get $calls) (i32.const 5)) (then unreachable))
            (global.get $calls))
        (func (export "refuse") (result i32) (i32.const 1)))
    (core instance $i (instantiate $m))
    (func (export "tick") (result u32) (canon lift (core func $i "tick")))
    (func (export "refuse") (result (result)) (canon lift (core func $i "refuse"))))"#;

fn project() -> Project {
    let mut project = Project::new();
    let imports = "[wasi:clocks, wasi:io]";
    project.function("nap", "sleeper", "sleeper#sleep-series", imports, &[]);
    project.text("tick", COUNTER, "tick", "[]");
    project.text("refuse", COUNTER, "refuse", "[]");
    project
}

/// A guest that sleeps for so many microseconds.
fn nap(micros: u64) -> Benchmark {
    let arguments: [Value; 1] = [json!([micros])];
    Benchmark::new("nap").arguments(Arguments::Json(&arguments))
}

fn try_measure(benchmark: &Benchmark) -> Result<Measured, BenchmarkError> {
    let dispatcher = Dispatcher::simulated(3).expect("a dispatcher");
    let runtime = project().load(&dispatcher);
    let measured = dispatcher.block_on(benchmark.measure(&runtime));
    measured.expect("a running dispatcher")
}

fn measure(benchmark: &Benchmark) -> Measured {
    try_measure(benchmark).expect("a measurement")
}

/// The throughput.
fn per_second(measured: &Measured) -> f64 {
    measured.throughput().expect("time").value
}

/// The least, the median and the greatest latency.
fn latencies(measured: &Measured) -> [Duration; 3] {
    let all = measured.latencies();
    let p50 = all.quantile(0.5);
    [all.min(), p50, all.max()].map(|it| it.expect("calls"))
}

#[test]
fn a_closed_loop_has_the_guests_own_latency() {
    let measured = measure(&nap(1_000).duration(SECOND).warm_up(SECOND / 10));
    assert_eq!(measured.calls(), 1_000);
    assert_eq!(latencies(&measured), [MILLISECOND; 3]);
    assert_eq!(per_second(&measured), 1_000.0);
    assert_eq!(measured.rounds.len(), 20);
    assert_eq!(
        (measured.late, measured.given_up, measured.not_begun),
        (0, 0, 0)
    );
    assert!(measured.settings.is_simulated);
    // Nothing of the machine is in it.
    assert_eq!((measured.peak_memory, measured.other_load), (None, None));
    assert!(measured.processor_time().is_none());
    assert_eq!(measured.warnings(), [""; 0]);
}

#[test]
fn so_many_calls_at_once_are_so_many_times_the_throughput() {
    let measured = measure(
        &nap(1_000)
            .duration(SECOND / 5)
            .warm_up(SECOND / 10)
            .concurrency(8),
    );
    let throughput = per_second(&measured);
    assert!((throughput / 8_000.0 - 1.0).abs() < 0.01, "{throughput}");
    assert_eq!(latencies(&measured)[0], MILLISECOND);
}

#[test]
fn a_number_of_calls_is_a_number_of_calls() {
    let measured = measure(&nap(1_000).calls(77).warm_up(Duration::ZERO));
    assert_eq!(
        (measured.calls(), measured.duration()),
        (77, 77 * MILLISECOND)
    );
}

#[test]
fn a_rate_that_the_guest_holds_is_its_throughput() {
    let measured = measure(&nap(1_000).rate(500.0).duration(SECOND).warm_up(SECOND / 10));
    assert_eq!(per_second(&measured), 500.0);
    assert_eq!(latencies(&measured), [MILLISECOND; 3]);
    assert_eq!(
        (measured.late, measured.given_up, measured.not_begun),
        (0, 0, 0)
    );
    assert_eq!(measured.warnings(), [""; 0]);
}

#[test]
fn a_rate_that_the_guest_cannot_hold_makes_latencies_grow_from_when_calls_were_due() {
    let benchmark = nap(1_000)
        .rate(2_000.0)
        .warm_up(Duration::ZERO)
        .duration(SECOND / 10);
    let measured = measure(&benchmark);
    // Call k is due at k/2 ms and ends at k + 1 ms: its latency is 1 + k/2 ms, and not 1 ms.
    assert_eq!(measured.calls(), 100);
    assert_eq!(per_second(&measured), 1_000.0);
    let [min, p50, max] = latencies(&measured);
    assert_eq!((min, max), (MILLISECOND, 50_500 * MILLISECOND / 1_000));
    assert!((p50.as_secs_f64() / 0.0255 - 1.0).abs() < 0.001, "{p50:?}");
    let medians = measured
        .rounds
        .iter()
        .map(|round| round.latencies.quantile(0.5));
    assert!(medians.is_sorted_by(|one, next| one < next));
    // All but the first begin late; of 200 that are due within the time 100 are not begun.
    assert_eq!(
        (measured.late, measured.given_up, measured.not_begun),
        (99, 0, 100)
    );
    let warnings = measured.warnings();
    assert!(
        warnings[0].starts_with("the rate of 2000 calls/s was not held"),
        "{warnings:?}"
    );
}

#[test]
fn more_lanes_hold_a_rate_that_one_cannot() {
    let benchmark = nap(1_000).rate(2_000.0).concurrency(3).duration(SECOND / 5);
    let measured = measure(&benchmark.warm_up(SECOND / 10));
    assert_eq!(per_second(&measured), 2_000.0);
    assert_eq!((measured.given_up, measured.late), (0, 0));
    assert!(measured.warnings().is_empty());
}

#[test]
fn calls_that_wait_to_begin_are_bounded() {
    // 20,000 calls fall due during each call, of which 10,000 are kept: the first time one of them was begun
    // already, later one of those that were kept.
    let measured = measure(&nap(10_000).rate(2e6).calls(5).warm_up(Duration::ZERO));
    assert_eq!((measured.calls(), measured.not_begun), (5, 29_999));
    assert_eq!(measured.given_up, 9_999 + 3 * 19_999);
}

#[test]
fn the_same_seed_has_the_same_report() {
    let benchmark = nap(300).duration(SECOND / 10).concurrency(3);
    assert_eq!(
        measure(&benchmark).to_json(None),
        measure(&benchmark).to_json(None)
    );
}

#[test]
fn a_live_instance_keeps_its_state_and_is_made_anew_when_it_is_dead() {
    let fresh = measure(&Benchmark::new("tick").calls(20).warm_up(Duration::ZERO));
    assert_eq!((fresh.calls(), fresh.failures.count()), (20, 0));
    let live = measure(
        &Benchmark::new("tick")
            .live()
            .calls(20)
            .warm_up(Duration::ZERO),
    );
    assert_eq!(
        live.failures.by_name.iter().collect::<Vec<_>>(),
        [(&"Trap".to_owned(), &4)]
    );
    assert_eq!(live.calls(), 16);
    let first = live.failures.first.expect("a text");
    assert!(
        first.starts_with("test:tick: ") && first.contains("unreachable"),
        "{first}"
    );
}

#[test]
fn a_first_call_that_fails_is_the_end() {
    let error = try_measure(&Benchmark::new("refuse")).expect_err("an err");
    assert_eq!(
        error.to_string(),
        "the first call of test:refuse failed: the result is an err"
    );
    let live = try_measure(&Benchmark::new("refuse").live()).expect_err("an err");
    assert!(matches!(live, BenchmarkError::FirstResult { .. }), "{live}");
    let error = try_measure(&Benchmark::new("nap")).expect_err("an argument is missing");
    let BenchmarkError::FirstCall(error) = error else {
        panic!("{error}");
    };
    assert!(matches!(error.kind, CallErrorKind::Count { .. }), "{error}");
}

#[test]
fn settings_out_of_their_bounds_are_refused() {
    for (benchmark, name) in [
        (nap(1).concurrency(0), "concurrency"),
        (nap(1).concurrency(65_537), "concurrency"),
        (nap(1).rate(0.0), "rate"),
        (nap(1).rate(-1.0), "rate"),
        (nap(1).rate(f64::NAN), "rate"),
        (nap(1).rate(1e9), "rate"),
        (nap(1).duration(Duration::ZERO), "duration"),
        (nap(1).duration(Duration::MAX), "duration"),
        (nap(1).calls(0), "calls"),
        (nap(1).warm_up(Duration::MAX), "warm-up"),
    ] {
        let error = try_measure(&benchmark).expect_err(name).to_string();
        assert!(error.starts_with(&format!("{name}: expected ")), "{error}");
    }
}

#[test]
fn calls_longer_than_the_measurement_are_waited_for_as_long_again() {
    let short = nap(1_500_000).duration(SECOND).warm_up(Duration::ZERO);
    let measured = measure(&short);
    assert_eq!((measured.calls(), measured.duration()), (1, 3 * SECOND / 2));
    let error = try_measure(&nap(3_000_000).duration(SECOND).warm_up(Duration::ZERO));
    assert!(
        matches!(error, Err(BenchmarkError::NothingEnded)),
        "{error:?}"
    );
}

#[test]
fn a_measurement_can_be_stopped() {
    let dispatcher = Dispatcher::simulated(3).expect("a dispatcher");
    let runtime = project().load(&dispatcher);
    let handle = dispatcher.handle();
    let stop = Event::new(&handle).expect("an event");
    let benchmark = nap(1_000).warm_up(Duration::ZERO).stop(stop.clone());
    let stopping = dispatcher.spawn(async move {
        handle
            .sleep(Duration::from_micros(100_500))
            .await
            .expect("a sleep");
        stop.set();
    });
    let measured = dispatcher.block_on(benchmark.measure(&runtime));
    let measured = measured
        .expect("a running dispatcher")
        .expect("a measurement");
    drop(stopping);
    // One call was made before, and one goes on.
    assert_eq!((measured.calls(), measured.unfinished), (99, 1));
    // A task that is dropped ends in the next turn.
    dispatcher.turn(Some(Duration::ZERO)).expect("a turn");
    assert_eq!(runtime.calls().len(), 0, "nothing goes on");
}

/// Prints, and ends with the status that its first word says.
fn process() -> Program {
    let text = r#"(module
      (import "wasi_snapshot_preview1" "fd_write"
        (func $write (param i32 i32 i32 i32) (result i32)))
      (import "wasi_snapshot_preview1" "args_sizes_get" (func $sizes (param i32 i32) (result i32)))
      (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
      (memory (export "memory") 1)
      (data (i32.const 0) "\08\00\00\00\06\00\00\00hello\n")
      (func (export "_start")
        (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 16)))
        (drop (call $sizes (i32.const 32) (i32.const 36)))
        (call $exit (i32.sub (i32.load (i32.const 32)) (i32.const 1)))))"#;
    let entry = Entry::process("file:hello").bytes(text).import("wasi1");
    Program::builder().entry(entry).build().expect("a program")
}

#[test]
fn a_process_is_run_and_its_status_counts() {
    let dispatcher = Dispatcher::simulated(3).expect("a dispatcher");
    let runtime = Runtime::on(dispatcher.handle(), process()).expect("a runtime");
    let measure = |benchmark: &Benchmark| {
        let measured = dispatcher.block_on(benchmark.measure(&runtime));
        measured.expect("a running dispatcher")
    };
    let hello = Benchmark::new("hello").calls(10).warm_up(Duration::ZERO);
    assert_eq!(measure(&hello).expect("runs").calls(), 10);
    assert_eq!(
        measure(&hello.clone().words(&[])).expect("runs").calls(),
        10
    );
    // A word makes it end with status 1.
    let failing = hello.clone().words(&["word".to_owned()]);
    let error = measure(&failing).expect_err("a status").to_string();
    assert_eq!(
        error,
        "the first call of file:hello failed: it ended with status 1"
    );
    let error = measure(&hello.clone().live())
        .expect_err("no instance")
        .to_string();
    assert!(
        error.starts_with("file:hello: it is run as a process"),
        "{error}"
    );
    let values = hello.arguments(Arguments::Wave("1"));
    let error = measure(&values).expect_err("no values").to_string();
    assert!(error.contains("give its arguments as words"), "{error}");
}

#[test]
fn a_function_takes_no_words() {
    let error = try_measure(&Benchmark::new("tick").words(&[])).expect_err("words");
    assert!(matches!(error, BenchmarkError::Unfit { .. }), "{error}");
}
