//! Values go through a real guest: what is built from JSON passes wasmtime's own type check, and
//! what wasmtime builds is written as JSON.

use proptest::prelude::*;
use proptest::test_runner::TestCaseError;
use wasmtime::Store;
use wasmtime::component::{Component, Linker, Type, Val};

use super::super::{arguments, to_json};
use super::types::{ENGINE, Emitter, Wit, cases, val, wit};

/// Seventeen flat parameters travel in memory, as results do, so the guest returns the pointer that
/// it was given, whatever the type is.
const PADDING: usize = 17;

fn guest(wit: &Wit) -> String {
    let mut emitter = Emitter::new(true);
    let ty = emitter.emit(wit);
    let definitions = &emitter.definitions;
    format!(
        r#"(component
            (core module $m
                (memory (export "memory") 8)
                (global $next (mut i32) (i32.const 16))
                (func (export "realloc") (param i32 i32 i32 i32) (result i32)
                    (local $at i32)
                    (local.set $at
                        (i32.and
                            (i32.add (global.get $next) (i32.sub (local.get 2) (i32.const 1)))
                            (i32.sub (i32.const 0) (local.get 2))))
                    (global.set $next (i32.add (local.get $at) (local.get 3)))
                    (local.get $at))
                (func (export "echo") (param i32) (result i32) (local.get 0)))
            (core instance $i (instantiate $m))
            {definitions}
            (func $echo (param "value" {ty}) (result {ty})
                (canon lift (core func $i "echo")
                    (memory (core memory $i "memory")) (realloc (core func $i "realloc"))))
            (export "echo" (func $echo)))"#
    )
}

fn check(wit: &Wit, sent: &Val) -> Result<(), TestCaseError> {
    let fail = |error: wasmtime::Error| TestCaseError::fail(format!("{error:?}"));
    let binary =
        wat::parse_str(guest(wit)).map_err(|error| TestCaseError::fail(error.to_string()))?;
    let component = Component::new(&ENGINE, binary).map_err(fail)?;
    let mut store = Store::new(&ENGINE, ());
    let instance = Linker::new(&ENGINE)
        .instantiate(&mut store, &component)
        .map_err(fail)?;
    let func = instance.get_func(&mut store, "echo").expect("echo");
    let ty = func.ty(&store);
    let params: Vec<(String, Type)> = ty
        .params()
        .map(|(name, ty)| (name.to_owned(), ty))
        .collect();
    let result = ty.results().next().expect("a result");

    let json = to_json(&result, sent).expect("JSON");
    let arguments = arguments(&params, std::slice::from_ref(&json)).expect("arguments");
    let mut results = [Val::Bool(false)];
    func.call(&mut store, &arguments, &mut results)
        .map_err(fail)?;
    let [returned] = results;
    prop_assert_eq!(&returned, sent);
    prop_assert_eq!(to_json(&result, &returned).expect("JSON"), json);
    Ok(())
}

proptest! {
    #![proptest_config(cases(48))]

    #[test]
    fn a_guest_gets_and_returns_what_json_says(
        (wit, val) in wit(false)
            .prop_map(|wit| {
                let mut types = vec![Wit::Scalar("u8"); PADDING];
                types.push(wit);
                Wit::Tuple(types)
            })
            .prop_flat_map(|wit| (Just(wit.clone()), val(&wit))),
    ) {
        check(&wit, &val)?;
    }
}
