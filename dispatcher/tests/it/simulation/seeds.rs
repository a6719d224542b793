//! Sweeps over seeds: the same report on however many threads, and seeds that fail or panic.

use std::cell::Cell;
use std::collections::BTreeSet;
use std::rc::Rc;
use std::sync::Mutex;
use std::time::Duration;

use wippy_dispatcher::sim::{Seeds, SweepError, SweepReport};
use wippy_dispatcher::{Dispatcher, Error};

mod environment;
mod failing_file;
mod verify;

/// A simulation of this seed, in which a task sleeps for a drawn time; a multiple of seven fails.
fn seven_fails(seed: u64) -> Result<&'static str, String> {
    let dispatcher = Dispatcher::simulated(seed).expect("simulation");
    let handle = dispatcher.handle();
    dispatcher
        .block_on(handle.unblock(|| ()))
        .expect("run")
        .expect("job");
    match seed % 7 {
        0 => Err(format!("{seed} is a multiple of seven")),
        1 => Ok("one above"),
        _ => Ok("another"),
    }
}

fn sweep(seeds: Seeds) -> SweepReport<&'static str> {
    seeds.run(seven_fails).expect("no file")
}

#[test]
fn a_sweep_counts_results_and_keeps_failures_in_order() {
    let report = sweep(Seeds::new(0..22));
    assert_eq!((report.ran(), report.failed()), (22, 4));
    assert!(!report.is_ok());
    let seeds: Vec<u64> = report
        .failures()
        .iter()
        .map(|failure| failure.seed)
        .collect();
    assert_eq!(seeds, [0, 7, 14, 21]);
    assert_eq!(report.failures()[1].reason, "7 is a multiple of seven");
    let outcomes: Vec<_> = report.outcomes().collect();
    assert_eq!(outcomes, [(&"another", 15), (&"one above", 3)]);
    assert_eq!(
        report.to_string(),
        "4 of 22 seeds failed\nseed 0: 0 is a multiple of seven\nseed 7: 7 is a multiple of seven\n\
         seed 14: 14 is a multiple of seven\nseed 21: 21 is a multiple of seven"
    );
}

#[test]
fn the_report_is_the_same_on_any_number_of_threads() {
    for stop_after in [1, 3, u64::MAX] {
        let seeds = || Seeds::new(3..1_000).stop_after(stop_after);
        let one = sweep(seeds());
        for jobs in [2, 5] {
            assert_eq!(sweep(seeds().jobs(jobs)), one);
        }
    }
    let report = sweep(Seeds::new(3..1_000).stop_after(2).jobs(3));
    assert_eq!((report.ran(), report.failed()), (12, 2));
}

#[test]
fn many_failures_are_counted_and_the_first_hundred_kept() {
    let report = Seeds::new(0..250).jobs(2).run(|seed| match seed {
        0 => Ok(()),
        _ => Err("no"),
    });
    let report = report.expect("no file");
    assert_eq!((report.failed(), report.failures().len()), (249, 100));
    assert!(report.to_string().ends_with("seed 100: no\nand 149 more"));
}

#[test]
fn results_beyond_a_thousand_kinds_are_counted_together() {
    let report = Seeds::new(0..1_500).run(|seed| Ok::<_, Error>(seed.min(1_200)));
    let report = report.expect("no file");
    assert_eq!(report.outcomes().count(), 1_000);
    assert_eq!(report.other_outcomes(), 500);
}

#[test]
fn every_seed_runs_once_on_threads_of_the_sweep() {
    let ran = Mutex::new(Vec::new());
    let caller = std::thread::current().id();
    let report = Seeds::new(5..605).jobs(3).run(|seed| {
        ran.lock().expect("no panic").push(seed);
        match std::thread::current().id() == caller {
            true => Err("on the thread that waits"),
            false => Ok(()),
        }
    });
    assert!(report.expect("no file").is_ok());
    let ran = ran.into_inner().expect("no panic");
    assert_eq!(ran.len(), 600);
    assert_eq!(ran.into_iter().collect::<BTreeSet<_>>(), (5..605).collect());
}

#[test]
fn a_panic_is_a_failure_with_its_place() {
    let report = Seeds::new(0..3).jobs(2).run(|seed| {
        assert_ne!(seed, 1, "one is not allowed");
        Ok::<_, Error>(())
    });
    let report = report.expect("no file");
    assert_eq!(report.failed(), 1);
    let failure = &report.failures()[0];
    assert_eq!(failure.seed, 1);
    let reason = &failure.reason;
    assert!(reason.starts_with("panicked at "), "{reason}");
    assert!(reason.contains("simulation/seeds.rs:"), "{reason}");
    assert!(reason.contains("one is not allowed"), "{reason}");
}

/// However many panics were caught before it, the one that ends the run is named.
#[test]
fn the_panic_that_ends_a_run_is_named_behind_others() {
    let report = Seeds::one(1).run(|seed| {
        for number in 0..20 {
            let caught = std::panic::catch_unwind(|| panic!("caught: {number}"));
            assert!(caught.is_err());
        }
        match seed {
            1 => panic!("the end"),
            _ => Ok::<_, Error>(()),
        }
    });
    let reason = report.expect("no file").failures()[0].reason.clone();
    let lines: Vec<&str> = reason.lines().collect();
    assert_eq!(lines[0], "panicked: the end");
    assert!(
        lines[1].ends_with(": caught: 0") && lines.len() == 9,
        "{reason}"
    );
}

/// The task of a server that nobody awaits panics: its seed does not pass.
#[test]
fn a_panic_of_a_task_that_nobody_awaits_is_a_failure() {
    let run = |seed| {
        let dispatcher = Dispatcher::simulated(seed)?;
        let handle = dispatcher.handle();
        dispatcher
            .spawn(async move {
                assert!(seed != 2, "the server is gone");
            })?
            .detach();
        dispatcher.block_on(handle.sleep(Duration::from_secs(1)))??;
        Ok::<_, Error>(())
    };
    let seeds = Seeds::new(0..4).caught_panics_fail(false);
    assert!(seeds.run(run).expect("no file").is_ok());
    let report = Seeds::new(0..4).run(run).expect("no file");
    assert_eq!(report.failed(), 1);
    assert_eq!(report.failures()[0].seed, 2);
    let reason = &report.failures()[0].reason;
    assert!(
        reason.starts_with("a panic was caught within the run\n"),
        "{reason}"
    );
    assert!(reason.contains("the server is gone"), "{reason}");
}

/// A result that cannot be compared with another.
#[derive(Eq, PartialOrd, Ord)]
struct Incomparable;

impl PartialEq for Incomparable {
    fn eq(&self, _: &Incomparable) -> bool {
        panic!("no comparison")
    }
}

/// Such as one of the thread's that compares the two runs: nobody waits for its result for ever.
#[test]
fn a_panic_outside_of_a_run_ends_the_sweep() {
    for jobs in [1, 2] {
        let seeds = Seeds::new(0..2_000).jobs(jobs).verify(true);
        let run = |seed| {
            Dispatcher::simulated(seed)?;
            Ok::<_, Error>(Incomparable)
        };
        let sweep = || seeds.run(run);
        let ended = std::panic::catch_unwind(std::panic::AssertUnwindSafe(sweep));
        assert!(ended.is_err());
    }
}

#[test]
fn seeds_have_a_text() {
    let ran = |text: &str| {
        let seeds = text.parse::<Seeds>().expect("seeds");
        let ran = Mutex::new(Vec::new());
        let report = seeds.run(|seed| {
            ran.lock().expect("no panic").push(seed);
            Ok::<_, Error>(())
        });
        report.expect("no file");
        ran.into_inner().expect("no panic")
    };
    assert_eq!(ran("3..6"), [3, 4, 5]);
    assert_eq!(ran("18446744073709551615"), [u64::MAX]);
    let last = u64::MAX - 1;
    assert_eq!(ran(&format!("{last}..{}", u64::MAX)), [last]);
    for wrong in [
        "", "x", "1..", "..1", "2..2", "3..2", "-1", "1..=2", "1...2",
    ] {
        let error = wrong.parse::<Seeds>().expect_err("no seeds");
        assert!(matches!(error, SweepError::Seeds(text) if text == wrong));
    }
}

#[test]
fn progress_comes_after_each_seed_in_order() {
    let seen = Rc::new(Cell::new((0, 0)));
    let last = seen.clone();
    let seeds = Seeds::new(0..30).jobs(2).progress(move |progress| {
        let (done, failed) = last.get();
        assert_eq!(progress.done, done + 1);
        assert_eq!(progress.total, 30);
        assert!(progress.failed >= failed);
        assert!(progress.per_second() >= 0.0);
        last.set((progress.done, progress.failed));
    });
    sweep(seeds);
    assert_eq!(seen.get(), (30, 5));
}
