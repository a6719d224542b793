//! Entries that are made in code, beside a project's or without one.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::{Value, json};
use wippy::project::kinds::PoolType;
use wippy::project::{LoadOptions, from_yaml};
use wippy::stdio::{InputSource, Sink, Stdio, pipe};
use wippy::{
    Arguments, CallErrorKind, CallOptions, Directory, Entry, EntryError, EntryErrorKind, Program,
    Runtime,
};
use wippy_dispatcher::Dispatcher;

use crate::support::{Project, guests, hash_of, simulated};

const ADD: &str = r#"(module
    (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1))))"#;

fn component(name: &str) -> PathBuf {
    guests().join("components").join(format!("{name}.wasm"))
}

/// Calls an entry of a program.
fn call(
    dispatcher: &Dispatcher,
    program: Program,
    name: &str,
    arguments: &[Value],
) -> Result<Value, CallErrorKind> {
    let runtime = Runtime::on(dispatcher.handle(), program).expect("an engine");
    let called = dispatcher.block_on(runtime.call(name, Arguments::Json(arguments)));
    called.expect("a dispatcher").map_err(|error| error.kind)
}

fn refused(entries: impl IntoIterator<Item = Entry>) -> EntryError {
    let builder = entries
        .into_iter()
        .fold(Program::builder(), |builder, entry| builder.entry(entry));
    builder.build().expect_err("it cannot be added")
}

#[test]
fn bytes_and_files_are_modules() {
    let path = component("crunch-c");
    let by_bytes = Entry::function("app:add").bytes(ADD);
    let by_file = Entry::function("app:primes").file(&path).method("primes");
    let by_hash = Entry::function("app:hashed")
        .file(&path)
        .hash(&hash_of("crunch-c"))
        .method("primes");
    let program = Program::builder()
        .entry(by_bytes)
        .entry(by_file)
        .entry(by_hash)
        .build()
        .expect("entries");
    let dispatcher = simulated();
    let sum = call(&dispatcher, program.clone(), "add", &[json!(1), json!(2)]);
    assert_eq!(sum.expect("a sum"), json!(3));
    for name in ["app:primes", "app:hashed"] {
        let primes = call(&dispatcher, program.clone(), name, &[json!(1)]);
        assert_eq!(primes.expect("a number"), json!(9592), "{name}");
    }
}

#[test]
fn they_stand_beside_a_projects() {
    let mut project = Project::new();
    project.text(
        "one",
        "(module (func (export \"one\") (result i32) i32.const 1))",
        "one",
        "[]",
    );
    let registry = from_yaml(&project.yaml(), None, &LoadOptions::default()).registry;
    let two = Entry::function("test:two")
        .bytes("(module (func (export \"two\") (result i32) i32.const 2))");
    let builder = Program::builder().project(registry).entry(two);
    let program = builder.clone().build().expect("entries");
    let dispatcher = simulated();
    for (name, number) in [("one", 1), ("two", 2)] {
        let called = call(&dispatcher, program.clone(), name, &[]);
        assert_eq!(called.expect("a number"), json!(number));
    }
    let again = builder.entry(Entry::function("test:one").bytes(ADD));
    let error = again.build().expect_err("a duplicate");
    assert!(matches!(error.kind, EntryErrorKind::Duplicate));
    let text = "test:one: the program has an entry with this ID already";
    assert_eq!(error.to_string(), text);
}

#[test]
fn each_mistake_is_named() {
    let entry = |id| Entry::function(id).bytes(ADD);
    let host = tempfile::tempdir().expect("a directory");
    let file = host.path().join("file");
    std::fs::write(&file, "text").expect("a file");
    for (entry, text) in [
        (
            entry("add"),
            "add: \"add\" is not an entry ID: expected namespace:name",
        ),
        (
            Entry::function("a:b"),
            "a:b: it has no module: give its bytes, or a file",
        ),
        (
            entry("a:b").import("wasi:clock"),
            "a:b: unsupported wasm host import: wasi:clock (did you mean wasi:clocks?)",
        ),
        (
            entry("a:b").hash("md5:1"),
            "a:b: unsupported hash algorithm: md5",
        ),
        (
            entry("a:b").env("A=B", "c"),
            "a:b: the variable \"A=B\": a name is not empty and holds no `=`, and neither name nor \
             value holds a zero byte",
        ),
        (
            Entry::function("a:b").file("/nowhere/x.wasm"),
            "a:b: /nowhere/x.wasm: cannot be read: no such file",
        ),
        (
            entry("a:b").directory(Directory::new(&file, "/x")),
            "a:b: not a directory",
        ),
        (
            entry("a:b")
                .directory(Directory::new(host.path(), "/x"))
                .directory(Directory::new(host.path(), "x/").read_only()),
            "a:b: two directories are /x to the guest: give one another path, as HOST::GUEST",
        ),
    ] {
        assert_eq!(refused([entry]).to_string(), text);
    }
    let rule = refused([entry("a:b").allow("nothing at all")]);
    assert!(matches!(rule.kind, EntryErrorKind::Rule(_)), "{rule}");
    let hash = format!("sha256:{}", "0".repeat(64));
    let hash = refused([entry("a:b").hash(&hash)]);
    assert!(matches!(hash.kind, EntryErrorKind::Hash(_)), "{hash}");
    let twice = refused([entry("a:b"), entry("a:b")]);
    assert!(matches!(twice.kind, EntryErrorKind::Duplicate), "{twice}");
}

/// A file that a guest could have written is no module by its name alone.
#[test]
fn what_guests_may_write_needs_a_hash() {
    let host = tempfile::tempdir().expect("a directory");
    let path = host.path().join("crunch.wasm");
    std::fs::copy(component("crunch-c"), &path).expect("a copy");
    let writer = Entry::function("a:writer")
        .bytes(ADD)
        .directory(Directory::new(host.path(), "/"));
    let module = Entry::function("a:module").file(&path).method("primes");
    let error = refused([writer.clone(), module.clone()]);
    assert!(matches!(error.kind, EntryErrorKind::File { .. }), "{error}");
    assert!(error.to_string().contains("a:writer"), "{error}");
    let builder = Program::builder().entry(writer);
    let hashed = module.hash(&hash_of("crunch-c"));
    builder.entry(hashed).build().expect("the hash says which");
}

#[test]
fn limits_hold() {
    let spin = Entry::function("a:spin")
        .bytes(r#"(module (func (export "spin") (loop $on br $on)))"#)
        .max_execution(Duration::from_millis(20));
    let grow = Entry::function("a:grow")
        .bytes(
            r#"(module (memory 1)
                (func (export "grow") (result i32) (memory.grow (i32.const 1))))"#,
        )
        .max_memory(65536);
    let program = Program::builder().entry(spin).entry(grow).build();
    let program = program.expect("entries");
    let dispatcher = simulated();
    let spun = call(&dispatcher, program.clone(), "a:spin", &[]);
    assert!(matches!(spun, Err(CallErrorKind::DeadlineExceeded)));
    let grown = call(&dispatcher, program, "a:grow", &[]);
    assert_eq!(grown.expect("a number"), json!(-1));
}

/// An inline pool has room for one: a guest of 1 ms makes the second end after 2 ms.
#[test]
fn pools_bound_calls() {
    for (kind, together) in [(PoolType::Inline, 2), (PoolType::Lazy, 1)] {
        let sleeper = Entry::function("a:sleeper")
            .file(component("sleeper"))
            .method("sleep-series")
            .import("wasi:io")
            .import("wasi:clocks")
            .pool(kind, 8);
        let program = Program::builder().entry(sleeper).build().expect("an entry");
        let dispatcher = simulated();
        let handle = dispatcher.handle();
        let runtime = Runtime::on(handle.clone(), program).expect("an engine");
        dispatcher
            .block_on(runtime.prepare("sleeper"))
            .expect("a dispatcher")
            .expect("a module");
        let start = handle.now().expect("the time");
        let calls = [(), ()].map(|()| {
            let runtime = runtime.clone();
            let call = async move {
                runtime
                    .call("sleeper", Arguments::Json(&[json!([100_000])]))
                    .await
            };
            dispatcher.spawn(call).expect("a task")
        });
        for call in calls {
            let ended = dispatcher.block_on(call).expect("a dispatcher");
            ended.expect("an end").expect("a sleep");
        }
        let passed = (handle.now().expect("the time") - start).as_millis();
        assert_eq!(passed, 100 * together, "{kind:?}");
    }
}

/// What a process sees of the world: its arguments and its variables.
#[test]
fn a_process_has_what_its_entry_says() {
    let entry = Entry::process("a:args")
        .file(component("args"))
        .import("wasi:cli")
        .import("wasi:io")
        .args(["one", "two"])
        .env("B", "1")
        .env("A", "2")
        .env("B", "3");
    let program = Program::builder().entry(entry).build().expect("an entry");
    let dispatcher = simulated();
    let handle = dispatcher.handle();
    let runtime = Runtime::on(handle.clone(), program).expect("an engine");
    let (printed, output) = pipe(&handle, 1 << 16).expect("room");
    let stdio = Stdio::new(
        InputSource::Empty,
        Sink::Pipe(output.clone()),
        Sink::Pipe(output),
    );
    let run = dispatcher.block_on(runtime.execute("a:args", stdio, &[]));
    assert_eq!(run.expect("a dispatcher").expect("a status").code, 0);
    let printed = printed.read(1 << 16).expect("lines");
    let text = String::from_utf8(printed).expect("text");
    let expected = "arg 0: one\narg 1: two\nenv A=2\nenv B=3\n";
    assert!(text.starts_with(expected), "{text}");
}

/// A guest with a directory writes a file there.
#[test]
fn a_directory_is_what_the_guest_sees() {
    let host = tempfile::tempdir().expect("a directory");
    for (directory, expected) in [
        (Directory::new(host.path(), "/data"), true),
        (Directory::new(host.path(), "/data").read_only(), false),
    ] {
        let entry = Entry::function("a:files")
            .file(component("files"))
            .import("wasi:io")
            .import("wasi:clocks")
            .directory(directory);
        let program = Program::builder().entry(entry).build().expect("an entry");
        let name = format!("made-{expected}");
        let script = format!("mkdir\t/data\t{name}");
        // What the script's lines say is shown where the directory is not there.
        let live = Dispatcher::new().expect("a dispatcher");
        let said = call(&live, program, "a:files", &[json!(["mounts", script])]);
        let is_there = host.path().join(&name).is_dir();
        assert_eq!(is_there, expected, "{said:?}");
    }
}

#[test]
fn an_entry_opens_the_streams_of_calls_that_are_given_none() {
    let dispatcher = Dispatcher::new().expect("a dispatcher");
    let (printed, writer) = pipe(&dispatcher.handle(), 1024).expect("room");
    let opened = Arc::new(AtomicUsize::new(0));
    let count = opened.clone();
    let entry = Entry::function("app:hello")
        .file(component("hello-c"))
        .method("wasi:cli/run@0.2.12#run")
        .import("wasi:cli")
        .import("wasi:clocks")
        .import("wasi:io")
        .stdio(move |_| match count.fetch_add(1, Ordering::Relaxed) {
            2 => Err(wippy_dispatcher::Error::Closed),
            _ => Ok(Stdio::logged("app:hello").stdout(Sink::Pipe(writer.clone()))),
        });
    let program = Program::builder().entry(entry).build().expect("an entry");
    let runtime = Runtime::on(dispatcher.handle(), program).expect("an engine");
    let call = |options| {
        let call = runtime.with(options);
        let call = call.start("hello", Arguments::Json(&[])).expect("a call");
        dispatcher.block_on(call).expect("a dispatcher")
    };
    call(CallOptions::new()).expect("the first");
    call(CallOptions::new()).expect("the second");
    assert_eq!(
        printed.read(1024).expect("output"),
        b"slept 5 ms\nslept 5 ms\n"
    );
    let own = CallOptions::new().stdio(Stdio::logged("test"));
    call(own).expect("one with streams of its own");
    assert_eq!(opened.load(Ordering::Relaxed), 2);
    let refused = call(CallOptions::new()).expect_err("no streams");
    assert!(matches!(refused.kind, CallErrorKind::Stdio(_)), "{refused}");
}
