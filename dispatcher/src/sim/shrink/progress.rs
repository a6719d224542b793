//! How far shrinking has come.

use std::fmt;

/// What is being made smaller.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum ShrinkStep {
    /// The faults.
    Faults,
    /// The runs of tasks that are put off.
    Switches,
    /// The parts of the program's own.
    Parts,
    /// Each fault and each switch that is left is taken out alone.
    Check,
    /// Where the run is cut.
    Cut,
}

/// How far shrinking has come; see [`Shrink::progress`](crate::sim::Shrink::progress).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct ShrinkProgress {
    /// What is being made smaller.
    pub step: ShrinkStep,
    /// How many runs were made.
    pub runs: u64,
    /// How many there may be.
    pub budget: u64,
    /// How many faults are left.
    pub faults: usize,
    /// How many switches are left.
    pub switches: usize,
}

/// What is called after each run.
pub(super) type OnProgress<'a> = Box<dyn FnMut(&ShrinkProgress) + 'a>;

impl fmt::Display for ShrinkStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            ShrinkStep::Faults => "faults",
            ShrinkStep::Switches => "switches",
            ShrinkStep::Parts => "parts",
            ShrinkStep::Check => "check",
            ShrinkStep::Cut => "cut",
        })
    }
}

impl fmt::Display for ShrinkProgress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ShrinkProgress {
            step,
            runs,
            budget,
            faults,
            switches,
        } = self;
        write!(
            f,
            "{step}: {faults} faults and {switches} switches left after {runs} runs of {budget}"
        )
    }
}
