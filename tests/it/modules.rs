//! From a file to something that can be called: hash, sandbox, method, compiled once.

#[path = "modules_load.rs"]
mod load_time;
#[path = "modules_method.rs"]
mod method;

use std::path::Path;

use serde_json::{Value, json};
use wippy::Arguments;
use wippy::Runtime;
use wippy::project::{LoadOptions, load};
use wippy::{Digest, to_binary};
use wippy_dispatcher::Dispatcher;

use crate::support::{Project, guests, hash_of, simulated};

/// Answers 42.
const ANSWER: &str = r#"(component
    (core module $m (func (export "answer") (result i32) (i32.const 42)))
    (core instance $i (instantiate $m))
    (func (export "answer") (result u32) (canon lift (core func $i "answer"))))"#;

/// A project whose filesystem `files` is a directory of the test's own.
fn project_over(directory: &Path) -> Project {
    let mut project = Project::new();
    project.entry(
        "files",
        "fs.directory",
        &[("directory", &directory.display())],
    );
    project
}

fn function(project: &mut Project, name: &str, path: &str, hash: &str, method: &str) {
    let [path, hash, method] = [path, hash, method].map(|text| json!(text));
    let fields: [(&str, &dyn std::fmt::Display); 4] = [
        ("fs", &"files"),
        ("path", &path),
        ("hash", &hash),
        ("method", &method),
    ];
    project.entry(name, "function.wasm", &fields);
}

fn hash(bytes: &[u8]) -> String {
    format!("sha256:{}", Digest::of(bytes))
}

fn call(dispatcher: &Dispatcher, runtime: &Runtime, name: &str) -> Result<Value, String> {
    let called = dispatcher.block_on(runtime.call(name, Arguments::Json(&[])));
    called
        .expect("no deadlock")
        .map_err(|error| error.to_string())
}

#[test]
fn a_hash_that_does_not_fit_is_told_verbatim_and_nothing_is_compiled() {
    let directory = tempfile::tempdir().expect("a directory");
    let bytes = to_binary(ANSWER).expect("a component");
    std::fs::write(directory.path().join("answer.wasm"), &bytes).expect("a file");
    let actual = Digest::of(&bytes).to_string();
    let zeroes = "0".repeat(64);
    let cases = [
        (
            "format",
            actual.clone(),
            format!("invalid hash format: {actual}"),
        ),
        (
            "empty",
            ":".to_owned(),
            "unsupported hash algorithm: ".to_owned(),
        ),
        (
            "algorithm",
            format!("md5:{actual}"),
            "unsupported hash algorithm: md5".to_owned(),
        ),
        (
            "other",
            format!("sha256:{zeroes}"),
            format!("hash mismatch: expected {zeroes}, got {actual}"),
        ),
        (
            "short",
            "sha256:".to_owned(),
            format!("hash mismatch: expected , got {actual}"),
        ),
        (
            "long",
            format!("sha256:{actual}0"),
            format!("hash mismatch: expected {actual}0, got {actual}"),
        ),
        (
            "twice",
            "sha256:a:b".to_owned(),
            format!("hash mismatch: expected a:b, got {actual}"),
        ),
    ];
    let mut project = project_over(directory.path());
    for (name, hash, _) in &cases {
        function(&mut project, name, "answer.wasm", hash, "answer");
    }
    function(
        &mut project,
        "upper",
        "answer.wasm",
        &format!("sha256:{}", actual.to_uppercase()),
        "answer",
    );
    let dispatcher = simulated();
    let runtime = project.load(&dispatcher);
    for (name, _, text) in cases {
        assert_eq!(
            call(&dispatcher, &runtime, name),
            Err(format!("test:{name}: {text}"))
        );
        assert_eq!(runtime.compilations(), 0, "{name}");
    }
    assert_eq!(call(&dispatcher, &runtime, "upper"), Ok(json!(42)));
    assert_eq!(runtime.compilations(), 1);
}

#[test]
fn the_same_bytes_are_compiled_once_however_they_are_named() {
    let directory = tempfile::tempdir().expect("a directory");
    let bytes = to_binary(ANSWER).expect("a component");
    let mut project = project_over(directory.path());
    for number in 0..6 {
        let path = format!("{number}.wasm");
        std::fs::write(directory.path().join(&path), &bytes).expect("a file");
        function(
            &mut project,
            &format!("file-{number}"),
            &path,
            &hash(&bytes),
            "answer",
        );
        project.text(&format!("text-{number}"), ANSWER, "answer", "[]");
    }
    let names: Vec<String> = (0..6)
        .flat_map(|number| [format!("file-{number}"), format!("text-{number}")])
        .collect();
    // One after the other, and all at the same time.
    let dispatcher = simulated();
    let runtime = project.load(&dispatcher);
    for name in &names {
        assert_eq!(call(&dispatcher, &runtime, name), Ok(json!(42)), "{name}");
        assert_eq!(runtime.compilations(), 1, "{name}");
    }
    for dispatcher in [simulated(), crate::support::live()] {
        let runtime = project.load(&dispatcher);
        let start = |name: &String| {
            let (runtime, name) = (runtime.clone(), name.clone());
            let call = async move {
                runtime
                    .call(&name, Arguments::Json(&[]))
                    .await
                    .expect("an answer")
            };
            dispatcher.spawn(call).expect("a task")
        };
        let tasks: Vec<_> = names.iter().chain(&names).map(start).collect();
        for task in tasks {
            let answer = dispatcher
                .block_on(task)
                .expect("no deadlock")
                .expect("not cancelled");
            assert_eq!(answer, json!(42));
        }
        assert_eq!(runtime.compilations(), 1);
    }
}

#[test]
fn what_was_hashed_is_what_runs() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("answer.wasm");
    let bytes = to_binary(ANSWER).expect("a component");
    let other = to_binary(&ANSWER.replace("42", "43")).expect("a component");
    let mut project = project_over(directory.path());
    function(
        &mut project,
        "first",
        "answer.wasm",
        &hash(&bytes),
        "answer",
    );
    function(
        &mut project,
        "second",
        "answer.wasm",
        &hash(&bytes),
        "answer",
    );
    let dispatcher = simulated();
    let runtime = project.load(&dispatcher);
    // A failure is not kept: the file may be put right.
    std::fs::write(&path, &other).expect("a file");
    assert!(
        call(&dispatcher, &runtime, "first")
            .expect_err("another file")
            .contains("hash mismatch")
    );
    std::fs::write(&path, &bytes).expect("a file");
    assert_eq!(call(&dispatcher, &runtime, "first"), Ok(json!(42)));
    std::fs::write(&path, &other).expect("a file");
    assert_eq!(call(&dispatcher, &runtime, "first"), Ok(json!(42)));
    // The bytes with the hash that it names are here already.
    assert_eq!(call(&dispatcher, &runtime, "second"), Ok(json!(42)));
    assert_eq!(runtime.compilations(), 1);
}

#[test]
fn a_path_stays_inside_its_filesystem() {
    let outer = tempfile::tempdir().expect("a directory");
    let inner = outer.path().join("inner");
    let bytes = to_binary(ANSWER).expect("a component");
    std::fs::create_dir_all(inner.join("deep")).expect("directories");
    std::fs::write(outer.path().join("answer.wasm"), &bytes).expect("a file");
    std::fs::write(inner.join("deep/answer.wasm"), &bytes).expect("a file");
    let link =
        |to: &str, name: &str| std::os::unix::fs::symlink(to, inner.join(name)).expect("a link");
    link("deep/answer.wasm", "inside");
    link("../answer.wasm", "outside");
    link("..", "parent");
    let absolute = outer.path().join("answer.wasm");
    link(absolute.to_str().expect("text"), "absolute");
    let good = [
        "deep/answer.wasm",
        "/deep/answer.wasm",
        "deep/../deep/answer.wasm",
        "inside",
        "/inside",
    ];
    let bad = [
        "../answer.wasm",
        "/../answer.wasm",
        "deep/../../answer.wasm",
        "outside",
        "parent/answer.wasm",
        "absolute",
        "missing.wasm",
        "deep",
        "/",
    ];
    let mut project = project_over(&inner);
    for (number, path) in good.iter().chain(&bad).enumerate() {
        function(
            &mut project,
            &format!("f{number}"),
            path,
            &hash(&bytes),
            "answer",
        );
    }
    let dispatcher = simulated();
    let runtime = project.load(&dispatcher);
    for (number, path) in good.iter().enumerate() {
        assert_eq!(
            call(&dispatcher, &runtime, &format!("f{number}")),
            Ok(json!(42)),
            "{path}"
        );
    }
    for (number, path) in (good.len()..).zip(bad) {
        let error = call(&dispatcher, &runtime, &format!("f{number}")).expect_err(path);
        assert!(
            error.starts_with(&format!("test:f{number}: cannot read {path}: ")),
            "{error}"
        );
    }
}

#[test]
fn what_is_no_component_is_an_error_that_says_what_it_is() {
    let directory = tempfile::tempdir().expect("a directory");
    let core = to_binary("(module (memory 1))").expect("a module");
    let component = to_binary(ANSWER).expect("a component");
    let files: [(&str, &[u8], &str); 5] = [
        ("core", &core, "core module"),
        ("empty", b"", "does not begin like WebAssembly"),
        ("text", b"#!/bin/sh\n", "does not begin like WebAssembly"),
        (
            "header",
            &component[..8],
            "method \"answer\" not found; the module exports no functions",
        ),
        (
            "half",
            &component[..component.len() / 2],
            "not a usable module: ",
        ),
    ];
    let mut project = project_over(directory.path());
    for (name, bytes, _) in files {
        std::fs::write(directory.path().join(name), bytes).expect("a file");
        function(&mut project, name, name, &hash(bytes), "answer");
    }
    let dispatcher = simulated();
    let runtime = project.load(&dispatcher);
    for (name, _, text) in files {
        let error = call(&dispatcher, &runtime, name).expect_err(name);
        assert!(
            error.starts_with(&format!("test:{name}: ")) && error.contains(text),
            "{error}"
        );
    }
}

#[test]
fn a_mistake_in_text_has_a_line_and_a_column() {
    let mut project = Project::new();
    project.text(
        "bad",
        "(component\n    (core module\n        (fnc)))",
        "answer",
        "[]",
    );
    let error = project
        .call("bad", &[])
        .expect_err("no text of a component");
    assert!(
        error.starts_with("test:bad: ") && error.contains("line 3, column 10: "),
        "{error}"
    );
}

/// Loads a project from its directory, with its mistakes.
fn mistake_of(project: &Project, name: &str) -> String {
    let directory = project.directory();
    let loaded = load(directory.path(), &LoadOptions::default());
    let dispatcher = simulated();
    let runtime = Runtime::new(dispatcher.handle(), loaded.registry).expect("an engine");
    let error = call(&dispatcher, &runtime, name).expect_err(name);
    assert_eq!(runtime.compilations(), 0);
    error
}

#[test]
fn a_filesystem_is_an_entry_of_that_kind() {
    let hash = hash_of("types");
    for (fs, text) in [("answer", "function.wat"), ("nothing", "test:nothing")] {
        let mut project = Project::new();
        project.text("answer", ANSWER, "answer", "[]");
        let fields: [(&str, &dyn std::fmt::Display); 4] = [
            ("fs", &fs),
            ("path", &"/types.wasm"),
            ("hash", &hash),
            ("method", &"add"),
        ];
        project.entry("lost", "function.wasm", &fields);
        let error = mistake_of(&project, "lost");
        assert!(
            error.contains("test:lost") && error.contains("fs") && error.contains(text),
            "{fs}: {error}"
        );
    }
    // A directory that is not there is found out when something needs it.
    let nowhere = guests().join("nowhere");
    let mut project = project_over(&nowhere);
    function(&mut project, "lost", "types.wasm", &hash, "add");
    let error = mistake_of(&project, "lost");
    assert!(
        error.contains("cannot read types.wasm") && error.contains("nowhere"),
        "{error}"
    );
}

#[test]
fn what_is_no_function_cannot_be_called() {
    let error = Project::new().call("guests", &[]).expect_err("a directory");
    assert_eq!(error, "test:guests: an fs.directory cannot be called");
}
