//! The last records of a run, for whoever is told where two runs differ.

use std::collections::{BTreeMap, VecDeque};

use super::difference::TaskRecord;
use crate::sim::record::Record;
use crate::time::instant::Instant;
use crate::time::virtual_clock::START;

/// How many records are kept, so that most tasks have one among them.
const KEPT: usize = 1_024;

pub(super) struct History {
    /// How many records there were.
    pub(super) count: u64,
    /// Virtual time.
    pub(super) time: Instant,
    /// The task that was picked last; `None` once time has moved since.
    pub(super) picked: Option<u64>,
    last: VecDeque<Past>,
}

struct Past {
    number: u64,
    task: Option<u64>,
    record: Record,
}

impl History {
    pub(super) fn new() -> History {
        History {
            count: 0,
            time: Instant::from_nanos(START),
            picked: None,
            last: VecDeque::with_capacity(KEPT),
        }
    }

    pub(super) fn push(&mut self, record: Record) {
        match record {
            Record::Pick { task, .. } => self.picked = Some(task),
            Record::Advance { to } => {
                self.picked = None;
                self.time = self.time.max(to);
            }
            _ => {}
        }
        if self.last.len() == KEPT {
            self.last.pop_front();
        }
        let task = match record {
            Record::Consumption { task, .. } => task,
            _ => self.picked,
        };
        self.last.push_back(Past {
            number: self.count,
            task,
            record,
        });
        self.count += 1;
    }

    /// The last records, at most so many, in their order.
    pub(super) fn last(&self, most: usize) -> Vec<Record> {
        let first = self.last.len().saturating_sub(most);
        self.last
            .iter()
            .skip(first)
            .map(|past| past.record)
            .collect()
    }

    /// The last record that was made while each task ran, by task.
    pub(super) fn of_tasks(&self) -> Vec<TaskRecord> {
        let mut of_tasks = BTreeMap::new();
        for past in &self.last {
            if let Some(task) = past.task {
                of_tasks.insert(task, past);
            }
        }
        let of_task = |(task, past): (u64, &Past)| TaskRecord {
            task,
            number: past.number,
            record: past.record,
        };
        of_tasks.into_iter().map(of_task).collect()
    }
}
