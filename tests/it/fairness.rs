//! A guest that busy-polls sees its timers and starves nobody, on one thread.

use std::cell::Cell;
use std::rc::Rc;
use std::sync::mpsc;
use std::time::Duration;

use serde_json::{Value, json};
use wippy::{Arguments, CallError};
use wippy_dispatcher::{Dispatcher, Record, Task};

use crate::support::{Project, live, simulated};

const IMPORTS: &str = "[wasi:clocks, wasi:io]";

fn project() -> Project {
    let mut project = Project::new();
    for method in ["spin-ready", "spin-zero-poll", "spin-now", "compute"] {
        project.function(
            method,
            "spinner",
            &format!("spinner#{method}"),
            IMPORTS,
            &[],
        );
    }
    project.function("nap", "sleeper", "sleeper#sleep-series", IMPORTS, &[]);
    project.text("wait", WATCHER, "wait", IMPORTS);
    project
}

/// How late a spinner of 10 ms saw its timer while another guest slept ten times 1 ms, and how
/// late that one ended; nanoseconds.
fn beside_a_sleeper(
    dispatcher: &Dispatcher,
    method: &'static str,
    arguments: Value,
) -> (Value, u64) {
    let runtime = project().load(dispatcher);
    dispatcher
        .block_on(async {
            for (name, arguments) in [("nap", json!([[1]])), (method, zero(&arguments))] {
                let arguments = arguments.as_array().expect("a list");
                runtime
                    .call(name, Arguments::Json(arguments))
                    .await
                    .expect("compiled");
            }
            let spinning = runtime.clone();
            let spinner = dispatcher.spawn(async move {
                let arguments = arguments.as_array().expect("a list");
                spinning.call(method, Arguments::Json(arguments)).await
            });
            let naps = [json!(vec![1000; 10])];
            let napped = runtime
                .call("nap", Arguments::Json(&naps))
                .await
                .expect("naps");
            let spun = spinner
                .expect("a task")
                .await
                .expect("not cancelled")
                .expect("it ends");
            let napped = napped.as_u64().expect("a number");
            (spun, napped.saturating_sub(10_000_000))
        })
        .expect("no deadlock")
}

/// The same arguments with a duration of zero.
fn zero(arguments: &Value) -> Value {
    let mut arguments = arguments.clone();
    if let Some(first) = arguments.get_mut(0) {
        *first = json!(0);
    }
    arguments
}

/// In virtual time a yield costs a microsecond, and a guest yields once in 128 calls; a slice of
/// fuel costs a millisecond.
const SIMULATED_LATENESS: u64 = 1_003_000;

#[test]
fn a_spinner_sees_its_timer_and_starves_nobody_in_virtual_time() {
    for method in ["spin-ready", "spin-zero-poll"] {
        let (late, naps_late) = beside_a_sleeper(&simulated(), method, json!([10_000, 1]));
        let late = late.get(0).and_then(Value::as_u64).expect("a figure");
        assert!(late <= SIMULATED_LATENESS, "{method}: {late} ns late");
        assert_eq!(naps_late, 0, "{method}");
    }
    let (readings, naps_late) = beside_a_sleeper(&simulated(), "spin-now", json!([10_000]));
    assert!(readings.as_u64().expect("a number") > 1000);
    assert_eq!(naps_late, 0);
}

/// The same on the system, where only the end is asserted: on a host that never looks at its
/// timers while a guest spins, this hangs.
#[test]
fn a_spinner_ends_in_real_time_too() {
    for method in ["spin-ready", "spin-zero-poll"] {
        let (late, _) = beside_a_sleeper(&live(), method, json!([2_000, 1]));
        assert!(late.get(0).is_some_and(Value::is_u64), "{method}: {late}");
    }
    beside_a_sleeper(&live(), "spin-now", json!([2_000]));
}

/// Exports `wait: func(nanos: u64)`, which asks the wall clock until that time has passed.
const WATCHER: &str = r#"(component
  (import "wasi:clocks/wall-clock@0.2.0" (instance $clock
    (type $fields (record (field "seconds" u64) (field "nanoseconds" u32)))
    (export "datetime" (type $datetime (eq $fields)))
    (export "now" (func (result $datetime)))))
  (core module $memory (memory (export "memory") 1))
  (core instance $holder (instantiate $memory))
  (alias core export $holder "memory" (core memory $memory))
  (core func $now (canon lower (func $clock "now") (memory $memory)))
  (core module $watcher
    (import "host" "now" (func $now (param i32)))
    (import "host" "memory" (memory 1))
    (func $read (result i64)
      (call $now (i32.const 8))
      (i64.add
        (i64.mul (i64.load (i32.const 8)) (i64.const 1000000000))
        (i64.extend_i32_u (i32.load (i32.const 16)))))
    (func (export "wait") (param $nanos i64)
      (local $end i64)
      (local.set $end (i64.add (call $read) (local.get $nanos)))
      (loop $again
        (br_if $again (i64.lt_u (call $read) (local.get $end))))))
  (core instance $watcher (instantiate $watcher
    (with "host" (instance
      (export "now" (func $now))
      (export "memory" (memory $memory))))))
  (func (export "wait") (param "nanos" u64) (canon lift (core func $watcher "wait"))))"#;

/// None of the functions that such a guest calls could suspend it by itself.
#[test]
fn a_guest_that_watches_the_wall_clock_sees_it_move_and_starves_nobody() {
    let (_, naps_late) = beside_a_sleeper(&simulated(), "wait", json!([20_000_000]));
    assert_eq!(naps_late, 0);
    beside_a_sleeper(&live(), "wait", json!([2_000_000]));
}

/// An entry is linked as a job: while the only thread for jobs is busy, a call of it does not begin, and others do.
#[test]
fn linking_leaves_the_dispatchers_thread() {
    let dispatcher = Dispatcher::builder().blocking_threads(1).build();
    let dispatcher = dispatcher.expect("a dispatcher");
    let runtime = project().load(&dispatcher);
    let call = |name: &'static str| {
        let runtime = runtime.clone();
        let call = async move { runtime.call(name, Arguments::Json(&[json!(0)])).await };
        dispatcher.spawn(call).expect("a task")
    };
    let end = |call: Task<Result<Value, CallError>>| {
        let result = dispatcher.block_on(call).expect("a dispatcher");
        result.expect("not cancelled").expect("it ends");
    };
    // The same module, which is compiled then.
    end(call("spin-now"));
    let (free, is_free) = mpsc::channel();
    let busy = dispatcher.handle().unblock(move || is_free.recv());
    let busy = dispatcher.spawn(busy).expect("a task");
    dispatcher.turn(Some(Duration::ZERO)).expect("a turn");
    let computes = call("compute");
    end(call("spin-now"));
    assert!(!computes.is_finished());
    free.send(()).expect("a thread that waits");
    end(computes);
    let busy = dispatcher.block_on(busy).expect("a dispatcher");
    let freed = busy.expect("not cancelled").expect("no panic");
    freed.expect("it was sent");
}

/// Fuel makes guests that only compute take turns in a simulation.
#[test]
fn computing_guests_take_turns_in_a_simulation() {
    let dispatcher = simulated();
    let runtime = project().load(&dispatcher);
    let before = dispatcher
        .block_on(async {
            let compute = |rounds: u64| {
                let runtime = runtime.clone();
                let task = dispatcher.spawn(async move {
                    let arguments = [json!(rounds)];
                    runtime
                        .call("compute", Arguments::Json(&arguments))
                        .await
                        .map(drop)
                });
                task.expect("a task")
            };
            compute(1).await.expect("not cancelled").expect("compiled");
            let before = dispatcher.trace().expect("a simulation's").records().len();
            let (one, other) = (compute(2_000_000), compute(2_000_000));
            one.await.expect("not cancelled").expect("a number");
            other.await.expect("not cancelled").expect("a number");
            before
        })
        .expect("no deadlock");
    let trace = dispatcher.trace().expect("a simulation's");
    let picks: Vec<u64> = trace.records()[before..]
        .iter()
        .filter_map(|record| match record {
            Record::Pick { task, .. } => Some(*task),
            _ => None,
        })
        .collect();
    let changes = picks.windows(2).filter(|pair| pair[0] != pair[1]).count();
    assert!(changes >= 3, "{picks:?}");
}

/// Calls that never wait: one that makes host calls, one that makes none, one that traps, and one
/// whose arguments do not fit.
const WITHOUT_A_WAIT: [(&str, &str); 4] = [
    ("spin-now", "[0]"),
    ("compute", "[1]"),
    ("spin-ready", "[0, 200]"),
    ("compute", "[]"),
];

/// Ends when a sleep of 100 µs beside a loop over such calls does: how late it was, and how
/// many calls there were.
fn beside_a_loop(dispatcher: &Dispatcher, name: &'static str, arguments: &str) -> (u64, u64) {
    let arguments: Value = serde_json::from_str(arguments).expect("JSON");
    let runtime = project().load(dispatcher);
    let handle = dispatcher.handle();
    let calls = Rc::new(Cell::new(0));
    let count = calls.clone();
    let late = dispatcher
        .block_on(async {
            let call = move || {
                let (runtime, arguments) = (runtime.clone(), arguments.clone());
                async move {
                    let arguments = arguments.as_array().expect("a list");
                    runtime.call(name, Arguments::Json(arguments)).await
                }
            };
            // Compiled before anything is measured.
            let expected = call().await.is_ok();
            let task = dispatcher.spawn(async move {
                while count.get() < ENOUGH {
                    assert_eq!(call().await.is_ok(), expected);
                    count.set(count.get() + 1);
                }
            });
            let task = task.expect("a task");
            let deadline = handle.now().expect("the time") + Duration::from_micros(100);
            handle.sleep_until(deadline).await.expect("a sleep");
            drop(task);
            handle.now().expect("the time") - deadline
        })
        .expect("no deadlock");
    let late = u64::try_from(late.as_nanos()).expect("less than a century");
    (late, calls.get())
}

/// More calls than fit beside the sleep: in virtual time eight to a microsecond, on the system
/// what no machine does in that time.
const ENOUGH: u64 = 5_000;

#[test]
fn a_loop_over_calls_that_never_wait_lets_virtual_time_pass() {
    for (name, arguments) in WITHOUT_A_WAIT {
        let (late, calls) = beside_a_loop(&simulated(), name, arguments);
        assert_eq!(late, 0, "{name}{arguments}");
        assert!(calls < ENOUGH, "{name}{arguments}: {calls} calls");
    }
}

#[test]
fn a_loop_over_calls_that_never_wait_starves_nobody_in_real_time() {
    for (name, arguments) in WITHOUT_A_WAIT {
        let (_, calls) = beside_a_loop(&live(), name, arguments);
        assert!(calls < ENOUGH, "{name}{arguments}: {calls} calls");
    }
}
