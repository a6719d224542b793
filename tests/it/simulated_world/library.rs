//! What a simulation says of its calls.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use serde_json::json;
use wippy::sim::{AttemptEnd, Call, End, OutputKind, Simulation, SimulationBuilder};
use wippy_dispatcher::Handle;
use wippy_dispatcher::sim::{Crash, Fault};

use super::program;
use super::server::{get, serve};

/// The sleeper counts in microseconds.
const SECOND: u64 = 1_000_000;

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

#[test]
fn a_call_has_its_words_and_its_input_and_its_output_has_a_time() {
    let simulation = Simulation::builder(program())
        .host("a", [])
        .run(
            "a",
            Call::new("test:args")
                .args(["one", "two"])
                .start(seconds(2)),
        )
        .run("a", Call::new("cat").name("copy").stdin("from stdin\n"))
        .run("a", Call::new("args").name("fails").args(["--exit", "1"]))
        .build()
        .expect("a simulation");
    let outcome = simulation.run(5).expect("no setup");
    assert!(outcome.is_completed(), "{outcome}");
    let words = outcome.call("test:args").expect("it was placed");
    assert_eq!(words.status(), Some(0));
    let text = String::from_utf8(words.stdout()).expect("UTF-8");
    assert!(text.contains("arg 1: one\narg 2: two\n"), "{text}");
    let attempt = words.last().expect("it was made");
    assert_eq!(
        (attempt.began, attempt.ended),
        (seconds(2), Some(seconds(2)))
    );
    assert_eq!(attempt.output[0].at, seconds(2));
    assert_eq!(attempt.output[0].kind, OutputKind::Stdout);
    assert_eq!(
        outcome.call("copy").expect("placed").stdout(),
        b"from stdin\n"
    );
    assert_eq!(outcome.call("fails").expect("placed").status(), Some(1));
    assert_eq!(outcome.time, seconds(2));
}

#[test]
fn output_beyond_its_bound_is_counted() {
    let simulation = Simulation::builder(program())
        .run("default", Call::new("cat").stdin("0123456789"))
        .max_output(4)
        .build()
        .expect("a simulation");
    let outcome = simulation.run(1).expect("no setup");
    let attempt = outcome.calls[0].last().expect("it was made");
    assert_eq!(attempt.output[0].bytes, b"0123");
    assert_eq!(attempt.dropped_output, 6);
}

#[test]
fn a_crash_ends_guests_and_a_restart_starts_them_again() {
    let nap = || Call::new("nap").input([json!([10 * SECOND])]);
    let simulation = Simulation::builder(program())
        .host("a", [])
        .run("a", nap().name("again"))
        .run("a", nap().name("once").restarts(false))
        .at(seconds(3), Fault::Crash("a".into(), Crash::Silent))
        .at(seconds(5), Fault::Restart("a".into()))
        .build()
        .expect("a simulation");
    let outcome = simulation.run(1).expect("no setup");
    assert!(outcome.is_completed(), "{outcome}");
    let again = &outcome.call("again").expect("placed").attempts;
    assert_eq!(again.len(), 2);
    assert_eq!(again[0].end, AttemptEnd::Crashed);
    assert_eq!(again[0].ended, Some(seconds(3)));
    assert_eq!(
        (again[1].began, again[1].ended),
        (seconds(5), Some(seconds(15)))
    );
    let once = &outcome.call("once").expect("placed").attempts;
    assert_eq!(once.len(), 1);
    assert_eq!(once[0].end, AttemptEnd::Crashed);
}

#[test]
fn a_host_that_does_not_boot_again_keeps_no_run_from_ending() {
    let simulation = Simulation::builder(program())
        .host("a", [])
        .host("b", [])
        .native("b", serve)
        .run("a", Call::new("nap").input([json!([10 * SECOND])]))
        .at(seconds(3), Fault::Crash("a".into(), Crash::Drawn))
        .build()
        .expect("a simulation");
    let outcome = simulation.run(1).expect("no setup");
    assert_eq!((outcome.end, outcome.time), (End::Completed, seconds(3)));
}

#[test]
fn a_run_does_not_wait_for_what_is_in_the_background() {
    let serve = || Call::new("serve").input([json!(false), json!(1)]);
    let simulation = Simulation::builder(program())
        .host("a", [])
        .run("a", serve().background(true))
        .run("a", Call::new("nap").input([json!([SECOND])]))
        .build()
        .expect("a simulation");
    let outcome = simulation.run(1).expect("no setup");
    assert!(outcome.is_completed(), "{outcome}");
    let server = outcome.calls[0].last().expect("it was made");
    assert_eq!((&server.end, server.ended), (&AttemptEnd::Unfinished, None));
}

#[test]
fn a_deadlock_says_what_every_guest_waits_for() {
    let simulation = Simulation::builder(program())
        .host("a", [])
        .run("a", Call::new("serve").input([json!(false), json!(1)]))
        .build()
        .expect("a simulation");
    let outcome = simulation.run(1).expect("no setup");
    assert_eq!(outcome.end.name(), "deadlock");
    assert_eq!(outcome.waits.len(), 1);
    let wait = outcome.waits[0].to_string();
    assert!(
        wait.starts_with("a: test:serve: parked: waits for "),
        "{wait}"
    );
    assert!(wait.contains("a TCP connection"), "{wait}");
    let text = outcome.to_string();
    assert!(
        text.contains(&wait) && text.contains("has not ended"),
        "{text}"
    );
}

#[test]
fn what_is_not_there_is_named() {
    let refused = |host: &str, entry: &str| {
        let builder = Simulation::builder(program()).host("server", []);
        let error = builder.run(host, Call::new(entry)).build();
        error.expect_err("it is not there").to_string()
    };
    assert_eq!(
        refused("sever", "nap"),
        "there is no host \"sever\" (did you mean \"server\"?)"
    );
    let text = refused("server", "test:map");
    assert!(text.contains("did you mean test:nap?"), "{text}");
    let twice = Simulation::builder(program()).host("a", []).host("a", []);
    twice.build().expect_err("one name for two hosts");
}

#[test]
fn bounds_and_checks_end_a_run() {
    let nap = || Call::new("nap").input([json!([100 * SECOND])]);
    let built = |builder: SimulationBuilder| builder.build().expect("a simulation");
    let one = || Simulation::builder(program()).host("a", []).run("a", nap());
    let over = built(one().max_time(seconds(7))).run(1).expect("no setup");
    assert_eq!((over.end.name(), over.time), ("time over", seconds(7)));
    assert_eq!(
        over.calls[0].last().expect("made").end,
        AttemptEnd::Unfinished
    );
    assert!(
        over.to_string()
            .contains("a: test:nap: parked: waits for a clock"),
        "{over}"
    );
    let many = built(one().max_records(1)).run(1).expect("no setup");
    assert_eq!(many.end.name(), "too many records");
    let checked = one().setup(|world| {
        let late = || Err("it is late".to_owned());
        world.dispatcher().check_at(seconds(3), "early", late)
    });
    let broken = built(checked).run(1).expect("a setup");
    assert_eq!(
        (broken.end.name(), broken.time),
        ("broken invariant", seconds(3))
    );
    assert!(broken.to_string().contains("it is late"), "{broken}");
}

/// State of one run, which its tasks share with whoever looks at it, is made in a setup.
#[test]
fn a_setup_makes_what_belongs_to_one_run() {
    let simulation = Simulation::builder(program())
        .host("server", [])
        .host("client", [])
        .native("server", serve)
        .setup(|world| {
            let rounds = Rc::new(Cell::new(0));
            world.native("client", move |handle| {
                let rounds = rounds.clone();
                async move {
                    while rounds.get() < 3 {
                        handle.sleep(seconds(1)).await.expect("a timer");
                        rounds.set(rounds.get() + 1);
                    }
                    // A second run begins with no rounds.
                    assert_eq!(handle.elapsed().expect("a simulation"), seconds(3));
                }
            });
            Ok(())
        })
        .run(
            "client",
            Call::new("fetch")
                .input([get("server", "/x")])
                .start(seconds(4)),
        )
        .build()
        .expect("a simulation");
    for seed in 0..3 {
        let outcome = simulation.run(seed).expect("a setup");
        let body = &outcome.calls[0].result().expect("it returned")["ok"]["body"];
        assert_eq!(body, "/x", "{outcome}");
    }
    let wrong = Simulation::builder(program()).setup(|world| {
        world.native("nowhere", |_| async {});
        Ok(())
    });
    let outcome = wrong
        .build()
        .expect("a simulation")
        .run(0)
        .expect("a setup");
    assert!(matches!(&outcome.end, End::Failed(text) if text.contains("nowhere")));
}

/// A run goes no further where a host cannot start what was placed on it.
#[test]
fn a_host_that_cannot_boot_ends_the_run() {
    async fn fill(handle: Handle) {
        while let Ok(task) = handle.spawn(std::future::pending::<()>()) {
            task.detach();
        }
    }
    let crash = Fault::Crash("b".to_owned(), Default::default());
    let outcome = Simulation::builder(program())
        .host("a", [])
        .host("b", [])
        .native("a", |handle| async move {
            let _ = handle.sleep(Duration::from_secs(2)).await;
            fill(handle).await;
        })
        .run("b", Call::new("nap").input([json!([60_000_000])]))
        .at(Duration::from_secs(1), crash)
        .at(Duration::from_secs(3), Fault::Restart("b".to_owned()))
        .build()
        .expect("a simulation")
        .run(1)
        .expect("no setup");
    let End::Failed(reason) = &outcome.end else {
        panic!("{outcome}");
    };
    assert!(reason.contains("tasks"), "{reason}");
    assert_eq!(outcome.time, Duration::from_secs(3));
}
