//! Two logs, side by side.

use super::header::one_line;
use super::history::History;
use super::{Difference, Log, LogError};

const NAMES: [&str; 2] = ["first", "second"];

impl Log {
    /// The first difference between the records of two logs, or between the errors with which their runs
    /// ended; `None` where there is none. Of headers that differ, the difference says so; alone they are none. Both
    /// logs are read once, in blocks.
    ///
    /// # Errors
    /// `Read`, `Cut` and `Damaged` where one of the logs cannot be read as far as they are the same.
    pub fn difference(one: &Log, other: &Log) -> Result<Option<Difference>, LogError> {
        let mut logs = [one.records(), other.records()];
        let mut history = History::new();
        let records = loop {
            let [left, right] = &mut logs;
            match [left.next().transpose()?, right.next().transpose()?] {
                [Some(left), Some(right)] if left == right => history.push(left),
                records => break records,
            }
        };
        let ends = logs.each_ref().map(|records| records.end());
        if let [Some(left), Some(right)] = ends
            && left.error == right.error
        {
            return Ok(None);
        }
        let mut notes = one.header().differences(other.header());
        for (name, end) in NAMES.into_iter().zip(ends) {
            let how = end.map(|end| match &end.error {
                Some(error) => one_line(error),
                None => "without an error".to_owned(),
            });
            notes.extend(how.map(|how| format!("the {name} ended: {how}")));
        }
        let picked = history.picked;
        Ok(Some(history.difference(NAMES, records, picked, notes)))
    }
}
