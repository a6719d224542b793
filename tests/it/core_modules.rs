//! Core modules: numbers, `wit` lines, and preview 1 commands and reactors.

use std::fmt::Display;

use serde_json::{Value, json};
use wippy::Status;
use wippy::stdio::Stdio;
use wippy::stdio::pipe;
use wippy::stdio::{InputSource, Sink};

use crate::support::{Project, simulated};

fn call(
    source: &str,
    method: &str,
    extra: &[(&str, &dyn Display)],
    arguments: &[Value],
) -> Result<Value, String> {
    let source = serde_json::to_string(source).expect("a string");
    let mut fields: Vec<(&str, &dyn Display)> = vec![("source", &source), ("method", &method)];
    fields.extend(extra);
    let mut project = Project::new();
    project.entry("f", "function.wat", &fields);
    project.call("f", arguments)
}

const NUMBERS: &str = r#"(module
    (func (export "add_one") (param i32) (result i32) (i32.add (local.get 0) (i32.const 1)))
    (func (export "halve") (param f64) (result f64) (f64.div (local.get 0) (f64.const 2)))
    (func (export "wide") (param i64 f32) (result i64) (local.get 0))
    (func (export "two") (result i32 i32) (i32.const 1) (i32.const 2))
    (memory (export "memory") 1))"#;

#[test]
fn functions_over_numbers_need_no_wit() {
    assert_eq!(call(NUMBERS, "add_one", &[], &[json!(41)]), Ok(json!(42)));
    assert_eq!(call(NUMBERS, "add-one", &[], &[json!(-2)]), Ok(json!(-1)));
    assert_eq!(call(NUMBERS, "halve", &[], &[json!(3)]), Ok(json!(1.5)));
    assert_eq!(
        call(NUMBERS, "wide", &[], &[json!(7), json!(0)]),
        Ok(json!(7))
    );
    let error = call(NUMBERS, "two", &[], &[]).expect_err("two results");
    assert_eq!(
        error,
        "test:f: method \"two\" of the core module takes or returns more than numbers: say what in \
         `wit`, such as \"two: func(text: string) -> string;\""
    );
    let error = call(NUMBERS, "three", &[], &[]).expect_err("no such export");
    assert_eq!(
        error,
        "test:f: method \"three\" not found; the module exports add-one, halve, wide"
    );
}

#[test]
fn wit_lines_give_core_functions_their_types() {
    let wit = "\"add_one: func(x: u32) -> u32;\"";
    assert_eq!(
        call(NUMBERS, "add_one", &[("wit", &wit)], &[json!(41)]),
        Ok(json!(42))
    );
    let error = call(NUMBERS, "add_one", &[("wit", &wit)], &[json!(-1)]).expect_err("unsigned");
    assert!(
        error.contains("argument 0: expected u32, got -1"),
        "{error}"
    );
    let camel = "\"addOne: func(x: u32) -> u32;\"";
    let module = NUMBERS.replace("add_one", "addOne");
    assert_eq!(
        call(&module, "addOne", &[("wit", &camel)], &[json!(41)]),
        Ok(json!(42))
    );
    let flag = "\"enum state { off, on }\\nadd-one: func(x: state) -> s32\"";
    assert_eq!(
        call(NUMBERS, "add_one", &[("wit", &flag)], &[json!("on")]),
        Ok(json!(2))
    );
    let missing = "\"nothing: func();\"";
    let error = call(NUMBERS, "nothing", &[("wit", &missing)], &[]).expect_err("no such export");
    assert!(error.contains("nothing"), "{error}");
}

/// Strings go through memory and the module's own allocator.
const SHOUT: &str = r#"(module
    (memory (export "memory") 1)
    (global $free (mut i32) (i32.const 1024))
    (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
        (global.get $free)
        (global.set $free (i32.add (global.get $free) (local.get 3))))
    (func (export "same") (param i32 i32) (result i32)
        (i32.store (i32.const 16) (local.get 0))
        (i32.store (i32.const 20) (local.get 1))
        (i32.const 16)))"#;

#[test]
fn strings_need_wit() {
    let wit = "\"same: func(text: string) -> string;\"";
    assert_eq!(
        call(SHOUT, "same", &[("wit", &wit)], &[json!("héllo")]),
        Ok(json!("héllo"))
    );
}

#[test]
fn an_import_outside_preview_1_is_a_load_error_that_names_it() {
    let module = r#"(module (import "env" "abort" (func)) (func (export "f")))"#;
    assert_eq!(
        call(module, "f", &[], &[]),
        Err("test:f: not a usable module: it imports env#abort, and a core module may import preview 1 \
             only (wasi_snapshot_preview1): build it for WASI (wasm32-wasip1), or make it a component"
            .to_owned())
    );
}

/// As AssemblyScript compiles with `--importMemory`: a counter in a memory of the host's.
const IMPORTED_MEMORY: &str = r#"(module
    (import "env" "memory" (memory 1 10))
    (data (i32.const 8) "\2a\00\00\00")
    (func (export "stored") (result i32) (i32.load (i32.const 8)))
    (func (export "growBy") (param i32) (result i32)
        (drop (memory.grow (local.get 0)))
        (memory.size)))"#;

#[test]
fn a_memory_that_is_imported_is_made_with_its_limits() {
    assert_eq!(call(IMPORTED_MEMORY, "stored", &[], &[]), Ok(json!(42)));
    let grown = |by: i32| call(IMPORTED_MEMORY, "growBy", &[], &[json!(by)]);
    assert_eq!(grown(9), Ok(json!(10)));
    assert_eq!(grown(10), Ok(json!(1)));
    // Strings go through it too: it is exported as the memory of the module.
    let shout = SHOUT.replace(
        r#"(memory (export "memory") 1)"#,
        r#"(import "env" "memory" (memory 1))"#,
    );
    let wit = "\"same: func(text: string) -> string;\"";
    assert_eq!(
        call(&shout, "same", &[("wit", &wit)], &[json!("héllo")]),
        Ok(json!("héllo"))
    );
}

/// Writes "hi\n" to descriptor 1 and exits with 3.
const COMMAND: &str = r#"(module
    (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "args_sizes_get" (func $sizes (param i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
    (memory (export "memory") 1)
    (data (i32.const 64) "hi\n")
    (func (export "_start")
        (i32.store (i32.const 0) (i32.const 64))
        (i32.store (i32.const 4) (i32.const 3))
        (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))
        (drop (call $sizes (i32.const 16) (i32.const 20)))
        (call $exit (i32.ne (i32.load (i32.const 16)) (i32.const 3)))))"#;

fn run(imports: &str, words: &[&str]) -> (Result<Status, String>, Vec<u8>) {
    let directory = tempfile::tempdir().expect("a directory");
    let bytes = wippy::to_binary(COMMAND).expect("a module");
    std::fs::write(directory.path().join("m.wasm"), &bytes).expect("a file");
    let hash = format!("sha256:{}", wippy::Digest::of(&bytes));
    let mut project = Project::new();
    project.entry(
        "modules",
        "fs.directory",
        &[("directory", &directory.path().display())],
    );
    project.entry(
        "greeter",
        "process.wasm",
        &[
            ("meta", &"{command: {name: greeter}}"),
            ("fs", &"modules"),
            ("path", &"m.wasm"),
            ("hash", &hash),
            ("method", &"_start"),
            ("imports", &imports),
        ],
    );
    let dispatcher = simulated();
    let handle = dispatcher.handle();
    let (printed, stdout) = pipe(&handle, 1024).expect("a pipe");
    let stdio = Stdio::new(
        InputSource::Empty,
        Sink::Pipe(stdout.clone()),
        Sink::Pipe(stdout),
    );
    let status = project.run_on(&dispatcher, "greeter", stdio, words);
    let mut bytes = Vec::new();
    while let Ok(Some(more)) = dispatcher
        .block_on(printed.next(1024))
        .expect("no deadlock")
    {
        bytes.extend(more);
    }
    (status, bytes)
}

#[test]
fn a_preview_1_command_runs_as_it_is() {
    let status = |code| {
        Ok(Status {
            code,
            output: None,
            error: None,
        })
    };
    for imports in [
        "[wasi1]",
        "[wasi:cli, wasi:io]",
        "[PREVIEW1]",
        "[wasi_snapshot_preview1]",
    ] {
        assert_eq!(
            run(imports, &["a", "b"]),
            (status(0), b"hi\n".to_vec()),
            "{imports}"
        );
    }
    // Its own name counts: three arguments are a name and two words.
    assert_eq!(run("[wasi1]", &["a"]), (status(1), b"hi\n".to_vec()));
}

#[test]
fn what_a_preview_1_module_may_use_is_what_the_list_says() {
    let (status, printed) = run("[wasi:io]", &[]);
    let error = status.expect_err("a trap");
    assert!(
        error.contains("is not enabled; add `- wasi:cli` to its imports"),
        "{error}"
    );
    assert_eq!(printed, b"");
}

/// What a C compiler makes of functions over numbers.
#[test]
fn a_module_of_c_computes() {
    let mut project = Project::new();
    project.function("primes", "crunch-c", "primes", "[]", &[]);
    project.function("multiply", "crunch-c", "multiply", "[]", &[]);
    assert_eq!(project.call("primes", &[json!(2)]), Ok(json!(9592)));
    let once = project.call("multiply", &[json!(1)]).expect("a sum");
    let twice = project.call("multiply", &[json!(2)]).expect("a sum");
    assert_eq!(once.as_f64().map(|sum| sum * 2.0), twice.as_f64());
}
