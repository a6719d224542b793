//! The tasks: those alive, those runnable, and who goes next.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::task::Waker;

use async_task::Runnable;
use slab::Slab;

use crate::Error;
use crate::entropy::{Entropy, Stream};

/// What a task carries besides its future.
pub(crate) struct Meta {
    /// Its number, in the order of spawning.
    pub(crate) id: u64,
}

/// The picker seam: which runnable task goes next.
pub(crate) enum Picker {
    /// The one that waits longest.
    Fifo,
    /// Any, drawn uniformly from the seed.
    Uniform,
}

pub(crate) struct Executor {
    runnable: RefCell<VecDeque<Runnable<Meta>>>,
    alive: RefCell<Slab<Waker>>,
    spawned: std::cell::Cell<u64>,
    bound: usize,
    picker: Picker,
}

impl Executor {
    pub(crate) fn new(picker: Picker, bound: usize) -> Executor {
        Executor {
            runnable: RefCell::new(VecDeque::new()),
            alive: RefCell::new(Slab::new()),
            spawned: std::cell::Cell::new(0),
            bound,
            picker,
        }
    }

    /// Adds a task: `build` makes it from its number and its place among those alive.
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
        let place = alive.vacant_entry();
        let (runnable, task) = build(id, place.key());
        place.insert(runnable.waker());
        Ok((runnable, task))
    }

    /// Forgets a task whose future was dropped.
    pub(crate) fn remove(&self, place: usize) {
        let waker = self.alive.borrow_mut().try_remove(place);
        drop(waker);
    }

    pub(crate) fn push(&self, runnable: Runnable<Meta>) {
        self.runnable.borrow_mut().push_back(runnable);
    }

    pub(crate) fn pop(&self) -> Option<Runnable<Meta>> {
        self.runnable.borrow_mut().pop_front()
    }

    /// The next task to run, and among how many it was chosen. Takes the same time however many
    /// there are: where any may be next, the last in the queue takes the place of the one chosen.
    pub(crate) fn pick(&self, entropy: &Entropy) -> Result<Option<(Runnable<Meta>, usize)>, Error> {
        let mut runnable = self.runnable.borrow_mut();
        let among = runnable.len();
        let picked = match self.picker {
            Picker::Uniform if among > 1 => {
                let index = entropy.below(Stream::Pick, among as u64)? as usize;
                runnable.swap_remove_back(index)
            }
            _ => runnable.pop_front(),
        };
        Ok(picked.map(|picked| (picked, among)))
    }

    pub(crate) fn runnable(&self) -> usize {
        self.runnable.borrow().len()
    }

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
