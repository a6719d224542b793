//! Instances that are kept between their calls.

use std::time::Duration;

use serde_json::json;
use wippy::activity::{CallState, Outcome};
use wippy::project::kinds::PoolType;
use wippy::wasmtime::component::ResourceAny;
use wippy::{
    Arguments, CallError, CallErrorKind, CallOptions, Entry, HostPackage, Instance, Program,
    ProgramOptions, Runtime,
};
use wippy_dispatcher::Dispatcher;

use crate::support::{guests, live, simulated};

const COUNTER: &str = r#"(module (memory 1)
    (global $count (mut i32) (i32.const 0))
    (func (export "tick") (result i32)
        (global.set $count (i32.add (global.get $count) (i32.const 1)))
        (global.get $count))
    (func (export "spin") (loop $on br $on))
    (func (export "fail") unreachable))"#;

/// Resources of a guest's own: counters that hold a number, and how many were dropped.
const RESOURCES: &str = r#"(component
    (core module $d
        (global $dropped (mut i32) (i32.const 0))
        (func (export "dtor") (param i32)
            (global.set $dropped (i32.add (global.get $dropped) (i32.const 1))))
        (func (export "dropped") (result i32) (global.get $dropped)))
    (core instance $d (instantiate $d))
    (type $own-counter (resource (rep i32) (dtor (core func $d "dtor"))))
    (export $counter "counter" (type $own-counter))
    (core func $new (canon resource.new $own-counter))
    (core module $m
        (import "" "new" (func $new (param i32) (result i32)))
        (func (export "make") (param i32) (result i32) (call $new (local.get 0)))
        (func (export "value") (param i32) (result i32) (local.get 0)))
    (core instance $m (instantiate $m (with "" (instance (export "new" (func $new))))))
    (func (export "make") (param "value" u32) (result (own $counter))
        (canon lift (core func $m "make")))
    (func (export "value") (param "of" (borrow $counter)) (result u32)
        (canon lift (core func $m "value")))
    (func (export "dropped") (result u32) (canon lift (core func $d "dropped"))))"#;

fn sleeper(id: &str) -> Entry {
    let entry = Entry::function(id).file(guests().join("components/sleeper.wasm"));
    let entry = entry.method("sleep-series");
    entry.import("wasi:io").import("wasi:clocks")
}

fn counter(id: &str) -> Entry {
    Entry::function(id).bytes(COUNTER).method("tick")
}

fn program(entries: impl IntoIterator<Item = Entry>, options: ProgramOptions) -> Program {
    let builder = entries
        .into_iter()
        .fold(Program::builder(), |builder, entry| builder.entry(entry));
    builder.options(options).build().expect("entries")
}

fn runtime(dispatcher: &Dispatcher, entry: Entry) -> Runtime {
    let program = program([entry], ProgramOptions::new());
    Runtime::on(dispatcher.handle(), program).expect("an engine")
}

fn instance(dispatcher: &Dispatcher, runtime: &Runtime, name: &str) -> Instance {
    let made = dispatcher.block_on(runtime.instance(name));
    made.expect("a dispatcher").expect("an instance")
}

fn kind<T: std::fmt::Debug>(result: Result<T, CallError>) -> CallErrorKind {
    result.expect_err("it fails").kind
}

#[test]
fn the_state_stays_and_a_reset_begins_anew() {
    for dispatcher in [simulated(), live()] {
        let runtime = runtime(&dispatcher, counter("a:counter"));
        let counter = instance(&dispatcher, &runtime, "counter");
        let run = async {
            let tick = counter.func::<(), (i32,)>("tick")?;
            for expected in 1..=300 {
                assert_eq!(tick.call(()).await?, (expected,));
            }
            counter.reset().await?;
            assert_eq!(tick.call(()).await?, (1,));
            let other = runtime.instance("a:counter").await?;
            assert_eq!(other.func::<(), (i32,)>("tick")?.call(()).await?, (1,));
            assert_eq!(tick.call(()).await?, (2,));
            Ok::<(), CallError>(())
        };
        dispatcher
            .block_on(run)
            .expect("a dispatcher")
            .expect("calls");
    }
}

#[test]
fn after_a_trap_it_is_dead_and_says_so() {
    let dispatcher = simulated();
    let runtime = runtime(&dispatcher, counter("a:counter"));
    let counter = instance(&dispatcher, &runtime, "counter");
    let run = async {
        let (tick, fail) = (
            counter.func::<(), (i32,)>("tick")?,
            counter.func::<(), ()>("fail")?,
        );
        assert!(matches!(kind(fail.call(()).await), CallErrorKind::Trap(_)));
        assert!(counter.is_dead());
        let CallErrorKind::InstanceDead(reason) = kind(tick.call(()).await) else {
            panic!("it is dead");
        };
        assert!(reason.contains("unreachable"), "{reason}");
        assert!(matches!(
            kind(counter.func::<(), ()>("fail")),
            CallErrorKind::InstanceDead(_)
        ));
        counter.reset().await?;
        assert!(!counter.is_dead());
        assert_eq!(tick.call(()).await?, (1,));
        Ok::<(), CallError>(())
    };
    dispatcher
        .block_on(run)
        .expect("a dispatcher")
        .expect("calls");
}

/// Each call has the time that the options give it: two of 15 ms fit, one of 25 ms does not.
#[test]
fn each_call_has_its_own_time() {
    let dispatcher = simulated();
    let runtime = runtime(&dispatcher, sleeper("a:sleeper"));
    let handle = dispatcher.handle();
    let run = async {
        let options = CallOptions::new().timeout(Duration::from_millis(20));
        let sleeper = runtime.with(options).instance("sleeper").await?;
        let sleep = sleeper.func::<(Vec<u64>,), (u64,)>("sleep-series")?;
        for _ in 0..2 {
            sleep.call((vec![15_000],)).await?;
        }
        let late = sleep.call((vec![25_000],)).await;
        assert!(matches!(kind(late), CallErrorKind::DeadlineExceeded));
        assert!(sleeper.is_dead());
        sleeper.reset().await?;
        let soon = handle.now()? + Duration::from_millis(5);
        let late = sleep.call_by(soon, (vec![15_000],)).await;
        assert!(matches!(kind(late), CallErrorKind::DeadlineExceeded));
        assert_eq!(handle.now()?, soon);
        Ok::<(), Box<dyn std::error::Error>>(())
    };
    dispatcher
        .block_on(run)
        .expect("a dispatcher")
        .expect("calls");
}

#[test]
fn a_guest_that_spins_is_ended_and_others_run_meanwhile() {
    for dispatcher in [simulated(), live()] {
        let runtime = runtime(&dispatcher, counter("a:counter"));
        let counter = instance(&dispatcher, &runtime, "counter");
        let spin = counter.func::<(), ()>("spin").expect("a function");
        let handle = dispatcher.handle();
        let run = async {
            let spinning = {
                let counter = counter.clone();
                handle.spawn(async move {
                    let spin = counter.func::<(), ()>("spin")?;
                    spin.call(()).await
                })?
            };
            for _ in 0..3 {
                handle.sleep(Duration::from_millis(1)).await?;
            }
            assert!(!spinning.is_finished());
            assert!(spinning.cancel().await.is_none());
            counter.reset().await?;
            let by = handle.now()? + Duration::from_millis(20);
            let ended = spin.call_by(by, ()).await;
            assert!(matches!(kind(ended), CallErrorKind::DeadlineExceeded));
            Ok::<(), Box<dyn std::error::Error>>(())
        };
        dispatcher
            .block_on(run)
            .expect("a dispatcher")
            .expect("calls");
    }
}

#[test]
fn one_call_runs_at_a_time() {
    let dispatcher = simulated();
    let runtime = runtime(&dispatcher, sleeper("a:sleeper"));
    let sleeper = instance(&dispatcher, &runtime, "sleeper");
    let sleep = sleeper
        .func::<(Vec<u64>,), (u64,)>("sleep-series")
        .expect("a function");
    let (first, second) = (sleep.call((vec![1000],)), sleep.call((vec![1000],)));
    let both = async {
        let mut first = std::pin::pin!(first);
        let polled =
            std::future::poll_fn(|cx| std::task::Poll::Ready(first.as_mut().poll(cx).is_ready()));
        assert!(!polled.await, "it sleeps");
        assert!(matches!(kind(second.await), CallErrorKind::InstanceBusy));
        assert!(matches!(
            kind(sleeper.reset().await),
            CallErrorKind::InstanceBusy
        ));
        first.await
    };
    dispatcher
        .block_on(both)
        .expect("a dispatcher")
        .expect("a sleep");
}

#[test]
fn a_dropped_call_leaves_it_dead() {
    let dispatcher = simulated();
    let runtime = runtime(&dispatcher, sleeper("a:sleeper"));
    let sleeper = instance(&dispatcher, &runtime, "sleeper");
    let sleep = sleeper
        .func::<(Vec<u64>,), (u64,)>("sleep-series")
        .expect("a function");
    let task = dispatcher.spawn(async move { sleep.call((vec![1000],)).await });
    let task = task.expect("a task");
    dispatcher.turn(Some(Duration::ZERO)).expect("a turn");
    assert!(
        dispatcher
            .block_on(task.cancel())
            .expect("a dispatcher")
            .is_none()
    );
    let states: Vec<_> = runtime
        .calls()
        .iter()
        .map(|call| call.state.clone())
        .collect();
    assert_eq!(states, [CallState::Idle]);
    let metrics = runtime.metrics().expect("a dispatcher");
    assert_eq!(metrics.entries[0].ended(Outcome::Dropped), 1);
    assert!(sleeper.is_dead());
    dispatcher
        .block_on(sleeper.reset())
        .expect("a dispatcher")
        .expect("a reset");
    assert!(!sleeper.is_dead());
}

#[test]
fn resources_of_the_guest_are_reached_and_dropped() {
    let dispatcher = simulated();
    let entry = Entry::function("a:counters")
        .bytes(RESOURCES)
        .method("dropped");
    let runtime = runtime(&dispatcher, entry);
    let counters = instance(&dispatcher, &runtime, "counters");
    let run = async {
        let make = counters.func::<(u32,), (ResourceAny,)>("make")?;
        let value = counters.func::<(ResourceAny,), (u32,)>("value")?;
        let dropped = counters.func::<(), (u32,)>("dropped")?;
        let (one,) = make.call((7,)).await?;
        let (two,) = make.call((8,)).await?;
        assert_eq!(value.call((one,)).await?, (7,));
        assert_eq!(value.call((two,)).await?, (8,));
        counters.drop_resource(one).await?;
        assert_eq!(dropped.call(()).await?, (1,));
        // Of an instance that is gone.
        counters.reset().await?;
        assert_eq!(dropped.call(()).await?, (0,));
        let gone = value.call((two,)).await;
        assert!(matches!(kind(gone), CallErrorKind::Trap(_)));
        Ok::<(), CallError>(())
    };
    dispatcher
        .block_on(run)
        .expect("a dispatcher")
        .expect("calls");
}

#[test]
fn a_synchronous_call_needs_no_dispatcher_that_turns() {
    let dispatcher = live();
    let runtime = runtime(&dispatcher, counter("a:counter"));
    let counter = instance(&dispatcher, &runtime, "counter");
    let tick = counter.func::<(), (i32,)>("tick").expect("a function");
    for expected in 1..=200 {
        assert_eq!(tick.call_now(()).expect("a tick"), (expected,));
    }
    // Within a turn as well, and between calls that may wait.
    let within = async { (tick.call_now(()), tick.call(()).await, tick.call_now(())) };
    let (first, second, third) = dispatcher.block_on(within).expect("a dispatcher");
    let ticks = [first, second, third].map(|tick| tick.expect("a tick").0);
    assert_eq!(ticks, [201, 202, 203]);

    let spin = counter.func::<(), ()>("spin").expect("a function");
    let by = dispatcher.handle().now().expect("the time") + Duration::from_millis(10);
    assert!(matches!(
        kind(spin.call_now_by(by, ())),
        CallErrorKind::DeadlineExceeded
    ));
    assert!(counter.is_dead());
}

/// The engine refuses it where a guest may have to wait, and the instance stays as it is.
#[test]
fn where_a_guest_may_wait_there_are_no_synchronous_calls() {
    let dispatcher = live();
    let waiting = runtime(&dispatcher, sleeper("a:sleeper"));
    let sleeper = instance(&dispatcher, &waiting, "sleeper");
    let sleep = sleeper
        .func::<(Vec<u64>,), (u64,)>("sleep-series")
        .expect("a function");
    assert!(matches!(
        kind(sleep.call_now((vec![0],))),
        CallErrorKind::MayWait
    ));
    let slept = dispatcher.block_on(sleep.call((vec![0],)));
    slept.expect("a dispatcher").expect("it goes on");

    let dispatcher = simulated();
    let simulated = runtime(&dispatcher, counter("a:counter"));
    let counter = instance(&dispatcher, &simulated, "counter");
    let tick = counter.func::<(), (i32,)>("tick").expect("a function");
    assert!(matches!(kind(tick.call_now(())), CallErrorKind::MayWait));
    let ticked = dispatcher.block_on(tick.call(())).expect("a dispatcher");
    assert_eq!(ticked.expect("a tick"), (1,));
}

#[test]
fn it_is_seen_and_its_calls_are_counted() {
    let dispatcher = simulated();
    let program = program([sleeper("a:sleeper")], ProgramOptions::new().metrics(true));
    let runtime = Runtime::on(dispatcher.handle(), program).expect("an engine");
    let sleeper = instance(&dispatcher, &runtime, "sleeper");
    let state = || runtime.calls().first().map(|report| report.state.clone());
    assert_eq!(state(), Some(CallState::Idle));
    let sleep = sleeper
        .func::<(Vec<u64>,), (u64,)>("sleep-series")
        .expect("a function");
    let task = dispatcher.spawn(async move {
        sleep.call((vec![1000],)).await?;
        sleep.call((vec![1000],)).await
    });
    let task = task.expect("a task");
    dispatcher.turn(Some(Duration::ZERO)).expect("a turn");
    assert!(
        matches!(state(), Some(CallState::Parked(_))),
        "{:?}",
        state()
    );
    let ended = dispatcher
        .block_on(task)
        .expect("a dispatcher")
        .expect("an end");
    ended.expect("two sleeps");
    assert_eq!(state(), Some(CallState::Idle));
    drop(sleeper);
    assert_eq!(state(), None);
    let metrics = runtime.metrics().expect("a dispatcher");
    let entry = metrics.entries.first().expect("an entry");
    assert_eq!(
        (entry.ended(Outcome::Ok), entry.ended(Outcome::Dropped)),
        (2, 0)
    );
    let times = entry.times.as_ref().expect("times");
    assert_eq!(times.duration.count(), 2);
    let sum = times.duration.sum();
    assert!(
        sum < Duration::from_millis(3),
        "of each call alone: {sum:?}"
    );
}

/// A static pool's spare becomes the instance, and no longer counts as one.
#[test]
fn a_spare_is_used_where_there_is_one() {
    let dispatcher = live();
    let runtime = runtime(&dispatcher, counter("a:counter").pool(PoolType::Static, 1));
    dispatcher
        .block_on(runtime.prepare("counter"))
        .expect("a dispatcher")
        .expect("a module");
    let filled = async {
        while runtime.spares("a:counter").0 == 0 {
            dispatcher.handle().idle().await.expect("a dispatcher");
        }
    };
    dispatcher.block_on(filled).expect("a dispatcher");
    let counter = instance(&dispatcher, &runtime, "counter");
    let tick = counter.func::<(), (i32,)>("tick").expect("a function");
    let ticked = dispatcher.block_on(tick.call(())).expect("a dispatcher");
    assert_eq!(ticked.expect("a tick"), (1,));
    dispatcher
        .block_on(async {
            while runtime.spares("a:counter").0 == 0 {
                dispatcher.handle().idle().await.expect("a dispatcher");
            }
            counter.reset().await.expect("another spare");
        })
        .expect("a dispatcher");
    let ticked = dispatcher.block_on(tick.call(())).expect("a dispatcher");
    assert_eq!(ticked.expect("a tick"), (1,));
}

/// What outlives its dispatcher says so; it may be dropped whenever.
#[test]
fn an_instance_may_outlive_its_dispatcher() {
    let dispatcher = live();
    let runtime = runtime(&dispatcher, counter("a:counter"));
    let counter = instance(&dispatcher, &runtime, "counter");
    let tick = counter.func::<(), (i32,)>("tick").expect("a function");
    drop(dispatcher);
    let closed = |kind| {
        let CallErrorKind::Dispatcher(error) = kind else {
            panic!("{kind}");
        };
        assert!(matches!(error, wippy_dispatcher::Error::Closed));
    };
    closed(kind(tick.call_now(())));
    let another = live();
    closed(kind(
        another
            .block_on(runtime.call_typed::<(), (i32,)>("counter", ()))
            .expect("a turn"),
    ));
    let reset = another.block_on(counter.reset()).expect("a turn");
    closed(kind(reset));
}

/// What does not fit leaves the instance as it is.
#[test]
fn values_whose_types_are_known_when_it_runs_do_as_well() {
    let dispatcher = simulated();
    let runtime = runtime(&dispatcher, sleeper("a:sleeper"));
    let sleeper = instance(&dispatcher, &runtime, "sleeper");
    let run = async {
        let fired = sleeper.call("sleeper#sleep-poll", Arguments::Wave("[300, 100]"));
        assert_eq!(fired.await?, json!([1, 0]));
        let wrong = sleeper.call("sleep-poll", Arguments::Wave("true"));
        assert!(matches!(kind(wrong.await), CallErrorKind::Value(_)));
        let missing = sleeper.call("absent", Arguments::Json(&[]));
        assert!(matches!(kind(missing.await), CallErrorKind::Module(_)));
        assert!(!sleeper.is_dead());
        let fired = sleeper.call("sleep-poll", Arguments::Wave("[100]"));
        assert_eq!(fired.await?, json!([0]));
        Ok::<(), CallError>(())
    };
    dispatcher
        .block_on(run)
        .expect("a dispatcher")
        .expect("calls");
}

/// Host functions of the embedder's that never wait do not keep a guest from synchronous calls, and a
/// panic of one is a trap there too.
#[test]
fn own_host_functions_are_called_synchronously() {
    let package =
        HostPackage::new("acme:game", "1.0.0").func("dice", "roll", |_, (sides,): (u32,)| {
            assert!(sides > 0, "a die has sides");
            Ok((sides - 1,))
        });
    let guest = r#"(component
        (import "acme:game/dice@1.0.0" (instance $dice
            (export "roll" (func (param "sides" u32) (result u32)))))
        (core func $roll (canon lower (func $dice "roll")))
        (core module $m
            (import "" "roll" (func $roll (param i32) (result i32)))
            (func (export "play") (param i32) (result i32) (call $roll (local.get 0))))
        (core instance $i (instantiate $m (with "" (instance (export "roll" (func $roll))))))
        (func (export "play") (param "sides" u32) (result u32)
            (canon lift (core func $i "play"))))"#;
    let entry = Entry::function("a:player").bytes(guest).import("acme:game");
    let program = Program::builder().package(package).entry(entry).build();
    let dispatcher = live();
    let runtime = Runtime::on(dispatcher.handle(), program.expect("an entry"));
    let runtime = runtime.expect("an engine");
    let player = instance(&dispatcher, &runtime, "player");
    let play = player.func::<(u32,), (u32,)>("play").expect("a function");
    assert_eq!(play.call_now((6,)).expect("a roll"), (5,));
    let asynchronous = dispatcher.block_on(play.call((4,)));
    assert_eq!(asynchronous.expect("a dispatcher").expect("a roll"), (3,));
    let error = kind(play.call_now((0,)));
    assert!(error.to_string().contains("a die has sides"), "{error}");
    assert!(player.is_dead());
}
