//! What became of a sweep over seeds.

use std::collections::BTreeMap;
use std::fmt;

/// How many failures are kept with their reasons; all are counted.
const KEPT_FAILURES: usize = 100;
/// How many different results are counted by themselves.
const KEPT_OUTCOMES: usize = 1_000;

/// A seed that failed.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct SeedFailure {
    /// The seed.
    pub seed: u64,
    /// The error of the run, its panic with its place, or how its repetition differed.
    pub reason: String,
}

impl fmt::Display for SeedFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "seed {}: {}", self.seed, self.reason)
    }
}

/// What became of a sweep over seeds: see [`Seeds::run`](crate::sim::Seeds::run). It is the same on however
/// many threads the sweep ran. Displayed, it counts seeds and lists the failures.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SweepReport<T> {
    ran: u64,
    failed: u64,
    failures: Vec<SeedFailure>,
    outcomes: BTreeMap<T, u64>,
    others: u64,
    passed_again: Vec<u64>,
    file_error: Option<String>,
}

impl<T: Ord> SweepReport<T> {
    pub(super) fn new() -> SweepReport<T> {
        SweepReport {
            ran: 0,
            failed: 0,
            failures: Vec::new(),
            outcomes: BTreeMap::new(),
            others: 0,
            passed_again: Vec::new(),
            file_error: None,
        }
    }

    /// Adds the next seed, in the order of the sweep. `is_known`: it had failed in an earlier sweep.
    pub(super) fn add(&mut self, seed: u64, is_known: bool, result: Result<T, String>) {
        self.ran += 1;
        match result {
            Ok(outcome) => {
                if is_known {
                    self.passed_again.push(seed);
                }
                let has_room = self.outcomes.len() < KEPT_OUTCOMES;
                match self.outcomes.get_mut(&outcome) {
                    Some(count) => *count += 1,
                    None if has_room => {
                        self.outcomes.insert(outcome, 1);
                    }
                    None => self.others += 1,
                }
            }
            Err(reason) => {
                self.failed += 1;
                if self.failures.len() < KEPT_FAILURES {
                    self.failures.push(SeedFailure { seed, reason });
                }
            }
        }
    }

    pub(super) fn set_file_error(&mut self, error: String) {
        self.file_error = Some(error);
    }
}

impl<T> SweepReport<T> {
    /// How many seeds ran, those that failed included.
    pub fn ran(&self) -> u64 {
        self.ran
    }

    /// How many of them failed.
    pub fn failed(&self) -> u64 {
        self.failed
    }

    /// Whether none failed.
    pub fn is_ok(&self) -> bool {
        self.failed == 0
    }

    /// The first 100 that failed, in the order of the sweep.
    pub fn failures(&self) -> &[SeedFailure] {
        &self.failures
    }

    /// What the others ended with, in order, and how many of them each; the first 1,000 different results.
    pub fn outcomes(&self) -> impl Iterator<Item = (&T, u64)> {
        self.outcomes
            .iter()
            .map(|(outcome, count)| (outcome, *count))
    }

    /// How many ended with a result that is not among [`outcomes`](SweepReport::outcomes).
    pub fn other_outcomes(&self) -> u64 {
        self.others
    }

    /// Seeds of the file of failing seeds that did not fail. They stay in the file until somebody takes
    /// them out.
    pub fn passed_again(&self) -> &[u64] {
        &self.passed_again
    }

    /// Why the failing seeds could not be written to their file.
    pub fn file_error(&self) -> Option<&str> {
        self.file_error.as_deref()
    }
}

impl<T> fmt::Display for SweepReport<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {} seeds failed", self.failed, self.ran)?;
        for failure in &self.failures {
            write!(f, "\n{failure}")?;
        }
        let unlisted = self.failed - self.failures.len() as u64;
        if unlisted > 0 {
            write!(f, "\nand {unlisted} more")?;
        }
        for seed in &self.passed_again {
            write!(f, "\nseed {seed} failed in an earlier sweep and passes now")?;
        }
        if let Some(error) = &self.file_error {
            write!(f, "\n{error}")?;
        }
        Ok(())
    }
}
