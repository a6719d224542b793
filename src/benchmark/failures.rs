//! The calls that failed.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// How many names of errors are counted; the others count as `others`.
const MAX_NAMES: usize = 64;
/// The most characters that are kept of an error's text.
const MAX_TEXT: usize = 2_000;

/// How a call failed.
#[derive(Debug)]
pub(super) struct Failure {
    pub(super) name: String,
    pub(super) text: String,
}

/// The calls that failed, by the names of their errors.
#[derive(Clone, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Failures {
    /// How many failed with an error of this name: that of a [`CallErrorKind`](crate::CallErrorKind), `err` for
    /// a result that is an error, `status N` for a process that ended so.
    pub by_name: BTreeMap<String, u64>,
    /// What the first of them said.
    pub first: Option<String>,
}

impl Failures {
    /// How many calls failed.
    pub fn count(&self) -> u64 {
        self.by_name
            .values()
            .fold(0, |sum, count| sum.saturating_add(*count))
    }

    pub(super) fn add(&mut self, failure: Failure) {
        let Failure { name, text } = failure;
        let has_room = self.by_name.len() < MAX_NAMES || self.by_name.contains_key(&name);
        let name = if has_room { name } else { "others".to_owned() };
        *self.by_name.entry(name).or_default() += 1;
        self.first
            .get_or_insert_with(|| text.chars().take(MAX_TEXT).collect());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_bounded_and_the_first_text_stays() {
        let mut failures = Failures::default();
        for number in 0..100 {
            failures.add(Failure {
                name: format!("status {number}"),
                text: format!("text {number}"),
            });
        }
        assert_eq!(failures.count(), 100);
        assert_eq!(failures.by_name.len(), MAX_NAMES + 1);
        assert_eq!(failures.by_name["others"], 36);
        assert_eq!(failures.first.as_deref(), Some("text 0"));
    }
}
