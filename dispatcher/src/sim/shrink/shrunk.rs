//! What is left of a run.

use std::fmt;
use std::time::Duration;

use crate::sim::edits::{Cut, Edits, FoundFault, FoundSwitch};

/// A run that fails, and is as small as shrinking could make it. Its text is what is left in words, with virtual times.
#[derive(Clone, PartialEq, Debug)]
#[non_exhaustive]
pub struct Shrunk<K> {
    /// The seed.
    pub seed: u64,
    /// How it fails.
    pub failure: K,
    /// The edits that make the run of the seed the small one.
    pub edits: Edits,
    /// The faults that are left, in the order in which they happen.
    pub faults: Vec<FoundFault>,
    /// The runs of tasks that are put off, in the order in which they begin. All others go first in, first out.
    pub switches: Vec<FoundSwitch>,
    /// How many runs it took.
    pub runs: u64,
    /// Without any one of the faults and switches that are left the run does not fail in this way; each was tried.
    /// False where the budget ended before.
    pub is_minimal: bool,
    /// The run as it was.
    pub before: RunSize,
    /// The run as it is now.
    pub after: RunSize,
}

/// How large a run is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[non_exhaustive]
pub struct RunSize {
    /// Records of the trace.
    pub records: u64,
    /// Faults that happen.
    pub faults: usize,
    /// Runs of tasks that others overtake.
    pub switches: usize,
    /// Virtual time.
    pub time: Duration,
}

impl<K> fmt::Display for Shrunk<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (before, after) = (self.before, self.after);
        write!(
            f,
            "seed {} after {} runs: {} of {} faults and {} of {} switches left, {} of {} records",
            self.seed,
            self.runs,
            after.faults,
            before.faults,
            after.switches,
            before.switches,
            after.records,
            before.records,
        )?;
        for fault in &self.faults {
            write!(
                f,
                "\n  {:>14.9} s {}: {fault}",
                fault.at.as_secs_f64(),
                fault.id
            )?;
        }
        for found in &self.switches {
            write!(
                f,
                "\n  {:>14.9} s {}: {found}",
                found.at.as_secs_f64(),
                found.switch
            )?;
        }
        for part in self.edits.left_out() {
            write!(f, "\nwithout {part}")?;
        }
        match self.edits.cut() {
            Some(Cut::Records(records)) => {
                write!(f, "\ncut after {records} records, at {:?}", after.time)?
            }
            Some(Cut::Time(time)) => write!(f, "\ncut at {time:?}")?,
            None => {}
        }
        f.write_str(match self.is_minimal {
            true => "\nwithout any one of them it does not fail in this way",
            false => {
                "\nthe budget has ended before each of them was tried: perhaps not all are needed"
            }
        })
    }
}
