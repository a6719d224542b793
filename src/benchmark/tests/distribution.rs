//! Latencies in steps.

use std::time::Duration;

use crate::benchmark::{Distribution, Percentile};

fn nanos(values: &[u64]) -> Distribution {
    Distribution::of(values.iter().copied().map(Duration::from_nanos))
}

#[test]
fn the_least_and_the_greatest_are_exact_and_the_others_to_a_tenth_of_a_percent() {
    let values: Vec<u64> = (1..=1_000).map(|step| step * 1_234_567).collect();
    let all = nanos(&values);
    assert_eq!(all.count(), 1_000);
    assert_eq!(all.min(), Some(Duration::from_nanos(1_234_567)));
    assert_eq!(all.max(), Some(Duration::from_nanos(1_234_567_000)));
    for (quantile, rank) in [
        (0.0, 1),
        (0.5, 500),
        (0.501, 501),
        (0.999, 999),
        (1.0, 1_000),
    ] {
        let found = all.quantile(quantile).expect("a value").as_nanos() as f64;
        let exact = f64::from(rank) * 1_234_567.0;
        assert!(
            (found / exact - 1.0).abs() < 0.001,
            "{quantile}: {found} for {exact}"
        );
    }
}

#[test]
fn what_never_varies_is_exact() {
    let all = nanos(&[1_000_003; 7]);
    assert_eq!(all.quantile(0.5), Some(Duration::from_nanos(1_000_003)));
}

#[test]
fn merging_is_as_if_all_had_been_noted_together() {
    let (one, other) = (nanos(&[1, 5, 5, 900_001]), nanos(&[0, 5, 77_000, 900_002]));
    let all = nanos(&[1, 5, 5, 900_001, 0, 5, 77_000, 900_002]);
    assert_eq!(
        Distribution::merged([&one, &Distribution::default(), &other]),
        all
    );
    assert_eq!(Distribution::merged([&one]), one);
    assert_eq!(Distribution::merged([]), Distribution::default());
    assert!(all.is_sound() && Distribution::default().is_sound());
}

#[test]
fn nothing_has_no_figures_and_a_day_is_the_greatest() {
    let none = Distribution::default();
    assert_eq!(
        (none.min(), none.max(), none.quantile(0.5)),
        (None, None, None)
    );
    let long = Distribution::of([Duration::MAX]);
    assert_eq!(long.max(), Some(Duration::from_secs(24 * 60 * 60)));
    assert!(long.is_sound());
}

#[test]
fn a_percentile_is_there_where_ten_calls_are_above() {
    let last = |calls| Percentile::supported(calls).last().map(Percentile::name);
    for (calls, name) in [
        (0, "p50"),
        (99, "p50"),
        (100, "p90"),
        (999, "p90"),
        (1_000, "p99"),
        (10_000, "p99.9"),
        (1_000_000, "p99.999"),
        (u64::MAX, "p99.9999999999999999"),
    ] {
        assert_eq!(last(calls).as_deref(), Some(name), "{calls}");
    }
}
