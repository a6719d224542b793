//! With what a simulation has ended for good.

use crate::Error;
use crate::sim::broken_invariant::BrokenInvariant;
use crate::sim::waits::Waits;

#[derive(Clone, Debug)]
pub(crate) enum Ended {
    TimeOver(Box<Waits>),
    TooManyRecords { bound: u64, waits: Box<Waits> },
    Cut(Box<Waits>),
    Livelock { runs: u64, waits: Box<Waits> },
    Invariant(Box<BrokenInvariant>),
}

impl From<Ended> for Error {
    fn from(ended: Ended) -> Error {
        match ended {
            Ended::TimeOver(waits) => Error::TimeOver(waits),
            Ended::TooManyRecords { bound, waits } => Error::TooManyRecords { bound, waits },
            Ended::Cut(waits) => Error::Cut(waits),
            Ended::Livelock { runs, waits } => Error::Livelock { runs, waits },
            Ended::Invariant(broken) => Error::Invariant(broken),
        }
    }
}
