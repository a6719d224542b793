//! How many calls of an entry run at once, in virtual time.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use serde_json::json;
use wippy::project::{LoadOptions, from_yaml};
use wippy::{Arguments, Program, ProgramOptions, Runtime};
use wippy_dispatcher::Dispatcher;

use crate::support::{Project, simulated};

const NAP: &str = "test:guests/sleeper@0.1.0#sleep-series";

/// How long so many calls of 10 ms take that all start together, after a first one that compiles.
fn time_of(pool: &str, calls: usize) -> (Duration, Vec<String>) {
    let mut project = Project::new();
    project.function(
        "nap",
        "sleeper",
        NAP,
        "[wasi:clocks, wasi:io]",
        &[("pool", &pool)],
    );
    let dispatcher = simulated();
    let runtime = project.load(&dispatcher);
    let handle = dispatcher.handle();
    dispatcher
        .block_on(async {
            let warm = [json!([1])];
            runtime
                .call("nap", Arguments::Json(&warm))
                .await
                .expect("a nap");
            let begun = handle.now().expect("a clock");
            let mut tasks = Vec::new();
            for _ in 0..calls {
                let runtime = runtime.clone();
                let task = dispatcher.spawn(async move {
                    let arguments = [json!([10_000])];
                    runtime
                        .call("nap", Arguments::Json(&arguments))
                        .await
                        .map(drop)
                });
                tasks.push(task.expect("a task"));
            }
            let mut failures = Vec::new();
            for task in tasks {
                if let Err(error) = task.await.expect("not cancelled") {
                    failures.push(error.to_string());
                }
            }
            (handle.now().expect("a clock") - begun, failures)
        })
        .expect("no deadlock")
}

#[test]
fn the_bound_is_the_pools() {
    let cases = [
        ("{type: inline}", 6, 60),
        ("{size: 4}", 6, 60),
        ("{type: static, workers: 3}", 6, 20),
        ("{workers: 2}", 6, 30),
        ("{type: static, size: 2}", 6, 30),
        ("{type: static}", 9, 20),
        ("{type: lazy}", 17, 20),
        ("{type: lazy, max_size: 6}", 6, 10),
        // It begins with one place, and has one more each 10 ms that a caller waits.
        ("{type: adaptive, max_size: 5}", 6, 30),
        ("{}", 101, 20),
    ];
    for (pool, calls, milliseconds) in cases {
        let (took, failures) = time_of(pool, calls);
        assert_eq!(took, Duration::from_millis(milliseconds), "{pool}");
        assert_eq!(failures, Vec::<String>::new(), "{pool}");
    }
}

#[test]
fn beyond_the_bound_and_the_queue_the_pool_is_full() {
    let (took, failures) = time_of("{type: static, workers: 1, buffer: 2}", 5);
    assert_eq!(took, Duration::from_millis(30));
    assert_eq!(
        failures,
        ["test:nap: pool is full", "test:nap: pool is full"]
    );
}

/// A caller that goes away while it waits leaves the queue; one that goes away while it runs frees
/// the instance at once.
#[test]
fn a_dropped_call_gives_its_room_back() {
    let mut project = Project::new();
    let inline = "{type: inline}";
    project.function(
        "nap",
        "sleeper",
        NAP,
        "[wasi:clocks, wasi:io]",
        &[("pool", &inline)],
    );
    let dispatcher = simulated();
    let runtime = project.load(&dispatcher);
    let handle = dispatcher.handle();
    let start = |dispatcher: &Dispatcher, microseconds: u64| {
        let runtime = runtime.clone();
        let task = dispatcher.spawn(async move {
            let arguments = [json!([microseconds])];
            runtime
                .call("nap", Arguments::Json(&arguments))
                .await
                .map(drop)
        });
        task.expect("a task")
    };
    dispatcher
        .block_on(async {
            let running = start(&dispatcher, 3_600_000_000);
            handle.sleep(Duration::from_secs(1)).await.expect("sleep");
            let waiting = start(&dispatcher, 3_600_000_000);
            handle.sleep(Duration::from_secs(1)).await.expect("sleep");
            let last = start(&dispatcher, 1_000);
            handle.sleep(Duration::from_secs(1)).await.expect("sleep");
            waiting.cancel().await;
            let begun = handle.now().expect("a clock");
            running.cancel().await;
            last.await.expect("not cancelled").expect("a nap");
            assert_eq!(
                handle.now().expect("a clock") - begun,
                Duration::from_millis(1)
            );
        })
        .expect("no deadlock");
}

/// The bound on callers of a pool without `buffer` is the program's.
#[test]
fn the_bound_on_waiting_callers_is_a_setting() {
    let mut project = Project::new();
    let inline = "{type: inline}";
    project.function(
        "nap",
        "sleeper",
        NAP,
        "[wasi:clocks, wasi:io]",
        &[("pool", &inline)],
    );
    let loaded = from_yaml(&project.yaml(), None, &LoadOptions::default());
    let options = ProgramOptions::new().max_waiting(2);
    let program = Program::with_options(loaded.registry, options);
    let dispatcher = simulated();
    let runtime = Runtime::on(dispatcher.handle(), program).expect("an engine");
    let call = |_| {
        let runtime = runtime.clone();
        let call = async move {
            let nap = [json!([1000])];
            let napped = runtime.call("nap", Arguments::Json(&nap)).await;
            napped.map_err(|error| error.to_string())
        };
        dispatcher.spawn(call).expect("a task")
    };
    let results = dispatcher.block_on(async {
        let calls: Vec<_> = (0..4).map(call).collect();
        let mut results = Vec::new();
        for call in calls {
            results.push(call.await.expect("not cancelled"));
        }
        results
    });
    let results = results.expect("no deadlock");
    let full = results.iter().filter(|result| result.is_err());
    let full: Vec<_> = full.collect();
    assert_eq!(full, [&Err("test:nap: pool is full".to_owned())]);
}

fn napping(pool: &str) -> Project {
    let mut project = Project::new();
    let imports = "[wasi:clocks, wasi:io]";
    project.function("nap", "sleeper", NAP, imports, &[("pool", &pool)]);
    project
}

/// How long so many calls of 10 ms take that start together.
async fn together(dispatcher: &Dispatcher, runtime: &Runtime, calls: usize) -> Duration {
    let handle = dispatcher.handle();
    let begun = handle.now().expect("a clock");
    let call = |_| {
        let runtime = runtime.clone();
        let call = async move {
            let nap = [json!([10_000])];
            runtime.call("nap", Arguments::Json(&nap)).await.map(drop)
        };
        dispatcher.spawn(call).expect("a task")
    };
    let calls: Vec<_> = (0..calls).map(call).collect();
    for call in calls {
        call.await.expect("not cancelled").expect("a nap");
    }
    handle.now().expect("a clock") - begun
}

#[test]
fn an_adaptive_pool_shrinks_when_it_is_idle() {
    let dispatcher = simulated();
    let runtime = napping("{type: adaptive, max_size: 4}").load(&dispatcher);
    let handle = dispatcher.handle();
    dispatcher
        .block_on(async {
            runtime.prepare("nap").await.expect("compiled");
            let cold = together(&dispatcher, &runtime, 40).await;
            // Now there is room for four at once.
            let warm = together(&dispatcher, &runtime, 4).await;
            assert_eq!(warm, Duration::from_millis(10));
            assert!(cold > Duration::from_millis(100), "{cold:?}");
            // Of four places three are idle for so long that they go.
            let idle = handle.sleep(Duration::from_secs(100));
            idle.await.expect("sleep");
            let again = together(&dispatcher, &runtime, 4).await;
            assert!(again > warm, "{again:?}");
        })
        .expect("no deadlock");
}

#[test]
fn callers_get_their_places_in_order() {
    let dispatcher = simulated();
    let runtime = napping("{max_size: 7}").load(&dispatcher);
    let handle = dispatcher.handle();
    let ended = Rc::new(RefCell::new(Vec::new()));
    let calls = 400;
    dispatcher
        .block_on(async {
            runtime.prepare("nap").await.expect("compiled");
            let mut tasks = Vec::new();
            for number in 0..calls {
                // One after the other, so that the order of asking is known.
                let soon = handle.sleep(Duration::from_micros(10));
                soon.await.expect("sleep");
                let (runtime, ended) = (runtime.clone(), ended.clone());
                let call = async move {
                    let nap = [json!([10_000])];
                    let napped = runtime.call("nap", Arguments::Json(&nap)).await;
                    napped.expect("a nap");
                    ended.borrow_mut().push(number);
                };
                tasks.push(dispatcher.spawn(call).expect("a task"));
            }
            for task in tasks {
                task.await.expect("not cancelled");
            }
        })
        .expect("no deadlock");
    assert_eq!(*ended.borrow(), (0..calls).collect::<Vec<_>>());
}
