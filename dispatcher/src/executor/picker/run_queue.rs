//! The tasks that can run, in the order that a picker wants.

use std::collections::VecDeque;

use async_task::Runnable;

use super::overtaken::Overtaken;
use super::priority_change::PriorityChange;
use super::put_off::PutOff;
use super::replay::Replay;
use super::uniform::Uniform;
use crate::Error;
use crate::entropy::Entropy;
use crate::executor::meta::Meta;
use crate::sim::Switch;
use crate::sim::picker::{Picker, PickerSettings};

/// The tasks that can run.
pub(crate) struct RunQueue {
    /// How many they are: asked more than once a turn, so it is counted.
    len: usize,
    order: Order,
    /// What of the order is not first in, first out, where that is noted. Of round robin it never is.
    overtaken: Option<Box<Overtaken>>,
}

/// What says which task of a simulation goes next.
pub(crate) enum OrderOfTasks<'a> {
    /// A picker.
    Picked(&'a PickerSettings),
    /// A log.
    Recorded,
    /// The edits of the run.
    Edited(&'a [Switch]),
}

/// One variant a picker. That of the system is looked at first and inline; the others are a
/// simulation's.
enum Order {
    /// The task that has waited longest goes next: the system, and round robin in a simulation.
    RoundRobin(VecDeque<Runnable<Meta>>),
    Uniform(Uniform),
    PriorityChange(Box<PriorityChange>),
    Replay(Replay),
    PutOff(Box<PutOff>),
}

impl RunQueue {
    /// That of the system.
    pub(crate) fn system() -> RunQueue {
        RunQueue {
            len: 0,
            order: Order::RoundRobin(VecDeque::new()),
            overtaken: None,
        }
    }

    /// That of a simulation; `is_noted`: it is asked which picks overtook others.
    ///
    /// # Errors
    /// Those of [`Entropy::below`].
    pub(crate) fn simulated(
        order: OrderOfTasks<'_>,
        is_noted: bool,
        entropy: &Entropy,
    ) -> Result<RunQueue, Error> {
        let order = match order {
            OrderOfTasks::Recorded => Order::Replay(Replay::default()),
            OrderOfTasks::Edited(switches) => Order::PutOff(Box::new(PutOff::new(switches))),
            OrderOfTasks::Picked(settings) => Order::picked(settings, entropy)?,
        };
        Ok(RunQueue {
            len: 0,
            order,
            overtaken: is_noted.then(Box::default),
        })
    }

    /// Adds a task that can run.
    #[inline]
    pub(crate) fn push(&mut self, runnable: Runnable<Meta>) {
        self.len += 1;
        match &mut self.order {
            Order::RoundRobin(queue) => queue.push_back(runnable),
            _ => self.push_simulated(runnable),
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
            _ => self.pick_simulated(entropy, recorded)?,
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
        self.order.numbers()
    }

    /// Takes any task, for the end of the dispatcher.
    pub(crate) fn pop(&mut self) -> Option<Runnable<Meta>> {
        let popped = self.order.pop();
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
        let (taken, others): (Vec<_>, Vec<_>) = all.into_iter().partition(is_of_host);
        if let Some(overtaken) = &mut self.overtaken {
            for runnable in &taken {
                overtaken.leave(runnable.metadata().id);
            }
        }
        self.extend(others);
        taken
    }

    /// Adds tasks that can run, in this order.
    pub(crate) fn extend(&mut self, runnables: Vec<Runnable<Meta>>) {
        if let Some(overtaken) = &mut self.overtaken {
            overtaken.push_all(runnables.iter().map(|runnable| runnable.metadata().id));
        }
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

    /// The pick that was made last, where that is noted and others had overtaken it.
    pub(crate) fn overtaken(&self) -> Option<Switch> {
        self.overtaken.as_ref()?.last()
    }

    /// Whether it is to be told of tasks that have ended.
    pub(crate) fn knows_tasks(&self) -> bool {
        let keeps = matches!(self.order, Order::PriorityChange(_) | Order::PutOff(_));
        keeps || self.overtaken.is_some()
    }

    /// A task has ended.
    pub(crate) fn forget(&mut self, task: u64) {
        self.order.forget(task);
        if let Some(overtaken) = &mut self.overtaken {
            overtaken.forget(task);
        }
    }

    #[cold]
    #[inline(never)]
    fn push_simulated(&mut self, runnable: Runnable<Meta>) {
        if let Some(overtaken) = &mut self.overtaken {
            overtaken.push(runnable.metadata().id);
        }
        self.order.push(runnable);
    }

    #[cold]
    #[inline(never)]
    fn pick_simulated(
        &mut self,
        entropy: &Entropy,
        recorded: impl FnOnce() -> Option<u64>,
    ) -> Result<Option<Runnable<Meta>>, Error> {
        let picked = self.order.pick(entropy, recorded)?;
        if let (Some(overtaken), Some(runnable)) = (&mut self.overtaken, &picked) {
            overtaken.pick(runnable.metadata().id);
        }
        Ok(picked)
    }
}

impl Order {
    /// # Errors
    /// Those of [`Entropy::below`].
    fn picked(settings: &PickerSettings, entropy: &Entropy) -> Result<Order, Error> {
        Ok(match settings.picker {
            Picker::Uniform => Order::Uniform(Uniform::default()),
            Picker::RoundRobin => Order::RoundRobin(VecDeque::new()),
            Picker::PriorityChange { depth } => {
                let queue = PriorityChange::new(depth, settings.steps, entropy)?;
                Order::PriorityChange(Box::new(queue))
            }
        })
    }

    fn numbers(&self) -> Vec<u64> {
        let number = |runnable: &Runnable<Meta>| runnable.metadata().id;
        match self {
            Order::RoundRobin(queue) => queue.iter().map(number).collect(),
            Order::Uniform(queue) => queue.iter().map(number).collect(),
            Order::PriorityChange(queue) => queue.numbers().collect(),
            Order::Replay(queue) => queue.numbers().collect(),
            Order::PutOff(queue) => queue.numbers().collect(),
        }
    }

    fn pop(&mut self) -> Option<Runnable<Meta>> {
        match self {
            Order::RoundRobin(queue) => queue.pop_front(),
            Order::Uniform(queue) => queue.pop(),
            Order::PriorityChange(queue) => queue.pop(),
            Order::Replay(queue) => queue.pop(),
            Order::PutOff(queue) => queue.pop(),
        }
    }

    fn forget(&mut self, task: u64) {
        match self {
            Order::PriorityChange(queue) => queue.forget(task),
            Order::PutOff(queue) => queue.forget(task),
            Order::RoundRobin(_) | Order::Uniform(_) | Order::Replay(_) => {}
        }
    }

    fn push(&mut self, runnable: Runnable<Meta>) {
        match self {
            Order::RoundRobin(queue) => queue.push_back(runnable),
            Order::Uniform(queue) => queue.push(runnable),
            Order::PriorityChange(queue) => queue.push(runnable),
            Order::Replay(queue) => queue.push(runnable),
            Order::PutOff(queue) => queue.push(runnable),
        }
    }

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
            Order::PutOff(queue) => Ok(queue.pick()),
        }
    }
}
