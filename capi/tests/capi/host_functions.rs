//! Host functions that are callbacks.

use std::cell::{Cell, RefCell};
use std::ffi::{c_char, c_void};
use std::ptr::null_mut;

use wippy_capi::*;

use crate::support::{GAME, NO_OPTIONS, World, entry, made, ok, state};

thread_local! {
    static CALLS: RefCell<Vec<wippy_host_call>> = const { RefCell::new(Vec::new()) };
    static DISPATCHER: Cell<wippy_dispatcher> = const { Cell::new(wippy_dispatcher { id: 0 }) };
    static SEEN: RefCell<Vec<wippy_status>> = const { RefCell::new(Vec::new()) };
}

extern "C" fn at_once(_: *mut c_void, call: wippy_host_call, _: *const c_char, length: usize) {
    assert_eq!(length, "[6]".len());
    ok(wippy_host_call_reply(call, c"4".into()));
}

extern "C" fn later(_: *mut c_void, call: wippy_host_call, _: *const c_char, _: usize) {
    CALLS.with_borrow_mut(|calls| calls.push(call));
}

extern "C" fn fails(_: *mut c_void, call: wippy_host_call, _: *const c_char, _: usize) {
    ok(wippy_host_call_fail(call, c"no dice".into()));
}

extern "C" fn reenters(_: *mut c_void, call: wippy_host_call, _: *const c_char, _: usize) {
    let dispatcher = DISPATCHER.get();
    SEEN.with_borrow_mut(|seen| {
        seen.push(wippy_dispatcher_turn(dispatcher, 0, None));
        seen.push(wippy_dispatcher_turn_within(dispatcher, 1, 0, None));
        seen.push(wippy_dispatcher_destroy(dispatcher));
    });
    ok(wippy_host_call_reply(call, c"1".into()));
}

fn world(callback: wippy_host_callback) -> World {
    World::new(|builder| {
        let (package, version) = (c"acme:game", c"1.0.0");
        ok(wippy_builder_host_function(
            builder,
            package.into(),
            version.into(),
            c"table".into(),
            c"roll".into(),
            callback,
            null_mut(),
        ));
        let other = wippy_builder_host_function(
            builder,
            package.into(),
            c"2.0.0".into(),
            c"table".into(),
            c"other".into(),
            callback,
            null_mut(),
        );
        assert_eq!(other, wippy_status::InvalidArgument);
        entry(builder, c"app:one", GAME, |it| {
            ok(wippy_entry_import(it, package.into()));
        });
    })
}

fn waiting(world: &World) -> (wippy_call, wippy_host_call) {
    let call = world.start(NO_OPTIONS, c"[]");
    for _ in 0..1000 {
        if let Some(waiting) = CALLS.with_borrow_mut(Vec::pop) {
            return (call, waiting);
        }
        ok(wippy_dispatcher_turn(world.dispatcher, 1_000_000, None));
    }
    panic!("the guest does not call");
}

#[test]
fn a_function_answers_at_once() {
    let world = world(Some(at_once));
    let call = world.start(NO_OPTIONS, c"[]");
    assert_eq!(world.finish(call).as_deref(), Ok("4"));
}

#[test]
fn a_function_answers_later_and_once() {
    let world = world(Some(later));
    let (call, waiting) = waiting(&world);
    ok(wippy_dispatcher_turn(world.dispatcher, 1_000_000, None));
    assert_eq!(state(call), wippy_call_state::Running);
    let bad = wippy_host_call_reply(waiting, c"[".into());
    assert_eq!(bad, wippy_status::InvalidArgument);
    ok(wippy_host_call_reply(waiting, c"3".into()));
    for answer in [
        wippy_host_call_reply(waiting, c"4".into()),
        wippy_host_call_fail(waiting, c"no".into()),
    ] {
        assert_eq!(answer, wippy_status::InvalidHandle);
    }
    assert_eq!(world.finish(call).as_deref(), Ok("3"));
}

#[test]
fn a_guest_that_is_gone_is_not_answered() {
    let world = world(Some(later));
    let (call, waiting) = waiting(&world);
    ok(wippy_call_destroy(call));
    ok(wippy_dispatcher_turn(world.dispatcher, 0, None));
    let answer = wippy_host_call_reply(waiting, c"4".into());
    assert_eq!(answer, wippy_status::InvalidHandle);
}

#[test]
fn what_fails_in_a_function_is_a_trap() {
    let world = world(Some(fails));
    let call = world.start(NO_OPTIONS, c"[]");
    let (kind, message) = world.finish(call).expect_err("a trap");
    assert_eq!(kind, wippy_error_kind::Trap);
    assert!(message.contains("no dice"), "{message}");
}

#[test]
fn a_result_that_does_not_fit_is_a_trap() {
    let world = world(Some(later));
    let (call, waiting) = waiting(&world);
    ok(wippy_host_call_reply(waiting, c"\"four\"".into()));
    let (kind, message) = world.finish(call).expect_err("a trap");
    assert_eq!(kind, wippy_error_kind::Trap);
    assert!(message.contains("result"), "{message}");
}

#[test]
fn a_dispatcher_is_neither_turned_nor_destroyed_in_its_turn() {
    let world = world(Some(reenters));
    DISPATCHER.set(world.dispatcher);
    let call = world.start(NO_OPTIONS, c"[]");
    assert_eq!(world.finish(call).as_deref(), Ok("1"));
    SEEN.with_borrow(|seen| assert_eq!(seen[..], [wippy_status::Busy; 3]));
    ok(wippy_dispatcher_destroy(world.dispatcher));
}

#[test]
fn a_function_needs_a_callback() {
    let builder = made(wippy_builder::default(), |out| wippy_builder_new(out)).expect("room");
    let status = wippy_builder_host_function(
        builder,
        c"acme:game".into(),
        c"1.0.0".into(),
        c"table".into(),
        c"roll".into(),
        None,
        null_mut(),
    );
    assert_eq!(status, wippy_status::InvalidArgument);
}
