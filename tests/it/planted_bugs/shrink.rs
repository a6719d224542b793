//! What is left of the runs in which the bugs show.

use std::collections::BTreeSet;

use wippy_dispatcher::sim::{Edits, Picker, Shrink, Shrunk, Trial};

use super::bug::Bug;
use super::{BUGS, lost_update};

/// How many runs it takes at most to shrink one.
const BUDGET: u64 = 1_500;

/// A failure without what differs from run to run: its first word, which says whether it is a deadlock, an end in time,
/// or what else is wrong.
fn kind(reason: &str) -> String {
    let end = |c: char| !c.is_ascii_alphabetic() && c != ' ';
    let words = reason.split(end).next().unwrap_or_default();
    words.trim_end_matches(" at ").to_owned()
}

/// How the run of a bug with these settings fails.
fn failure(
    bug: &Bug,
    seed: u64,
    picker: Picker,
    set: impl FnOnce(wippy_dispatcher::Simulation) -> wippy_dispatcher::Simulation,
) -> Option<String> {
    let ended = bug.with_settings(seed, "buggy", |simulation| set(simulation.picker(picker)));
    ended.err().map(|reason| kind(&reason))
}

fn shrunk(bug: &Bug, picker: Picker) -> Shrunk<String> {
    let found = bug.search(0, 1_000, picker).expect("it shows");
    let run = |trial: &Trial| failure(bug, trial.seed(), picker, |it| trial.set(it));
    let shrink = Shrink::new(found.seed).budget(BUDGET);
    shrink.run(run).expect("the same run again")
}

/// The bugs, each with a picker that finds it soon.
fn all() -> impl Iterator<Item = (Bug, Picker)> {
    let of_order = (lost_update::BUG, Picker::PriorityChange { depth: 2 });
    BUGS.map(|bug| (bug, Picker::Uniform))
        .into_iter()
        .chain([of_order])
}

/// `docs/determinism.md` has the table that this prints.
#[test]
fn each_shrinks_to_what_it_needs() {
    println!("| bug | runs | records | faults | switches | faults that are left |");
    println!("|---|---|---|---|---|---|");
    for (bug, picker) in all() {
        let shrunk = shrunk(&bug, picker);
        let (before, after) = (shrunk.before, shrunk.after);
        let kinds = shrunk.faults.iter().map(|found| found.id.kind());
        let kinds: Vec<_> = kinds.collect::<BTreeSet<_>>().into_iter().collect();
        println!(
            "| {} | {} | {} → {} | {} → {} | {} → {} | {} |",
            bug.name,
            shrunk.runs,
            before.records,
            after.records,
            before.faults,
            after.faults,
            before.switches,
            after.switches,
            kinds.join(", "),
        );
        println!("{shrunk}");
        assert!(shrunk.is_minimal, "{}: {shrunk}", bug.name);
        assert_minimal(&bug, picker, &shrunk);
        assert!(after.faults + after.switches <= 6, "{}: {shrunk}", bug.name);
    }
}

/// It fails in the same way, and not without any one of what is left.
fn assert_minimal(bug: &Bug, picker: Picker, shrunk: &Shrunk<String>) {
    let with = |edits: Edits| failure(bug, shrunk.seed, picker, |it| it.edits(edits));
    let edits = || shrunk.edits.clone();
    let wanted = Some(shrunk.failure.clone());
    assert_eq!(with(edits()), wanted, "{}: {shrunk}", bug.name);
    for found in &shrunk.faults {
        let rest = with(edits().without(found.id));
        assert_ne!(
            rest, wanted,
            "{}: {} is not needed: {shrunk}",
            bug.name, found.id
        );
    }
    for found in &shrunk.switches {
        let rest = with(edits().without_switch(found.switch));
        assert_ne!(
            rest, wanted,
            "{}: {} is not needed: {shrunk}",
            bug.name, found.switch
        );
    }
}

/// The mended program does not fail under what is left of the run of the other.
#[test]
fn what_is_mended_passes_under_what_is_left() {
    for bug in [super::lost_request::BUG, super::reordered::BUG] {
        let shrunk = shrunk(&bug, Picker::Uniform);
        let mended = bug.with_settings(shrunk.seed, "fixed", |it| it.edits(shrunk.edits));
        assert_eq!(mended, Ok(()), "{}", bug.name);
    }
}
