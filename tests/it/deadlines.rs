//! `limits.max_execution_ms`: whatever a guest does, its call ends at its deadline, and whatever a
//! guest computes, the others run meanwhile.

use std::time::Duration;

use serde_json::{Value, json};
use wippy::stdio::{InputSource, Sink, Stdio, pipe};
use wippy::{Arguments, CallErrorKind, CallOptions};
use wippy_dispatcher::Dispatcher;

use crate::support::{Project, live, simulated};

const LIMITS: &str = "{max_execution_ms: 50}";
const DEADLINE: Duration = Duration::from_millis(50);

/// Core modules that never end by themselves, each with a function `f` without parameters.
const ENDLESS: [(&str, &str); 4] = [
    ("spin", r#"(module (func (export "f") (loop $on br $on)))"#),
    (
        "start",
        r#"(module (func $start (loop $on br $on)) (start $start) (func (export "f")))"#,
    ),
    (
        "fill",
        r#"(module (memory 16) (func (export "f") (loop $on
            (memory.fill (i32.const 0) (i32.const 1) (i32.const 1048576)) br $on)))"#,
    ),
    (
        "recurse",
        r#"(module (func $g (result i32) i32.const 1)
            (func (export "f") (loop $on (br_if $on (call $g)))))"#,
    ),
];

/// A component whose function `f` asks for the wall clock for ever.
const WALL_CLOCK: &str = r#"(component
    (import "wasi:clocks/wall-clock@0.2.0" (instance $clock
        (type $fields (record (field "seconds" u64) (field "nanoseconds" u32)))
        (export "datetime" (type $datetime (eq $fields)))
        (export "now" (func (result $datetime)))))
    (core module $memory (memory (export "memory") 1))
    (core instance $memory (instantiate $memory))
    (core func $now (canon lower (func $clock "now") (memory (core memory $memory "memory"))))
    (core module $guest
        (import "clock" "now" (func $now (param i32)))
        (func (export "f") (loop $on (call $now (i32.const 0)) br $on)))
    (core instance $guest (instantiate $guest
        (with "clock" (instance (export "now" (func $now))))))
    (func (export "f") (canon lift (core func $guest "f"))))"#;

fn endless() -> Project {
    let mut project = Project::new();
    for (name, source) in ENDLESS {
        let source = serde_json::to_string(source).expect("a string");
        let fields: [(&str, &dyn std::fmt::Display); 3] =
            [("source", &source), ("method", &"f"), ("limits", &LIMITS)];
        project.entry(name, "function.wat", &fields);
    }
    project
}

/// Functions that wait or call the host for ever, with their arguments.
fn waiting(project: &mut Project) -> Vec<(&'static str, Value)> {
    let imports = "[wasi:clocks, wasi:io, wasi:random]";
    let limits: [(&str, &dyn std::fmt::Display); 1] = [("limits", &LIMITS)];
    let hour = 3_600_000_000_u64;
    project.function("nap", "sleeper", "sleeper#sleep-series", imports, &limits);
    for method in ["spin-ready", "spin-zero-poll", "spin-now"] {
        project.function(
            method,
            "spinner",
            &format!("spinner#{method}"),
            imports,
            &limits,
        );
    }
    let source = serde_json::to_string(WALL_CLOCK).expect("a string");
    project.entry(
        "wall-clock",
        "function.wat",
        &[
            ("source", &source),
            ("method", &"f"),
            ("imports", &"[wasi:clocks]"),
            ("limits", &LIMITS),
        ],
    );
    vec![
        ("wall-clock", json!([])),
        ("nap", json!([[hour]])),
        ("spin-ready", json!([hour, 1])),
        ("spin-zero-poll", json!([hour, 1])),
        ("spin-now", json!([hour])),
    ]
}

/// Calls a function, whose deadline must end it. How long the call took.
fn ends(dispatcher: &Dispatcher, project: &Project, name: &str, arguments: &Value) -> Duration {
    let runtime = project.load(dispatcher);
    let handle = dispatcher.handle();
    let arguments = arguments.as_array().expect("a list");
    dispatcher
        .block_on(async {
            runtime.prepare(name).await.expect("compiled");
            let begun = handle.now().expect("a clock");
            let error = runtime.call(name, Arguments::Json(arguments)).await;
            let error = error.expect_err("it never ends by itself");
            assert!(
                matches!(error.kind, CallErrorKind::DeadlineExceeded),
                "{name}: {error}"
            );
            assert!(
                error.to_string().ends_with("context deadline exceeded"),
                "{error}"
            );
            handle.now().expect("a clock") - begun
        })
        .expect("no deadlock")
}

#[test]
fn a_guest_that_only_computes_ends_at_its_deadline() {
    let project = endless();
    for (name, _) in ENDLESS {
        ends(&live(), &project, name, &json!([]));
        // In virtual time a slice of fuel takes a millisecond.
        let took = ends(&simulated(), &project, name, &json!([]));
        assert!(
            took >= DEADLINE && took <= DEADLINE + Duration::from_millis(2),
            "{name}: {took:?}"
        );
    }
}

#[test]
fn a_guest_that_waits_or_calls_the_host_ends_at_its_deadline() {
    let mut project = Project::new();
    for (name, arguments) in waiting(&mut project) {
        ends(&live(), &project, name, &arguments);
        let took = ends(&simulated(), &project, name, &arguments);
        assert!(
            took >= DEADLINE && took <= DEADLINE + Duration::from_millis(2),
            "{name}: {took:?}"
        );
    }
}

#[test]
fn a_guest_that_waits_for_a_connection_ends_at_its_deadline() {
    let mut project = Project::new();
    let limits: [(&str, &dyn std::fmt::Display); 1] = [("limits", &LIMITS)];
    let imports = "[wasi:cli, wasi:io, wasi:sockets]";
    project.function("serve", "sockets", "sockets#serve", imports, &limits);
    ends(&live(), &project, "serve", &json!([false, 1]));
}

#[test]
fn a_command_that_reads_what_never_comes_ends_at_its_deadline() {
    for dispatcher in [live(), simulated()] {
        let mut project = Project::new();
        let limits: [(&str, &dyn std::fmt::Display); 1] = [("limits", &LIMITS)];
        project.command("cat", "cat", "[wasi:cli, wasi:io]", &limits);
        let handle = dispatcher.handle();
        let make = || pipe(&handle, 4096).expect("a pipe");
        let ((stdin, _feed), (_out, stdout), (_err, stderr)) = (make(), make(), make());
        let stdio = Stdio::new(
            InputSource::Pipe(stdin),
            Sink::Pipe(stdout),
            Sink::Pipe(stderr),
        );
        let error = project.run_on(&dispatcher, "cat", stdio, &[]);
        let error = error.expect_err("nothing is ever read");
        assert!(error.ends_with("context deadline exceeded"), "{error}");
    }
}

/// What ends before its deadline is not touched by it.
#[test]
fn a_call_that_ends_in_time_is_not_touched() {
    let mut project = Project::new();
    waiting(&mut project);
    let naps = [json!([49_000])];
    let napped = project
        .call("nap", &naps)
        .expect("it ends a millisecond before");
    assert_eq!(napped, json!(49_000_000));
}

/// While guests compute without end, another one's sleeps end: on a host without preemption this
/// hangs.
#[test]
fn computing_guests_let_another_sleep() {
    for dispatcher in [live(), simulated()] {
        let mut project = endless();
        project.function(
            "nap",
            "sleeper",
            "sleeper#sleep-series",
            "[wasi:clocks, wasi:io]",
            &[],
        );
        let runtime = project.load(&dispatcher);
        dispatcher
            .block_on(async {
                for name in ["spin", "nap"] {
                    runtime.prepare(name).await.expect("compiled");
                }
                let mut spinning = Vec::new();
                for _ in 0..4 {
                    let runtime = runtime.clone();
                    let spin = async move { runtime.call("spin", Arguments::Json(&[])).await };
                    spinning.push(dispatcher.spawn(spin).expect("a task"));
                }
                let naps = [json!(vec![1000; 10])];
                runtime
                    .call("nap", Arguments::Json(&naps))
                    .await
                    .expect("naps");
                for spin in spinning {
                    let ended = spin.await.expect("not cancelled").expect_err("a deadline");
                    assert!(
                        matches!(ended.kind, CallErrorKind::DeadlineExceeded),
                        "{ended}"
                    );
                }
            })
            .expect("no deadlock");
    }
}

/// It is the caller's patience that counts, not the time that a guest runs: the call ends while it waits
/// for its pool, and leaves the queue.
#[test]
fn a_callers_deadline_counts_while_it_waits() {
    let mut project = Project::new();
    let pool: [(&str, &dyn std::fmt::Display); 1] =
        [("pool", &"{type: static, workers: 1, buffer: 1}")];
    let imports = "[wasi:clocks, wasi:io]";
    project.function("nap", "sleeper", "sleeper#sleep-series", imports, &pool);
    for dispatcher in [live(), simulated()] {
        let runtime = project.load(&dispatcher);
        let handle = dispatcher.handle();
        let call = async |microseconds: u64, patience: Option<Duration>| {
            let mut options = CallOptions::new();
            if let Some(patience) = patience {
                options = options.deadline(handle.now().expect("a clock") + patience);
            }
            let nap = [json!([microseconds])];
            runtime
                .call_with("nap", options, Arguments::Json(&nap))
                .await
        };
        dispatcher
            .block_on(async {
                runtime.prepare("nap").await.expect("compiled");
                let other = runtime.clone();
                let running = dispatcher.spawn(async move {
                    let hour = [json!([3_600_000_000_u64])];
                    other.call("nap", Arguments::Json(&hour)).await.map(drop)
                });
                let running = running.expect("a task");
                handle.yield_now().await.expect("yield");
                // The queue has room for one at a time: each has left it.
                for _ in 0..3 {
                    let late = call(1, Some(Duration::from_millis(20))).await;
                    let late = late.expect_err("a deadline").kind;
                    assert!(matches!(late, CallErrorKind::DeadlineExceeded), "{late}");
                }
                running.cancel().await;
                // It counts while a guest runs, too.
                let late = call(3_600_000_000, Some(Duration::from_millis(20))).await;
                let late = late.expect_err("a deadline").kind;
                assert!(matches!(late, CallErrorKind::DeadlineExceeded), "{late}");
                call(1, Some(Duration::from_secs(100)))
                    .await
                    .expect("a nap");
            })
            .expect("no deadlock");
    }
}
