//! Where two runs differ.

use crate::sim::record::Record;
use crate::time::instant::Instant;

/// The first record in which two runs differ: of two logs ([`Log::difference`](super::Log::difference)), or of a log and the run
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
