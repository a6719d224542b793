//! Guests under a seed.

use std::time::Duration;

use serde_json::json;
use wippy::Arguments;
use wippy_dispatcher::{Dispatcher, Record};

use crate::support::Project;

/// The trace of ten guests that sleep equal times: its hash, and the order of the picks.
fn trace(seed: u64) -> (u64, Vec<u64>) {
    let mut project = Project::new();
    let imports = "[wasi:clocks, wasi:io]";
    project.function("nap", "sleeper", "sleeper#sleep-series", imports, &[]);
    let dispatcher = Dispatcher::simulated(seed).expect("a simulation");
    let runtime = project.load(&dispatcher);
    dispatcher
        .block_on(async {
            let start = |_| {
                let runtime = runtime.clone();
                let task = dispatcher.spawn(async move {
                    let arguments = [json!([1000, 1000, 1000])];
                    runtime
                        .call("nap", Arguments::Json(&arguments))
                        .await
                        .map(drop)
                });
                task.expect("a task")
            };
            for task in (0..10).map(start).collect::<Vec<_>>() {
                task.await.expect("not cancelled").expect("a nap");
            }
        })
        .expect("no deadlock");
    let trace = dispatcher.trace().expect("a simulation's");
    let picks = trace.records().iter().filter_map(|record| match record {
        Record::Pick { task, .. } => Some(*task),
        _ => None,
    });
    (trace.hash(), picks.collect())
}

#[test]
fn a_seed_gives_the_same_run_and_another_another_order() {
    let (first, order) = trace(1);
    assert_eq!(trace(1), (first, order.clone()));
    let (second, other) = trace(2);
    assert_ne!(first, second);
    assert_ne!(order, other);
}

#[test]
fn two_processes_give_the_same_trace() {
    const CHILD: &str = "WIPPY_TEST_TRACE";
    const NAME: &str = "simulation::two_processes_give_the_same_trace";
    let (hash, _) = trace(7);
    if std::env::var_os(CHILD).is_some() {
        eprintln!("trace {hash:016x}");
        return;
    }
    let program = std::env::current_exe().expect("this program");
    let child = std::process::Command::new(program)
        .args(["--exact", NAME, "--nocapture"])
        .env(CHILD, "1")
        .output()
        .expect("a child");
    let text = String::from_utf8_lossy(&child.stderr);
    assert!(text.contains(&format!("trace {hash:016x}")), "{text}");
}

/// In the future of `block_on` and in tasks: what they wait for, and which call of which entry it is.
#[test]
fn a_report_of_waits_names_the_calls() {
    let mut project = Project::new();
    let imports = "[wasi:clocks, wasi:io]";
    project.function("nap", "sleeper", "sleeper#sleep-series", imports, &[]);
    let dispatcher = Dispatcher::simulated(3).expect("a simulation");
    let runtime = project.load(&dispatcher);
    let handle = dispatcher.handle();
    let call = runtime.clone();
    let nap = async move {
        let second = [json!([1_000_000])];
        call.call("nap", Arguments::Json(&second)).await.map(drop)
    };
    let at = handle.clone();
    let report = dispatcher.spawn(async move {
        at.sleep(Duration::from_millis(500)).await?;
        at.waits()
    });
    let second = handle.spawn_named("a guest", {
        let runtime = runtime.clone();
        async move {
            let second = [json!([2_000_000])];
            runtime
                .call("nap", Arguments::Json(&second))
                .await
                .map(drop)
        }
    });
    dispatcher
        .block_on(nap)
        .expect("no deadlock")
        .expect("a nap");
    let report = dispatcher
        .block_on(report.expect("a task"))
        .expect("no deadlock");
    let waits = report.expect("not cancelled").expect("a simulation");
    let lines: Vec<String> = waits.tasks().iter().map(ToString::to_string).collect();
    for (line, subject) in [
        (&lines[0], "block_on"),
        (&lines[2], "task 1 \"a guest\" on default"),
    ] {
        assert!(
            line.starts_with(&format!("{subject} waits since 1.0")),
            "{line}"
        );
        assert!(line.contains(" s for a timer at "), "{line}");
        let (_, call) = line.split_once("\n    call ").expect("a call");
        assert!(call.contains("nap: parked: waits for "), "{line}");
    }
    assert!(!lines[1].contains("call"), "{}", lines[1]);
    // A call that has ended is nobody's.
    dispatcher
        .block_on(second.expect("a task"))
        .expect("no deadlock")
        .expect("not cancelled")
        .expect("a nap");
    let waits = dispatcher
        .block_on(async { handle.waits() })
        .expect("no deadlock");
    assert_eq!(waits.expect("a simulation").to_string(), "block_on runs");
}
