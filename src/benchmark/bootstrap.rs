//! How much figures vary: rounds drawn again and again from those that were measured.

use std::collections::BTreeMap;

use super::distribution::{Percentile, rank};
use super::round::Round;

/// How often rounds are drawn.
const RESAMPLES: usize = 1_000;
/// The fewest rounds that say something of the noise.
const MIN_ROUNDS: usize = 5;

/// Where a figure is with 95 % confidence.
#[derive(Clone, Copy, PartialEq, Debug)]
#[non_exhaustive]
pub struct Interval {
    /// Its lower end.
    pub low: f64,
    /// Its upper end.
    pub high: f64,
}

impl Interval {
    /// The middle 95 % of values.
    pub(super) fn of(mut values: Vec<f64>) -> Option<Interval> {
        values.sort_unstable_by(f64::total_cmp);
        let last = values.len().checked_sub(1)?;
        let at = |part: f64| values.get((last as f64 * part).round() as usize).copied();
        Some(Interval {
            low: at(0.025)?,
            high: at(0.975)?,
        })
    }
}

/// The rounds of a measurement drawn again and again: as many as there are each time, some of them twice or
/// more and some not at all. Rounds are drawn as a whole, because calls that follow each other are alike.
pub(super) struct Resamples<'a> {
    rounds: &'a [Round],
    /// How often each round was drawn, for each time.
    weights: Vec<Vec<u32>>,
}

impl<'a> Resamples<'a> {
    /// Draws them; the same for the same number of rounds and seed. None where there are too few rounds.
    pub(super) fn draw(rounds: &'a [Round], seed: u64) -> Option<Resamples<'a>> {
        if rounds.len() < MIN_ROUNDS {
            return None;
        }
        let mut random = SplitMix(seed);
        let weights = (0..RESAMPLES).map(|_| {
            let mut weights = vec![0; rounds.len()];
            for _ in rounds {
                if let Some(weight) = weights.get_mut(random.below(rounds.len())) {
                    *weight += 1;
                }
            }
            weights
        });
        Some(Resamples {
            weights: weights.collect(),
            rounds,
        })
    }

    /// One sum over another one, each time.
    pub(super) fn ratios(
        &self,
        over: impl Fn(&Round) -> f64,
        under: impl Fn(&Round) -> f64,
    ) -> Vec<f64> {
        let terms: Vec<_> = self
            .rounds
            .iter()
            .map(|round| (over(round), under(round)))
            .collect();
        let ratio = |weights: &Vec<u32>| {
            let weighted = weights.iter().zip(&terms);
            let (over, under) = weighted.fold((0.0, 0.0), |sums, (&weight, &(over, under))| {
                let weight = f64::from(weight);
                (sums.0 + weight * over, sums.1 + weight * under)
            });
            over / under
        };
        let ratios = self.weights.iter().map(ratio);
        ratios.filter(|ratio| ratio.is_finite()).collect()
    }

    /// Percentiles of the latencies of all drawn rounds together, in nanoseconds: for each percentile its
    /// values.
    pub(super) fn percentiles(&self, percentiles: &[Percentile]) -> Vec<Vec<f64>> {
        let mut steps: BTreeMap<u64, Vec<(usize, u64)>> = BTreeMap::new();
        for (index, round) in self.rounds.iter().enumerate() {
            for (value, count) in round.latencies.buckets() {
                steps.entry(value).or_default().push((index, count));
            }
        }
        let counts: Vec<u64> = self
            .rounds
            .iter()
            .map(|round| round.latencies.count())
            .collect();
        let mut found = vec![Vec::with_capacity(self.weights.len()); percentiles.len()];
        for weights in &self.weights {
            let weight = |index: usize| weights.get(index).map_or(0, |&weight| u64::from(weight));
            let total = counts.iter().enumerate();
            let total = total.map(|(index, count)| weight(index) * count).sum();
            let mut wanted = percentiles.iter().zip(&mut found).peekable();
            let mut seen = 0;
            for (&value, parts) in &steps {
                seen += parts
                    .iter()
                    .map(|&(index, count)| weight(index) * count)
                    .sum::<u64>();
                while seen > 0
                    && let Some((_, values)) =
                        wanted.next_if(|(wanted, _)| seen >= rank(total, wanted.quantile))
                {
                    values.push(value as f64);
                }
            }
        }
        found
    }
}

/// SplitMix64: small, and the same everywhere.
struct SplitMix(u64);

impl SplitMix {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `bound`, which is not 0.
    fn below(&mut self, bound: usize) -> usize {
        ((u128::from(self.next()) * bound as u128) >> 64) as usize
    }
}
