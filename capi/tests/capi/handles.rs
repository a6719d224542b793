//! Handles that cannot be used, and arguments that cannot.

use std::thread;

use wippy_capi::*;

use crate::support::{NO_OPTIONS, World, last_error, made, ok};

const ONE: &str = r#"(module (func (export "one") (result i32) i32.const 1))"#;

#[test]
fn what_was_destroyed_stays_destroyed() {
    let world = World::of(ONE);
    let call = world.start(NO_OPTIONS, c"[]");
    ok(wippy_call_destroy(call));
    assert_eq!(wippy_call_destroy(call), wippy_status::InvalidHandle);
    assert_eq!(wippy_call_cancel(call), wippy_status::InvalidHandle);
    // Its number is not given again.
    let next = world.start(NO_OPTIONS, c"[]");
    assert_ne!(call, next);
    assert_eq!(wippy_call_destroy(call), wippy_status::InvalidHandle);
    assert_eq!(world.finish(next).as_deref(), Ok("1"));
}

#[test]
fn a_handle_of_another_kind_is_refused() {
    let world = World::of(ONE);
    let call = wippy_call {
        id: world.runtime.id,
    };
    assert_eq!(wippy_call_destroy(call), wippy_status::InvalidHandle);
    assert!(last_error().contains("another kind"), "{}", last_error());
    for id in [0, 1, u64::MAX] {
        let call = wippy_call { id };
        assert_eq!(wippy_call_cancel(call), wippy_status::InvalidHandle, "{id}");
    }
    let call = world.start(NO_OPTIONS, c"[]");
    assert_eq!(world.finish(call).as_deref(), Ok("1"));
}

#[test]
fn an_object_belongs_to_its_thread() {
    let world = World::of(ONE);
    let (dispatcher, runtime) = (world.dispatcher, world.runtime);
    let there = move || {
        let status = wippy_dispatcher_turn(dispatcher, 0, None);
        assert_eq!(status, wippy_status::WrongThread);
        assert!(last_error().contains("another thread"), "{}", last_error());
        assert_eq!(wippy_runtime_destroy(runtime), wippy_status::WrongThread);
        // Its own are left to the end of the thread.
        let own = World::of(ONE);
        let _call = own.start(NO_OPTIONS, c"[]");
        ok(wippy_dispatcher_turn(own.dispatcher, 0, None));
        own.dispatcher
    };
    let theirs = thread::spawn(there).join().expect("a thread");
    let status = wippy_dispatcher_destroy(theirs);
    assert_eq!(status, wippy_status::WrongThread);
    let call = world.start(NO_OPTIONS, c"[]");
    assert_eq!(world.finish(call).as_deref(), Ok("1"));
}

#[test]
fn null_and_text_that_is_not_utf_8_are_refused() {
    let invalid = wippy_status::InvalidArgument;
    assert_eq!(wippy_dispatcher_new(None), invalid);
    assert_eq!(wippy_entry_function(c"app:one".into(), None), invalid);
    let entry = |id: Text<'_>| made(wippy_entry::default(), |out| wippy_entry_function(id, out));
    assert_eq!(entry(Text::NULL), Err(invalid));
    assert!(last_error().contains("id is NULL"), "{}", last_error());
    assert_eq!(entry(c"app:\xff".into()), Err(invalid));
    assert!(last_error().contains("id is not UTF-8"), "{}", last_error());
    let entry = entry(c"app:one".into()).expect("room");
    ok(wippy_entry_bytes(entry, wippy_bytes::NULL));
    assert_eq!(wippy_entry_env(entry, c"A".into(), Text::NULL), invalid);
    assert_eq!(wippy_entry_pool(entry, 9, 1), invalid);
    ok(wippy_entry_destroy(entry));
}

#[test]
fn all_that_was_made_can_be_destroyed() {
    let before = wippy_object_count();
    let world = World::of(ONE);
    let call = world.start(NO_OPTIONS, c"[]");
    assert_eq!(wippy_object_count(), before + 3);
    // In any order.
    ok(wippy_runtime_destroy(world.runtime));
    ok(wippy_dispatcher_destroy(world.dispatcher));
    ok(wippy_call_destroy(call));
    assert_eq!(wippy_object_count(), before);
}
