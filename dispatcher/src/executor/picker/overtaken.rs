//! Which runs of tasks were overtaken by others that could run later.

use std::collections::BTreeMap;

use crate::sim::Switch;

/// Follows the order in which tasks become able to run and that in which they are picked, whatever picks them.
#[derive(Default)]
pub(super) struct Overtaken {
    next: u64,
    /// The tasks that can run, in the order in which they became able to, each with the last run that has overtaken
    /// it: a task and how often it had run before.
    waiting: BTreeMap<u64, (u64, Option<(u64, u64)>)>,
    /// Their places in that order.
    places: BTreeMap<u64, u64>,
    /// The places of tasks that cannot run for now, because their host is paused.
    left: BTreeMap<u64, u64>,
    /// How often tasks alive have run.
    runs: BTreeMap<u64, u64>,
    /// That of the last pick.
    last: Option<Switch>,
}

impl Overtaken {
    /// A task can run. One that could already has kept its place.
    pub(super) fn push(&mut self, task: u64) {
        if self.places.contains_key(&task) {
            return;
        }
        self.places.insert(task, self.next);
        self.waiting.insert(self.next, (task, None));
        self.next += 1;
    }

    /// Tasks can run again: first those that could before they left, in the order that they had then, whatever the order
    /// in which they come.
    pub(super) fn push_all(&mut self, tasks: impl IntoIterator<Item = u64>) {
        let mut tasks: Vec<u64> = tasks.into_iter().collect();
        tasks.sort_by_key(|task| self.left.remove(task).unwrap_or(u64::MAX));
        for task in tasks {
            self.push(task);
        }
    }

    /// A task is picked.
    pub(super) fn pick(&mut self, task: u64) {
        self.last = None;
        let runs = self.runs.entry(task).or_default();
        let run = *runs;
        *runs += 1;
        let Some(place) = self.places.remove(&task) else {
            return;
        };
        for (_, overtaken_by) in self.waiting.range_mut(..place).map(|(_, it)| it) {
            *overtaken_by = Some((task, run));
        }
        let waited = self.waiting.remove(&place);
        if let Some((task, until @ Some(_))) = waited {
            self.last = Some(Switch { task, run, until });
        }
    }

    /// A task cannot run any more, without having been picked.
    pub(super) fn leave(&mut self, task: u64) {
        if let Some(place) = self.places.remove(&task) {
            self.waiting.remove(&place);
            self.left.insert(task, place);
        }
    }

    pub(super) fn forget(&mut self, task: u64) {
        self.left.remove(&task);
        self.runs.remove(&task);
    }

    /// What the last pick was, if others had overtaken it.
    pub(super) fn last(&self) -> Option<Switch> {
        self.last
    }
}
