//! A thousand guests on one thread.

use std::time::Duration;

use serde_json::{Value, json};
use wippy::Arguments;
use wippy::Runtime;
use wippy_dispatcher::{Dispatcher, Instant, Task};

use crate::support::{Project, simulated};

const GUESTS: u64 = 1000;

fn load(dispatcher: &Dispatcher) -> Runtime {
    let mut project = Project::new();
    let pool = "{type: lazy, max_size: 2000}";
    let imports = "[wasi:clocks, wasi:io]";
    project.function(
        "nap",
        "sleeper",
        "sleeper#sleep-series",
        imports,
        &[("pool", &pool)],
    );
    project.load(dispatcher)
}

/// Ten sleeps between 1 and 10 ms, different for each guest; microseconds.
fn sleeps(guest: u64) -> Vec<u64> {
    (0..10)
        .map(|sleep| 1000 + (guest * 7919 + sleep * 104_729) % 9001)
        .collect()
}

/// Starts a guest, which gives how long it slept by its own account, and when it ended.
fn start(dispatcher: &Dispatcher, runtime: &Runtime, guest: u64) -> Task<(Value, Instant)> {
    let (runtime, handle) = (runtime.clone(), dispatcher.handle());
    let task = dispatcher.spawn(async move {
        let arguments = [json!(sleeps(guest))];
        let slept = runtime
            .call("nap", Arguments::Json(&arguments))
            .await
            .expect("naps");
        (slept, handle.now().expect("a clock"))
    });
    task.expect("a task")
}

#[test]
fn in_virtual_time_they_end_exactly_with_the_longest() {
    let dispatcher = simulated();
    let runtime = load(&dispatcher);
    let handle = dispatcher.handle();
    let longest: u64 = (0..GUESTS)
        .map(|guest| sleeps(guest).iter().sum())
        .max()
        .expect("guests");
    let took = dispatcher
        .block_on(async {
            start(&dispatcher, &runtime, 0).await.expect("compiled");
            let begun = handle.now().expect("a clock");
            let tasks: Vec<_> = (0..GUESTS)
                .map(|guest| start(&dispatcher, &runtime, guest))
                .collect();
            for (guest, task) in (0..).zip(tasks) {
                let (slept, _) = task.await.expect("not cancelled");
                let asked: u64 = sleeps(guest).iter().sum();
                assert_eq!(slept, json!(asked * 1000), "guest {guest}");
            }
            handle.now().expect("a clock") - begun
        })
        .expect("no deadlock");
    assert_eq!(took, Duration::from_micros(longest));
}

/// This process's threads.
fn threads() -> usize {
    std::fs::read_dir("/proc/self/task")
        .expect("threads")
        .count()
}

/// Run by itself in a process of its own, so that the threads are this test's.
#[test]
fn in_real_time_they_need_no_thread_but_the_dispatchers() {
    const ALONE: &str = "WIPPY_TEST_ALONE";
    const NAME: &str = "many::in_real_time_they_need_no_thread_but_the_dispatchers";
    if std::env::var_os(ALONE).is_none() {
        let program = std::env::current_exe().expect("this program");
        let child = std::process::Command::new(program)
            .args(["--exact", NAME, "--nocapture"])
            .env(ALONE, "1")
            .output()
            .expect("a child");
        let text = String::from_utf8_lossy(&child.stderr);
        assert!(
            child.status.success(),
            "{text}{}",
            String::from_utf8_lossy(&child.stdout)
        );
        assert!(
            text.contains("threads started while they slept: 0"),
            "{text}"
        );
        return;
    }
    let builder = Dispatcher::builder().blocking_idle(Duration::from_millis(1));
    let dispatcher = builder.build().expect("a dispatcher");
    let runtime = load(&dispatcher);
    let handle = dispatcher.handle();
    let (more, ratio) = dispatcher
        .block_on(async {
            start(&dispatcher, &runtime, 0).await.expect("compiled");
            // What compiled it goes away by itself; the compiler's own workers stay.
            while dispatcher.blocking_threads() > 0 {
                handle.sleep(Duration::from_millis(1)).await.expect("sleep");
            }
            let before = threads();
            let tasks: Vec<_> = (0..GUESTS)
                .map(|guest| start(&dispatcher, &runtime, guest))
                .collect();
            handle.sleep(Duration::from_millis(1)).await.expect("sleep");
            let more = threads().saturating_sub(before);
            assert_eq!(dispatcher.blocking_threads(), 0);
            let mut last_start = None;
            for (guest, task) in (0..).zip(tasks) {
                let (slept, ended) = task.await.expect("not cancelled");
                let slept = slept.as_u64().expect("a number");
                let asked: u64 = sleeps(guest).iter().sum();
                assert!(slept >= asked * 1000, "guest {guest} woke early");
                // When it started, by its own account.
                last_start = last_start.max(Some(ended.as_nanos() - slept));
            }
            let took = handle.now().expect("a clock").as_nanos() - last_start.expect("guests");
            let longest: u64 = (0..GUESTS)
                .map(|guest| sleeps(guest).iter().sum())
                .max()
                .expect("guests");
            (more, took as f64 / (longest * 1000) as f64)
        })
        .expect("no deadlock");
    eprintln!("threads started while they slept: {more}");
    eprintln!("from the last guest's start: {ratio:.2} times the longest guest's sleeps");
    assert_eq!(more, 0);
}
