//! Programs of several languages as their compilers make them, and what ends a program.

use std::fs;
use std::path::PathBuf;

use serde_json::json;
use wippy::stdio::{InputSource, Sink, Stdio, pipe};
use wippy::{Arguments, CallOptions, Digest};

use crate::support::{Project, guests, live, simulated};

/// Runs a program over a directory of 10,000 files with these words, and a megabyte of input. Its
/// status and what it printed.
fn run(module: &PathBuf, words: &[&str]) -> (u8, String) {
    let outer = tempfile::tempdir().expect("a directory");
    let many = outer.path().join("many");
    fs::create_dir(&many).expect("a directory");
    for index in 0..10_000 {
        fs::write(many.join(format!("n{index}")), "").expect("a file");
    }
    let bytes = fs::read(module).expect("a module");
    let hash = format!("sha256:{}", Digest::of(&bytes));
    let (folder, path) = (module.parent().expect("a folder"), module.file_name());
    let path = path.expect("a name").to_string_lossy().into_owned();
    let mut project = Project::new();
    let (folder, data) = (json!(folder), json!(outer.path()));
    project.entry("modules", "fs.directory", &[("directory", &folder)]);
    project.entry("data", "fs.directory", &[("directory", &data)]);
    project.entry(
        "GREETING",
        "env.variable",
        &[("storage", &"memory"), ("default", &"hello")],
    );
    project.entry("memory", "env.storage.memory", &[]);
    let wasi = "{mounts: [{fs: data, guest: /d}], env: [{id: 'test:GREETING', name: GREETING}]}";
    let fields: [(&str, &dyn std::fmt::Display); 7] = [
        ("meta", &"{command: {name: program}}"),
        ("fs", &"modules"),
        ("path", &path),
        ("hash", &hash),
        ("method", &"_start"),
        ("imports", &"[wasi1]"),
        ("wasi", &wasi),
    ];
    project.entry("program", "process.wasm", &fields);
    let dispatcher = live();
    let handle = dispatcher.handle();
    let (printed, stdout) = pipe(&handle, 1 << 20).expect("a pipe");
    let (input, keyboard) = pipe(&handle, 1 << 20).expect("a pipe");
    keyboard.write(&vec![b'x'; 1 << 20]).expect("a reader");
    drop(keyboard);
    let (_errors, lost) = pipe(&handle, 1 << 16).expect("a pipe");
    let stdio = Stdio::new(
        InputSource::Pipe(input),
        Sink::Pipe(stdout),
        Sink::Pipe(lost),
    );
    let status = project.run_on(&dispatcher, "program", stdio, words);
    let status = status.expect("a status").code;
    let mut bytes = Vec::new();
    while let Ok(Some(more)) = dispatcher
        .block_on(printed.next(1 << 20))
        .expect("no deadlock")
    {
        bytes.extend(more);
    }
    (status, String::from_utf8(bytes).expect("text"))
}

const EXPECTED: &str = "env: hello
appended: hello and more
truncated: hel
listed: 10000
opened: 1000
stdin: 1048576 bytes
";

fn expect(module: &PathBuf) {
    let (status, printed) = run(module, &["/d", "a word"]);
    assert_eq!(
        printed,
        format!("args: 2 of 8 bytes\n{EXPECTED}"),
        "{}",
        module.display()
    );
    assert_eq!(status, 42);
    // A megabyte of arguments.
    let word = "w".repeat(64 << 10);
    let words: Vec<&str> = std::iter::once("/d")
        .chain((0..16).map(|_| word.as_str()))
        .collect();
    let (status, printed) = run(module, &words);
    assert_eq!(
        printed,
        format!("args: 17 of 1048578 bytes\n{EXPECTED}"),
        "{}",
        module.display()
    );
    assert_eq!(status, 42);
}

#[test]
fn a_program_in_c_does_what_it_says() {
    expect(
        &guests()
            .join("components")
            .join(format!("{}.wasm", "program-c")),
    );
}

#[test]
fn a_program_in_zig_does_what_it_says() {
    expect(
        &guests()
            .join("components")
            .join(format!("{}.wasm", "program-zig")),
    );
}

#[test]
fn a_program_in_assemblyscript_does_what_it_says() {
    expect(
        &guests()
            .join("components")
            .join(format!("{}.wasm", "program-as")),
    );
}

#[test]
fn a_program_in_rust_does_what_it_says() {
    expect(
        &guests()
            .join("components")
            .join(format!("{}.wasm", "program-rust")),
    );
}

/// Its module is too large to be kept: `tests/guests/README.md` says how it is made.
#[test]
fn a_program_in_go_with_a_thousand_goroutines_does_what_it_says() {
    let module = guests().join("target/program-go.wasm");
    match module.is_file() {
        true => expect(&module),
        false => eprintln!("NOT TESTED: there is no {}", module.display()),
    }
}

/// Pointers to texts that end with a zero, one behind the other; the sizes hold all of it.
#[test]
fn arguments_and_environment_are_laid_out() {
    let module = r#"(module
        (import "wasi_snapshot_preview1" "args_sizes_get" (func $args_sizes (param i32 i32) (result i32)))
        (import "wasi_snapshot_preview1" "args_get" (func $args (param i32 i32) (result i32)))
        (import "wasi_snapshot_preview1" "environ_sizes_get" (func $env_sizes (param i32 i32) (result i32)))
        (import "wasi_snapshot_preview1" "environ_get" (func $env (param i32 i32) (result i32)))
        (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
        (memory (export "memory") 1)
        (func $show (param $at i32) (param $size i32)
            (i32.store (i32.const 0) (local.get $at))
            (i32.store (i32.const 4) (local.get $size))
            (if (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)) (then unreachable)))
        (func (export "_start")
            (if (call $args_sizes (i32.const 16) (i32.const 20)) (then unreachable))
            (if (call $args (i32.const 1024) (i32.const 2048)) (then unreachable))
            (if (call $env_sizes (i32.const 24) (i32.const 28)) (then unreachable))
            (if (call $env (i32.const 1536) (i32.const 3072)) (then unreachable))
            (call $show (i32.const 16) (i32.const 16))
            ;; All texts, and from the second one's pointer on.
            (call $show (i32.const 2048) (i32.load (i32.const 20)))
            (call $show (i32.load (i32.const 1028)) (i32.const 3))
            (call $show (i32.const 3072) (i32.load (i32.const 28)))
            (call $show (i32.load (i32.const 1540)) (i32.const 4))))"#;
    let source = serde_json::to_string(module).expect("a string");
    let wasi = "{args: [ab, \u{e9}], env: [{id: 'test:one', name: A}, {id: 'test:two', name: B}]}";
    let fields: [(&str, &dyn std::fmt::Display); 4] = [
        ("source", &source),
        ("method", &"_start"),
        ("imports", &"[wasi1]"),
        ("wasi", &wasi),
    ];
    let mut project = Project::new();
    project.entry("memory", "env.storage.memory", &[]);
    for (name, value) in [("one", "'1'"), ("two", "'2'")] {
        let fields: [(&str, &dyn std::fmt::Display); 2] =
            [("storage", &"memory"), ("default", &value)];
        project.entry(name, "env.variable", &fields);
    }
    project.entry("p", "function.wat", &fields);
    let dispatcher = live();
    let (printed, output) = pipe(&dispatcher.handle(), 4096).expect("a pipe");
    let sink = Sink::Pipe(output);
    let stdio = Stdio::new(InputSource::Empty, sink.clone(), sink);
    let runtime = project.load(&dispatcher);
    let options = CallOptions::new().stdio(stdio);
    let called = runtime.call_with("p", options, Arguments::Json(&[]));
    let called = dispatcher.block_on(called).expect("no deadlock");
    called.expect("it ends");
    let printed = printed.read(4096).expect("bytes");
    let mut expected = Vec::new();
    for number in [3u32, 8, 2, 8] {
        expected.extend(number.to_le_bytes());
    }
    expected.extend("p\0ab\0\u{e9}\0ab\0A=1\0B=2\0B=2\0".bytes());
    assert_eq!(printed, expected);
}

/// The low eight bits, as of any process.
#[test]
fn a_program_ends_with_the_number_that_it_gives() {
    for (code, status) in [
        (0, 0),
        (1, 1),
        (42, 42),
        (125, 125),
        (126, 126),
        (255, 255),
        (263, 7),
        (-1, 255),
    ] {
        let module = format!(
            r#"(module (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
                (memory (export "memory") 1)
                (func (export "_start") (call $exit (i32.const {code}))))"#
        );
        let mut project = Project::new();
        project.text("f", &module, "_start", "[wasi:cli]");
        let called = project.call("f", &[]);
        match status {
            0 => assert_eq!(called, Ok(json!(null))),
            status => assert_eq!(called, Err(format!("test:f: exit status {status}"))),
        }
    }
}

/// A reactor's `_initialize` comes before the function, and a memory's place follows its growth.
#[test]
fn a_reactor_is_initialized_first() {
    let module = r#"(module
        (import "wasi_snapshot_preview1" "random_get" (func $random (param i32 i32) (result i32)))
        (memory (export "memory") 1)
        (global $state (mut i32) (i32.const 1))
        (func (export "_initialize") (global.set $state (i32.const 41)))
        (func (export "next") (param i32) (result i32)
            ;; Before and after it has grown, at its end.
            (if (call $random (i32.const 65535) (i32.const 1)) (then unreachable))
            (drop (memory.grow (i32.const 3)))
            (if (call $random (i32.const 262143) (i32.const 1)) (then unreachable))
            (i32.add (global.get $state) (local.get 0))))"#;
    let mut project = Project::new();
    project.text("f", module, "next", "[wasi:random]");
    assert_eq!(project.call("f", &[json!(1)]), Ok(json!(42)));
}

/// A memory of 64-bit addresses, an imported one, and one that the start function uses already.
#[test]
fn memories_of_every_kind_are_used() {
    for (memory, start) in [
        (r#"(memory (export "memory") i64 1)"#, ""),
        (r#"(memory (export "memory") 1 1)"#, ""),
        (r#"(import "env" "memory" (memory 1))"#, ""),
        (r#"(memory (export "memory") 1)"#, "(start $fill)"),
    ] {
        let (import, defined) = match memory.starts_with("(import") {
            true => (memory, ""),
            false => ("", memory),
        };
        let address = if memory.contains("i64") {
            "i64.const"
        } else {
            "i32.const"
        };
        let module = format!(
            r#"(module {import}
                (import "wasi_snapshot_preview1" "random_get" (func $random (param i32 i32) (result i32)))
                {defined}
                (func $fill (drop (call $random (i32.const 8) (i32.const 64))))
                {start}
                (func (export "f") (result i64)
                    (call $fill)
                    (i64.or (i64.load ({address} 8)) (i64.load ({address} 64)))))"#
        );
        let mut project = Project::new();
        project.text("f", &module, "f", "[wasi:random]");
        let called = project.call_on(&simulated(), "f", &[]).expect(memory);
        assert_ne!(called, json!(0), "{memory}");
    }
}

/// So they do while a guest calls nothing but functions that cannot wait.
#[test]
fn a_loop_over_the_clock_lets_the_others_run() {
    let module = r#"(module
        (import "wasi_snapshot_preview1" "clock_time_get" (func $now (param i32 i64 i32) (result i32)))
        (memory (export "memory") 1)
        (func (export "_start") (local $end i64)
            (drop (call $now (i32.const 1) (i64.const 0) (i32.const 0)))
            (local.set $end (i64.add (i64.load (i32.const 0)) (i64.const 100000)))
            (loop $again
                (drop (call $now (i32.const 1) (i64.const 0) (i32.const 0)))
                (br_if $again (i64.lt_u (i64.load (i32.const 0)) (local.get $end))))))"#;
    let mut project = Project::new();
    project.text("f", module, "_start", "[wasi1]");
    assert_eq!(project.call("f", &[]), Ok(json!({"ok": true})));
}

/// Other tasks run while a guest does nothing but yield.
#[test]
fn yielding_lets_the_others_run() {
    let module = r#"(module
        (import "wasi_snapshot_preview1" "sched_yield" (func $yield (result i32)))
        (import "wasi_snapshot_preview1" "clock_time_get" (func $now (param i32 i64 i32) (result i32)))
        (memory (export "memory") 1)
        (func (export "f") (result i64) (local $start i64)
            (drop (call $now (i32.const 1) (i64.const 0) (i32.const 0)))
            (local.set $start (i64.load (i32.const 0)))
            (drop (call $yield))
            (drop (call $yield))
            (drop (call $now (i32.const 1) (i64.const 0) (i32.const 0)))
            (i64.sub (i64.load (i32.const 0)) (local.get $start))))"#;
    let mut project = Project::new();
    project.text("f", module, "f", "[wasi1]");
    // Each time that others may run costs a microsecond of simulated time.
    assert_eq!(project.call("f", &[]), Ok(json!(2000)));
}
