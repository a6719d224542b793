//! `wippy:runtime/funcs`: guests that call other functions of their project.

use std::fmt::Display;
use std::time::Duration;

use serde_json::{Value, json};
use wippy::Arguments;
use wippy_dispatcher::Dispatcher;

use crate::support::{Project, live, simulated};

/// `relay` calls the function that its input's first line names with the other lines, and returns
/// what that does; an input of one line is its own result. `bytes` calls `target` with bytes.
const RELAY: &str = r#"(component
    (import "wippy:runtime/funcs@0.1.0" (instance $funcs
        (export "call-string" (func (param "target" string) (param "input" string)
            (result (result string (error string)))))
        (export "call-bytes" (func (param "target" string) (param "input" (list u8))
            (result (result (list u8) (error string)))))))
    (core module $libc
        (memory (export "memory") 4)
        (global $next (mut i32) (i32.const 1024))
        (func (export "realloc") (param i32 i32 i32 i32) (result i32) (local $at i32)
            (local.set $at (i32.and (i32.add (global.get $next) (i32.const 7)) (i32.const -8)))
            (global.set $next (i32.add (local.get $at) (local.get 3)))
            (if (i32.gt_u (global.get $next) (i32.mul (memory.size) (i32.const 65536)))
                (then (drop (memory.grow (i32.add
                    (i32.div_u (local.get 3) (i32.const 65536)) (i32.const 1))))))
            (local.get $at)))
    (core instance $libc (instantiate $libc))
    (core func $string (canon lower (func $funcs "call-string")
        (memory (core memory $libc "memory")) (realloc (core func $libc "realloc"))))
    (core func $bytes (canon lower (func $funcs "call-bytes")
        (memory (core memory $libc "memory")) (realloc (core func $libc "realloc"))))
    (core module $m
        (import "" "memory" (memory 1))
        (import "" "string" (func $string (param i32 i32 i32 i32 i32)))
        (import "" "bytes" (func $bytes (param i32 i32 i32 i32 i32)))
        (func (export "relay") (param $text i32) (param $length i32) (result i32)
            (local $at i32)
            (block $none
                (loop $next
                    (br_if $none (i32.ge_u (local.get $at) (local.get $length)))
                    (if (i32.ne (i32.const 10)
                            (i32.load8_u (i32.add (local.get $text) (local.get $at))))
                        (then
                            (local.set $at (i32.add (local.get $at) (i32.const 1)))
                            (br $next))))
                (call $string (local.get $text) (local.get $at)
                    (i32.add (i32.add (local.get $text) (local.get $at)) (i32.const 1))
                    (i32.sub (i32.sub (local.get $length) (local.get $at)) (i32.const 1))
                    (i32.const 16))
                (return (i32.const 16)))
            (i32.store (i32.const 16) (i32.const 0))
            (i32.store (i32.const 20) (local.get $text))
            (i32.store (i32.const 24) (local.get $length))
            (i32.const 16))
        (func (export "bytes") (param i32 i32 i32 i32) (result i32)
            (call $bytes (local.get 0) (local.get 1) (local.get 2) (local.get 3) (i32.const 16))
            (i32.const 16)))
    (core instance $m (instantiate $m (with "" (instance
        (export "memory" (memory $libc "memory"))
        (export "string" (func $string))
        (export "bytes" (func $bytes))))))
    (func (export "relay") (param "input" string) (result (result string (error string)))
        (canon lift (core func $m "relay")
            (memory (core memory $libc "memory")) (realloc (core func $libc "realloc"))))
    (func (export "bytes") (param "target" string) (param "input" (list u8))
        (result (result (list u8) (error string)))
        (canon lift (core func $m "bytes")
            (memory (core memory $libc "memory")) (realloc (core func $libc "realloc")))))"#;

/// A function without parameters and result, one that adds, one that is stuck.
const OTHERS: &str = r#"(module
    (func (export "nothing"))
    (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
    (func (export "spin") (loop $on br $on))
    (func (export "trap") unreachable))"#;

fn relay(project: &mut Project, name: &str, method: &str, extra: &[(&str, &dyn Display)]) {
    let source = serde_json::to_string(RELAY).expect("a string");
    let mut fields: Vec<(&str, &dyn Display)> = vec![
        ("source", &source),
        ("method", &method),
        ("imports", &"[funcs]"),
    ];
    fields.extend(extra);
    project.entry(name, "function.wat", &fields);
}

fn project() -> Project {
    let mut project = Project::new();
    relay(&mut project, "relay", "relay", &[]);
    relay(&mut project, "bytes", "bytes", &[]);
    for method in ["nothing", "add", "trap", "spin"] {
        project.text(method, OTHERS, method, "[]");
    }
    let imports = "[wasi:clocks, wasi:io]";
    project.function("nap", "sleeper", "sleeper#sleep-series", imports, &[]);
    let types = "[wasi:cli, wasi:io, wasi:clocks, wasi:filesystem]";
    project.function("greet", "types", "greet", types, &[]);
    project.function("fail", "types", "fail", types, &[]);
    project.function("flags", "types", "types#echo-flags", types, &[]);
    project.function("list", "types", "types#echo-bytes", types, &[]);
    project.command("cat", "cat", "[wasi:cli, wasi:io]", &[]);
    project
}

/// What `relay` says to an input: `{"ok": …}` or `{"err": …}`.
fn relayed(project: &Project, input: &str) -> Value {
    let relayed = project.call("relay", &[json!(input)]);
    relayed.expect("the relay itself never fails")
}

#[test]
fn a_guest_calls_a_function_and_gets_its_result() {
    let project = project();
    let cases = [
        // One string is the input itself.
        ("relay\nhello", json!({"ok": "hello"})),
        (
            "test:relay\nrelay\ntest:relay\nhello",
            json!({"ok": "hello"}),
        ),
        ("greet\nWorld", json!({"ok": "Hello, World!"})),
        // No result is an empty text, whatever the input.
        ("nothing\nignored", json!({"ok": ""})),
        // Other parameters and results are JSON.
        ("add\n[2, 3]", json!({"ok": "5"})),
        ("nap\n[[1000, 2000]]", json!({"ok": "3000000"})),
    ];
    for (input, expected) in cases {
        assert_eq!(relayed(&project, input), expected, "{input}");
    }
}

#[test]
fn what_fails_is_an_error_that_names_the_entry() {
    let project = project();
    let cases = [
        ("absent\nx", "test:absent: entry \"test:absent\" not found"),
        ("cat\nx", "test:cat: a process.wasm cannot be called"),
        ("guests\nx", "test:guests: an fs.directory cannot be called"),
        (
            "trap\n",
            "test:trap: wasm trap: wasm `unreachable` instruction executed",
        ),
        (
            "add\n[1]",
            "test:add: parameter count mismatch: expected 2, got 1",
        ),
        (
            "add\n{}",
            "test:add: the input must be a JSON array of the function's arguments: it is no array",
        ),
        (
            "add\nnot json",
            "test:add: the input must be a JSON array of the function's arguments",
        ),
        ("add\n[1, \"x\"]", "test:add: argument 1: expected"),
    ];
    for (input, expected) in cases {
        let relayed = relayed(&project, input);
        let error = relayed["err"].as_str().expect("an error");
        assert!(error.starts_with(expected), "{input}: {error}");
    }
}

#[test]
fn bytes_go_in_and_out_as_they_are() {
    let project = project();
    let call = |target: &str, input: Value| project.call("bytes", &[json!(target), input]);
    let bytes = json!([0, 255, 10, 65]);
    assert_eq!(call("list", bytes.clone()), Ok(json!({"ok": bytes})));
    // A function that takes text gets bytes that are text.
    assert_eq!(
        call("greet", json!([90])),
        Ok(json!({"ok": "Hello, Z!".as_bytes()}))
    );
    let refused = call("greet", json!([255])).expect("the guest itself does not fail");
    let expected =
        "test:greet: the input must be a JSON array of the function's arguments: it is not UTF-8";
    assert_eq!(refused, json!({"err": expected}));
}

#[test]
fn without_the_import_a_call_traps_by_name() {
    let mut project = project();
    let source = serde_json::to_string(RELAY).expect("a string");
    project.entry(
        "denied",
        "function.wat",
        &[("source", &source), ("method", &"relay")],
    );
    let error = project.call("denied", &[json!("relay\nx")]);
    let expected =
        "test:denied: wippy:runtime/funcs#call-string is not enabled; add `- funcs` to its imports";
    assert!(error.expect_err("a trap").starts_with(expected));
}

#[test]
fn a_call_never_waits_for_itself() {
    let mut project = project();
    relay(
        &mut project,
        "inline",
        "relay",
        &[("pool", &"{type: inline}")],
    );
    relay(&mut project, "two", "relay", &[("pool", &"{max_size: 2}")]);
    let own = "it waits for itself: it was called by a call of its own, and";
    let cases = [
        ("inline\ninline\nx", format!("test:inline: {own} 1 is")),
        (
            "inline\nrelay\ninline\nx",
            format!("test:inline: {own} 1 is"),
        ),
        (
            "two\nrelay\ntwo\nrelay\ntwo\nx",
            format!("test:two: {own} 2 is"),
        ),
    ];
    for (input, expected) in cases {
        let relayed = relayed(&project, input);
        let error = relayed["err"].as_str().expect("an error");
        assert!(error.starts_with(&expected), "{input}: {error}");
    }
    assert_eq!(relayed(&project, "two\nrelay\ntwo\nx"), json!({"ok": "x"}));
}

#[test]
fn calls_are_nested_so_deep_and_no_deeper() {
    let project = project();
    let deep = |levels: usize| relayed(&project, &format!("{}x", "relay\n".repeat(levels)));
    assert_eq!(deep(32), json!({"ok": "x"}));
    let error = json!({"err": "test:relay: calls are nested more than 32 deep"});
    assert_eq!(deep(33), error);
}

/// Calls `relay` on an entry with a deadline of 50 ms. The error of the call itself, and how long it took.
fn ends(dispatcher: &Dispatcher, project: &Project, input: &str) -> (String, Duration) {
    let runtime = project.load(dispatcher);
    let handle = dispatcher.handle();
    dispatcher
        .block_on(async {
            for name in ["short", "relay", "spin", "nap", "full"] {
                runtime.prepare(name).await.expect("compiled");
            }
            // It takes the only place of `full`.
            let other = runtime.clone();
            let holding = dispatcher.spawn(async move {
                let hour = [json!([3_600_000_000_u64])];
                other.call("full", Arguments::Json(&hour)).await.map(drop)
            });
            let holding = holding.expect("a task");
            handle.yield_now().await.expect("yield");
            let begun = handle.now().expect("a clock");
            let called = runtime
                .call("short", Arguments::Json(&[json!(input)]))
                .await;
            let took = handle.now().expect("a clock") - begun;
            holding.cancel().await;
            (called.expect_err("a deadline").to_string(), took)
        })
        .expect("no deadlock")
}

#[test]
fn a_caller_ends_at_its_deadline_whatever_it_waits_for() {
    let mut project = project();
    let limits = "{max_execution_ms: 50}";
    relay(&mut project, "short", "relay", &[("limits", &limits)]);
    let imports = "[wasi:clocks, wasi:io]";
    let inline: [(&str, &dyn Display); 1] = [("pool", &"{type: inline}")];
    project.function("full", "sleeper", "sleeper#sleep-series", imports, &inline);
    let inputs = [
        "nap\n[[3600000000]]",
        "relay\nnap\n[[3600000000]]",
        "spin\n",
        "full\n[[1]]",
    ];
    for input in inputs {
        let (error, _) = ends(&live(), &project, input);
        assert_eq!(error, "test:short: context deadline exceeded", "{input}");
        let (error, took) = ends(&simulated(), &project, input);
        assert_eq!(error, "test:short: context deadline exceeded", "{input}");
        let deadline = Duration::from_millis(50);
        assert!(
            took >= deadline && took <= deadline + Duration::from_millis(2),
            "{took:?}"
        );
    }
}

/// The called function's own deadline ends it alone.
#[test]
fn a_called_function_ends_at_its_own_deadline() {
    let mut project = project();
    let imports = "[wasi:clocks, wasi:io]";
    let limits: [(&str, &dyn Display); 1] = [("limits", &"{max_execution_ms: 5}")];
    project.function("brief", "sleeper", "sleeper#sleep-series", imports, &limits);
    let error = json!({"err": "test:brief: context deadline exceeded"});
    assert_eq!(relayed(&project, "brief\n[[3600000000]]"), error);
}

/// A caller that goes away takes its calls with it: the place that one held is free at once.
#[test]
fn a_dropped_caller_takes_its_calls_with_it() {
    let mut project = project();
    let imports = "[wasi:clocks, wasi:io]";
    let inline: [(&str, &dyn Display); 1] = [("pool", &"{type: inline}")];
    project.function("only", "sleeper", "sleeper#sleep-series", imports, &inline);
    let dispatcher = simulated();
    let runtime = project.load(&dispatcher);
    let handle = dispatcher.handle();
    dispatcher
        .block_on(async {
            for name in ["relay", "only"] {
                runtime.prepare(name).await.expect("compiled");
            }
            let other = runtime.clone();
            let calling = dispatcher.spawn(async move {
                let hour = json!("only\n[[3600000000]]");
                other
                    .call("relay", Arguments::Json(&[hour]))
                    .await
                    .map(drop)
            });
            handle.sleep(Duration::from_secs(1)).await.expect("sleep");
            calling.expect("a task").cancel().await;
            let begun = handle.now().expect("a clock");
            let nap = [json!([1000])];
            runtime
                .call("only", Arguments::Json(&nap))
                .await
                .expect("a nap");
            let took = handle.now().expect("a clock") - begun;
            assert_eq!(took, Duration::from_millis(1));
        })
        .expect("no deadlock");
}
