//! Calls with Rust values, calls that are started, and what a call's options say.

use std::time::Duration;

use serde_json::json;
use wippy::stdio::{InputSource, Sink, Stdio, pipe};
use wippy::{
    Arguments, CallError, CallErrorKind, CallGroup, CallOptions, Entry, GroupError, Program,
    Runtime, Val,
};
use wippy_dispatcher::Dispatcher;

use crate::support::{guests, simulated};

const ADD: &str = r#"(module
    (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1))))"#;
const SPIN: &str = r#"(module (func (export "spin") (loop $on br $on)))"#;

fn guest(id: &str, name: &str, method: &str) -> Entry {
    let path = guests().join("components").join(format!("{name}.wasm"));
    let imports = ["wasi:io", "wasi:clocks", "wasi:cli"];
    let entry = Entry::function(id).file(path).method(method);
    imports.into_iter().fold(entry, Entry::import)
}

fn runtime(dispatcher: &Dispatcher, entries: impl IntoIterator<Item = Entry>) -> Runtime {
    let builder = entries
        .into_iter()
        .fold(Program::builder(), |builder, entry| builder.entry(entry));
    let program = builder.build().expect("entries");
    Runtime::on(dispatcher.handle(), program).expect("an engine")
}

fn kind<T: std::fmt::Debug>(result: Result<T, CallError>) -> CallErrorKind {
    result.expect_err("it fails").kind
}

#[test]
fn rust_values_go_in_and_come_back() {
    let dispatcher = simulated();
    let runtime = runtime(
        &dispatcher,
        [
            Entry::function("a:add").bytes(ADD),
            guest("a:echo", "types", "echo-string"),
        ],
    );
    let sum = runtime.call_typed::<(i32, i32), (i32,)>("a:add", (1, 2));
    assert_eq!(
        dispatcher
            .block_on(sum)
            .expect("a dispatcher")
            .expect("a sum"),
        (3,)
    );
    let text = "x".repeat(100_000);
    let echoed = runtime.call_typed::<(&str,), (String,)>("a:echo", (&text,));
    let echoed = dispatcher.block_on(echoed).expect("a dispatcher");
    assert_eq!(echoed.expect("a text").0, text);
}

#[test]
fn other_types_are_refused_by_name() {
    let dispatcher = simulated();
    let native = r#"(module
        (import "wasi_snapshot_preview1" "sched_yield" (func (result i32)))
        (memory (export "memory") 1)
        (func (export "one") (result i32) (i32.const 1)))"#;
    let runtime = runtime(
        &dispatcher,
        [
            Entry::function("a:add").bytes(ADD),
            Entry::function("a:native").bytes(native).import("wasi1"),
        ],
    );
    let call = runtime.call_typed::<(i32, String), (i32,)>("a:add", (1, String::new()));
    let error = dispatcher.block_on(call).expect("a dispatcher");
    let CallErrorKind::Type { signature, .. } = kind(error) else {
        panic!("it has other types");
    };
    assert_eq!(signature, "add: func(p0: s32, p1: s32) -> s32");
    let call = runtime.call_typed::<(), (i32,)>("a:native", ());
    let error = dispatcher.block_on(call).expect("a dispatcher");
    assert!(matches!(kind(error), CallErrorKind::Untyped(_)));
}

/// The guest sleeps for 5 ms of virtual time, while its host does nothing but turn.
#[test]
fn a_started_call_is_asked_for_its_result() {
    let dispatcher = simulated();
    let runtime = runtime(&dispatcher, [guest("a:sleeper", "sleeper", "sleep-series")]);
    let arguments = [json!([5000])];
    let start = || {
        let arguments = Arguments::Json(&arguments);
        runtime
            .start("sleeper", CallOptions::new(), arguments)
            .expect("a task")
    };
    let mut call = start();
    assert!(
        call.poll().is_none() && !call.is_finished(),
        "nothing has turned"
    );
    let mut turns = 0;
    let slept = loop {
        dispatcher.turn(None).expect("a turn");
        turns += 1;
        if let Some(result) = call.poll() {
            break result.expect("a sleep");
        }
    };
    assert!(turns > 1, "it waits in between");
    assert!(slept.as_u64().expect("nanoseconds") >= 5_000_000);
    assert!(
        call.poll().is_none() && !call.is_finished(),
        "it is given once"
    );

    // It is a future as well.
    let awaited = dispatcher.block_on(start()).expect("a dispatcher");
    assert!(awaited.is_ok());

    let cancelled = start();
    dispatcher.turn(None).expect("a turn");
    assert_eq!(runtime.calls().len(), 1);
    cancelled.cancel();
    dispatcher.turn(Some(Duration::ZERO)).expect("a turn");
    assert_eq!(runtime.calls().len(), 0);
}

#[test]
fn values_and_rust_values_can_be_started_too() {
    let dispatcher = simulated();
    let runtime = runtime(&dispatcher, [Entry::function("a:add").bytes(ADD)]);
    let with = || runtime.with(CallOptions::new());
    let values = with().start_values("add", vec![Val::S32(1), Val::S32(2)]);
    let values = dispatcher.block_on(values.expect("a task"));
    assert_eq!(
        values.expect("a dispatcher").expect("a sum"),
        Some(Val::S32(3))
    );
    let typed = with().start_typed::<(i32, i32), (i32,)>("add", (3, 4));
    let typed = dispatcher.block_on(typed.expect("a task"));
    assert_eq!(typed.expect("a dispatcher").expect("a sum"), (7,));
    let lost = runtime.start("absent", CallOptions::new(), Arguments::Json(&[]));
    let lost = dispatcher
        .block_on(lost.expect("a task"))
        .expect("a dispatcher");
    assert!(matches!(kind(lost), CallErrorKind::Lookup(_)));
}

/// The options of a call: its arguments, its variables beside those of its entry, its streams.
#[test]
fn a_call_has_what_its_options_say() {
    let dispatcher = simulated();
    let handle = dispatcher.handle();
    let entry = guest("a:args", "args", "wasi:cli/run")
        .env("ENTRY", "1")
        .env("BOTH", "entry");
    let runtime = runtime(&dispatcher, [entry]);
    let (printed, output) = pipe(&handle, 1 << 16).expect("room");
    let stdio = Stdio::new(
        InputSource::Empty,
        Sink::Pipe(output.clone()),
        Sink::Pipe(output),
    );
    let options = CallOptions::new()
        .stdio(stdio)
        .args(["me", "one"])
        .env("BOTH", "call")
        .env("CALL", "2");
    let call = runtime.with(options).call("args", Arguments::Json(&[]));
    dispatcher
        .block_on(call)
        .expect("a dispatcher")
        .expect("a run");
    let text = String::from_utf8(printed.read(1 << 16).expect("lines")).expect("text");
    let expected = "arg 0: me\narg 1: one\nenv BOTH=call\nenv CALL=2\nenv ENTRY=1\n";
    assert!(text.starts_with(expected), "{text}");
}

#[test]
fn a_calls_wall_clock_can_be_moved() {
    let dispatcher = simulated();
    let runtime = runtime(&dispatcher, [guest("a:clock", "calendar", "wall-now")]);
    let now = |options: CallOptions| {
        let call = runtime.with(options).call("clock", Arguments::Json(&[]));
        let now = dispatcher
            .block_on(call)
            .expect("a dispatcher")
            .expect("a time");
        now[0].as_u64().expect("seconds")
    };
    let new = CallOptions::new;
    let hour = Duration::from_secs(3600);
    let before = now(new());
    assert_eq!(now(new().clock_ahead(hour)) - before, 3600);
    assert_eq!(before - now(new().clock_behind(hour)), 3600);
    assert_eq!(now(new().clock_behind(Duration::MAX)), 0);
}

#[test]
fn a_timeout_begins_with_the_call() {
    let dispatcher = simulated();
    let handle = dispatcher.handle();
    let runtime = runtime(&dispatcher, [Entry::function("a:spin").bytes(SPIN)]);
    dispatcher
        .block_on(runtime.prepare("spin"))
        .expect("a dispatcher")
        .expect("a module");
    for _ in 0..2 {
        let begun = handle.now().expect("the time");
        let options = CallOptions::new().timeout(Duration::from_millis(30));
        let call = runtime.with(options).call_typed::<(), ()>("spin", ());
        let error = dispatcher.block_on(call).expect("a dispatcher");
        assert!(matches!(kind(error), CallErrorKind::DeadlineExceeded));
        let passed = (handle.now().expect("the time") - begun).as_millis();
        assert!((30..=32).contains(&passed), "{passed}");
    }
}

#[test]
fn a_group_has_so_many_calls_at_once() {
    let dispatcher = simulated();
    let runtime = runtime(&dispatcher, [guest("a:sleeper", "sleeper", "sleep-series")]);
    let tenant = CallGroup::new().max_calls(2);
    let arguments = [json!([5000])];
    let start = || {
        let options = CallOptions::new().group(&tenant);
        let call = runtime.start("sleeper", options, Arguments::Json(&arguments));
        call.expect("a task")
    };
    let calls = [start(), start(), start()];
    let ended = calls.map(|call| dispatcher.block_on(call).expect("a dispatcher"));
    let refused = ended.into_iter().filter_map(Result::err);
    let refused: Vec<_> = refused.map(|error| error.kind).collect();
    assert!(
        matches!(refused[..], [CallErrorKind::Group(GroupError::Calls(2))]),
        "{refused:?}"
    );
    assert_eq!(tenant.calls(), 0);
    dispatcher
        .block_on(start())
        .expect("a dispatcher")
        .expect("a sleep");
}

/// Two guests of three pages each, in a group that has room for four.
#[test]
fn a_group_has_so_much_memory() {
    let dispatcher = simulated();
    let grow = r#"(module (memory 1)
        (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0))))"#;
    let spare = Entry::function("a:grow").bytes(grow);
    let runtime = runtime(&dispatcher, [spare]);
    let page = 65_536;
    let tenant = CallGroup::new().max_memory(4 * page);
    let grow = |pages: i32| {
        let options = CallOptions::new().group(&tenant);
        let call = runtime
            .with(options)
            .call_typed::<(i32,), (i32,)>("grow", (pages,));
        dispatcher.block_on(call).expect("a dispatcher")
    };
    assert_eq!(grow(3).expect("room"), (1,));
    assert_eq!(tenant.memory(), 0, "it is given back");
    let error = kind(grow(4));
    assert!(
        matches!(error, CallErrorKind::Group(GroupError::Memory(_))),
        "{error}"
    );
    let kept = runtime
        .with(CallOptions::new().group(&tenant))
        .instance("grow");
    let kept = dispatcher
        .block_on(kept)
        .expect("a dispatcher")
        .expect("an instance");
    assert_eq!((tenant.calls(), tenant.memory()), (1, page));
    assert!(matches!(kind(grow(3)), CallErrorKind::Group(_)));
    drop(kept);
    assert_eq!((tenant.calls(), tenant.memory()), (0, 0));
    grow(3).expect("room");
}

#[test]
fn a_group_has_so_many_descriptors() {
    let dispatcher = simulated();
    let host = tempfile::tempdir().expect("a directory");
    std::fs::write(host.path().join("a"), "x").expect("a file");
    let directory = wippy::Directory::new(host.path(), "/data");
    let entry = guest("a:files", "files", "script").directory(directory);
    let runtime = runtime(&dispatcher, [entry]);
    let tenant = CallGroup::new().max_descriptors(3);
    for (script, expected) in [
        ("hoard\t3\t/data\ta", "3"),
        ("hoard\t9\t/data\ta", "3 then insufficient-memory"),
    ] {
        let options = CallOptions::new().group(&tenant);
        let script = [json!(["mounts", script])];
        let call = runtime
            .with(options)
            .call("files", Arguments::Json(&script));
        let said = dispatcher.block_on(call).expect("a dispatcher");
        assert_eq!(said.expect("answers")[1], expected);
        assert_eq!(tenant.descriptors(), 0);
    }
}
