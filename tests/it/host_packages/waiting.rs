//! Functions that wait on the dispatcher.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use serde_json::json;
use wippy::activity::{CallState, HostFunction, Wait};
use wippy::{Arguments, CallOptions, HostPackage, Runtime};
use wippy_dispatcher::Dispatcher;

use super::{call, game, load, project};
use crate::support::simulated;

/// The trace of guests that wait in an embedder's functions, beside each other.
fn trace(seed: u64) -> u64 {
    let dispatcher = Dispatcher::simulated(seed).expect("a simulation");
    let runtime = load(&dispatcher, &project("[acme:game]", &[]), game());
    dispatcher
        .block_on(async {
            let start = |(method, argument): (&'static str, u64)| {
                let runtime = runtime.clone();
                let task = async move {
                    let arguments = [json!(argument)];
                    runtime.call(method, Arguments::Json(&arguments)).await
                };
                dispatcher.spawn(task).expect("a task")
            };
            let guests = [("settle", 5), ("turn", 5), ("settle", 5), ("turn", 5)];
            for task in guests.map(start) {
                task.await.expect("not cancelled").expect("its end");
            }
        })
        .expect("no deadlock");
    dispatcher.trace().expect("a simulation's").hash()
}

#[test]
fn in_a_simulation_a_seed_decides_what_waits_how_long() {
    let hashes: Vec<u64> = (1..=4).map(trace).collect();
    assert_eq!(hashes, (1..=4).map(trace).collect::<Vec<u64>>());
    assert!(hashes.iter().any(|hash| *hash != hashes[0]), "{hashes:?}");
}

#[test]
fn it_takes_as_long_as_it_waits_and_the_call_says_so() {
    for (method, name) in [
        ("settle", "acme:game/physics#settle"),
        ("turn", "acme:game/players#turn"),
    ] {
        let dispatcher = simulated();
        let handle = dispatcher.handle();
        let runtime = load(&dispatcher, &project("[acme:game]", &[]), game());
        dispatcher
            .block_on(async {
                runtime.prepare(method).await.expect("compiled");
                let begun = handle.now().expect("a clock");
                let calling = runtime.clone();
                let task =
                    async move { calling.call(method, Arguments::Json(&[json!(500)])).await };
                let task = dispatcher.spawn(task).expect("a task");
                handle
                    .sleep(Duration::from_millis(400))
                    .await
                    .expect("it sleeps");
                let report = runtime.calls().remove(0);
                let waiting = Wait::Host(HostFunction::shared(name));
                assert_eq!(report.state, CallState::Parked(waiting));
                let text = format!("parked: waits for the host function {name}");
                assert_eq!(report.state.to_string(), text);
                assert_eq!(report.since, begun);
                task.await.expect("not cancelled").expect("its end");
                let passed = handle.now().expect("a clock") - begun;
                assert_eq!(passed.as_millis(), 500, "{method}");
            })
            .expect("no deadlock");
    }
}

/// Counts itself down when it is dropped.
struct Live(Arc<AtomicU32>);

impl Drop for Live {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

fn waits_for_ever(live: &Arc<AtomicU32>) -> HostPackage {
    let live = live.clone();
    HostPackage::new("acme:game", "1.0.0").func_async("players", "turn", move |_, (_,): (u64,)| {
        live.fetch_add(1, Ordering::SeqCst);
        let live = Live(live.clone());
        Box::pin(async move {
            let _live = live;
            std::future::pending::<()>().await;
            Ok((Ok::<u32, String>(0),))
        })
    })
}

#[test]
fn where_its_call_ends_its_future_is_dropped() {
    let live = Arc::new(AtomicU32::new(0));
    let dispatcher = simulated();
    let handle = dispatcher.handle();
    let runtime: Runtime = load(
        &dispatcher,
        &project("[acme:game]", &[]),
        waits_for_ever(&live),
    );
    dispatcher
        .block_on(async {
            // By its deadline.
            let deadline = handle.now().expect("a clock") + Duration::from_millis(10);
            let options = CallOptions::new().deadline(deadline);
            let ended = runtime
                .call_with("turn", options, Arguments::Json(&[json!(1)]))
                .await;
            assert!(ended.is_err());
            assert_eq!(live.load(Ordering::SeqCst), 0);
            // Or because nobody wants it any more.
            let calling = runtime.clone();
            let task = async move {
                calling
                    .call("turn", Arguments::Json(&[json!(1)]))
                    .await
                    .is_ok()
            };
            let task = dispatcher.spawn(task).expect("a task");
            handle
                .sleep(Duration::from_millis(10))
                .await
                .expect("it sleeps");
            assert_eq!(live.load(Ordering::SeqCst), 1);
            drop(task);
            handle
                .sleep(Duration::from_millis(1))
                .await
                .expect("it sleeps");
            assert_eq!(live.load(Ordering::SeqCst), 0);
        })
        .expect("no deadlock");
}

/// Two calls wait for the same event, which something outside of all guests sets.
#[test]
fn it_waits_for_what_the_embedder_has() {
    let dispatcher = simulated();
    let event = wippy_dispatcher::Event::new(&dispatcher.handle()).expect("room");
    let given = event.clone();
    let package = HostPackage::new("acme:game", "1.0.0").func_async(
        "players",
        "turn",
        move |_, (milliseconds,): (u64,)| {
            let event = given.clone();
            Box::pin(async move {
                event.wait().await?;
                Ok((Ok::<u32, String>(u32::try_from(milliseconds)?),))
            })
        },
    );
    let runtime = load(&dispatcher, &project("[acme:game]", &[]), package);
    let handle = dispatcher.handle();
    let setting = async move {
        handle
            .sleep(Duration::from_secs(1))
            .await
            .expect("it sleeps");
        event.set();
    };
    dispatcher.spawn(setting).expect("a task").detach();
    let turn = call(&dispatcher, &runtime, "turn", &[json!(7)]);
    assert_eq!(turn, Ok(json!({"ok": 7})));
}
