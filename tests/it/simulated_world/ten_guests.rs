//! Ten guests on four hosts with faults.

use std::time::Duration;

use serde_json::json;
use wippy::sim::{AttemptEnd, Call, Simulation};
use wippy_dispatcher::sim::{FaultMix, Link, Seeds};

use super::program;
use super::server::{get, serve};

/// Guests with TCP, UDP, HTTP, clocks, randomness and standard streams, beside a native HTTP server.
pub fn simulation() -> Simulation {
    let call = |name: &str| Call::new(name);
    let mix = FaultMix::new(Duration::from_secs(10))
        .latency(Duration::from_millis(50))
        .jitter(Duration::from_millis(20))
        .loss(0.1)
        .duplication(0.1)
        .reordering(0.1)
        .short_io(0.3)
        .spurious_readiness(0.3)
        .partitions(8)
        .crashes(2)
        .pauses(2)
        .clock_drift(500)
        .wall_clock_steps(2);
    Simulation::builder(program())
        .host("server", [])
        .host("one", [])
        .host("two", [])
        .host("three", [])
        .link(
            "one",
            "server",
            Link::new().latency(Duration::from_millis(5)),
        )
        .native("server", serve)
        .run(
            "one",
            call("fetch")
                .input([get("server", "/one")])
                .start(Duration::from_secs(5)),
        )
        .run("one", call("together").input([json!("server"), json!(3)]))
        .run(
            "one",
            call("look-up-and-connect").input([json!("server"), json!(80)]),
        )
        .run(
            "two",
            call("sequential").input([json!("http"), json!("server"), json!(4)]),
        )
        .run("two", call("nap").input([json!([1_000, 2_000_000])]))
        .run("two", call("cat").stdin("what goes in"))
        .run("three", call("churn").input([json!(3)]))
        .run("three", call("udp-flood").input([json!(2)]))
        .run("three", call("random"))
        .run(
            "default",
            call("hello").args(["words"]).start(Duration::from_secs(1)),
        )
        .swarm(mix)
        .max_time(Duration::from_secs(7200))
        .build()
        .expect("a simulation")
}

/// When the request is answered at the latest where nothing is in its way. It begins at 5 s.
const LATE: Duration = Duration::from_secs(6);

/// How many seeds are run: more where the environment says so.
fn seeds() -> u64 {
    let seeds = std::env::var("SIMULATED_SEEDS").ok();
    seeds.map_or(100, |seeds| seeds.parse().expect("a number of seeds"))
}

/// Whatever goes wrong around them, all of them end, twice the same way, and none traps.
#[test]
fn ten_guests_end_whatever_goes_wrong_around_them() {
    let simulation = simulation();
    let report = Seeds::new(0..seeds()).jobs(2).verify(true).run(|seed| {
        let outcome = simulation.run(seed).map_err(|error| error.to_string())?;
        if !outcome.is_completed() {
            return Err(outcome.to_string());
        }
        for call in &outcome.calls {
            let last = call.last().ok_or_else(|| outcome.to_string())?;
            if let AttemptEnd::Failed(_) | AttemptEnd::Unfinished = last.end {
                return Err(outcome.to_string());
            }
        }
        // It is made again where its host crashes, so that it is answered at last.
        let fetch = outcome.call("fetch").expect("it was placed");
        let body = fetch.result().map(|result| &result["ok"]["body"]);
        if body != Some(&json!("/one")) {
            return Err(outcome.to_string());
        }
        let is_late = fetch.attempts.len() > 1 || fetch.last().expect("made").ended > Some(LATE);
        // Compared with the second run.
        Ok((is_late, outcome.hash, outcome.time))
    });
    let report = report.expect("no file of seeds");
    assert!(report.is_ok(), "{report}");
    // The faults matter to some seeds and not to others.
    let late = report
        .outcomes()
        .filter(|((is_late, ..), _)| *is_late)
        .count();
    let runs = report.outcomes().count();
    assert!(0 < late && late < runs, "{late} of {runs} were late");
}
