//! The task of the highest priority, with few changes of priorities (PCT: Burckhardt, Kothari, Musuvathi,
//! Nagarakatte, "A randomized scheduler with probabilistic guarantees of finding bugs", ASPLOS 2010).

use std::cmp::Ordering;
use std::collections::{BTreeMap, BinaryHeap};

use async_task::Runnable;

use crate::Error;
use crate::entropy::{Entropy, Purpose};
use crate::executor::meta::Meta;

/// The most change points.
const MAX_CHANGES: u32 = 1_024;
/// Where the number of steps is not set, it is two to a power between these, both included.
const LEAST_EXPONENT: u64 = 4;
const MOST_EXPONENT: u64 = 20;
/// Drawn priorities are at least this, those of tasks that were lowered below it.
const DRAWN: u64 = 1 << 63;

pub(crate) struct PriorityChange {
    heap: BinaryHeap<Entry>,
    /// What the priorities of new tasks are computed from.
    key: u64,
    /// How many tasks were picked.
    steps: u64,
    /// The numbers of the picks before which a priority is lowered, the next one last.
    changes: Vec<u64>,
    /// The priorities of tasks alive that were lowered, by number.
    lowered: BTreeMap<u64, u64>,
    /// The next one to lower a task to: below all others.
    lowest: u64,
    running: Option<u64>,
}

struct Entry {
    priority: u64,
    task: u64,
    runnable: Runnable<Meta>,
}

impl PriorityChange {
    /// The numbers of the tasks that can run.
    pub(super) fn numbers(&self) -> impl Iterator<Item = u64> {
        self.heap.iter().map(|entry| entry.task)
    }

    /// `depth - 1` change points among the first `steps` picks; `None`: the seed draws how many picks
    /// these are, so that runs of all lengths have change points.
    pub(super) fn new(
        depth: u32,
        steps: Option<u64>,
        entropy: &Entropy,
    ) -> Result<PriorityChange, Error> {
        let mut key = [0; 8];
        entropy.fill(Purpose::Pick, &mut key)?;
        let exponents = MOST_EXPONENT - LEAST_EXPONENT + 1;
        let steps = match steps {
            Some(steps) => steps.max(1),
            None => 1 << (LEAST_EXPONENT + entropy.below(Purpose::Pick, exponents)?),
        };
        let mut changes = Vec::new();
        for _ in 1..depth.min(MAX_CHANGES + 1) {
            changes.push(1 + entropy.below(Purpose::Pick, steps)?);
        }
        changes.sort_unstable_by(|one, other| other.cmp(one));
        Ok(PriorityChange {
            heap: BinaryHeap::new(),
            key: u64::from_le_bytes(key),
            steps: 0,
            changes,
            lowered: BTreeMap::new(),
            lowest: DRAWN - 1,
            running: None,
        })
    }

    /// A task that wakes itself while it runs yields.
    pub(super) fn push(&mut self, runnable: Runnable<Meta>) {
        let task = runnable.metadata().id;
        if self.running == Some(task) {
            self.lower(task);
        }
        self.insert(task, runnable);
    }

    /// Takes the task of the highest priority; at a change point it is lowered first.
    pub(super) fn pick(&mut self) -> Option<Runnable<Meta>> {
        let mut next = self.heap.pop()?;
        self.steps += 1;
        while self.changes.last() == Some(&self.steps) {
            self.changes.pop();
            self.lower(next.task);
            self.insert(next.task, next.runnable);
            next = self.heap.pop()?;
        }
        self.running = Some(next.task);
        Some(next.runnable)
    }

    pub(super) fn pop(&mut self) -> Option<Runnable<Meta>> {
        self.heap.pop().map(|entry| entry.runnable)
    }

    pub(super) fn has_run(&mut self) {
        self.running = None;
    }

    pub(super) fn has_yielded(&mut self) {
        if let Some(task) = self.running {
            self.lower(task);
        }
    }

    pub(super) fn forget(&mut self, task: u64) {
        self.lowered.remove(&task);
    }

    fn insert(&mut self, task: u64, runnable: Runnable<Meta>) {
        let lowered = self.lowered.get(&task).copied();
        self.heap.push(Entry {
            priority: lowered.unwrap_or_else(|| DRAWN | mixed(self.key ^ mixed(task))),
            task,
            runnable,
        });
    }

    /// From now on the task's priority is below all others.
    fn lower(&mut self, task: u64) {
        self.lowered.insert(task, self.lowest);
        self.lowest -= 1;
    }
}

/// The finalizer of SplitMix64: a permutation of the numbers in which each bit depends on all.
fn mixed(number: u64) -> u64 {
    let number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    number ^ (number >> 31)
}

/// By priority; the older task first where two are equal.
impl Ord for Entry {
    fn cmp(&self, other: &Entry) -> Ordering {
        let by_priority = self.priority.cmp(&other.priority);
        by_priority.then_with(|| other.task.cmp(&self.task))
    }
}

impl PartialOrd for Entry {
    fn partial_cmp(&self, other: &Entry) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Entry {
    fn eq(&self, other: &Entry) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Entry {}
