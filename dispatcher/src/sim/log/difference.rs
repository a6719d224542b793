//! Where two runs differ.

use super::history::History;
use super::{Log, LogError, LogHeader};
use crate::sim::record::Record;
use crate::time::instant::Instant;

/// How many records before the difference are kept.
const BEFORE: usize = 10;

/// The first record in which two runs differ: of two logs ([`Log::difference`]), or of a log and the run
/// that replays it ([`Error::Diverged`](crate::Error::Diverged)). Printed, it says on several lines what there was on
/// both sides, what was before, and what each task did last.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Difference {
    pub(super) names: [&'static str; 2],
    pub(super) number: u64,
    pub(super) at: Instant,
    pub(super) records: [Option<Record>; 2],
    pub(super) running: Option<u64>,
    pub(super) before: Vec<Record>,
    pub(super) tasks: Vec<TaskRecord>,
    pub(super) notes: Vec<String>,
}

/// The last record that was made while a task ran.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct TaskRecord {
    /// The task.
    pub task: u64,
    /// The record's number.
    pub number: u64,
    /// The record.
    pub record: Record,
}

impl Difference {
    /// After the records of `history`, which both sides have.
    pub(super) fn after(
        history: &History,
        names: [&'static str; 2],
        records: [Option<Record>; 2],
        running: Option<u64>,
        notes: Vec<String>,
    ) -> Box<Difference> {
        Box::new(Difference {
            names,
            number: history.count,
            at: history.time,
            records,
            running,
            before: history.last(BEFORE),
            tasks: history.of_tasks(),
            notes,
        })
    }

    /// The number of the record that differs: how many before it are the same.
    pub fn number(&self) -> u64 {
        self.number
    }

    /// The virtual time.
    pub fn at(&self) -> Instant {
        self.at
    }

    /// The record of the first log, or of the log that is replayed. `None`: it has no further record.
    pub fn left(&self) -> Option<Record> {
        self.records[0]
    }

    /// The record of the second log, or of the run. `None`: it has no further record.
    pub fn right(&self) -> Option<Record> {
        self.records[1]
    }

    /// The task that ran. Of two logs: the task that was picked last, if time has not moved since.
    pub fn running(&self) -> Option<u64> {
        self.running
    }

    /// The last ten records before it, which both sides have.
    pub fn before(&self) -> &[Record] {
        &self.before
    }

    /// What each task did last, by task: those that did something within the last 1,024 records.
    pub fn tasks(&self) -> &[TaskRecord] {
        &self.tasks
    }
}

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
                    let found = Difference::after(&history, NAMES, records, picked, notes);
                    return Ok(Some(found));
                }
                _ => {
                    let notes = LogHeader::differences(one.header(), other.header());
                    let picked = history.picked;
                    let found = Difference::after(&history, NAMES, records, picked, notes);
                    return Ok(Some(found));
                }
            }
        }
    }
}
