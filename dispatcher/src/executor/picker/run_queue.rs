//! The tasks that can run, in the order that a picker wants.

use std::collections::VecDeque;

use async_task::Runnable;

use super::priority_change::PriorityChange;
use super::replay::Replay;
use super::uniform::Uniform;
use crate::Error;
use crate::entropy::Entropy;
use crate::executor::meta::Meta;
use crate::sim::picker::{Picker, PickerSettings};

/// One variant a picker. That of the system is looked at first and inline; the others are a
/// simulation's.
pub(crate) enum RunQueue {
    /// The task that has waited longest goes next: the system, and round robin in a simulation.
    RoundRobin(VecDeque<Runnable<Meta>>),
    Uniform(Uniform),
    PriorityChange(Box<PriorityChange>),
    Replay(Replay),
}

impl RunQueue {
    /// That of the system.
    pub(crate) fn system() -> RunQueue {
        RunQueue::RoundRobin(VecDeque::new())
    }

    /// That of a simulation; `is_replay`: a log says which task goes next.
    ///
    /// # Errors
    /// Those of [`Entropy::below`].
    pub(crate) fn simulated(
        settings: &PickerSettings,
        is_replay: bool,
        entropy: &Entropy,
    ) -> Result<RunQueue, Error> {
        if is_replay {
            return Ok(RunQueue::Replay(Replay::default()));
        }
        Ok(match settings.picker {
            Picker::Uniform => RunQueue::Uniform(Uniform::default()),
            Picker::RoundRobin => RunQueue::system(),
            Picker::PriorityChange { depth } => {
                let queue = PriorityChange::new(depth, settings.steps, entropy)?;
                RunQueue::PriorityChange(Box::new(queue))
            }
        })
    }

    /// Adds a task that can run.
    #[inline]
    pub(crate) fn push(&mut self, runnable: Runnable<Meta>) {
        match self {
            RunQueue::RoundRobin(queue) => queue.push_back(runnable),
            drawn => drawn.push_drawn(runnable),
        }
    }

    #[cold]
    #[inline(never)]
    fn push_drawn(&mut self, runnable: Runnable<Meta>) {
        match self {
            RunQueue::RoundRobin(queue) => queue.push_back(runnable),
            RunQueue::Uniform(queue) => queue.push(runnable),
            RunQueue::PriorityChange(queue) => queue.push(runnable),
            RunQueue::Replay(queue) => queue.push(runnable),
        }
    }

    /// Takes the next task. `recorded` is the task that a log prescribes, asked for in a replay only.
    ///
    /// # Errors
    /// Those of [`Entropy::below`].
    #[inline]
    pub(crate) fn pick(
        &mut self,
        entropy: &Entropy,
        recorded: impl FnOnce() -> Option<u64>,
    ) -> Result<Option<Runnable<Meta>>, Error> {
        match self {
            RunQueue::RoundRobin(queue) => Ok(queue.pop_front()),
            drawn => drawn.pick_drawn(entropy, recorded),
        }
    }

    #[cold]
    #[inline(never)]
    fn pick_drawn(
        &mut self,
        entropy: &Entropy,
        recorded: impl FnOnce() -> Option<u64>,
    ) -> Result<Option<Runnable<Meta>>, Error> {
        match self {
            RunQueue::RoundRobin(queue) => Ok(queue.pop_front()),
            RunQueue::Uniform(queue) => queue.pick(entropy),
            RunQueue::PriorityChange(queue) => Ok(queue.pick()),
            RunQueue::Replay(queue) => Ok(queue.pick(recorded)),
        }
    }

    /// How many tasks can run.
    #[inline]
    pub(crate) fn len(&self) -> usize {
        match self {
            RunQueue::RoundRobin(queue) => queue.len(),
            RunQueue::Uniform(queue) => queue.len(),
            RunQueue::PriorityChange(queue) => queue.len(),
            RunQueue::Replay(queue) => queue.len(),
        }
    }

    /// The numbers of the tasks that can run, in no particular order.
    pub(crate) fn numbers(&self) -> Vec<u64> {
        let number = |runnable: &Runnable<Meta>| runnable.metadata().id;
        match self {
            RunQueue::RoundRobin(queue) => queue.iter().map(number).collect(),
            RunQueue::Uniform(queue) => queue.iter().map(number).collect(),
            RunQueue::PriorityChange(queue) => queue.numbers().collect(),
            RunQueue::Replay(queue) => queue.numbers().collect(),
        }
    }

    /// Takes any task, for the end of the dispatcher.
    pub(crate) fn pop(&mut self) -> Option<Runnable<Meta>> {
        match self {
            RunQueue::RoundRobin(queue) => queue.pop_front(),
            RunQueue::Uniform(queue) => queue.pop(),
            RunQueue::PriorityChange(queue) => queue.pop(),
            RunQueue::Replay(queue) => queue.pop(),
        }
    }

    /// Takes all tasks of a simulated host.
    pub(crate) fn take_of(&mut self, host: u32) -> Vec<Runnable<Meta>> {
        let mut all = Vec::with_capacity(self.len());
        while let Some(runnable) = self.pop() {
            all.push(runnable);
        }
        let is_of_host = |runnable: &Runnable<Meta>| runnable.metadata().host.number == host;
        let (taken, others) = all.into_iter().partition(is_of_host);
        self.extend(others);
        taken
    }

    /// Adds tasks that can run, in this order.
    pub(crate) fn extend(&mut self, runnables: Vec<Runnable<Meta>>) {
        for runnable in runnables {
            self.push(runnable);
        }
    }

    /// The task that was picked last has stopped running.
    pub(crate) fn has_run(&mut self) {
        if let RunQueue::PriorityChange(queue) = self {
            queue.has_run();
        }
    }

    /// The task that runs yields.
    pub(crate) fn has_yielded(&mut self) {
        if let RunQueue::PriorityChange(queue) = self {
            queue.has_yielded();
        }
    }

    /// Whether it is to be told of tasks that have ended.
    pub(crate) fn knows_tasks(&self) -> bool {
        matches!(self, RunQueue::PriorityChange(_))
    }

    /// A task has ended.
    pub(crate) fn forget(&mut self, task: u64) {
        if let RunQueue::PriorityChange(queue) = self {
            queue.forget(task);
        }
    }
}
