//! The `imports` list as a capability list.

use serde_json::json;
use wippy::Arguments;

use crate::support::{Project, simulated};

const NAP: &str = "test:guests/sleeper@0.1.0#sleep-series";

fn error(imports: &str) -> String {
    let mut project = Project::new();
    project.function("nap", "sleeper", NAP, imports, &[]);
    project
        .call("nap", &[json!([1])])
        .expect_err("a call that fails")
}

#[test]
fn what_is_not_listed_traps_with_the_line_that_would_enable_it() {
    assert_eq!(
        error("[wasi:io]"),
        "test:nap: wasi:clocks/monotonic-clock#now is not enabled; add `- wasi:clocks` to its imports"
    );
    assert_eq!(
        error("[wasi:clocks]"),
        "test:nap: wasi:io/poll#[method]pollable.block is not enabled; add `- wasi:io` to its imports"
    );
}

#[test]
fn a_full_name_enables_that_interface_alone() {
    assert_eq!(
        error("[wasi:clocks/wall-clock, wasi:io]"),
        "test:nap: wasi:clocks/monotonic-clock#now is not enabled; add `- wasi:clocks` to its imports"
    );
    let mut project = Project::new();
    let exact = "[\"wasi:clocks/monotonic-clock@0.2.1\", wasi:poll]";
    project.function("nap", "sleeper", NAP, exact, &[]);
    project.call("nap", &[json!([1])]).expect("a nap");
}

#[test]
fn an_unknown_name_is_a_load_error() {
    assert_eq!(
        error("[wasi:clokcs]"),
        "test:nap: unsupported wasm host import: wasi:clokcs (did you mean wasi:clocks?)"
    );
}

/// What one entry declares is invisible to every other over the same module, whoever loads first.
#[test]
fn entries_over_one_module_do_not_lend_each_other_imports() {
    for order in [["with", "without"], ["without", "with"]] {
        let mut project = Project::new();
        project.function("with", "sleeper", NAP, "[wasi:clocks, wasi:io]", &[]);
        project.function("without", "sleeper", NAP, "[wasi:io]", &[]);
        let dispatcher = simulated();
        let runtime = project.load(&dispatcher);
        for name in order.into_iter().chain(order) {
            let arguments = [json!([1])];
            let called = dispatcher.block_on(runtime.call(name, Arguments::Json(&arguments)));
            let called = called
                .expect("no deadlock")
                .map(drop)
                .map_err(|error| error.to_string());
            match name {
                "with" => assert_eq!(called, Ok(())),
                _ => assert_eq!(
                    called,
                    Err(
                        "test:without: wasi:clocks/monotonic-clock#now is not enabled; \
                         add `- wasi:clocks` to its imports"
                            .to_owned()
                    )
                ),
            }
        }
        assert_eq!(runtime.compilations(), 1);
    }
}

/// Imports a function and a resource of a package that no host knows.
const STRANGER: &str = r#"(component
    (import "strange:new/world@1.2.3" (instance $world
        (export "thing" (type $thing (sub resource)))
        (export "greet" (func))))
    (alias export $world "greet" (func $greet))
    (core func $greet_core (canon lower (func $greet)))
    (core module $m
        (import "world" "greet" (func $greet))
        (func (export "quiet") (result i32) (i32.const 1))
        (func (export "loud") (call $greet)))
    (core instance $i (instantiate $m (with "world" (instance (export "greet" (func $greet_core))))))
    (func (export "quiet") (result u32) (canon lift (core func $i "quiet")))
    (func (export "loud") (canon lift (core func $i "loud"))))"#;

#[test]
fn an_unknown_package_links_and_traps_when_it_is_called() {
    let mut project = Project::new();
    project.text("quiet", STRANGER, "quiet", "[]");
    project.text("loud", STRANGER, "loud", "[]");
    assert_eq!(project.call("quiet", &[]), Ok(json!(1)));
    assert_eq!(
        project.call("loud", &[]),
        Err("test:loud: strange:new/world@1.2.3#greet is not known here; nothing in imports enables it".to_owned())
    );
}

/// Imports a function that some later WASI 0.2 might have, beside one that this host has.
const LATER: &str = r#"(component
    (import "wasi:random/random@0.2.99" (instance $random
        (export "get-random-u64" (func (result u64)))
        (export "get-random-dragon" (func))))
    (core func $number (canon lower (func $random "get-random-u64")))
    (core func $dragon (canon lower (func $random "get-random-dragon")))
    (core module $m
        (import "r" "number" (func $number (result i64)))
        (import "r" "dragon" (func $dragon))
        (func (export "number") (result i64) (call $number))
        (func (export "dragon") (call $dragon)))
    (core instance $i (instantiate $m (with "r" (instance
        (export "number" (func $number)) (export "dragon" (func $dragon))))))
    (func (export "number") (result u64) (canon lift (core func $i "number")))
    (func (export "dragon") (canon lift (core func $i "dragon"))))"#;

#[test]
fn a_later_wasi_is_served_as_far_as_it_is_known() {
    let mut project = Project::new();
    project.text("number", LATER, "number", "[wasi:random]");
    project.text("dragon", LATER, "dragon", "[wasi:random]");
    project.call("number", &[]).expect("a number");
    assert_eq!(
        project.call("dragon", &[]),
        Err(
            "test:dragon: wasi:random/random#get-random-dragon is not part of WASI 0.2.12; \
             nothing in imports enables it"
                .to_owned()
        )
    );
}
