//! Medians over rounds, and how far they may be trusted.

use serde::{Deserialize, Serialize};

/// A median with its 95 % confidence interval.
#[derive(Clone, Copy, PartialEq, Serialize, Deserialize, Debug)]
pub struct Estimate {
    /// The median of the rounds.
    pub value: f64,
    /// The lower end of the interval.
    pub low: f64,
    /// The upper end.
    pub high: f64,
    /// How many rounds. Below five the interval is no more than the spread of what was seen.
    pub rounds: usize,
}

/// How often the rounds are drawn anew.
const DRAWS: usize = 2000;

impl Estimate {
    /// The median of values, one a round; none of none. The interval is a bootstrap's: the rounds are drawn anew with
    /// repetition, always by the same pseudo-random numbers, and 95 % of the medians lie in it.
    pub fn of(values: Vec<f64>) -> Option<Estimate> {
        let mut values = values;
        values.retain(|value| value.is_finite());
        let value = median(&mut values)?;
        let mut numbers = SplitMix(0x0077_6970_7079);
        let mut drawn = vec![0.0; values.len()];
        let mut medians: Vec<f64> = (0..DRAWS)
            .filter_map(|_| {
                for slot in &mut drawn {
                    let at = numbers.below(values.len());
                    *slot = values.get(at).copied().unwrap_or(value);
                }
                median(&mut drawn)
            })
            .collect();
        medians.sort_unstable_by(f64::total_cmp);
        let at = |share: f64| {
            let index = (share * (medians.len().saturating_sub(1)) as f64).round() as usize;
            medians.get(index).copied().unwrap_or(value)
        };
        Some(Estimate {
            value,
            low: at(0.025),
            high: at(0.975),
            rounds: values.len(),
        })
    }

    /// Whether the intervals have nothing in common, so that the difference is more than the noise between rounds.
    pub fn differs_from(&self, other: &Estimate) -> bool {
        self.high < other.low || other.high < self.low
    }
}

/// The middle one, or the mean of the two in the middle. Sorts.
fn median(values: &mut [f64]) -> Option<f64> {
    values.sort_unstable_by(f64::total_cmp);
    let middle = values.len() / 2;
    let upper = *values.get(middle)?;
    match values.len() % 2 {
        0 => Some((values.get(middle - 1)? + upper) / 2.0),
        _ => Some(upper),
    }
}

/// The generator SplitMix64, so that one set of rounds always has one interval.
struct SplitMix(u64);

impl SplitMix {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^= mixed >> 31;
        ((u128::from(mixed) * bound as u128) >> 64) as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_rounds_have_no_width() {
        let estimate = Estimate::of(vec![7.0; 5]).expect("five rounds");
        assert_eq!(
            (estimate.low, estimate.value, estimate.high),
            (7.0, 7.0, 7.0)
        );
    }

    #[test]
    fn one_outlier_of_seven_moves_neither_the_median_nor_the_interval_to_itself() {
        let estimate = Estimate::of(vec![10.0, 11.0, 12.0, 13.0, 14.0, 15.0, 900.0]);
        let estimate = estimate.expect("seven rounds");
        assert_eq!(estimate.value, 13.0);
        assert!(
            estimate.low >= 10.0 && estimate.high < 900.0,
            "{estimate:?}"
        );
        assert!(estimate.low < 13.0 && estimate.high > 13.0, "{estimate:?}");
    }

    #[test]
    fn intervals_that_touch_do_not_differ() {
        let one = Estimate::of(vec![1.0, 2.0, 3.0]).expect("rounds");
        let other = Estimate::of(vec![3.0, 4.0, 5.0]).expect("rounds");
        assert!(!one.differs_from(&other));
        let far = Estimate::of(vec![8.0, 8.5, 9.0]).expect("rounds");
        assert!(one.differs_from(&far) && far.differs_from(&one));
    }

    #[test]
    fn no_rounds_have_no_median() {
        assert_eq!(Estimate::of(Vec::new()), None);
        assert_eq!(Estimate::of(vec![f64::NAN]), None);
    }
}
