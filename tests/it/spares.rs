//! Instances that static entries keep ready: made while the dispatcher is idle, used once, and gone
//! when somebody needs their place.

use std::time::Duration;

use serde_json::{Value, json};
use wippy::stdio::{InputSource, Sink, Stdio, pipe};
use wippy::{Arguments, CallOptions, Program, ProgramOptions, Runtime};
use wippy_dispatcher::Dispatcher;

use crate::support::{Project, live, simulated};

/// Counts its calls: in a fresh instance each is the first.
const COUNTER: &str = r#"(module (global $calls (mut i32) (i32.const 0))
    (func (export "next") (result i32)
        (global.set $calls (i32.add (global.get $calls) (i32.const 1)))
        (global.get $calls)))"#;

/// An entry over a module's text.
fn entry(project: &mut Project, name: &str, source: &str, method: &str, more: &[(&str, &str)]) {
    let source = serde_json::to_string(source).expect("a string");
    let mut fields: Vec<(&str, &dyn std::fmt::Display)> =
        vec![("source", &source), ("method", &method)];
    fields.extend(
        more.iter()
            .map(|(key, value)| (*key, value as &dyn std::fmt::Display)),
    );
    project.entry(name, "function.wat", &fields);
}

fn two_workers(source: &str, method: &str, imports: &str) -> Project {
    let mut project = Project::new();
    let pool = ("pool", "{type: static, workers: 2}");
    entry(
        &mut project,
        "guest",
        source,
        method,
        &[("imports", imports), pool],
    );
    project
}

async fn call(runtime: &Runtime, name: &str) -> Result<Value, String> {
    let called = runtime.call(name, Arguments::Json(&[])).await;
    called.map_err(|error| error.to_string())
}

/// Lets the dispatcher be idle a few times: more often than there are instances to make and drop.
async fn idle(runtime: &Runtime) {
    for _ in 0..60 {
        runtime.handle().idle().await.expect("own thread");
    }
}

#[test]
fn a_static_entry_has_as_many_as_workers_and_each_is_used_once() {
    let project = two_workers(COUNTER, "next", "[]");
    let dispatcher = live();
    let runtime = project.load(&dispatcher);
    let all = async {
        runtime.prepare("guest").await.expect("a module");
        assert_eq!(runtime.spares("guest"), (0, 0), "before anything was idle");
        idle(&runtime).await;
        assert_eq!(runtime.spares("guest"), (2, 0));
        for round in 0..3 {
            assert_eq!(call(&runtime, "guest").await, Ok(json!(1)));
            // The call had one, which has not been replaced: nothing was idle.
            assert_eq!(runtime.spares("guest"), (1, 1), "round {round}");
            assert_eq!(call(&runtime, "guest").await, Ok(json!(1)));
            // No spare is left; an instance that is made for its call ends with it.
            assert_eq!(call(&runtime, "guest").await, Ok(json!(1)));
            assert_eq!(runtime.spares("guest"), (0, 2), "round {round}");
            idle(&runtime).await;
            assert_eq!(runtime.spares("guest"), (2, 0), "round {round}");
        }
    };
    dispatcher.block_on(all).expect("no error");
}

#[test]
fn other_entries_and_simulations_have_none() {
    let mut project = Project::new();
    for (name, pool) in [
        ("inline", "{type: inline}"),
        ("lazy", "{type: lazy}"),
        ("untyped", "{}"),
        ("static", "{type: static, workers: 1}"),
    ] {
        entry(&mut project, name, COUNTER, "next", &[("pool", pool)]);
    }
    let spares = |dispatcher: &Dispatcher, name: &str| {
        let runtime = project.load(dispatcher);
        let all = async {
            assert_eq!(call(&runtime, name).await, Ok(json!(1)));
            idle(&runtime).await;
            runtime.spares(name)
        };
        dispatcher.block_on(all).expect("no error")
    };
    for name in ["inline", "lazy", "untyped"] {
        assert_eq!(spares(&live(), name), (0, 0), "{name}");
    }
    assert_eq!(spares(&live(), "static"), (1, 0));
    assert_eq!(spares(&simulated(), "static"), (0, 0));
}

/// An instantiation that calls the host depends on what its call is given; one that traps or takes
/// long has to happen in a call, which can be ended.
#[test]
fn an_instantiation_that_does_more_gives_no_spares() {
    let calls_the_host = r#"(component
        (import "wasi:clocks/monotonic-clock@0.2.0"
            (instance $clock (export "now" (func (result u64)))))
        (core func $now (canon lower (func $clock "now")))
        (core module $m
            (import "clock" "now" (func $now (result i64)))
            (func $start (drop (call $now)))
            (start $start)
            (func (export "next") (result i32) (i32.const 7)))
        (core instance $i (instantiate $m
            (with "clock" (instance (export "now" (func $now))))))
        (func (export "next") (result s32) (canon lift (core func $i "next"))))"#;
    let traps = r#"(module (func $start unreachable) (start $start)
        (func (export "next") (result i32) (i32.const 7)))"#;
    let spins = r#"(module
        (func $start (local $left i32)
            (local.set $left (i32.const 50000000))
            (loop $again
                (br_if $again (local.tee $left (i32.sub (local.get $left) (i32.const 1))))))
        (start $start)
        (func (export "next") (result i32) (i32.const 7)))"#;
    for (what, source, succeeds) in [
        ("calls the host", calls_the_host, true),
        ("traps", traps, false),
        ("spins", spins, true),
    ] {
        let project = two_workers(source, "next", "[wasi:clocks]");
        let dispatcher = live();
        let runtime = project.load(&dispatcher);
        let all = async {
            runtime.prepare("guest").await.expect("a module");
            for _ in 0..2 {
                idle(&runtime).await;
                assert_eq!(runtime.spares("guest"), (0, 0), "{what}");
                let called = call(&runtime, "guest").await;
                assert_eq!(called.is_ok(), succeeds, "{what}: {called:?}");
            }
        };
        dispatcher.block_on(all).expect("no error");
    }
}

/// The whole program may have four instances at once, of which two may be spares.
fn for_four_instances(project: &Project) -> Program {
    project.program(ProgramOptions::new().max_instances(4))
}

#[test]
fn they_give_way_where_no_instance_is_free() {
    let mut project = two_workers(COUNTER, "next", "[]");
    entry(&mut project, "other", COUNTER, "next", &[]);
    let nap = "test:guests/sleeper@0.1.0#sleep-series";
    project.function("nap", "sleeper", nap, "[wasi:clocks, wasi:io]", &[]);
    let dispatcher = live();
    let runtime = Runtime::on(dispatcher.handle(), for_four_instances(&project));
    let runtime = runtime.expect("an engine");
    let all = async {
        runtime.prepare("nap").await.expect("a module");
        // It sleeps for an hour, and has its instance once others have run.
        let nap = || {
            let called = runtime.clone();
            let task = dispatcher.spawn(async move {
                let arguments = [json!([3_600_000_000_u64])];
                let called = called.call("nap", Arguments::Json(&arguments)).await;
                called.map(drop)
            });
            task.expect("room")
        };
        let begin = || runtime.handle().yield_now();
        let mut naps = vec![nap(), nap()];
        begin().await.expect("own thread");
        runtime.prepare("guest").await.expect("a module");
        idle(&runtime).await;
        assert_eq!(runtime.spares("guest"), (2, 0));
        // It would wait for an hour if they stayed.
        assert_eq!(call(&runtime, "other").await, Ok(json!(1)));
        assert_eq!(runtime.spares("guest"), (1, 0));
        naps.push(nap());
        begin().await.expect("own thread");
        assert_eq!(call(&runtime, "guest").await, Ok(json!(1)));
        assert_eq!(runtime.spares("guest"), (0, 1));
        // One that has ended gives way too.
        assert_eq!(call(&runtime, "other").await, Ok(json!(1)));
        assert_eq!(runtime.spares("guest"), (0, 0));
        for nap in naps {
            nap.cancel().await;
        }
        call(&runtime, "guest").await.expect("a call");
        idle(&runtime).await;
        assert_eq!(runtime.spares("guest"), (2, 0), "they come again");
    };
    dispatcher.block_on(all).expect("no error");
}

/// A program for one instance has none: calls on other threads would wait for it.
#[test]
fn half_of_all_instances_are_never_spares() {
    let project = two_workers(COUNTER, "next", "[]");
    for (instances, spares) in [(1, 0), (2, 1), (3, 1), (4, 2), (9, 2)] {
        let dispatcher = live();
        let options = ProgramOptions::new().max_instances(instances);
        let runtime = Runtime::on(dispatcher.handle(), project.program(options));
        let runtime = runtime.expect("an engine");
        let all = async {
            runtime.prepare("guest").await.expect("a module");
            idle(&runtime).await;
            assert_eq!(runtime.spares("guest"), (spares, 0), "{instances}");
            assert_eq!(call(&runtime, "guest").await, Ok(json!(1)));
        };
        dispatcher.block_on(all).expect("no error");
    }
}

/// Where instances of the first runtime were left, the second would not get any.
#[test]
fn they_are_dropped_with_their_runtime() {
    let project = two_workers(COUNTER, "next", "[]");
    let program = for_four_instances(&project);
    for _ in 0..3 {
        let dispatcher = live();
        let runtime = Runtime::on(dispatcher.handle(), program.clone()).expect("an engine");
        let all = async {
            assert_eq!(call(&runtime, "guest").await, Ok(json!(1)));
            idle(&runtime).await;
            assert_eq!(runtime.spares("guest"), (2, 0));
            assert_eq!(call(&runtime, "guest").await, Ok(json!(1)));
        };
        dispatcher.block_on(all).expect("no error");
        // The dispatcher lives on, with a task that would fill up.
        drop(runtime);
        let dispatcher_again = live();
        let other = Runtime::on(dispatcher_again.handle(), program.clone()).expect("an engine");
        let two = async {
            idle(&other).await;
            assert_eq!(call(&other, "guest").await, Ok(json!(1)));
            idle(&other).await;
            assert_eq!(other.spares("guest"), (2, 0));
        };
        dispatcher_again.block_on(two).expect("no error");
        let idle = async { dispatcher.handle().idle().await.expect("own thread") };
        dispatcher.block_on(idle).expect("no error");
    }
}

#[test]
fn each_call_has_a_seed_and_streams_of_its_own() {
    let mut project = Project::new();
    let seed = "test:guests/dice@0.1.0#insecure-seed";
    let pool = "{type: static, workers: 2}";
    project.function("seed", "dice", seed, "[wasi:random]", &[("pool", &pool)]);
    let dispatcher = live();
    let runtime = project.load(&dispatcher);
    let all = async {
        runtime.prepare("seed").await.expect("a module");
        idle(&runtime).await;
        assert_eq!(runtime.spares("seed"), (2, 0));
        let first = call(&runtime, "seed").await.expect("a seed");
        let (reader, writer) = pipe(runtime.handle(), 1024).expect("room");
        let output = Sink::Pipe(writer.clone());
        let stdio = Stdio::new(InputSource::Empty, output.clone(), output);
        drop(writer);
        let options = CallOptions::new().stdio(stdio);
        let second = runtime.call_with("seed", options, Arguments::Json(&[]));
        assert_ne!(second.await.expect("a seed"), first);
        // Its instance has ended and is not dropped; its streams are.
        assert_eq!(runtime.spares("seed"), (0, 2));
        assert!(reader.read(10).is_err(), "nobody writes it any more");
    };
    dispatcher.block_on(all).expect("no error");
}

/// What instantiation has taken counts.
#[test]
fn the_limits_of_the_call_hold() {
    let grows = r#"(module (memory 2)
        (func (export "next") (result i32)
            (i32.add
                (i32.mul (memory.grow (i32.const 1)) (i32.const 10))
                (memory.grow (i32.const 1))))
        (func (export "spin") (loop $again (br $again))))"#;
    let mut project = Project::new();
    let memory = format!("{{max_memory_bytes: {}}}", 3 * 65536);
    let pool = ("pool", "{type: static, workers: 1}");
    entry(
        &mut project,
        "grow",
        grows,
        "next",
        &[("limits", &memory), pool],
    );
    let time = ("limits", "{max_execution_ms: 20}");
    entry(&mut project, "spin", grows, "spin", &[time, pool]);
    let dispatcher = live();
    let runtime = project.load(&dispatcher);
    let all = async {
        for name in ["grow", "spin"] {
            runtime.prepare(name).await.expect("a module");
        }
        for _ in 0..2 {
            idle(&runtime).await;
            assert_eq!(runtime.spares("grow"), (1, 0));
            // From two pages to three, and no further.
            assert_eq!(call(&runtime, "grow").await, Ok(json!(2 * 10 - 1)));
            assert_eq!(runtime.spares("spin"), (1, 0));
            let spun = call(&runtime, "spin").await;
            assert_eq!(spun, Err("test:spin: context deadline exceeded".to_owned()));
            // One that was ended in the middle is dropped at once.
            assert_eq!(runtime.spares("spin"), (0, 0));
        }
    };
    dispatcher.block_on(all).expect("no error");
}

/// A caller that gives up takes its instance along, and another is made.
#[test]
fn a_dropped_call_is_replaced() {
    let mut project = Project::new();
    let nap = "test:guests/sleeper@0.1.0#sleep-series";
    let pool = "{type: static, workers: 1}";
    project.function(
        "nap",
        "sleeper",
        nap,
        "[wasi:clocks, wasi:io]",
        &[("pool", &pool)],
    );
    let dispatcher = live();
    let runtime = project.load(&dispatcher);
    let all = async {
        runtime.prepare("nap").await.expect("a module");
        idle(&runtime).await;
        assert_eq!(runtime.spares("nap"), (1, 0));
        let called = runtime.clone();
        let task = dispatcher.spawn(async move {
            let arguments = [json!([3_600_000_000_u64])];
            let called = called.call("nap", Arguments::Json(&arguments)).await;
            called.map(drop)
        });
        let task = task.expect("room");
        runtime
            .handle()
            .sleep(Duration::from_millis(1))
            .await
            .expect("own thread");
        assert_eq!(runtime.spares("nap"), (0, 0));
        task.cancel().await;
        idle(&runtime).await;
        assert_eq!(runtime.spares("nap"), (1, 0));
    };
    dispatcher.block_on(all).expect("no error");
}
