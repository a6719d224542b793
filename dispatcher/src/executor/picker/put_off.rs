//! First in, first out, but for runs that are put off.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use async_task::Runnable;

use crate::executor::meta::Meta;
use crate::sim::Switch;

/// A run of a task: its number, and how often it has run before.
type Run = (u64, u64);

pub(crate) struct PutOff {
    queue: VecDeque<Runnable<Meta>>,
    /// How often tasks alive have run.
    runs: BTreeMap<u64, u64>,
    /// The runs that wait.
    waiting: BTreeSet<Run>,
    /// Which runs wait no longer once these have begun.
    until: BTreeMap<Run, Vec<Run>>,
}

impl PutOff {
    pub(super) fn new(switches: &[Switch]) -> PutOff {
        let mut waiting = BTreeSet::new();
        let mut until: BTreeMap<Run, Vec<Run>> = BTreeMap::new();
        for switch in switches {
            let run = (switch.task, switch.run);
            waiting.insert(run);
            if let Some(other) = switch.until {
                until.entry(other).or_default().push(run);
            }
        }
        PutOff {
            queue: VecDeque::new(),
            runs: BTreeMap::new(),
            waiting,
            until,
        }
    }

    /// The numbers of the tasks that can run.
    pub(super) fn numbers(&self) -> impl Iterator<Item = u64> {
        self.queue.iter().map(|runnable| runnable.metadata().id)
    }

    pub(super) fn push(&mut self, runnable: Runnable<Meta>) {
        self.queue.push_back(runnable);
    }

    /// Takes the first task that is not put off; where all are, the first one.
    pub(super) fn pick(&mut self) -> Option<Runnable<Meta>> {
        let goes = |runnable: &Runnable<Meta>| {
            let task = runnable.metadata().id;
            let run = self.runs.get(&task).copied().unwrap_or(0);
            !self.waiting.contains(&(task, run))
        };
        let place = self.queue.iter().position(goes).unwrap_or(0);
        let picked = self.queue.remove(place)?;
        let task = picked.metadata().id;
        let runs = self.runs.entry(task).or_default();
        let run = (task, *runs);
        *runs += 1;
        for released in self.until.remove(&run).unwrap_or_default() {
            self.waiting.remove(&released);
        }
        Some(picked)
    }

    pub(super) fn pop(&mut self) -> Option<Runnable<Meta>> {
        self.queue.pop_front()
    }

    pub(super) fn forget(&mut self, task: u64) {
        self.runs.remove(&task);
    }
}
