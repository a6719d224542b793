//! Sweeps over seeds: the same report on however many threads, and seeds that fail, panic or do not repeat.

use std::cell::Cell;
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::Command;
use std::rc::Rc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use wippy_dispatcher::sim::{Seeds, SweepError, SweepReport, for_each_seed};
use wippy_dispatcher::{Dispatcher, Error, RngStream};

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
fn verify_takes_runs_that_repeat_themselves() {
    let report = sweep(Seeds::new(1..7).jobs(2).verify(true));
    assert!(report.is_ok(), "{report}");
    assert_eq!(report.ran(), 6);
    // A failure that repeats itself is that failure.
    let report = sweep(Seeds::one(7).verify(true));
    assert_eq!(report.failures()[0].reason, "7 is a multiple of seven");
}

#[test]
fn verify_shows_the_first_record_that_differs() {
    let runs = AtomicU64::new(0);
    let report = Seeds::one(3).verify(true).run(|seed| {
        let dispatcher = Dispatcher::simulated(seed)?;
        let handle = dispatcher.handle();
        for _ in 0..5 {
            dispatcher.block_on(handle.sleep(Duration::from_millis(1)))??;
        }
        let length = 8 + runs.fetch_add(1, Ordering::SeqCst);
        handle.fill_random(RngStream::Secure, &mut vec![0; length as usize])?;
        Ok::<_, Error>(())
    });
    let report = report.expect("no file");
    let reason = &report.failures()[0].reason;
    let lines: Vec<&str> = reason.lines().collect();
    assert_eq!(lines.len(), 6, "{reason}");
    assert_eq!(lines[0], "the run does not repeat itself: record 5 differs");
    assert_eq!(lines[1], "  2: advance to 1.003000000 s");
    assert_eq!(lines[3], "  4: advance to 1.005000000 s");
    assert!(
        lines[4].starts_with("  5 in the first run: draw 8 bytes ("),
        "{reason}"
    );
    assert!(
        lines[5].starts_with("  5 in the second run: draw 9 bytes ("),
        "{reason}"
    );
}

#[test]
fn verify_notices_a_run_that_ends_sooner() {
    let runs = AtomicU64::new(0);
    let report = Seeds::one(3).verify(true).run(|seed| {
        let dispatcher = Dispatcher::simulated(seed)?;
        let handle = dispatcher.handle();
        for _ in runs.fetch_add(1, Ordering::SeqCst)..2 {
            dispatcher.block_on(handle.sleep(Duration::from_millis(1)))??;
        }
        Ok::<_, Error>(())
    });
    let reason = report.expect("no file").failures()[0].reason.clone();
    assert!(
        reason.ends_with(
            "  1 in the first run: advance to 1.002000000 s\n  1 in the second run: nothing, it has ended"
        ),
        "{reason}"
    );
}

#[test]
fn verify_notices_results_that_do_not_come_from_the_simulation() {
    let runs = AtomicU64::new(0);
    let report = Seeds::one(3).verify(true).run(|seed| {
        let _dispatcher = Dispatcher::simulated(seed)?;
        Ok::<_, Error>(runs.fetch_add(1, Ordering::SeqCst))
    });
    let reason = report.expect("no file").failures()[0].reason.clone();
    assert!(
        reason.starts_with("the run decided the same twice and ended otherwise"),
        "{reason}"
    );
    // As does the number of simulations.
    let report = Seeds::one(3).verify(true).run(|seed| {
        for _ in 0..runs.fetch_add(1, Ordering::SeqCst) {
            let _dispatcher = Dispatcher::simulated(seed)?;
        }
        Ok::<_, Error>(())
    });
    let reason = report.expect("no file").failures()[0].reason.clone();
    assert!(
        reason.ends_with("it made 2 simulated dispatchers, and then 3"),
        "{reason}"
    );
}

#[test]
fn a_run_without_a_simulation_cannot_be_verified() {
    let report = Seeds::one(3).verify(true).run(|_| Ok::<_, Error>(()));
    let reason = report.expect("no file").failures()[0].reason.clone();
    assert!(reason.starts_with("there is nothing to verify"), "{reason}");
}

/// A file of one test's own, which does not exist yet.
fn scratch(name: &str) -> PathBuf {
    let name = format!("seeds-{}-{name}", std::process::id());
    PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name)
}

#[test]
fn failing_seeds_are_kept_and_run_first() {
    let path = scratch("failing");
    let seeds = |range| Seeds::new(range).failing_file(&path);
    let report = sweep(seeds(0..10));
    assert!(!report.is_ok());
    let text = std::fs::read_to_string(&path).expect("the file");
    assert_eq!(
        text,
        "0 # 0 is a multiple of seven\n7 # 7 is a multiple of seven\n"
    );
    // A line of a person's, without its end; 5 passes, 7 is in the range too, and each runs once.
    std::fs::write(&path, "# these fail\n7\n\n5 # it failed once\n7").expect("the file");
    let ran = Mutex::new(Vec::new());
    let report = seeds(6..9).run(|seed| {
        ran.lock().expect("no panic").push(seed);
        seven_fails(seed)
    });
    let report = report.expect("a good file");
    assert_eq!(ran.into_inner().expect("no panic"), [7, 5, 6, 8]);
    assert_eq!((report.failed(), report.passed_again()), (1, &[5][..]));
    assert!(
        report
            .to_string()
            .ends_with("\nseed 5 failed in an earlier sweep and passes now")
    );
    // What is known is not written again, and what is new begins a line.
    sweep(seeds(13..15));
    let text = std::fs::read_to_string(&path).expect("the file");
    assert_eq!(
        text,
        "# these fail\n7\n\n5 # it failed once\n7\n14 # 14 is a multiple of seven\n"
    );
    std::fs::remove_file(&path).expect("the file");
}

#[test]
fn a_file_that_is_none_is_an_error_with_its_line() {
    let path = scratch("no-seeds");
    std::fs::write(&path, "1\nseven\n").expect("the file");
    let seeds = Seeds::new(0..1).failing_file(&path);
    let error = seeds.run(seven_fails).expect_err("no seed");
    assert!(matches!(error, SweepError::Line { line: 2, .. }), "{error}");
    assert!(
        error.to_string().ends_with(
            "no-seeds:2: a line begins with a seed, such as 17, or with a # for a comment"
        ),
        "{error}"
    );
    let seeds = Seeds::new(0..1).failing_file(path.with_file_name(""));
    let error = seeds.run(seven_fails).expect_err("a directory");
    assert!(matches!(error, SweepError::File { .. }), "{error}");
    std::fs::remove_file(&path).expect("the file");
    // Where nothing can be written the report says so, and is there.
    let path = path.with_file_name("no-directory").join("failing");
    let report = sweep(Seeds::new(0..1).failing_file(&path));
    assert_eq!(report.failed(), 1);
    let error = report.file_error().expect("no directory");
    assert!(
        error.starts_with("cannot write the failing seeds to "),
        "{error}"
    );
    assert!(report.to_string().ends_with(error));
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

/// What the next test starts in a process of its own, with an environment.
#[test]
fn a_test_over_seeds() {
    for_each_seed(1..7, |seed| seven_fails(seed).map(drop));
}

#[test]
fn the_environment_says_which_seeds_and_a_failure_says_how_to_run_it_again() {
    const NAME: &str = "simulation::seeds::a_test_over_seeds";
    let binary = std::env::current_exe().expect("this binary");
    let run = |variables: &[(&str, &str)]| {
        let output = Command::new(&binary)
            // The name of the test is that of its thread, which is there with two threads.
            .args(["--exact", NAME, "--nocapture", "--test-threads=2"])
            .env_remove("WIPPY_SEED")
            .env_remove("WIPPY_SEEDS")
            .env_remove("RUST_BACKTRACE")
            .envs(variables.iter().copied())
            .output()
            .expect("a process");
        (
            output.status.success(),
            String::from_utf8_lossy(&output.stderr).into_owned(),
        )
    };
    assert!(run(&[]).0);
    assert!(run(&[("WIPPY_SEED", "15")]).0);
    let (is_ok, printed) = run(&[("WIPPY_SEEDS", "10..20")]);
    assert!(!is_ok);
    let expected = format!(
        "seed 14: 14 is a multiple of seven\n4 seeds passed before it\nto run it again: WIPPY_SEED=14 cargo \
         test {NAME}\n"
    );
    assert!(printed.contains(&expected), "{printed}");
    assert!(
        printed.contains("simulation/seeds.rs"),
        "the caller's place: {printed}"
    );
    // The one seed goes before the range.
    let (is_ok, printed) = run(&[("WIPPY_SEEDS", "1..3"), ("WIPPY_SEED", "21")]);
    assert!(!is_ok && printed.contains("seed 21: "), "{printed}");
    let (is_ok, printed) = run(&[("WIPPY_SEED", "1..3")]);
    let expected = "WIPPY_SEED=\"1..3\": it should be one seed, such as 17";
    assert!(!is_ok && printed.contains(expected), "{printed}");
}
