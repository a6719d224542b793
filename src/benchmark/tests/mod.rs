//! Statistics and reports of measurements that are made up.

mod comparison;
mod distribution;
mod intervals;
mod recorder;
mod reports;

use std::time::Duration;

use super::{Distribution, Failures, Machine, Measured, Round, Settings};

/// A round of these latencies, in nanoseconds, one call after the other, each of which takes half of its
/// latency of processor time.
fn round(nanos: &[u64]) -> Round {
    let all: u64 = nanos.iter().sum();
    Round {
        duration: Duration::from_nanos(all),
        processor: Some(all / 2),
        failures: 0,
        latencies: Distribution::of(nanos.iter().copied().map(Duration::from_nanos)),
    }
}

/// A measurement of such rounds on a machine that spoils nothing.
fn measured(rounds: Vec<Round>) -> Measured {
    Measured {
        entry: "app:add".to_owned(),
        module: None,
        settings: Settings::default(),
        machine: Machine {
            processor: "a processor".to_owned(),
            cores: 4,
            kernel: "6.1".to_owned(),
            governor: Some("performance".to_owned()),
            is_virtual: false,
            load: Some(0.0),
            jitter: Some(Distribution::of([60, 70].map(Duration::from_micros))),
            version: "1.0.0".to_owned(),
            build: "a target, opt-level 3, flags: none".to_owned(),
            program: Some("sha256:0123".to_owned()),
            is_debug: false,
        },
        other_load: Some(0.0),
        peak_memory: Some(64 << 20),
        failures: Failures::default(),
        late: 0,
        given_up: 0,
        not_begun: 0,
        unfinished: 0,
        rounds,
    }
}

/// Twenty rounds of 100 calls, whose latencies are by turns a little below and above `nanos`: by this part
/// of it.
fn around(nanos: f64, part: f64) -> Measured {
    let rounds = (0..20).map(|index| {
        let side = if index % 2 == 0 {
            1.0 - part
        } else {
            1.0 + part
        };
        round(&[(nanos * side) as u64; 100])
    });
    measured(rounds.collect())
}
