//! What is left of the runs in which the bugs show.

use wippy::sim::{CallOutcome, Outcome};
use wippy_dispatcher::sim::{Edits, Seeds, Shrink};

use super::{BUGS, Bug};

/// How many runs it takes at most to shrink one.
const BUDGET: u64 = 1_500;

/// How a run fails: what the guest has found, without numbers.
fn failure(outcome: &Outcome) -> Option<String> {
    let call = outcome.call("ledger")?;
    match CallOutcome::status(call) {
        Some(0) => None,
        _ => {
            let told = String::from_utf8_lossy(&call.stderr()).into_owned();
            Some(told.replace(|c: char| c.is_ascii_digit(), ""))
        }
    }
}

fn first_seed(bug: &Bug, seeds: std::ops::Range<u64>) -> Option<u64> {
    let buggy = bug.with_faults("buggy");
    let run = |seed| super::run(&buggy, seed);
    let report = Seeds::new(seeds).stop_after(1).jobs(1).run(run);
    let report = report.expect("no file");
    report.failures().first().map(|failure| failure.seed)
}

/// `docs/determinism.md` has the table that this prints.
#[test]
fn each_shrinks_to_what_it_needs() {
    println!("| bug | runs | records | faults | switches | what is left |");
    println!("|---|---|---|---|---|---|");
    for bug in &BUGS {
        let seed = first_seed(bug, 0..1_000).expect("it shows");
        let simulation = bug.with_faults("buggy");
        let shrink = Shrink::new(seed).budget(BUDGET);
        let shrunk = simulation
            .shrink(shrink, failure)
            .expect("the same run again");
        let (before, after) = (shrunk.before, shrunk.after);
        println!(
            "| {} | {} | {} → {} | {} → {} | {} → {} | |",
            bug.name,
            shrunk.runs,
            before.records,
            after.records,
            before.faults,
            after.faults,
            before.switches,
            after.switches,
        );
        println!("{shrunk}");
        assert!(shrunk.is_minimal, "{}: {shrunk}", bug.name);
        assert!(after.faults + after.switches <= 3, "{}: {shrunk}", bug.name);
        let with = |edits: Edits| {
            let world = simulation.start_with(seed, |it| it.edits(edits));
            failure(&world.expect("no setup").run())
        };
        let wanted = Some(shrunk.failure.clone());
        assert_eq!(with(shrunk.edits.clone()), wanted, "{}: {shrunk}", bug.name);
        for found in &shrunk.faults {
            let rest = with(shrunk.edits.clone().without(found.id));
            assert_ne!(rest, wanted, "{}: {} is not needed", bug.name, found.id);
        }
    }
}

/// How many seeds a search takes on average. `WIPPY_SEARCHES=20` has the figures of `docs/determinism.md`.
#[test]
fn searches_find_them() {
    let searches = std::env::var("WIPPY_SEARCHES").ok();
    let searches: u64 = searches.map_or(2, |text| text.parse().expect("a number"));
    for bug in &BUGS {
        let taken = (0..searches).map(|search| {
            let from = search * 1_000;
            let found = first_seed(bug, from..from + 1_000);
            let found = found.unwrap_or_else(|| panic!("{} has not shown", bug.name));
            found - from + 1
        });
        let taken: u64 = taken.sum();
        println!("{}: {} seeds on average", bug.name, taken / searches);
    }
}
