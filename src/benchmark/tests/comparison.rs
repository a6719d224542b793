//! Verdicts over measurements whose difference is known.

use std::time::Duration;

use super::{around, measured, round};
use crate::benchmark::{Length, Load, Measured, Metric, Verdict};

fn lines(new: &Measured, earlier: &Measured) -> Vec<String> {
    let comparison = new.against(earlier).expect("the same settings");
    let lines = comparison.compared.iter();
    lines.map(|it| format!("{}: {it}", it.metric)).collect()
}

#[test]
fn a_measurement_does_not_differ_from_itself() {
    for noise in [0.0, 0.05] {
        let one = around(10_000.0, noise);
        let comparison = one.against(&one).expect("the same settings");
        let metrics: Vec<Metric> = comparison.compared.iter().map(|it| it.metric).collect();
        assert_eq!(
            metrics,
            [
                Metric::P50,
                Metric::P99,
                Metric::Throughput,
                Metric::ProcessorTime
            ]
        );
        for compared in &comparison.compared {
            assert!(
                matches!(compared.verdict, Verdict::Same { .. }),
                "{compared:?}"
            );
        }
        assert_eq!(comparison.warnings, [""; 0]);
        assert!(!comparison.is_slower_by(0.0));
    }
}

#[test]
fn a_difference_is_said_with_its_interval() {
    let (slow, fast) = (around(12_500.0, 0.0), around(10_000.0, 0.0));
    assert_eq!(
        lines(&slow, &fast),
        [
            "p50: slower by 25 % (25 to 25)",
            "p99: slower by 25 % (25 to 25)",
            "throughput: lower by 20 % (20 to 20)",
            "processor: more by 25 % (25 to 25)",
        ]
    );
    assert_eq!(
        lines(&fast, &slow),
        [
            "p50: faster by 20 % (20 to 20)",
            "p99: faster by 20 % (20 to 20)",
            "throughput: higher by 25 % (25 to 25)",
            "processor: less by 20 % (20 to 20)",
        ]
    );
}

#[test]
fn only_what_is_certain_is_slower() {
    let (slow, fast) = (around(12_500.0, 0.0), around(10_000.0, 0.0));
    let comparison = slow.against(&fast).expect("the same settings");
    assert!(comparison.is_slower_by(0.249));
    assert!(!comparison.is_slower_by(0.25));
    let other = fast.against(&slow).expect("the same settings");
    assert!(!other.is_slower_by(0.0));
}

#[test]
fn what_is_within_the_noise_is_no_difference() {
    // Rounds vary by 20 %, so that their mean is uncertain by some 9 %.
    let (one, other) = (around(10_300.0, 0.2), around(10_000.0, 0.2));
    let comparison = one.against(&other).expect("the same settings");
    let throughput = &comparison.compared[2];
    assert_eq!(throughput.metric, Metric::Throughput);
    let Verdict::Same { noise } = throughput.verdict else {
        panic!("{throughput:?}");
    };
    assert!((0.08..0.20).contains(&noise), "{noise}");
    let text = throughput.to_string();
    assert!(
        text.starts_with("no difference beyond the noise (±"),
        "{text}"
    );
}

#[test]
fn what_latencies_cannot_tell_apart_is_no_difference() {
    let (one, other) = (around(1_001_000.0, 0.0), around(1_000_000.0, 0.0));
    assert_eq!(
        lines(&one, &other)[0],
        "p50: no difference beyond the noise (±0.2 %)"
    );
}

#[test]
fn what_is_not_known_is_not_compared() {
    let few = measured(vec![round(&[1_000; 10]); 20]);
    assert_eq!(lines(&few, &few).len(), 3, "200 calls have no p99");
    let short = measured(vec![round(&[1_000; 1_000]); 2]);
    assert_eq!(lines(&short, &short)[0], "p50: too few rounds to tell");
    let comparison = short
        .against(&around(10.0, 0.0))
        .expect("the same settings");
    assert!(!comparison.is_slower_by(0.0));
}

#[test]
fn other_settings_are_refused_and_named() {
    let one = around(1_000.0, 0.0);
    let mut other = one.clone();
    other.settings.load = Load::Open {
        rate: 100.0,
        concurrency: 2,
    };
    other.settings.length = Length::Calls(7);
    other.settings.warm_up = Duration::from_millis(5);
    other.settings.is_live = true;
    other.settings.arguments = "1".to_owned();
    let error = one.against(&other).expect_err("other settings");
    assert_eq!(
        error.to_string(),
        "it was measured with other settings: load: \"closed loop, 1 call at a time\", there \"open loop, 100 \
         calls/s due, at most 2 calls at a time\"; length: \"for 10 s\", there \"for 7 calls\"; warm-up: \"1 s\", \
         there \"5 ms\"; instances: \"an instance a call\", there \"live instances\"; arguments: \"\", there \"1\""
    );
}

#[test]
fn another_machine_or_entry_is_a_warning() {
    let one = around(1_000.0, 0.0);
    let mut other = one.clone();
    other.machine.kernel = "5.4".to_owned();
    other.machine.load = Some(3.0);
    other.entry = "app:sum".to_owned();
    let comparison = one.against(&other).expect("the same settings");
    assert_eq!(
        comparison.warnings,
        [
            "another machine or build: kernel: \"6.1\", there \"5.4\"",
            "another entry: app:add, there app:sum"
        ]
    );
    assert_eq!(
        comparison.to_text().lines().count(),
        comparison.compared.len() + 2
    );
}
