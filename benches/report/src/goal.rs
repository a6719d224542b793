//! What was promised of a row.

use serde::{Deserialize, Serialize};

/// A promise about a row's figures, with what they say of it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, Debug)]
pub struct Goal {
    /// Both in words: `A is 0.034 of B, goal at most 0.1`.
    pub text: String,
    /// Whether it is met.
    pub is_met: bool,
}
