//! The last records of a run, for whoever is told where two runs differ.

use std::collections::{BTreeMap, VecDeque};

use super::difference::{Difference, TaskRecord};
use crate::sim::record::Record;
use crate::time::instant::Instant;
use crate::time::virtual_clock::START;

/// How many records are kept, so that most tasks have one among them.
const KEPT: usize = 1_024;
/// How many records before a difference are told.
const BEFORE: usize = 10;

pub(super) struct History {
    /// How many records there were.
    count: u64,
    /// Virtual time.
    time: Instant,
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

    /// A difference behind these records, which both sides have; `running` is the task that ran.
    pub(super) fn difference(
        &self,
        names: [&'static str; 2],
        records: [Option<Record>; 2],
        running: Option<u64>,
        notes: Vec<String>,
    ) -> Difference {
        let first = self.last.len().saturating_sub(BEFORE);
        let before = self.last.iter().skip(first);
        Difference {
            names,
            number: self.count,
            at: self.time,
            records,
            running,
            before: before.map(|past| past.record).collect(),
            tasks: self.of_tasks(),
            notes,
        }
    }

    /// The last record that was made while each task ran, by task.
    fn of_tasks(&self) -> Vec<TaskRecord> {
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
