//! Instances that are kept.

use wippy_capi::*;

use crate::support::{NO_OPTIONS, World, made, ok};

const COUNTER: &str = r#"(module (global $count (mut i32) (i32.const 0))
    (func (export "add") (param i32) (result i32)
        (global.set $count (i32.add (global.get $count) (local.get 0)))
        (global.get $count))
    (func (export "compute") (local $left i32)
        (local.set $left (i32.const 3000000))
        (loop $on
            (local.set $left (i32.sub (local.get $left) (i32.const 1)))
            (br_if $on (local.get $left))))
    (func (export "fail") unreachable))"#;

fn counter() -> (World, wippy_instance) {
    let world = World::new(|builder| {
        crate::support::entry(builder, c"app:one", COUNTER, |it| {
            ok(wippy_entry_method(it, c"add".into()));
        });
    });
    let instance = made(wippy_instance::default(), |out| {
        wippy_instance_new(world.runtime, c"one".into(), NO_OPTIONS, out)
    });
    (world, instance.expect("room"))
}

fn call(instance: wippy_instance, function: &std::ffi::CStr, arguments: Text<'_>) -> wippy_call {
    let call = made(wippy_call::default(), |out| {
        wippy_instance_call(instance, function.into(), arguments, out)
    });
    call.expect("room")
}

#[test]
fn an_instance_keeps_its_state_until_it_is_reset() {
    let (world, instance) = counter();
    let add = || world.finish(call(instance, c"add", c"[2]".into()));
    assert_eq!(add().as_deref(), Ok("2"));
    assert_eq!(add().as_deref(), Ok("4"));
    let (kind, _) = world
        .finish(call(instance, c"fail", Text::NULL))
        .expect_err("a trap");
    assert_eq!(kind, wippy_error_kind::Trap);
    let (kind, _) = add().expect_err("dead");
    assert_eq!(kind, wippy_error_kind::Instance);
    let reset = made(wippy_call::default(), |out| {
        wippy_instance_reset(instance, out)
    });
    assert_eq!(world.finish(reset.expect("room")).as_deref(), Ok("null"));
    assert_eq!(add().as_deref(), Ok("2"));
    ok(wippy_instance_destroy(instance));
}

#[test]
fn an_instance_has_one_call_at_a_time() {
    let (world, instance) = counter();
    // It computes for longer than a slice of fuel, after which the other call has its turn.
    let calls = [(); 2].map(|()| call(instance, c"compute", Text::NULL));
    let ended = calls.map(|call| world.finish(call));
    let kinds: Vec<_> = ended.iter().filter_map(|it| it.as_ref().err()).collect();
    assert!(
        matches!(kinds[..], [(wippy_error_kind::Instance, _)]),
        "{ended:?}"
    );
}
