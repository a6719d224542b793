//! What a program says of itself: its calls as they are now, its metrics, its trace, its answer to
//! SIGUSR1.

mod exposition;
mod metrics;
mod signal;

use std::fmt::Display;
use std::sync::mpsc;
use std::time::Duration;

use serde_json::{Value, json};
use wippy::activity::{CallReport, CallState, Wait, WaitKind};
use wippy::project::{LoadOptions, from_yaml};
use wippy::stdio::{InputSource, Sink, Stdio, pipe};
use wippy::{Arguments, CallOptions, Program, ProgramOptions, Runtime};
use wippy_dispatcher::{Dispatcher, Handle, Simulation, Task};

use crate::support::{Project, live, simulated};

const CLOCKS: &str = "[wasi:clocks, wasi:io]";
const SECOND: Duration = Duration::from_secs(1);
/// In microseconds, as guests take them.
const HOUR: u64 = 3_600_000_000;

/// A program that counts times.
fn runtime(dispatcher: &Dispatcher, project: &Project) -> Runtime {
    with_options(dispatcher, project, ProgramOptions::new().metrics(true))
}

fn with_options(dispatcher: &Dispatcher, project: &Project, options: ProgramOptions) -> Runtime {
    let loaded = from_yaml(&project.yaml(), None, &LoadOptions::default());
    assert!(loaded.diagnostics.is_empty(), "{:#?}", loaded.diagnostics);
    let program = Program::with_options(loaded.registry, options);
    Runtime::on(dispatcher.handle(), program).expect("an engine")
}

/// A function that sleeps as long as it is told.
fn naps(extra: &[(&str, &dyn Display)]) -> Project {
    let mut project = Project::new();
    project.function("nap", "sleeper", "sleeper#sleep-series", CLOCKS, extra);
    project
}

/// Starts a call.
fn start(
    dispatcher: &Dispatcher,
    runtime: &Runtime,
    name: &'static str,
    arguments: Value,
) -> Task<Result<Value, String>> {
    let runtime = runtime.clone();
    let call = async move {
        let arguments = arguments.as_array().expect("a list");
        let ended = runtime.call(name, Arguments::Json(arguments)).await;
        ended.map_err(|error| error.to_string())
    };
    dispatcher.spawn(call).expect("a task")
}

async fn sleep(handle: &Handle, duration: Duration) {
    handle.sleep(duration).await.expect("sleep");
}

/// The only call.
fn only(runtime: &Runtime) -> CallReport {
    let mut calls = runtime.calls();
    assert_eq!(calls.len(), 1, "{calls:#?}");
    calls.remove(0)
}

/// What a parked call waits for.
fn wait(report: &CallReport) -> Wait {
    match report.state.clone() {
        CallState::Parked(wait) => wait,
        state => panic!("{state}"),
    }
}

#[test]
fn a_sleeping_guest_says_until_when() {
    let dispatcher = simulated();
    let handle = dispatcher.handle();
    let runtime = runtime(&dispatcher, &naps(&[]));
    dispatcher
        .block_on(async {
            runtime.prepare("nap").await.expect("compiled");
            let begun = handle.now().expect("a clock");
            let call = start(
                &dispatcher,
                &runtime,
                "nap",
                json!([[5_000_000, 2_000_000]]),
            );
            sleep(&handle, 4 * SECOND).await;
            let report = only(&runtime);
            assert_eq!((report.number, report.caller), (1, None));
            assert_eq!(report.entry.to_string(), "test:nap");
            assert_eq!((report.begun, report.since), (begun, begun));
            assert_eq!(wait(&report).deadline(), Some(begun + 5 * SECOND));
            assert_eq!(report.state.to_string(), "parked: waits for a clock");
            assert_eq!((report.resources, report.pollables), (1, 1));
            // It sleeps again, from the end of the first time on.
            sleep(&handle, 2 * SECOND).await;
            let again = only(&runtime);
            assert_eq!((again.begun, again.since), (begun, begun + 5 * SECOND));
            assert_eq!(wait(&again).deadline(), Some(begun + 7 * SECOND));
            call.await.expect("not cancelled").expect("it sleeps");
            assert_eq!(runtime.calls(), []);
        })
        .expect("no deadlock");
}

#[test]
fn a_guest_that_waits_for_several_things_says_which() {
    let dispatcher = simulated();
    let handle = dispatcher.handle();
    let mut project = Project::new();
    project.command(
        "stdin-race",
        "stdin-race",
        "[wasi:cli, wasi:io, wasi:clocks]",
        &[],
    );
    project.command("cat", "cat", "[wasi:cli, wasi:io]", &[]);
    let runtime = project.load(&dispatcher);
    let seen = |name: &'static str, words: &[&str]| {
        let make = || pipe(&handle, 4096).expect("a pipe");
        let ((stdin, feed), (_out, stdout), (_err, stderr)) = (make(), make(), make());
        let stdin = InputSource::Pipe(stdin);
        let stdio = Stdio::new(stdin, Sink::Pipe(stdout), Sink::Pipe(stderr));
        let words: Vec<String> = words.iter().map(|&word| word.to_owned()).collect();
        let running = runtime.clone();
        let run = async move { running.run(name, stdio, &words).await };
        dispatcher
            .block_on(async {
                let task = dispatcher.spawn(run).expect("a task");
                sleep(&handle, SECOND).await;
                let report = only(&runtime);
                task.cancel().await;
                drop(feed);
                report
            })
            .expect("no deadlock")
    };
    let race = seen("stdin-race", &["3600000"]);
    let Wait::Any {
        count,
        kinds,
        deadline,
    } = wait(&race)
    else {
        panic!("{race:?}");
    };
    let kinds: Vec<_> = kinds.iter().collect();
    assert_eq!(
        (count, kinds),
        (2, vec![WaitKind::Clock, WaitKind::PipeInput])
    );
    assert!(deadline.is_some());
    let text = "parked: waits for any of 2: a clock, bytes from a pipe";
    assert_eq!(race.state.to_string(), text);
    let text = "parked: waits for bytes from a pipe";
    for words in [[].as_slice(), &["--blocking"]] {
        assert_eq!(seen("cat", words).state.to_string(), text);
    }
    assert_eq!(runtime.calls(), []);
}

/// Each job takes a second of virtual time, so that a look each half second sees all states.
#[test]
fn a_call_says_where_it_is_before_its_guest_runs_and_at_its_files() {
    let directory = tempfile::tempdir().expect("a directory");
    std::fs::write(directory.path().join("file"), "text").expect("a file");
    let mut project = Project::new();
    project.entry(
        "files",
        "fs.directory",
        &[("directory", &directory.path().display())],
    );
    let mounts = "{mounts: [{fs: files, guest: /files}]}";
    let imports = "[wasi:io, wasi:clocks, wasi:filesystem]";
    let method = "file-loops#read-blocks";
    project.function("read", "bench-files", method, imports, &[("wasi", &mounts)]);
    let second = Simulation::new(1).job_delay(SECOND, SECOND);
    let dispatcher = Dispatcher::builder()
        .simulation(second)
        .build()
        .expect("a simulation");
    let handle = dispatcher.handle();
    let runtime = runtime(&dispatcher, &project);
    let mut seen: Vec<String> = Vec::new();
    dispatcher
        .block_on(async {
            let call = start(&dispatcher, &runtime, "read", json!(["file", 4, 1, false]));
            sleep(&handle, SECOND / 2).await;
            while !call.is_finished() {
                let state = only(&runtime).state.to_string();
                if seen.last() != Some(&state) {
                    seen.push(state);
                }
                sleep(&handle, SECOND).await;
            }
            call.await.expect("not cancelled").expect("it reads");
        })
        .expect("no deadlock");
    assert_eq!(seen, ["starting", "parked: waits for a file operation"]);
    let times = runtime.metrics().expect("numbers").entries.remove(0).times;
    // Its module was read, compiled and linked while the simulation's time stood still.
    assert_eq!(times.expect("counted").queued.sum(), Duration::ZERO);
}

/// Reading and compiling are jobs: they wait while the only thread for jobs is busy.
#[test]
fn a_call_says_that_its_module_is_loaded() {
    let mut project = Project::new();
    let source = r#"(module (func (export "add") (param i32 i32) (result i32)
        (i32.add (local.get 0) (local.get 1))))"#;
    project.text("add", source, "add", "[]");
    let dispatcher = Dispatcher::builder().blocking_threads(1).build();
    let dispatcher = dispatcher.expect("a dispatcher");
    let runtime = runtime(&dispatcher, &project);
    let (free, is_free) = mpsc::channel();
    let busy = dispatcher.handle().unblock(move || is_free.recv());
    let busy = dispatcher.spawn(busy).expect("a task");
    dispatcher.turn(Some(Duration::ZERO)).expect("a turn");
    let call = start(&dispatcher, &runtime, "add", json!([1, 2]));
    dispatcher.turn(Some(Duration::ZERO)).expect("a turn");
    assert_eq!(only(&runtime).state, CallState::Loading);
    free.send(()).expect("a thread that waits");
    let busy = dispatcher.block_on(busy).expect("a dispatcher");
    let freed = busy.expect("not cancelled").expect("no panic");
    freed.expect("it was sent");
    let sum = dispatcher.block_on(call).expect("a dispatcher");
    assert_eq!(sum.expect("not cancelled").expect("a sum"), json!(3));
    let times = runtime.metrics().expect("numbers").entries.remove(0).times;
    assert!(times.expect("counted").queued.sum() > Duration::ZERO);
}

#[test]
fn callers_that_wait_are_queued() {
    let dispatcher = simulated();
    let handle = dispatcher.handle();
    let runtime = runtime(&dispatcher, &naps(&[("pool", &"{type: inline}")]));
    dispatcher
        .block_on(async {
            runtime.prepare("nap").await.expect("compiled");
            let begun = handle.now().expect("a clock");
            let calls: Vec<_> = (0..3)
                .map(|_| start(&dispatcher, &runtime, "nap", json!([[10_000_000]])))
                .collect();
            sleep(&handle, SECOND).await;
            let states: Vec<_> = runtime.calls().iter().map(|it| it.state.name()).collect();
            assert_eq!(states.iter().filter(|state| **state == "queued").count(), 2);
            let metrics = runtime.metrics().expect("numbers");
            let entry = &metrics.entries[0];
            assert_eq!(entry.now(CallState::Queued), 2);
            let pool = entry.pool.expect("a pool");
            assert_eq!((pool.places, pool.used, pool.waiting), (1, 1, 2));
            assert_eq!(metrics.instances.used, 1);
            for call in calls {
                call.await.expect("not cancelled").expect("it sleeps");
            }
            assert_eq!(handle.now().expect("a clock"), begun + 30 * SECOND);
            let metrics = runtime.metrics().expect("numbers");
            let times = metrics.entries[0].times.as_ref().expect("counted");
            // None, ten and twenty seconds; then each sleeps for ten.
            assert_eq!((times.queued.count(), times.queued.sum()), (3, 30 * SECOND));
            assert_eq!((times.parked.count(), times.parked.sum()), (3, 30 * SECOND));
            assert_eq!(times.duration.sum(), 60 * SECOND);
        })
        .expect("no deadlock");
}

/// A component whose `relay` calls `test:nap` and waits for it.
const RELAY: &str = r#"(component
    (import "wippy:runtime/funcs@0.1.0" (instance $funcs
        (export "call-string" (func (param "target" string) (param "input" string)
            (result (result string (error string)))))))
    (core module $libc
        (memory (export "memory") 1)
        (data (i32.const 100) "nap[[3600000000]]")
        (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 1024)))
    (core instance $libc (instantiate $libc))
    (core func $string (canon lower (func $funcs "call-string")
        (memory (core memory $libc "memory")) (realloc (core func $libc "realloc"))))
    (core module $m
        (import "" "string" (func $string (param i32 i32 i32 i32 i32)))
        (func (export "relay") (call $string (i32.const 100) (i32.const 3) (i32.const 103)
            (i32.const 14) (i32.const 16))))
    (core instance $m (instantiate $m (with "" (instance (export "string" (func $string))))))
    (func (export "relay") (canon lift (core func $m "relay"))))"#;

#[test]
fn a_call_of_another_entry_says_who_called() {
    let dispatcher = simulated();
    let handle = dispatcher.handle();
    let mut project = naps(&[]);
    project.text("relay", RELAY, "relay", "[funcs]");
    let runtime = runtime(&dispatcher, &project);
    dispatcher
        .block_on(async {
            let call = start(&dispatcher, &runtime, "relay", json!([]));
            sleep(&handle, SECOND).await;
            let calls = runtime.calls();
            let [relay, nap] = &calls[..] else {
                panic!("{calls:#?}");
            };
            assert_eq!(relay.entry.to_string(), "test:relay");
            assert_eq!(relay.state, CallState::Parked(Wait::Call));
            assert_eq!(
                (nap.entry.to_string(), nap.caller),
                ("test:nap".into(), Some(relay.number))
            );
            assert!(wait(nap).deadline().is_some());
            call.cancel().await;
            sleep(&handle, SECOND).await;
            assert_eq!(runtime.calls(), []);
        })
        .expect("no deadlock");
}

/// Calls on threads of their own, seen from the thread of the caller.
#[test]
fn calls_on_other_threads_are_seen() {
    let dispatcher = live();
    let project = naps(&[("pool", &"{worker_class: wasm, workers: 2}")]);
    let runtime = runtime(&dispatcher, &project);
    dispatcher
        .block_on(async {
            let calls: Vec<_> = (0..2)
                .map(|_| start(&dispatcher, &runtime, "nap", json!([[HOUR]])))
                .collect();
            let handle = dispatcher.handle();
            let is_parked = |call: &CallReport| matches!(call.state, CallState::Parked(_));
            while runtime
                .calls()
                .iter()
                .filter(|call| is_parked(call))
                .count()
                < 2
            {
                sleep(&handle, Duration::from_millis(1)).await;
            }
            let own = runtime.metrics().expect("numbers");
            assert_eq!(
                (
                    own.dispatchers,
                    own.entries[0].now(runtime.calls()[0].state.clone())
                ),
                (1, 2)
            );
            let all = runtime.metrics_of_threads().await.expect("numbers");
            assert_eq!(all.dispatchers, 3);
            // Each of the others has a call with a timer beside whatever this one has.
            assert!(all.dispatcher.timers >= 2, "{all:#?}");
            assert!(all.dispatcher.tasks > own.dispatcher.tasks, "{all:#?}");
            for call in calls {
                call.cancel().await;
            }
            while !runtime.calls().is_empty() {
                sleep(&handle, Duration::from_millis(1)).await;
            }
        })
        .expect("a dispatcher");
}

/// What a call waits for before it has an instance counts against its caller's deadline, and is seen.
#[test]
fn a_call_whose_deadline_comes_is_gone() {
    let dispatcher = simulated();
    let handle = dispatcher.handle();
    let runtime = runtime(&dispatcher, &naps(&[]));
    dispatcher
        .block_on(async {
            runtime.prepare("nap").await.expect("compiled");
            let deadline = handle.now().expect("a clock") + SECOND;
            let options = CallOptions::new().deadline(deadline);
            let arguments = [json!([HOUR])];
            let call = runtime.call_with("nap", options, Arguments::Json(&arguments));
            call.await.expect_err("the deadline comes first");
            assert_eq!(runtime.calls(), []);
            let entry = runtime.metrics().expect("numbers").entries.remove(0);
            assert_eq!(entry.ended(wippy::activity::Outcome::Deadline), 1);
            assert_eq!(entry.times.expect("counted").parked.sum(), SECOND);
        })
        .expect("no deadlock");
}
