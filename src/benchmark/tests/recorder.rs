//! Which calls are measured, and how they fall into rounds.

use std::time::Duration;

use wippy_dispatcher::Instant;

use crate::benchmark::failures::Failure;
use crate::benchmark::recorder::Recorder;
use crate::benchmark::{Length, Round};

fn at(millis: u64) -> Instant {
    Instant::from_nanos(millis * 1_000_000)
}

/// One call after the other, each so many milliseconds long, until all is measured.
fn record(length: Length, warm_up: u64, call: u64) -> (Recorder, u64) {
    let warm_up = Duration::from_millis(warm_up);
    let mut recorder = Recorder::new(length, at(0), warm_up, false).expect("memory");
    let mut now = 0;
    while !recorder.is_over() {
        now += call;
        recorder.ended(at(now - call), at(now), Ok(()));
    }
    (recorder, now)
}

fn sizes(rounds: &[Round]) -> Vec<(u64, u128)> {
    let size = |round: &Round| (round.latencies.count(), round.duration.as_millis());
    rounds.iter().map(size).collect()
}

#[test]
fn rounds_are_equal_where_calls_are() {
    let (mut recorder, end) = record(Length::Time(Duration::from_secs(1)), 100, 1);
    assert_eq!((recorder.begun(), end), (Some(at(100)), 1_100));
    let (rounds, failures) = recorder.finish();
    assert_eq!(sizes(&rounds), [(50, 50); 20]);
    assert_eq!(failures.count(), 0);
    assert!(rounds.iter().all(|round| round.processor.is_none()));
}

#[test]
fn rounds_hold_whole_calls() {
    // 7 ms do not divide a round of 50 ms: each is as long as its calls.
    let (mut recorder, end) = record(Length::Time(Duration::from_secs(1)), 10, 7);
    assert_eq!((recorder.begun(), end), (Some(at(14)), 1_015));
    let (rounds, _) = recorder.finish();
    let sizes = sizes(&rounds);
    assert_eq!(sizes.len(), 20);
    assert!(
        sizes
            .iter()
            .all(|&(calls, millis)| millis == 7 * u128::from(calls)),
        "{sizes:?}"
    );
    assert_eq!(sizes.iter().map(|(calls, _)| calls).sum::<u64>(), 143);
}

#[test]
fn long_calls_make_fewer_rounds() {
    let (mut recorder, end) = record(Length::Time(Duration::from_secs(1)), 0, 300);
    assert_eq!((recorder.begun(), end), (Some(at(0)), 1_200));
    assert_eq!(sizes(&recorder.finish().0), [(1, 300); 4]);
}

#[test]
fn a_number_of_calls_is_measured_exactly() {
    for (calls, rounds) in [(1, 1), (19, 19), (20, 20), (1_003, 20)] {
        let (mut recorder, _) = record(Length::Calls(calls), 10, 2);
        let sizes = sizes(&recorder.finish().0);
        assert_eq!(sizes.len(), rounds, "{sizes:?}");
        assert_eq!(sizes.iter().map(|(calls, _)| calls).sum::<u64>(), calls);
        assert!(
            sizes
                .iter()
                .all(|&(calls, millis)| millis == 2 * u128::from(calls))
        );
    }
}

#[test]
fn what_comes_after_the_end_is_not_measured() {
    let (mut recorder, end) = record(Length::Calls(40), 0, 1);
    recorder.ended(at(end), at(end + 1), Ok(()));
    assert_eq!(sizes(&recorder.finish().0), [(2, 2); 20]);
    assert!(recorder.is_over());
}

#[test]
fn a_measurement_that_is_cut_has_what_came_until_its_last_call() {
    let length = Length::Time(Duration::from_secs(1));
    let mut recorder = Recorder::new(length, at(0), Duration::ZERO, false).expect("memory");
    assert_eq!(recorder.end(), Some(at(1_000)));
    for now in 1..=70 {
        recorder.ended(at(now - 1), at(now), Ok(()));
    }
    assert_eq!(sizes(&recorder.finish().0), [(50, 50), (20, 20)]);
}

#[test]
fn failures_have_no_latency_and_are_counted_by_name() {
    let mut recorder =
        Recorder::new(Length::Calls(20), at(0), Duration::ZERO, false).expect("memory");
    for now in 1..=20 {
        let failure = Failure {
            name: "Trap".to_owned(),
            text: format!("call {now}"),
        };
        let result = if now % 4 == 0 { Err(failure) } else { Ok(()) };
        recorder.ended(at(now - 1), at(now), result);
    }
    let (rounds, failures) = recorder.finish();
    assert_eq!(
        rounds.iter().map(|it| it.latencies.count()).sum::<u64>(),
        15
    );
    assert_eq!(rounds.iter().map(|it| it.failures).sum::<u64>(), 5);
    assert_eq!(failures.by_name["Trap"], 5);
    assert_eq!(failures.first.as_deref(), Some("call 4"));
}
