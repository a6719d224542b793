//! Two logs, side by side.

use super::history::History;
use super::{Difference, Log, LogError};

impl Log {
    /// The first difference between the records of two logs, or between the errors with which their runs
    /// ended; `None` where there is none. Of headers that differ, the difference says so; alone they are none. Both
    /// logs are read once, in blocks.
    ///
    /// # Errors
    /// `Read`, `Cut` and `Damaged` where one of the logs cannot be read as far as they are the same.
    pub fn difference(one: &Log, other: &Log) -> Result<Option<Box<Difference>>, LogError> {
        const NAMES: [&str; 2] = ["first", "second"];
        let (mut left, mut right) = (one.records(), other.records());
        let mut history = History::new();
        loop {
            let records = [left.next().transpose()?, right.next().transpose()?];
            match records {
                [Some(left), Some(right)] if left == right => history.push(left),
                [None, None] => {
                    let (left, right) = (left.end(), right.end());
                    let errors = [left, right].map(|end| end.and_then(|end| end.error.as_deref()));
                    if errors[0] == errors[1] {
                        return Ok(None);
                    }
                    let mut notes = one.header().differences(other.header());
                    for (name, error) in NAMES.into_iter().zip(errors) {
                        let how = error.unwrap_or("without an error");
                        notes.push(format!("the {name} ended: {how}"));
                    }
                    let picked = history.picked;
                    let found = history.difference(NAMES, records, picked, notes);
                    return Ok(Some(found));
                }
                _ => {
                    let notes = one.header().differences(other.header());
                    let picked = history.picked;
                    let found = history.difference(NAMES, records, picked, notes);
                    return Ok(Some(found));
                }
            }
        }
    }
}
