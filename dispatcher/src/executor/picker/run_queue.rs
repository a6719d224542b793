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

/// The tasks that can run.
pub(crate) struct RunQueue {
    /// How many they are: asked more than once a turn, so it is counted.
    len: usize,
    order: Order,
}

/// One variant a picker. That of the system is looked at first and inline; the others are a
/// simulation's.
enum Order {
    /// The task that has waited longest goes next: the system, and round robin in a simulation.
    RoundRobin(VecDeque<Runnable<Meta>>),
    Uniform(Uniform),
    PriorityChange(Box<PriorityChange>),
    Replay(Replay),
}

impl RunQueue {
    /// That of the system.
    pub(crate) fn system() -> RunQueue {
        RunQueue {
            len: 0,
            order: Order::RoundRobin(VecDeque::new()),
        }
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
        let order = match settings.picker {
            _ if is_replay => Order::Replay(Replay::default()),
            Picker::Uniform => Order::Uniform(Uniform::default()),
            Picker::RoundRobin => Order::RoundRobin(VecDeque::new()),
            Picker::PriorityChange { depth } => {
                let queue = PriorityChange::new(depth, settings.steps, entropy)?;
                Order::PriorityChange(Box::new(queue))
            }
        };
        Ok(RunQueue { len: 0, order })
    }

    /// Adds a task that can run.
    #[inline]
    pub(crate) fn push(&mut self, runnable: Runnable<Meta>) {
        self.len += 1;
        match &mut self.order {
            Order::RoundRobin(queue) => queue.push_back(runnable),
            drawn => drawn.push(runnable),
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
        let picked = match &mut self.order {
            Order::RoundRobin(queue) => queue.pop_front(),
            drawn => drawn.pick(entropy, recorded)?,
        };
        self.len -= usize::from(picked.is_some());
        Ok(picked)
    }

    /// How many tasks can run.
    #[inline]
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// The numbers of the tasks that can run, in no particular order.
    pub(crate) fn numbers(&self) -> Vec<u64> {
        let number = |runnable: &Runnable<Meta>| runnable.metadata().id;
        match &self.order {
            Order::RoundRobin(queue) => queue.iter().map(number).collect(),
            Order::Uniform(queue) => queue.iter().map(number).collect(),
            Order::PriorityChange(queue) => queue.numbers().collect(),
            Order::Replay(queue) => queue.numbers().collect(),
        }
    }

    /// Takes any task, for the end of the dispatcher.
    pub(crate) fn pop(&mut self) -> Option<Runnable<Meta>> {
        let popped = match &mut self.order {
            Order::RoundRobin(queue) => queue.pop_front(),
            Order::Uniform(queue) => queue.pop(),
            Order::PriorityChange(queue) => queue.pop(),
            Order::Replay(queue) => queue.pop(),
        };
        self.len -= usize::from(popped.is_some());
        popped
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
        if let Order::PriorityChange(queue) = &mut self.order {
            queue.has_run();
        }
    }

    /// The task that runs yields.
    pub(crate) fn has_yielded(&mut self) {
        if let Order::PriorityChange(queue) = &mut self.order {
            queue.has_yielded();
        }
    }

    /// Whether it is to be told of tasks that have ended.
    pub(crate) fn knows_tasks(&self) -> bool {
        matches!(self.order, Order::PriorityChange(_))
    }

    /// A task has ended.
    pub(crate) fn forget(&mut self, task: u64) {
        if let Order::PriorityChange(queue) = &mut self.order {
            queue.forget(task);
        }
    }
}

impl Order {
    #[cold]
    #[inline(never)]
    fn push(&mut self, runnable: Runnable<Meta>) {
        match self {
            Order::RoundRobin(queue) => queue.push_back(runnable),
            Order::Uniform(queue) => queue.push(runnable),
            Order::PriorityChange(queue) => queue.push(runnable),
            Order::Replay(queue) => queue.push(runnable),
        }
    }

    #[cold]
    #[inline(never)]
    fn pick(
        &mut self,
        entropy: &Entropy,
        recorded: impl FnOnce() -> Option<u64>,
    ) -> Result<Option<Runnable<Meta>>, Error> {
        match self {
            Order::RoundRobin(queue) => Ok(queue.pop_front()),
            Order::Uniform(queue) => queue.pick(entropy),
            Order::PriorityChange(queue) => Ok(queue.pick()),
            Order::Replay(queue) => Ok(queue.pick(recorded)),
        }
    }
}
