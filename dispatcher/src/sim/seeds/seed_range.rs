//! Which seeds a sweep goes over, and their text.

use std::str::FromStr;

use crate::sim::seeds::error::SweepError;

/// Seeds that follow each other.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct SeedRange {
    pub(super) first: u64,
    /// At most `u64::MAX`, so that one seed of all is not among any range.
    pub(super) count: u64,
}

impl SeedRange {
    pub(super) fn contains(self, seed: u64) -> bool {
        seed >= self.first && seed - self.first < self.count
    }

    pub(super) fn iter(self) -> impl Iterator<Item = u64> {
        (0..self.count).map(move |place| self.first + place)
    }
}

impl FromStr for SeedRange {
    type Err = SweepError;

    /// `17`, or `0..100` without its end.
    fn from_str(text: &str) -> Result<SeedRange, SweepError> {
        let unknown = || SweepError::Seeds(text.to_owned());
        let number = |text: &str| text.trim().parse::<u64>().map_err(|_| unknown());
        let Some((first, end)) = text.split_once("..") else {
            let first = number(text)?;
            return Ok(SeedRange { first, count: 1 });
        };
        let (first, end) = (number(first)?, number(end)?);
        match end > first {
            true => Ok(SeedRange {
                first,
                count: end - first,
            }),
            false => Err(unknown()),
        }
    }
}
