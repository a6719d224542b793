//! Runs that do not repeat themselves, and how the report shows it.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use wippy_dispatcher::sim::Seeds;
use wippy_dispatcher::{Dispatcher, Error, RngStream};

use super::sweep;

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
    assert_eq!(
        lines[0],
        "the run does not repeat itself: record 15 differs"
    );
    assert_eq!(lines[1], "  12: advance to 1.005000000 s");
    assert!(
        lines[4].starts_with("  15 in the first run: draw 8 bytes ("),
        "{reason}"
    );
    assert!(
        lines[5].starts_with("  15 in the second run: draw 9 bytes ("),
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
            "  3 in the first run: advance to 1.002000000 s\n  3 in the second run: nothing, it has ended"
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
