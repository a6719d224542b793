//! What was promised of a row.

use serde::{Deserialize, Serialize};

use crate::model::Report;

/// A promise about a row's figures, with what they say of it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, Debug)]
pub struct Goal {
    /// Both in words: `A is 0.034 of B, goal at most 0.1`.
    pub text: String,
    /// Whether it is met.
    pub is_met: bool,
}

impl Report {
    /// All goals, each with the name of its section and of its row.
    pub fn goals(&self) -> impl Iterator<Item = (&str, &str, &Goal)> {
        self.sections.iter().flat_map(|section| {
            section.rows.iter().flat_map(|row| {
                let goals = row.goals.iter();
                goals.map(|goal| (section.title.as_str(), row.label.as_str(), goal))
            })
        })
    }

    /// How many goals are met, and how many there are; none where there are none.
    pub(crate) fn met(&self) -> Option<(usize, usize)> {
        let all = self.goals().count();
        let met = self.goals().filter(|(_, _, goal)| goal.is_met).count();
        (all > 0).then_some((met, all))
    }
}
