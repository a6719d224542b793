//! A contender's figures in a row.

use serde::{Deserialize, Serialize};

use crate::bootstrap::Estimate;
use crate::samples::{Samples, Scale};

/// A contender in a row.
#[derive(Clone, Serialize, Deserialize, Debug)]
pub struct Cell {
    /// Its id.
    pub contender: String,
    /// Why there are fewer rounds than asked for, or none.
    pub refusal: Option<String>,
    /// Each time that it was measured.
    pub rounds: Vec<Round>,
}

/// A row that a contender did once.
#[derive(Clone, Serialize, Deserialize, Debug)]
pub struct Round {
    /// How long it took, or how late it was.
    pub samples: Samples,
    /// How many operations were done. A sample may be the mean over many.
    pub operations: u64,
    /// The processor time of all of them.
    pub processor: u64,
    /// How long all of them took by the clock.
    pub wall: u64,
    /// How many ended before their time; they count as zero in the samples.
    pub early: u64,
}

impl Cell {
    /// A cell with figures.
    pub fn measured(contender: &str, rounds: Vec<Round>) -> Cell {
        Cell {
            contender: contender.to_owned(),
            refusal: None,
            rounds,
        }
    }

    /// A cell without.
    pub fn refused(contender: &str, reason: &str) -> Cell {
        Cell {
            contender: contender.to_owned(),
            refusal: Some(reason.to_owned()),
            rounds: Vec::new(),
        }
    }

    /// The samples of all rounds.
    pub fn samples(&self) -> Samples {
        let scale = self.rounds.first().map(|round| round.samples.scale());
        let mut all = Samples::new(scale.unwrap_or(Scale::Nanoseconds));
        for round in &self.rounds {
            all.add(&round.samples);
        }
        all
    }

    /// A quantile: the median of the rounds' own, with its interval.
    pub fn quantile(&self, share: f64) -> Option<Estimate> {
        let rounds = self.rounds.iter();
        Estimate::of(
            rounds
                .filter_map(|round| round.samples.quantile(share))
                .collect(),
        )
    }

    /// The 99th percentile, as [`Cell::quantile`]; none of fewer than a hundred samples, over all rounds.
    pub fn high(&self) -> Option<Estimate> {
        let is_there = self
            .samples()
            .highest_quantile(1)
            .is_some_and(|highest| highest >= 0.99);
        self.quantile(0.99).filter(|_| is_there)
    }

    /// Whether fewer than ten samples are above the 99th percentile, so that it says little.
    pub fn high_is_rough(&self) -> bool {
        self.samples()
            .highest_quantile(10)
            .is_none_or(|highest| highest < 0.99)
    }

    /// The processor time of one operation.
    pub fn processor(&self) -> Option<Estimate> {
        let rounds = self.rounds.iter().filter(|round| round.operations > 0);
        Estimate::of(
            rounds
                .map(|round| round.processor as f64 / round.operations as f64)
                .collect(),
        )
    }

    /// How many operations ended before their time, over all rounds.
    pub fn early(&self) -> u64 {
        self.rounds.iter().map(|round| round.early).sum()
    }

    /// How many operations there were, over all rounds.
    pub fn operations(&self) -> u64 {
        self.rounds.iter().map(|round| round.operations).sum()
    }
}
