//! Counters and histograms, and their text for Prometheus.

use std::time::Duration;

use serde_json::json;
use wippy::activity::Outcome;
use wippy::{Arguments, ProgramOptions};
use wippy_dispatcher::{Dispatcher, Simulation};

use super::exposition::{Samples, read};
use super::{CLOCKS, HOUR, SECOND, naps, runtime, sleep, start, with_options};
use crate::support::{Project, live, simulated};

fn value(samples: &Samples, name: &str, labels: &[(&str, &str)]) -> f64 {
    let mut labels: Vec<_> = labels
        .iter()
        .map(|(label, value)| ((*label).to_owned(), (*value).to_owned()))
        .collect();
    labels.sort();
    let key = (name.to_owned(), labels);
    *samples
        .get(&key)
        .unwrap_or_else(|| panic!("no {key:?} in {samples:#?}"))
}

/// Functions that end in all the ways.
fn endings() -> Project {
    let mut project = naps(&[]);
    let source = r#"(module
        (func (export "nothing"))
        (func (export "trap") unreachable)
        (func (export "spin") (loop $on br $on)))"#;
    let source = serde_json::to_string(source).expect("a string");
    for name in ["nothing", "trap", "spin"] {
        let limits = "{max_execution_ms: 50}";
        project.entry(
            name,
            "function.wat",
            &[("source", &source), ("method", &name), ("limits", &limits)],
        );
    }
    project
}

#[test]
fn every_end_is_counted() {
    let dispatcher = simulated();
    let runtime = runtime(&dispatcher, &endings());
    dispatcher
        .block_on(async {
            for _ in 0..3 {
                for name in ["nothing", "trap", "spin"] {
                    let _ = runtime.call(name, Arguments::Json(&[])).await;
                }
            }
            let wrong = [json!(1)];
            let refused = runtime.call("nothing", Arguments::Json(&wrong)).await;
            refused.expect_err("one argument too many");
            let nap = start(&dispatcher, &runtime, "nap", json!([[HOUR]]));
            sleep(&dispatcher.handle(), SECOND).await;
            nap.cancel().await;
        })
        .expect("no deadlock");
    let metrics = runtime.metrics().expect("numbers");
    let samples = read(&metrics.to_prometheus());
    for (entry, outcome, count) in [
        ("test:nothing", "ok", 3.0),
        ("test:nothing", "failed", 1.0),
        ("test:trap", "trap", 3.0),
        ("test:spin", "deadline", 3.0),
        ("test:nap", "dropped", 1.0),
        ("test:nap", "ok", 0.0),
    ] {
        let labels = [("entry", entry), ("outcome", outcome)];
        assert_eq!(
            value(&samples, "wippy_calls_total", &labels),
            count,
            "{entry}"
        );
    }
    let spin = [("entry", "test:spin")];
    // A slice of fuel is a millisecond, and none of them is cut.
    let computed = value(&samples, "wippy_call_processor_seconds_sum", &spin);
    assert!((0.147..=0.15).contains(&computed), "{computed}");
    let long = [("entry", "test:spin"), ("le", "0.033554432")];
    assert_eq!(
        value(&samples, "wippy_call_duration_seconds_bucket", &long),
        0.0
    );
    let longer = [("entry", "test:spin"), ("le", "0.067108864")];
    assert_eq!(
        value(&samples, "wippy_call_duration_seconds_bucket", &longer),
        3.0
    );
    // A call whose caller has gone has no times.
    let nap = [("entry", "test:nap")];
    assert_eq!(
        value(&samples, "wippy_call_parked_seconds_count", &nap),
        0.0
    );
    for gauge in [
        "wippy_dispatchers",
        "wippy_blocking_jobs_running",
        "wippy_dispatcher_descriptors",
    ] {
        value(&samples, gauge, &[]);
    }
    let used = [("memory", "pooled")];
    assert_eq!(value(&samples, "wippy_instances_used", &used), 0.0);
}

/// Counters are always there, times where they are asked for.
#[test]
fn times_are_counted_where_they_are_asked_for() {
    let dispatcher = simulated();
    let runtime = with_options(&dispatcher, &endings(), ProgramOptions::new());
    let call = runtime.call("nothing", Arguments::Json(&[]));
    dispatcher
        .block_on(call)
        .expect("no deadlock")
        .expect("a call");
    let metrics = runtime.metrics().expect("numbers");
    assert_eq!(metrics.entries[0].ended(Outcome::Ok), 1);
    assert_eq!(metrics.entries[0].times, None);
    let text = metrics.to_prometheus();
    read(&text);
    // The dispatcher counts by itself for how long it has looked.
    let mut others = text.lines().filter(|line| line.contains("_seconds"));
    assert!(
        others.all(|line| line.contains("wippy_dispatcher_looked_seconds_total")),
        "{text}"
    );
}

#[test]
fn an_adaptive_pool_shows_the_places_that_it_has_made() {
    let dispatcher = simulated();
    let handle = dispatcher.handle();
    let runtime = runtime(
        &dispatcher,
        &naps(&[("pool", &"{type: adaptive, max_size: 4}")]),
    );
    dispatcher
        .block_on(async {
            runtime.prepare("nap").await.expect("compiled");
            let calls: Vec<_> = (0..6)
                .map(|_| start(&dispatcher, &runtime, "nap", json!([[HOUR]])))
                .collect();
            sleep(&handle, Duration::from_millis(15)).await;
            let text = runtime.metrics().expect("numbers").to_prometheus();
            let now = read(&text);
            let nap = [("entry", "test:nap")];
            for (name, expected) in [
                ("wippy_pool_places", 2.0),
                ("wippy_pool_used", 2.0),
                ("wippy_pool_waiting", 4.0),
            ] {
                assert_eq!(value(&now, name, &nap), expected, "{name}");
            }
            sleep(&handle, SECOND).await;
            let later = read(&runtime.metrics().expect("numbers").to_prometheus());
            assert_eq!(value(&later, "wippy_pool_places", &nap), 4.0);
            let queued = [("entry", "test:nap"), ("state", "queued")];
            assert_eq!(value(&later, "wippy_calls", &queued), 2.0);
            // Two pollables at most are a guest's, which waits for one timer.
            assert_eq!(value(&later, "wippy_guest_pollables", &[]), 4.0);
            for call in calls {
                call.cancel().await;
            }
        })
        .expect("no deadlock");
}

/// In real time alone: a simulation has none.
#[test]
fn a_static_pool_shows_its_spares() {
    let dispatcher = live();
    let handle = dispatcher.handle();
    let runtime = runtime(
        &dispatcher,
        &naps(&[("pool", &"{type: static, workers: 3}")]),
    );
    dispatcher
        .block_on(async {
            let naps = [json!([1])];
            let call = runtime.call("nap", Arguments::Json(&naps));
            call.await.expect("it sleeps");
            let spares = || runtime.metrics().expect("numbers").entries[0].spares;
            while spares() < 3 {
                sleep(&handle, Duration::from_millis(1)).await;
            }
            let samples = read(&runtime.metrics().expect("numbers").to_prometheus());
            let nap = [("entry", "test:nap")];
            assert_eq!(value(&samples, "wippy_pool_spares", &nap), 3.0);
            assert!(value(&samples, "wippy_instances_spare", &[]) >= 3.0);
        })
        .expect("a dispatcher");
}

/// In virtual time no timer is late.
#[test]
fn overshoot_is_counted_where_it_is_asked_for() {
    let mut project = Project::new();
    project.function("nap", "sleeper", "sleeper#sleep-series", CLOCKS, &[]);
    let builder = Dispatcher::builder().simulation(Simulation::new(1));
    let dispatcher = builder.timer_overshoot(true).build().expect("a simulation");
    let runtime = runtime(&dispatcher, &project);
    dispatcher
        .block_on(async {
            runtime.prepare("nap").await.expect("compiled");
            let before = dispatcher.handle().stats().expect("numbers").overshoot;
            let naps = [json!([1000, 1000, 1000])];
            let call = runtime.call("nap", Arguments::Json(&naps));
            call.await.expect("it sleeps");
            let metrics = runtime.metrics().expect("numbers");
            let late = metrics.dispatcher.overshoot.as_ref().expect("counted");
            let fired = late.count() - before.expect("counted").count();
            assert!(fired >= 3, "{fired}");
            assert_eq!(late.sum(), Duration::ZERO);
            let samples = read(&metrics.to_prometheus());
            let first = [("le", "0.000001024")];
            let name = "wippy_timer_overshoot_seconds_bucket";
            assert_eq!(value(&samples, name, &first), late.count() as f64);
        })
        .expect("no deadlock");
}
