//! Whatever comes from outside ends in a result or an error, never in a panic.

#[path = "arbitrary_values.rs"]
mod values;

use std::time::Duration;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::json;
use wippy::Runtime;
use wippy::project::{LoadOptions, from_yaml};
use wippy::{Arguments, CallError, CallErrorKind};
use wippy::{Digest, ModuleError, to_binary};
use wippy_dispatcher::Dispatcher;

use crate::support::{Project, guests, simulated};

fn check<S: Strategy>(cases: u32, strategy: &S, test: impl Fn(S::Value))
where
    S::Value: std::fmt::Debug,
{
    let config = Config {
        cases,
        failure_persistence: None,
        ..Config::default()
    };
    let ran = TestRunner::new(config).run(strategy, |value| {
        test(value);
        Ok(())
    });
    if let Err(error) = ran {
        panic!("{error}");
    }
}

/// A call that a damaged guest may never end: it is dropped after some turns.
fn call_for_a_while(dispatcher: &Dispatcher, runtime: &Runtime, name: &str) {
    let (runtime, name) = (runtime.clone(), name.to_owned());
    let call = async move { runtime.call(&name, Arguments::Json(&[])).await };
    let task = dispatcher.spawn(call).expect("a task");
    for _ in 0..200 {
        if task.is_finished() {
            let ended = dispatcher
                .block_on(task)
                .expect("no deadlock")
                .expect("not cancelled");
            return ended.map_or_else(|error| assert_is_told(&error), drop);
        }
        dispatcher
            .turn(Some(Duration::from_millis(1)))
            .expect("a turn");
    }
}

/// A panic in a job of the dispatcher comes back as an error of the dispatcher.
fn assert_is_told(error: &CallError) {
    let hidden = matches!(
        error.kind,
        CallErrorKind::Dispatcher(_) | CallErrorKind::Module(ModuleError::Dispatcher(_))
    );
    assert!(!hidden, "{error}");
    assert!(!error.to_string().is_empty());
}

/// Every one of these as a module of its own, with the hash that it has.
fn load_and_call(modules: &[Vec<u8>]) {
    let directory = tempfile::tempdir().expect("a directory");
    let mut project = Project::new();
    project.entry(
        "files",
        "fs.directory",
        &[("directory", &directory.path().display())],
    );
    for (number, bytes) in modules.iter().enumerate() {
        std::fs::write(directory.path().join(number.to_string()), bytes).expect("a file");
        let (path, hash) = (
            format!("/{number}"),
            format!("sha256:{}", Digest::of(bytes)),
        );
        let imports = "[wasi:io, wasi:cli, wasi:clocks, wasi:random]";
        let fields: [(&str, &dyn std::fmt::Display); 5] = [
            ("fs", &"files"),
            ("path", &path),
            ("hash", &hash),
            ("method", &"tick"),
            ("imports", &imports),
        ];
        project.entry(&format!("m{number}"), "function.wasm", &fields);
    }
    let dispatcher = simulated();
    let runtime = project.load(&dispatcher);
    for number in 0..modules.len() {
        call_for_a_while(&dispatcher, &runtime, &format!("m{number}"));
    }
}

#[test]
fn arbitrary_bytes_as_a_module() {
    let headers = prop_oneof![
        Just(&b""[..]),
        Just(&b"\0asm"[..]),
        Just(&b"\0asm\x01\0\0\0"[..]),
        Just(&b"\0asm\x0d\0\x01\0"[..]),
    ];
    let module =
        (headers, vec(any::<u8>(), 0..200)).prop_map(|(header, bytes)| [header, &bytes].concat());
    check(4, &vec(module, 100), |modules| load_and_call(&modules));
}

/// A component of every kind of section, in a few hundred bytes.
const SMALL: &str = r#"(component
    (import "wasi:clocks/monotonic-clock@0.2.0" (instance $clock (export "now" (func (result u64)))))
    (core module $m
        (import "host" "now" (func $now (result i64)))
        (table 2 funcref)
        (elem (i32.const 0) $now)
        (memory (export "memory") 1)
        (data (i32.const 8) "some bytes")
        (global $count (mut i32) (i32.const 3))
        (func (export "tick") (result i32)
            (loop $again
                (drop (call $now))
                (global.set $count (i32.sub (global.get $count) (i32.const 1)))
                (br_if $again (global.get $count)))
            (i32.store (i32.const 0) (i32.const 8))
            (i32.store (i32.const 4) (i32.const 10))
            (i32.const 0)))
    (core func $now (canon lower (func $clock "now")))
    (core instance $i (instantiate $m (with "host" (instance (export "now" (func $now))))))
    (alias core export $i "memory" (core memory $memory))
    (func (export "tick") (result string) (canon lift (core func $i "tick") (memory $memory))))"#;

#[test]
fn damaged_components_as_modules() {
    let small = to_binary(SMALL).expect("a component");
    let mut project = Project::new();
    project.text("tick", SMALL, "tick", "[wasi:clocks]");
    assert_eq!(project.call("tick", &[]), Ok(json!("some bytes")));
    let guest = std::fs::read(guests().join("components/spread-0.2.0.wasm")).expect("a guest");
    let damaged = |whole: Vec<u8>, count: usize| {
        let cut =
            (Just(whole.clone()), any::<prop::sample::Index>()).prop_map(|(mut bytes, end)| {
                bytes.truncate(end.index(bytes.len()));
                bytes
            });
        let places = vec((any::<prop::sample::Index>(), 0..8u32), 1..4);
        let flipped = (Just(whole), places).prop_map(|(mut bytes, places)| {
            for (place, bit) in places {
                let place = place.index(bytes.len());
                bytes[place] ^= 1 << bit;
            }
            bytes
        });
        vec(prop_oneof![1 => cut, 4 => flipped], count)
    };
    check(2, &damaged(small, 100), |modules| load_and_call(&modules));
    check(1, &damaged(guest, 16), |modules| load_and_call(&modules));
}

/// Words that are mostly in their places.
fn wat() -> impl Strategy<Value = String> {
    let word = prop_oneof![
        4 => prop::sample::select(vec![
            "(", ")", "(component", "(module", "(core", "module", "(func", "(export", "(import", "\"tick\"",
            "(result", "(param", "i32", "u32", "$m", "(instance", "(instantiate", "(canon", "lift", "lower",
            "(memory", "1", "-1", "(type", "(data", "\"\\00\"", "(alias", "outer", ";;", "(;", "\n", "(own", "@",
        ]).prop_map(str::to_owned),
        1 => ".{0,8}",
    ];
    let words = vec(word, 0..40).prop_map(|words| words.join(" "));
    prop_oneof![words, "(?s).{0,100}", words_inside()]
}

fn words_inside() -> impl Strategy<Value = String> {
    "[a-z0-9$ ()\"]{0,60}".prop_map(|inside| format!("(component {inside})"))
}

#[test]
fn arbitrary_text_as_a_source() {
    check(4, &vec(wat(), 100), |sources| {
        let mut yaml = "namespace: test\nentries:\n".to_owned();
        for (number, source) in sources.iter().enumerate() {
            let source = json!(source);
            yaml.push_str(&format!(
                "  - {{name: m{number}, kind: function.wat, source: {source}, method: tick}}\n"
            ));
        }
        let loaded = from_yaml(&yaml, None, &LoadOptions::default());
        let dispatcher = simulated();
        let runtime = Runtime::new(dispatcher.handle(), loaded.registry).expect("an engine");
        for number in 0..sources.len() {
            call_for_a_while(&dispatcher, &runtime, &format!("m{number}"));
        }
    });
}

/// Lines that are mostly those of a project.
fn yaml() -> impl Strategy<Value = String> {
    let line = prop_oneof![
        6 => prop::sample::select(vec![
            "namespace: test", "entries:", "  - name: f", "    kind: function.wat", "    kind: function.wasm",
            "    kind: process.wasm", "    kind: fs.directory", "    kind: [", "    method: tick", "    fs: files",
            "    path: /x", "    hash: sha256:00", "    source: |", "    source: file://x", "    directory: /",
            "    meta: {command: {name: list}}", "    imports: [wasi:io, '']", "    pool: {type: static, workers: -1}",
            "    limits: {max_execution_ms: 9e99}", "    wasi: {env: [{id: a:b}], cwd: x, args: 7}", "---", "...",
            "a: &a [*a]", "<<: *a", "\t", "? x", "- - -", "{", "!!binary x", "%YAML 9.9", "'", "version: \"1.0\"",
        ]).prop_map(str::to_owned),
        1 => ".{0,20}",
    ];
    let lines = vec(line, 0..24).prop_map(|lines| lines.join("\n"));
    prop_oneof![4 => lines, 1 => "(?s).{0,200}"]
}

#[test]
fn arbitrary_text_as_yaml() {
    check(400, &(yaml(), any::<bool>()), |(text, strict)| {
        let loaded = from_yaml(&text, None, &LoadOptions::default().strict(strict));
        for diagnostic in &loaded.diagnostics {
            assert_eq!(diagnostic.to_string().lines().count(), 1, "{diagnostic}");
        }
        for entry in loaded.registry.entries() {
            let found = loaded.registry.resolve(&entry.id.to_string());
            assert!(
                found.is_ok() || !loaded.registry.errors_of(&entry.id).is_empty(),
                "{}",
                entry.id
            );
        }
        // An entry that is not whole has said why.
        if loaded.registry.invalid_entries().len() > 0 {
            assert!(loaded.errors().count() > 0);
        }
    });
}
