//! Guests with a bug each: nothing shows while nothing unusual happens, and a simulation finds it.

mod bug;
mod clock_step;
mod double_send;
mod half_close;
mod line_stream;
mod lost_request;
mod lost_update;
mod lost_wake;
mod partial_body;
mod reordered;
mod split_decision;
mod stale_connection;
mod timer_race;
mod world;

use bug::Bug;

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

#[test]
fn live_nobody_sees_them() {
    for bug in BUGS.iter().chain([&lost_update::BUG]) {
        assert_eq!(bug.live("buggy"), Ok(()), "{}", bug.name);
    }
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
        let begun = std::time::Instant::now();
        let found = bug.search(0, 1_000);
        println!("{}: {found:?} {:?}", bug.name, begun.elapsed());
        assert!(found.is_some(), "{} was not found", bug.name);
    }
}

#[test]
fn what_is_mended_passes_all_seeds() {
    for bug in BUGS {
        for seed in 0..50 {
            let outcome = bug.with_faults(seed, "fixed");
            assert_eq!(outcome, Ok(()), "{}, seed {seed}", bug.name);
        }
    }
}
