//! Calls: arguments, results, errors, options.

use wippy_capi::*;

use crate::support::{NO_OPTIONS, World, entry, last_error, made, ok, result, state, text};

const ADD: &str = r#"(module (func (export "add") (param i32 i32) (result i32)
    (i32.add (local.get 0) (local.get 1))))"#;
const SPIN: &str = r#"(module (func (export "spin") (loop $on br $on)))"#;
const FAIL: &str = r#"(module (func $fails (export "fail") unreachable))"#;

fn options() -> wippy_call_options {
    made(NO_OPTIONS, |out| wippy_call_options_new(out)).expect("room")
}

#[test]
fn a_call_gives_json() {
    let world = World::of(ADD);
    let call = world.start(NO_OPTIONS, c"[2, 3]");
    assert_eq!(state(call), wippy_call_state::Running);
    let running = text(|buffer, length| wippy_call_result(call, buffer, length));
    assert_eq!(running, Err(wippy_status::Pending));
    assert_eq!(world.finish(call).as_deref(), Ok("5"));
    assert_eq!(state(call), wippy_call_state::Done);
    assert_eq!(made(0, |out| wippy_call_exit_status(call, out)), Ok(5));
    let metrics = text(|buffer, length| wippy_runtime_metrics(world.runtime, buffer, length));
    let line = r#"wippy_calls_total{entry="app:one",outcome="ok"} 1"#;
    assert!(metrics.expect("metrics").contains(line));
}

#[test]
fn a_buffer_that_is_too_small_says_what_is_needed() {
    let world = World::of(ADD);
    let call = world.start(NO_OPTIONS, c"[40000, 2]");
    assert_eq!(world.finish(call).as_deref(), Ok("40002"));
    let mut small = [b'x'; 5];
    let mut needed = 0;
    let status = made(0, |length| {
        let status = wippy_call_result(call, small.as_mut_slice().into(), None);
        assert_eq!(status, wippy_status::TooSmall);
        assert_eq!(
            wippy_call_result(call, wippy_buffer::NULL, length),
            wippy_status::TooSmall
        );
        wippy_status::Ok
    });
    needed += status.expect("a length");
    assert_eq!((needed, &small), (5, b"xxxxx"));
    let mut fits = [b'x'; 6];
    ok(wippy_call_result(call, fits.as_mut_slice().into(), None));
    assert_eq!(&fits, b"40002\0");
}

#[test]
fn arguments_are_a_json_array() {
    let world = World::of(ADD);
    let starting = |arguments| {
        made(wippy_call::default(), |out| {
            wippy_call_start(world.runtime, c"one".into(), NO_OPTIONS, arguments, out)
        })
    };
    for bad in [c"{}", c"[1", c"", c"[{\"a\": 1, \"a\": 2}]"] {
        assert_eq!(starting(bad.into()), Err(wippy_status::InvalidArgument));
        assert!(last_error().starts_with("arguments"), "{}", last_error());
    }
    let call = starting(Text::NULL).expect("no arguments");
    let (kind, message) = world.finish(call).expect_err("too few");
    assert_eq!(kind, wippy_error_kind::Value);
    assert!(message.contains("expected 2, got 0"), "{message}");
    let absent = made(wippy_call::default(), |out| {
        wippy_call_start(
            world.runtime,
            c"app:two".into(),
            NO_OPTIONS,
            Text::NULL,
            out,
        )
    });
    let (kind, _) = world.finish(absent.expect("a task")).expect_err("absent");
    assert_eq!(kind, wippy_error_kind::Lookup);
}

#[test]
fn a_trap_says_where() {
    let world = World::of(FAIL);
    let call = world.start(NO_OPTIONS, c"[]");
    let (kind, message) = world.finish(call).expect_err("a trap");
    assert_eq!(kind, wippy_error_kind::Trap);
    assert!(
        message.contains("unreachable") && message.contains("fails"),
        "{message}"
    );
    let status = made(0, |out| wippy_call_exit_status(call, out));
    assert_eq!(status, Err(wippy_status::CallFailed));
}

#[test]
fn a_call_ends_at_its_timeout_or_when_it_is_cancelled() {
    let world = World::of(SPIN);
    let short = options();
    ok(wippy_call_options_timeout(short, 5_000_000));
    let late = world.start(short, c"[]");
    let cancelled = world.start(NO_OPTIONS, c"[]");
    let (kind, _) = world.finish(late).expect_err("late");
    assert_eq!(kind, wippy_error_kind::DeadlineExceeded);
    assert_eq!(state(cancelled), wippy_call_state::Running);
    ok(wippy_call_cancel(cancelled));
    let (kind, _) = result(cancelled).expect_err("cancelled");
    assert_eq!(kind, wippy_error_kind::Cancelled);
    // Its guest is gone by the next turn: nothing is left to run.
    ok(wippy_dispatcher_turn(world.dispatcher, 0, None));
    let none = wippy_turn {
        ran: 9,
        runnable: 9,
        next_deadline: 0,
    };
    let turn = made(none, |out| wippy_dispatcher_turn(world.dispatcher, 0, out));
    assert_eq!(turn.expect("a turn").runnable, 0);
}

#[test]
fn a_dispatcher_that_is_destroyed_ends_its_calls() {
    let world = World::of(SPIN);
    let call = world.start(NO_OPTIONS, c"[]");
    ok(wippy_dispatcher_turn(world.dispatcher, 0, None));
    ok(wippy_dispatcher_destroy(world.dispatcher));
    let (kind, _) = result(call).expect_err("ended");
    assert_eq!(kind, wippy_error_kind::Dispatcher);
    let again = made(wippy_call::default(), |out| {
        wippy_call_start(world.runtime, c"one".into(), NO_OPTIONS, Text::NULL, out)
    });
    assert_eq!(again, Err(wippy_status::Closed));
}

#[test]
fn entries_are_checked_when_a_program_is_built() {
    let builder = made(wippy_builder::default(), |out| wippy_builder_new(out)).expect("room");
    entry(builder, c"app:one", ADD, |it| {
        ok(wippy_entry_import(it, c"wasi:teleport".into()));
    });
    let built = made(wippy_program::default(), |out| {
        wippy_builder_build(builder, out)
    });
    assert_eq!(built, Err(wippy_status::InvalidEntry));
    assert!(last_error().starts_with("app:one: "), "{}", last_error());
}

#[test]
fn a_turn_has_a_budget_and_a_clock() {
    let world = World::of(SPIN);
    let _spinning = world.start(NO_OPTIONS, c"[]");
    let before = made(0, |out| wippy_dispatcher_now(world.dispatcher, out)).expect("a clock");
    for _ in 0..10 {
        ok(wippy_dispatcher_turn_within(
            world.dispatcher,
            1,
            1_000_000,
            None,
        ));
    }
    let after = made(0, |out| wippy_dispatcher_now(world.dispatcher, out)).expect("a clock");
    assert!(after > before);
    let fd = made(0, |out| wippy_dispatcher_fd(world.dispatcher, out));
    assert_eq!(fd, Err(wippy_status::Simulated));
    let real = made(wippy_dispatcher::default(), |out| wippy_dispatcher_new(out)).expect("one");
    assert!(made(-1, |out| wippy_dispatcher_fd(real, out)).expect("a descriptor") >= 0);
    let deadline = made(0, |out| wippy_dispatcher_next_deadline(real, out));
    assert_eq!(deadline, Ok(-1));
    ok(wippy_dispatcher_destroy(real));
}
