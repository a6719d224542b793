//! Programs on several threads.

use std::fmt::Display;
use std::process::Stdio;
use std::time::{Duration, Instant};

use serde_json::json;
use wippy::project::{LoadOptions, from_yaml};
use wippy::{Arguments, CallErrorKind, CallOptions, Program, ProgramOptions, Runtime};
use wippy_dispatcher::Dispatcher;

use crate::support::{Project, binary, live};

const CLOCKS: &str = "[wasi:clocks, wasi:io]";
const NAP: &str = "sleeper#sleep-series";
const HOUR: u64 = 3_600_000_000;

fn naps(name: &str, extra: &[(&str, &dyn Display)]) -> Project {
    let mut project = Project::new();
    project.function(name, "sleeper", NAP, CLOCKS, extra);
    project
}

fn program(project: &Project, options: ProgramOptions) -> Program {
    let loaded = from_yaml(&project.yaml(), None, &LoadOptions::default());
    assert!(loaded.diagnostics.is_empty(), "{:#?}", loaded.diagnostics);
    Program::with_options(loaded.registry, options)
}

fn runtime(dispatcher: &Dispatcher, project: &Project, threads: usize) -> Runtime {
    let options = ProgramOptions::new().threads(threads);
    Runtime::on(dispatcher.handle(), program(project, options)).expect("an engine")
}

/// The names of this process's threads that begin so.
fn threads_named(prefix: &str) -> Vec<String> {
    let tasks = std::fs::read_dir("/proc/self/task").expect("procfs");
    let name = |task: std::io::Result<std::fs::DirEntry>| {
        let comm = task.ok()?.path().join("comm");
        Some(std::fs::read_to_string(comm).ok()?.trim().to_owned())
    };
    let mut names: Vec<String> = tasks.filter_map(name).collect();
    names.retain(|name| name.starts_with(prefix));
    names.sort();
    // Threads that these start without a name have the same one.
    names.dedup();
    names
}

/// Sleeps in a guest, which says how long it took.
async fn nap(runtime: &Runtime, name: &str, microseconds: u64) -> Result<(), String> {
    let arguments = [json!([microseconds])];
    let slept = runtime.call(name, Arguments::Json(&arguments)).await;
    let slept = slept.map_err(|error| error.to_string())?;
    assert!(
        slept.as_u64().expect("nanoseconds") >= microseconds * 1000,
        "{slept}"
    );
    Ok(())
}

/// Waits until the condition holds, which it does soon.
async fn until(dispatcher: &Dispatcher, condition: impl Fn() -> bool) {
    let begun = Instant::now();
    while !condition() {
        assert!(begun.elapsed() < Duration::from_secs(20), "it never holds");
        let soon = dispatcher.handle().sleep(Duration::from_millis(1));
        soon.await.expect("sleep");
    }
}

#[test]
fn an_entry_with_a_worker_class_runs_on_threads_of_its_own() {
    let pool: [(&str, &dyn Display); 1] =
        [("pool", &"{worker_class: wasm, workers: 2, buffer: 1}")];
    let project = naps("own", &pool);
    let dispatcher = live();
    let runtime = runtime(&dispatcher, &project, 1);
    dispatcher
        .block_on(async {
            assert_eq!(threads_named("wippy-0-own"), [""; 0]);
            assert_eq!(nap(&runtime, "own", 1).await, Ok(()));
            assert_eq!(threads_named("wippy-0-own"), ["wippy-0-own"]);
            // Two at once on two threads, the third waits, the fourth is one too many.
            let start = || {
                let runtime = runtime.clone();
                let task = dispatcher.spawn(async move { nap(&runtime, "own", HOUR).await });
                task.expect("a task")
            };
            let [first, second, third] = [start(), start(), start()];
            until(&dispatcher, || threads_named("wippy-1-own").len() == 1).await;
            let full = nap(&runtime, "own", 1).await;
            assert_eq!(full, Err("test:own: pool is full".to_owned()));
            // A call that goes away frees its place, and the next one in the queue has it.
            first.cancel().await;
            third.cancel().await;
            assert_eq!(nap(&runtime, "own", 1).await, Ok(()));
            second.cancel().await;
            drop(runtime);
            until(&dispatcher, || {
                threads_named("wippy-0-own").is_empty() && threads_named("wippy-1-own").is_empty()
            })
            .await;
        })
        .expect("no deadlock");
}

#[test]
fn calls_go_where_the_fewest_are_and_each_module_is_compiled_once() {
    let project = naps("shared", &[]);
    let dispatcher = live();
    let runtime = runtime(&dispatcher, &project, 3);
    dispatcher
        .block_on(async {
            let start = || {
                let runtime = runtime.clone();
                let task = dispatcher.spawn(async move { nap(&runtime, "shared", 20_000).await });
                task.expect("a task")
            };
            let tasks: Vec<_> = (0..9).map(|_| start()).collect();
            for task in tasks {
                assert_eq!(task.await.expect("not cancelled"), Ok(()));
            }
            assert_eq!(runtime.compilations(), 1);
        })
        .expect("no deadlock");

    // In a process of its own, where no other test has threads.
    let directory = project.directory();
    let mut child = binary()
        .args(["--no-cache", "--threads", "3", "call", "shared"])
        .args([&format!("[{HOUR}]"), "--repeat", "9", "--concurrent", "9"])
        .current_dir(directory.path())
        .stdout(Stdio::null())
        .spawn()
        .expect("the program");
    let begun = Instant::now();
    let tasks = format!("/proc/{}/task", child.id());
    while !["wippy-1", "wippy-2"]
        .iter()
        .all(|&name| has_thread(&tasks, name))
    {
        assert!(begun.elapsed() < Duration::from_secs(60), "no threads");
        std::thread::yield_now();
    }
    assert!(!has_thread(&tasks, "wippy-3"));
    child.kill().expect("it runs");
    child.wait().expect("an end");
}

/// Whether one of a process's threads has this name.
fn has_thread(tasks: &str, name: &str) -> bool {
    let mut tasks = std::fs::read_dir(tasks).expect("procfs");
    tasks.any(|task| {
        let comm = task.map(|task| std::fs::read_to_string(task.path().join("comm")));
        matches!(comm, Ok(Ok(comm)) if comm.trim() == name)
    })
}

#[test]
fn a_call_on_another_thread_ends_at_its_deadlines() {
    let own = "{worker_class: wasm, workers: 1}";
    let limits = "{max_execution_ms: 20}";
    let mut project = naps("late", &[("pool", &own), ("limits", &limits)]);
    project.function("free", "sleeper", NAP, CLOCKS, &[("pool", &own)]);
    let dispatcher = live();
    let runtime = runtime(&dispatcher, &project, 1);
    let handle = dispatcher.handle();
    dispatcher
        .block_on(async {
            let late = nap(&runtime, "late", HOUR).await;
            let expected = "test:late: context deadline exceeded";
            assert_eq!(late, Err(expected.to_owned()));
            let deadline = handle.now().expect("a clock") + Duration::from_millis(20);
            let options = CallOptions::new().deadline(deadline);
            let hour = [json!([HOUR])];
            let late = runtime
                .call_with("free", options, Arguments::Json(&hour))
                .await;
            let late = late.expect_err("a deadline").kind;
            assert!(matches!(late, CallErrorKind::DeadlineExceeded), "{late}");
        })
        .expect("no deadlock");
}

/// Runtimes on two threads over one program share the bounds of its entries.
#[test]
fn a_pool_is_one_over_all_threads() {
    let project = naps(
        "single",
        &[("pool", &"{type: static, workers: 1, buffer: 1}")],
    );
    let program = program(&project, ProgramOptions::new());
    let (entered, has_entered) = std::sync::mpsc::channel();
    let (leave, may_leave) = std::sync::mpsc::channel::<()>();
    let there = program.clone();
    let thread = std::thread::spawn(move || {
        let dispatcher = live();
        let runtime = Runtime::on(dispatcher.handle(), there).expect("an engine");
        dispatcher
            .block_on(async {
                runtime.prepare("single").await.expect("compiled");
                let calls = [0, 1].map(|_| {
                    let runtime = runtime.clone();
                    let call = async move { nap(&runtime, "single", HOUR).await };
                    dispatcher.spawn(call).expect("a task")
                });
                dispatcher.handle().yield_now().await.expect("yield");
                entered.send(()).expect("it waits");
                let waiting = dispatcher
                    .handle()
                    .unblock(move || may_leave.recv().is_ok());
                assert!(waiting.await.expect("a thread"));
                for call in calls {
                    call.cancel().await;
                }
            })
            .expect("no deadlock");
    });
    let dispatcher = live();
    let runtime = Runtime::on(dispatcher.handle(), program).expect("an engine");
    has_entered.recv().expect("the other thread runs");
    dispatcher
        .block_on(async {
            let full = nap(&runtime, "single", 1).await;
            assert_eq!(full, Err("test:single: pool is full".to_owned()));
            leave.send(()).expect("it waits");
            // Whatever is left of the others goes before this one.
            let napped = loop {
                match nap(&runtime, "single", 1).await {
                    Err(error) if error.ends_with("pool is full") => {
                        let soon = dispatcher.handle().sleep(Duration::from_millis(1));
                        soon.await.expect("sleep");
                    }
                    napped => break napped,
                }
            };
            assert_eq!(napped, Ok(()));
        })
        .expect("no deadlock");
    thread.join().expect("no panic");
}

/// In a simulation there is one thread, and the pool's bound is the same.
#[test]
fn a_simulation_has_one_thread() {
    let project = naps("sim-own", &[("pool", &"{worker_class: wasm, workers: 1}")]);
    assert_eq!(project.call("sim-own", &[json!([1])]), Ok(json!(1_000)));
    assert_eq!(threads_named("wippy-0-sim-own"), [""; 0]);
}
