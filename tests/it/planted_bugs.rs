//! Guests with a bug each: nothing shows while nothing unusual happens, and a simulation finds it.

mod bug;
mod clock_step;
mod double_send;
mod example;
mod half_close;
mod line_stream;
mod lost_request;
mod lost_update;
mod lost_wake;
mod partial_body;
mod reordered;
mod replay;
mod shrink;
mod split_decision;
mod stale_connection;
mod timer_race;
mod world;

use std::thread;

use wippy_dispatcher::sim::{Picker, Seeds};

use bug::{Bug, Found};

const BUGS: [Bug; 10] = [
    lost_request::BUG,
    timer_race::BUG,
    double_send::BUG,
    half_close::BUG,
    lost_wake::BUG,
    clock_step::BUG,
    reordered::BUG,
    partial_body::BUG,
    stale_connection::BUG,
    split_decision::BUG,
];

/// All at once, because they mostly wait. A machine that is held up for long may show one of them, as a fault would: that
/// one is tried again.
#[test]
fn live_nobody_sees_them() {
    let live = |bug: &Bug| {
        let outcomes = (0..3).map(|_| bug.live("buggy"));
        let failures: Vec<_> = outcomes.map_while(Result::err).collect();
        assert!(failures.len() < 3, "{}: {failures:?}", bug.name);
    };
    thread::scope(|scope| {
        for bug in BUGS.iter().chain([&lost_update::BUG]) {
            scope.spawn(move || live(bug));
        }
    });
}

#[test]
fn without_faults_nobody_sees_them() {
    for bug in BUGS {
        assert_eq!(bug.without_faults(1, "buggy"), Ok(()), "{}", bug.name);
    }
}

#[test]
fn the_faults_of_a_seed_show_them() {
    for bug in BUGS {
        let found = bug.search(0, 1_000, Picker::Uniform);
        let Some(found) = found else {
            panic!("{} has not shown in 1,000 seeds", bug.name);
        };
        let Found { seed, reason, .. } = found;
        println!("{}, seed {seed}: {reason}", bug.name);
        assert!(!reason.contains("panicked"), "that is the test's: {reason}");
        let mended = bug.with_faults(seed, Picker::Uniform, "fixed");
        assert_eq!(mended, Ok(()), "{}, seed {seed}", bug.name);
    }
}

#[test]
fn what_is_mended_passes_all_seeds() {
    for bug in BUGS {
        let run = |seed| bug.with_faults(seed, Picker::Uniform, "fixed");
        // Each of them twice: that has to be the same run.
        let seeds = Seeds::new(0..50).verify(true);
        let report = seeds.run(run).expect("no file");
        assert!(report.is_ok(), "{}: {report}", bug.name);
    }
    let changes = Picker::PriorityChange { depth: 2 };
    let run = |seed| lost_update::BUG.with_faults(seed, changes, "fixed");
    let report = Seeds::new(0..1_000).run(run).expect("no file");
    assert!(report.is_ok(), "{report}");
}

/// Where nothing is to come any more, the run ends at once, and says who waits for what.
#[test]
fn a_client_that_waits_for_ever_is_a_deadlock() {
    let found = lost_request::BUG.search(0, 1_000, Picker::Uniform);
    let reason = found.expect("it shows").reason;
    assert!(reason.starts_with("deadlock"), "{reason}");
    let mut lines = reason.lines();
    let client = lines.find(|line| line.contains("on client"));
    let waits = client.is_some_and(|line| line.contains("a datagram on"));
    assert!(waits, "{reason}");
}

/// The two payments of `lost_update` are lost in the one order among many: round robin never has it, and changes of
/// priorities have it earlier than drawing every task uniformly.
#[test]
fn the_one_order_of_two_guests_is_found_by_changes_of_priorities() {
    let bug = lost_update::BUG;
    let never = bug.search(0, 100, Picker::RoundRobin);
    assert!(never.is_none());
    let changes = bug.average(10, Picker::PriorityChange { depth: 2 });
    let uniform = bug.average(10, Picker::Uniform);
    println!("on average {changes} seeds with changes of priorities, {uniform} with uniform picks");
    assert!(changes < 200.0, "{changes} seeds");
    assert!(changes < uniform, "{changes} seeds, {uniform} uniformly");
}

/// `docs/determinism.md` has the table that this prints with `WIPPY_SEARCHES=20`.
#[test]
fn every_picker_finds_what_faults_show() {
    let searches = std::env::var("WIPPY_SEARCHES").ok();
    let searches = searches.map_or(2, |text| text.parse().expect("a number of searches"));
    let pickers = [
        Picker::Uniform,
        Picker::RoundRobin,
        Picker::PriorityChange { depth: 2 },
        Picker::PriorityChange { depth: 3 },
    ];
    let row = |bug: &Bug| {
        let averages = pickers.map(|picker| bug.average(searches, picker));
        let row: String = averages.map(|seeds| format!(" {seeds:.0} |")).concat();
        println!("| {} |{row}", bug.name);
        averages
    };
    println!("| bug | uniform | round robin | priority change, depth 2 | depth 3 |");
    println!("|---|---|---|---|---|");
    for bug in &BUGS {
        let found = row(bug).iter().all(|seeds| *seeds < 1_000.0);
        assert!(found, "{}", bug.name);
    }
    row(&lost_update::BUG);
}
