//! What a load of a server gave, and over rounds.

use std::time::Duration;

use serde::Serialize;

use crate::load::Outcome;

/// One load of one round.
#[derive(Clone, Copy, Serialize, Debug)]
pub struct Figures {
    /// Requests a second.
    pub rate: f64,
    /// Latencies in microseconds: median.
    pub p50: f64,
    /// 99 of 100 are not above it.
    pub p99: f64,
    /// 999 of 1000.
    pub p999: f64,
    /// The server's processor time of a request, in microseconds.
    pub processor: f64,
    /// Requests that were not answered, or wrongly.
    pub errors: u64,
}

impl Figures {
    /// Of a load for which the server computed so long.
    pub fn of(outcome: &Outcome, processor: Duration) -> Figures {
        let micros = |quantile| outcome.latencies.value_at_quantile(quantile) as f64 / 1e3;
        let answered = outcome.answered.max(1) as f64;
        Figures {
            rate: outcome.answered as f64 / outcome.took.as_secs_f64(),
            p50: micros(0.5),
            p99: micros(0.99),
            p999: micros(0.999),
            processor: processor.as_secs_f64() * 1e6 / answered,
            errors: outcome.errors,
        }
    }

    /// Each figure's median over the rounds; all errors.
    pub fn median(rounds: &[Figures]) -> Option<Figures> {
        let of = |figure: fn(&Figures) -> f64| median(rounds.iter().map(figure).collect());
        Some(Figures {
            rate: of(|it| it.rate)?,
            p50: of(|it| it.p50)?,
            p99: of(|it| it.p99)?,
            p999: of(|it| it.p999)?,
            processor: of(|it| it.processor)?,
            errors: rounds.iter().map(|it| it.errors).sum(),
        })
    }
}

/// The middle one, or between the two in the middle.
pub fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_unstable_by(f64::total_cmp);
    let upper = *values.get(values.len() / 2)?;
    let lower = *values.get(values.len().checked_sub(1)? / 2)?;
    Some((lower + upper) / 2.0)
}
