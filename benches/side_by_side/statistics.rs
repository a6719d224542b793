//! Percentiles of a round, medians over rounds.

use serde::Serialize;

/// What one round of one measure gave, in nanoseconds.
#[derive(Clone, Copy, Serialize, Debug)]
pub struct Summary {
    /// The median.
    pub p50: f64,
    /// The 99th percentile; none where the round gave only a mean.
    pub p99: Option<f64>,
}

impl Summary {
    /// Of single samples.
    pub fn of_samples(samples: &[u64]) -> Option<Summary> {
        let mut sorted = samples.to_vec();
        sorted.sort_unstable();
        Some(Summary {
            p50: percentile(&sorted, 50)?,
            p99: percentile(&sorted, 99),
        })
    }

    /// Of a total over `count` operations.
    pub fn of_total(total: u64, count: u64) -> Summary {
        Summary {
            p50: total as f64 / count.max(1) as f64,
            p99: None,
        }
    }

    /// Each figure's median over the rounds.
    pub fn median(rounds: &[Summary]) -> Option<Summary> {
        Some(Summary {
            p50: median(rounds.iter().map(|round| round.p50).collect())?,
            p99: median(rounds.iter().filter_map(|round| round.p99).collect()),
        })
    }
}

/// The smallest sample that at least so many percent are not above.
fn percentile(sorted: &[u64], percent: usize) -> Option<f64> {
    let rank = (sorted.len() * percent).div_ceil(100);
    sorted
        .get(rank.saturating_sub(1))
        .map(|&sample| sample as f64)
}

fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_unstable_by(f64::total_cmp);
    let middle = values.len() / 2;
    let upper = *values.get(middle)?;
    match values.len() % 2 {
        0 => Some((values.get(middle - 1)? + upper) / 2.0),
        _ => Some(upper),
    }
}
