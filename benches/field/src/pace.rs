//! How often and how long rows are measured.

use std::time::Duration;

use crate::meter::Budget;
use crate::options::Options;
use crate::row::PlannedRow;

/// The rounds, and what one measurement takes.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    pub rounds: u32,
    budget: Budget,
}

/// What starting a process and a runtime takes, about.
const START: Duration = Duration::from_millis(15);

impl Pace {
    pub fn of(options: &Options) -> Pace {
        let (rounds, warm, measure) = match (options.quick, options.long) {
            (true, _) => (3, 8, 50),
            (_, true) => (10, 100, 1000),
            _ => (5, 50, 200),
        };
        Pace {
            rounds: options.rounds.unwrap_or(rounds),
            budget: Budget {
                warm: Duration::from_millis(warm),
                measure: Duration::from_millis(measure),
            },
        }
    }

    /// A row's.
    pub fn budget(&self, row: &PlannedRow) -> Budget {
        Budget {
            warm: self.budget.warm,
            measure: self.budget.measure * row.weight,
        }
    }

    /// What a measurement of a row takes, about.
    pub fn estimate(&self, row: &PlannedRow) -> Duration {
        let budget = self.budget(row);
        budget.warm + budget.measure + START
    }
}
