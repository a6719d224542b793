//! What a worker is asked for.

use crate::meter::Budget;
use crate::row::Work;

/// One measurement of one row.
#[derive(Clone, Debug)]
pub struct Trial {
    pub work: Work,
    pub budget: Budget,
    /// The cores that the program was given; the contender is on the first, helpers are on the second.
    pub cores: Vec<usize>,
}
