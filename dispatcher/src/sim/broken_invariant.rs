//! An invariant or check that did not hold.

use crate::time::instant::Instant;

/// An invariant, or a check at a time, that did not hold: [`Error::Invariant`](crate::Error::Invariant).
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct BrokenInvariant {
    /// Its name.
    pub name: String,
    /// What it said.
    pub reason: String,
    /// The virtual time.
    pub at: Instant,
    /// The task after whose run it did not hold; none after a poll of the future of `block_on`, and for
    /// a check at a time.
    pub task: Option<u64>,
}
