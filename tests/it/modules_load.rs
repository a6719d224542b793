//! What loading a project finds out without compiling anything, and what a filesystem allows.

use std::sync::mpsc;
use std::time::Duration;

use serde_json::{Value, json};
use wippy::Arguments;
use wippy::{Digest, to_binary};
use wippy_dispatcher::Dispatcher;

use crate::support::{Project, guests, hash_of, live, simulated};

const NUMBER: &str = r#"(module (func (export "add_one") (param i32) (result i32) (local.get 0)))"#;

/// Adds an entry over text.
fn text(project: &mut Project, name: &str, source: &str, fields: &[(&str, &str)]) {
    let source = json!(source);
    let mut all: Vec<(&str, &dyn std::fmt::Display)> = vec![("source", &source)];
    all.extend(
        fields
            .iter()
            .map(|(key, value)| (*key, value as &dyn std::fmt::Display)),
    );
    project.entry(name, "function.wat", &all);
}

#[test]
fn mistakes_of_modules_are_found_by_loading_and_nothing_is_compiled() {
    let mut project = Project::new();
    project.function("good", "types", "add", "[]", &[]);
    project.function("method", "types", "nothing", "[]", &[]);
    project.function(
        "imports",
        "types",
        "add",
        "[wasi:io, wasi:clokcs, nonsense]",
        &[],
    );
    let zeroes = format!("sha256:{}", "0".repeat(64));
    let file: [(&str, &dyn std::fmt::Display); 4] = [
        ("fs", &"guests"),
        ("path", &"types.wasm"),
        ("hash", &zeroes),
        ("method", &"add"),
    ];
    project.entry("hash", "function.wasm", &file);
    text(
        &mut project,
        "wit",
        NUMBER,
        &[("method", "add_one"), ("wit", "'add_one: func( -> s32;'")],
    );
    text(
        &mut project,
        "fit",
        NUMBER,
        &[
            ("method", "add_one"),
            ("wit", "'add_one: func(x: string) -> s32;'"),
        ],
    );
    text(
        &mut project,
        "foreign",
        r#"(module (import "env" "abort" (func)) (func (export "f")))"#,
        &[("method", "f")],
    );
    text(
        &mut project,
        "needs-wit",
        "(module (memory (export \"memory\") 1))",
        &[("method", "f")],
    );
    text(&mut project, "syntax", "(component", &[("method", "f")]);
    let dispatcher = simulated();
    let runtime = project.load(&dispatcher);
    let found = dispatcher.block_on(runtime.load()).expect("no deadlock");
    let found = found.expect("a running dispatcher");
    assert_eq!(runtime.compilations(), 0);
    let found: Vec<(String, String, &str)> = found
        .iter()
        .map(|d| {
            assert!(
                d.is_error() && d.place.as_ref().is_some_and(|place| place.line > 0),
                "{d}"
            );
            let entry = d.entry.as_ref().map(|id| id.name.clone());
            (
                entry.unwrap_or_default(),
                d.field.clone().unwrap_or_default(),
                d.message.as_str(),
            )
        })
        .collect();
    let expected = [
        (
            "method",
            "method",
            "method \"nothing\" not found; the module exports ",
        ),
        (
            "imports",
            "imports[1]",
            "unsupported wasm host import: wasi:clokcs",
        ),
        (
            "imports",
            "imports[2]",
            "unsupported wasm host import: nonsense",
        ),
        ("hash", "hash", "hash mismatch: expected 000"),
        ("wit", "wit", ""),
        ("fit", "wit", "`wit` does not fit the module: "),
        (
            "foreign",
            "source",
            "not a usable module: it imports env#abort",
        ),
        ("needs-wit", "source", "not a usable module: "),
        ("syntax", "source", ""),
    ];
    assert_eq!(found.len(), expected.len(), "{found:#?}");
    for ((entry, field, message), (its_entry, its_field, start)) in found.iter().zip(expected) {
        assert_eq!(
            (entry.as_str(), field.as_str()),
            (its_entry, its_field),
            "{message}"
        );
        assert!(message.starts_with(start), "{entry}: {message}");
    }
    // What is called is compiled, and nothing else.
    let arguments = [json!(1), json!(2)];
    let called = dispatcher.block_on(runtime.call("good", Arguments::Json(&arguments)));
    assert_eq!(called.expect("no deadlock").expect("a sum"), json!(3));
    assert_eq!(runtime.compilations(), 1);
}

/// What a file is called says nothing about what it holds.
#[test]
fn the_header_decides_what_a_module_is() {
    let component = r#"(component (core module $m (func (export "f") (result i32) (i32.const 1)))
        (core instance $i (instantiate $m))
        (func (export "f") (result s32) (canon lift (core func $i "f"))))"#;
    let core = r#"(module (func (export "f") (result i32) (i32.const 2)))"#;
    let directory = tempfile::tempdir().expect("a directory");
    let mut project = Project::new();
    project.entry(
        "files",
        "fs.directory",
        &[("directory", &directory.path().display())],
    );
    for (name, source) in [("component.core", component), ("core.component.wasm", core)] {
        let bytes = to_binary(source).expect("a module");
        std::fs::write(directory.path().join(name), &bytes).expect("a file");
        let hash = format!("sha256:{}", Digest::of(&bytes));
        let entry = name.split('.').next().expect("a name");
        let fields: [(&str, &dyn std::fmt::Display); 4] = [
            ("fs", &"files"),
            ("path", &name),
            ("hash", &hash),
            ("method", &"f"),
        ];
        project.entry(entry, "function.wasm", &fields);
    }
    assert_eq!(project.call("component", &[]), Ok(json!(1)));
    assert_eq!(project.call("core", &[]), Ok(json!(2)));
}

#[test]
fn a_filesystem_whose_files_may_not_be_read_gives_no_modules() {
    let components = guests().join("components");
    let call = |mode: &str| {
        let mut project = Project::new();
        let fields: [(&str, &dyn std::fmt::Display); 2] =
            [("directory", &components.display()), ("mode", &mode)];
        project.entry("masked", "fs.directory", &fields);
        let hash = hash_of("types");
        let fields: [(&str, &dyn std::fmt::Display); 4] = [
            ("fs", &"masked"),
            ("path", &"types.wasm"),
            ("hash", &hash),
            ("method", &"add"),
        ];
        project.entry("add", "function.wasm", &fields);
        project.call("add", &[json!(1), json!(2)])
    };
    for mode in ["0400", "0444", "0755"] {
        assert_eq!(call(mode), Ok(json!(3)), "{mode}");
    }
    for mode in ["0300", "0044", "0"] {
        let text =
            "test:add: cannot read types.wasm: the mode of test:masked does not let files be read";
        assert_eq!(call(mode), Err(text.to_owned()), "{mode}");
    }
}

/// `wasi:cli/run` of a command of any 0.2.x, with and without its version.
#[test]
fn a_commands_method_is_found_in_every_form() {
    let run = r#"(component
        (core module $m (func (export "run") (result i32) (i32.const 0)))
        (core instance $i (instantiate $m))
        (func $run (result (result)) (canon lift (core func $i "run")))
        (instance $cli (export "run" (func $run)))
        (export "wasi:cli/run@0.2.0" (instance $cli)))"#;
    let forms = [
        "wasi:cli/run@0.2.0#run",
        "wasi:cli/run#run",
        "wasi:cli/run@0.2.0",
        "wasi:cli/run",
        "run#run",
        "run",
        "_start",
    ];
    for form in forms {
        let mut project = Project::new();
        text(
            &mut project,
            "f",
            run,
            &[("method", &json!(form).to_string())],
        );
        let ok: Result<Value, String> = Ok(json!({"ok": true}));
        assert_eq!(project.call("f", &[]), ok, "{form}");
    }
}

/// A thousand entries over one module: it is read and hashed once for all, be it right or wrong.
#[test]
fn a_module_of_a_thousand_entries_is_read_once_however_that_ends() {
    let wrong = format!("sha256:{}", "0".repeat(64));
    for (hash, mistakes) in [(hash_of("types"), 0), (wrong, 1000)] {
        let mut project = Project::new();
        for number in 0..1000 {
            let file: [(&str, &dyn std::fmt::Display); 4] = [
                ("fs", &"guests"),
                ("path", &"types.wasm"),
                ("hash", &hash),
                ("method", &"add"),
            ];
            project.entry(&format!("f{number}"), "function.wasm", &file);
        }
        for dispatcher in [live(), simulated()] {
            let runtime = project.load(&dispatcher);
            let found = dispatcher.block_on(runtime.load());
            let found = found.expect("no deadlock").expect("a dispatcher");
            assert_eq!((found.len(), runtime.reads()), (mistakes, 1));
            for mistake in found {
                let text = mistake.to_string();
                assert!(text.contains("hash mismatch: expected 000"), "{text}");
            }
        }
    }
}

/// A thousand calls that wait for the same load are told of its failure; who asks later tries anew.
#[test]
fn a_failed_load_is_not_tried_again_by_those_who_waited_for_it() {
    let mut project = Project::new();
    let wrong = format!("sha256:{}", "0".repeat(64));
    let file: [(&str, &dyn std::fmt::Display); 4] = [
        ("fs", &"guests"),
        ("path", &"types.wasm"),
        ("hash", &wrong),
        ("method", &"add"),
    ];
    project.entry("f", "function.wasm", &file);
    // In a simulation a load takes no time, and nobody waits for another's.
    let dispatcher = Dispatcher::builder().blocking_threads(1).build();
    let dispatcher = dispatcher.expect("a dispatcher");
    let runtime = project.load(&dispatcher);
    for attempts in [1, 2] {
        // The load waits for the only thread for jobs until all have asked.
        let (free, is_free) = mpsc::channel();
        let busy = dispatcher.handle().unblock(move || is_free.recv());
        let busy = dispatcher.spawn(busy).expect("a task");
        dispatcher.turn(Some(Duration::ZERO)).expect("a turn");
        let calls: Vec<_> = (0..1000)
            .map(|_| {
                let runtime = runtime.clone();
                let call = async move { runtime.call("f", Arguments::Json(&[])).await };
                dispatcher.spawn(call).expect("a task")
            })
            .collect();
        while dispatcher.turn(Some(Duration::ZERO)).expect("a turn").ran > 0 {}
        free.send(()).expect("a thread that waits");
        let busy = dispatcher.block_on(busy).expect("a dispatcher");
        let freed = busy.expect("not cancelled").expect("no panic");
        freed.expect("it was sent");
        for call in calls {
            let ended = dispatcher.block_on(call).expect("no deadlock");
            let error = ended.expect("not cancelled").expect_err("no module");
            assert!(error.to_string().contains("hash mismatch"), "{error}");
        }
        assert_eq!(runtime.reads(), attempts);
    }
}
