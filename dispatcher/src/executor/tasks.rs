//! The tasks of a dispatcher: those alive, and the queue of those that can run.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::task::Waker;

use async_task::Runnable;
use slab::Slab;

use crate::Error;
use crate::entropy::Entropy;
use crate::executor::picker::Picker;

/// What a task carries besides its future.
pub(crate) struct Meta {
    /// Its number, in the order of spawning.
    pub(crate) id: u64,
}

/// At most `bound` tasks alive.
pub(crate) struct Executor {
    runnable: RefCell<VecDeque<Runnable<Meta>>>,
    /// A waker for each task alive, so that the dispatcher's end can schedule and drop them all.
    alive: RefCell<Slab<Waker>>,
    spawned: Cell<u64>,
    bound: usize,
    picker: Picker,
}

impl Executor {
    pub(crate) fn new(picker: Picker, bound: usize) -> Executor {
        Executor {
            runnable: RefCell::new(VecDeque::new()),
            alive: RefCell::new(Slab::new()),
            spawned: Cell::new(0),
            bound,
            picker,
        }
    }

    /// Adds a task, which `build` makes from its number and its key among those alive.
    pub(crate) fn add<T>(
        &self,
        build: impl FnOnce(u64, usize) -> (Runnable<Meta>, async_task::Task<T, Meta>),
    ) -> Result<(Runnable<Meta>, async_task::Task<T, Meta>), Error> {
        let mut alive = self.alive.borrow_mut();
        if alive.len() >= self.bound {
            return Err(Error::TooManyTasks(self.bound));
        }
        let id = self.spawned.get();
        self.spawned.set(id + 1);
        let entry = alive.vacant_entry();
        let (runnable, task) = build(id, entry.key());
        entry.insert(runnable.waker());
        Ok((runnable, task))
    }

    /// Removes a task whose future was dropped.
    pub(crate) fn remove(&self, key: usize) {
        let waker = self.alive.borrow_mut().try_remove(key);
        debug_assert!(waker.is_some(), "each task is removed once");
        drop(waker);
    }

    pub(crate) fn push(&self, runnable: Runnable<Meta>) {
        self.runnable.borrow_mut().push_back(runnable);
    }

    pub(crate) fn pop(&self) -> Option<Runnable<Meta>> {
        self.runnable.borrow_mut().pop_front()
    }

    /// The next task to run, and among how many it was chosen.
    pub(crate) fn pick(&self, entropy: &Entropy) -> Result<Option<(Runnable<Meta>, usize)>, Error> {
        let mut runnable = self.runnable.borrow_mut();
        let among = runnable.len();
        let picked = self.picker.pick(&mut runnable, entropy)?;
        Ok(picked.map(|picked| (picked, among)))
    }

    /// How many tasks can run.
    pub(crate) fn runnable(&self) -> usize {
        self.runnable.borrow().len()
    }

    /// How many tasks have not ended.
    pub(crate) fn alive(&self) -> usize {
        self.alive.borrow().len()
    }

    /// Wakers of all tasks alive.
    pub(crate) fn wakers(&self) -> Vec<Waker> {
        self.alive
            .borrow()
            .iter()
            .map(|(_, waker)| waker.clone())
            .collect()
    }
}
