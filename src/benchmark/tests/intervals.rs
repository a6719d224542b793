//! Intervals of measurements whose true figures are known.

use std::time::Duration;

use super::{around, measured, round};
use crate::benchmark::{Distribution, Estimate, Interval, Percentile, Round};

fn interval(estimate: Estimate) -> (f64, f64) {
    let Interval { low, high } = estimate.interval.expect("enough rounds");
    (low, high)
}

#[test]
fn what_does_not_vary_has_an_interval_without_width() {
    let still = around(1_000.0, 0.0);
    assert_eq!(interval(still.throughput().expect("time")), (1e6, 1e6));
    let processor = still.processor_time().expect("known");
    assert_eq!(
        (processor.value, interval(processor)),
        (500.0, (500.0, 500.0))
    );
    for (percentile, estimate) in still.percentiles() {
        let name = percentile.name();
        assert_eq!(
            (estimate.value, interval(estimate)),
            (1_000.0, (1_000.0, 1_000.0)),
            "{name}"
        );
    }
}

#[test]
fn the_same_rounds_have_the_same_intervals() {
    let one = around(5_000.0, 0.1);
    assert_eq!(one.throughput(), one.clone().throughput());
    assert_eq!(one.percentiles(), one.clone().percentiles());
}

#[test]
fn few_rounds_have_none() {
    let few = measured(vec![round(&[5; 1000]); 4]);
    assert_eq!(few.throughput().expect("time").interval, None);
    assert!(
        few.percentiles()
            .iter()
            .all(|(_, it)| it.interval.is_none())
    );
    assert!(
        few.warnings()[0].contains("too long"),
        "{:?}",
        few.warnings()
    );
    let enough = measured(vec![round(&[5; 1000]); 5]);
    assert!(enough.throughput().expect("time").interval.is_some());
}

/// Rounds of a second with each number of calls up to 120.
fn of_a_second() -> Vec<Round> {
    let rounds = (0..=120).map(|count| Round {
        duration: Duration::from_secs(1),
        ..round(&vec![1_000; count])
    });
    rounds.collect()
}

#[test]
fn the_interval_of_a_mean_is_that_of_its_standard_error() {
    let known = of_a_second();
    let rounds = (0..20).map(|index| known[90 + 20 * (index % 2)].clone());
    let throughput = measured(rounds.collect()).throughput().expect("time");
    assert_eq!(throughput.value, 100.0);
    // The standard error is 10 / sqrt(20): 1.96 of them are 4.4. All means of draws are whole numbers.
    let (low, high) = interval(throughput);
    assert!((95.0..=96.0).contains(&low), "{low}");
    assert!((104.0..=105.0).contains(&high), "{high}");
}

#[test]
fn nineteen_of_twenty_intervals_hold_the_true_figure() {
    let mut state = 1u64;
    // Sums of uniform numbers from 0 to 10: their mean is 60.
    let mut draw = || {
        let sum = (0..12).map(|_| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            (state >> 33) % 11
        });
        sum.sum::<u64>() as usize
    };
    let known = of_a_second();
    let trials = 200;
    let holds = (0..trials).filter(|_| {
        let rounds = (0..20).map(|_| known[draw()].clone());
        let (low, high) = interval(measured(rounds.collect()).throughput().expect("time"));
        low <= 60.0 && 60.0 <= high
    });
    let part = holds.count() as f64 / f64::from(trials);
    assert!((0.88..=0.98).contains(&part), "{part}");
}

#[test]
fn percentiles_are_those_of_all_calls_and_not_means_of_rounds() {
    // One round in twenty has all slow calls: 5 % of all, so that p90 is fast and p99 slow.
    let rounds = (0..20).map(|index| round(&[if index == 7 { 9_000 } else { 1_000 }; 1000]));
    let measured = measured(rounds.collect());
    let percentiles = measured.percentiles();
    let names: Vec<String> = percentiles.iter().map(|(it, _)| it.name()).collect();
    assert_eq!(names, ["p50", "p90", "p99", "p99.9"]);
    let values: Vec<f64> = percentiles.iter().map(|(_, it)| it.value).collect();
    assert_eq!(values, [1_000.0, 1_000.0, 9_000.0, 9_000.0]);
    // A third of all draws leaves that round out.
    assert_eq!(interval(percentiles[2].1), (1_000.0, 9_000.0));
    let p50 = Percentile::P50.quantile;
    assert_eq!(Distribution::merged([]).quantile(p50), None);
}
