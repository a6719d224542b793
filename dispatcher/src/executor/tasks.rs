//! The tasks of a dispatcher: those alive, and the queue of those that can run.

use std::cell::{Cell, RefCell};
use std::task::Waker;

use async_task::Runnable;
use slab::Slab;

use crate::Error;
use crate::entropy::Entropy;
use crate::executor::host_tasks::HostTasks;
use crate::executor::meta::Meta;
use crate::executor::picker::RunQueue;
use crate::executor::wake::wake;
use crate::sim::Switch;
use crate::sim::host_key::HostKey;

/// At most `bound` tasks alive.
pub(crate) struct Executor {
    runnable: RefCell<RunQueue>,
    alive: RefCell<Slab<AliveTask>>,
    hosts: HostTasks,
    spawned: Cell<u64>,
    bound: usize,
    /// The queue keeps something of each task, not only of those that can run.
    knows_tasks: bool,
}

struct AliveTask {
    id: u64,
    host: HostKey,
    /// By which the dispatcher's end schedules and drops it.
    waker: Waker,
}

impl Executor {
    pub(crate) fn new(queue: RunQueue, bound: usize) -> Executor {
        Executor {
            knows_tasks: queue.knows_tasks(),
            runnable: RefCell::new(queue),
            alive: RefCell::new(Slab::new()),
            hosts: HostTasks::default(),
            spawned: Cell::new(0),
            bound,
        }
    }

    /// Adds a task of a host, which `build` makes from its number and its key among those alive.
    pub(crate) fn add<T>(
        &self,
        host: HostKey,
        build: impl FnOnce(u64, usize) -> (Runnable<Meta>, async_task::Task<T, Meta>),
    ) -> Result<(Runnable<Meta>, async_task::Task<T, Meta>), Error> {
        if !self.hosts.is_up(host) {
            return Err(Error::HostDown);
        }
        let mut alive = self.alive.borrow_mut();
        if alive.len() >= self.bound {
            return Err(Error::TooManyTasks(self.bound));
        }
        let id = self.spawned.get();
        self.spawned.set(id + 1);
        let entry = alive.vacant_entry();
        let (runnable, task) = build(id, entry.key());
        entry.insert(AliveTask {
            id,
            host,
            waker: runnable.waker(),
        });
        Ok((runnable, task))
    }

    /// Removes a task whose future was dropped.
    pub(crate) fn remove(&self, key: usize) {
        let task = self.alive.borrow_mut().try_remove(key);
        debug_assert!(task.is_some(), "each task is removed once");
        if self.knows_tasks {
            self.forget(task);
        }
    }

    #[cold]
    #[inline(never)]
    fn forget(&self, task: Option<AliveTask>) {
        if let Some(task) = task {
            self.runnable.borrow_mut().forget(task.id);
        }
    }

    pub(crate) fn push(&self, runnable: Runnable<Meta>) {
        if let Some(runnable) = self.hosts.admit(runnable) {
            self.runnable.borrow_mut().push(runnable);
        }
    }

    /// Keeps the tasks of a simulated host from running.
    pub(crate) fn pause_host(&self, host: u32) {
        let runnable = self.runnable.borrow_mut().take_of(host);
        self.hosts.pause(host, runnable);
    }

    /// Lets them run again.
    pub(crate) fn resume_host(&self, host: u32) {
        let held = self.hosts.resume(host);
        self.runnable.borrow_mut().extend(held);
    }

    /// Drops all tasks of a simulated host: those that can run in the order of their numbers, which no
    /// picker changes, then the others in the order of their places among those alive; the one that
    /// runs at this moment when its poll ends. This runs their code.
    pub(crate) fn crash_host(&self, host: u32, next_incarnation: u32) {
        let runnable = self.runnable.borrow_mut().take_of(host);
        let mut ended = self.hosts.crash(host, next_incarnation, runnable);
        ended.sort_unstable_by_key(|runnable| runnable.metadata().id);
        drop(ended);
        let wakers: Vec<Waker> = {
            let alive = self.alive.borrow();
            let of_host = alive.iter().filter(|(_, task)| task.host.number == host);
            of_host.map(|(_, task)| task.waker.clone()).collect()
        };
        // Woken, they come to `push`, which drops them.
        wakers.into_iter().for_each(wake);
    }

    /// Tasks may be started on a simulated host that had crashed.
    pub(crate) fn restart_host(&self, host: u32) {
        self.hosts.restart(host);
    }

    /// Makes the tasks of paused hosts runnable, for the end of the dispatcher.
    pub(crate) fn release_held(&self) {
        let held = self.hosts.take_held();
        self.runnable.borrow_mut().extend(held);
    }

    pub(crate) fn pop(&self) -> Option<Runnable<Meta>> {
        self.runnable.borrow_mut().pop()
    }

    /// The next task to run, and among how many it was chosen. `recorded` is asked in a replay: which
    /// task the log says.
    #[inline]
    pub(crate) fn pick(
        &self,
        entropy: &Entropy,
        recorded: impl FnOnce() -> Option<u64>,
    ) -> Result<Option<(Runnable<Meta>, usize)>, Error> {
        let mut runnable = self.runnable.borrow_mut();
        let among = runnable.len();
        let picked = runnable.pick(entropy, recorded)?;
        Ok(picked.map(|picked| (picked, among)))
    }

    /// In a simulation that notes switches: the pick that was made last, if others had overtaken it.
    pub(crate) fn overtaken(&self) -> Option<Switch> {
        self.runnable.borrow().overtaken()
    }

    /// In a simulation: the task that was picked last has stopped running.
    pub(crate) fn has_run(&self) {
        self.runnable.borrow_mut().has_run();
    }

    /// In a simulation: the task that runs yields.
    pub(crate) fn has_yielded(&self) {
        self.runnable.borrow_mut().has_yielded();
    }

    /// How many tasks can run.
    #[inline]
    pub(crate) fn runnable(&self) -> usize {
        self.runnable.borrow().len()
    }

    /// The tasks alive, in the order of their places: place, host, address of the waker.
    pub(crate) fn alive_tasks(&self) -> Vec<(usize, HostKey, usize)> {
        let alive = self.alive.borrow();
        let tasks = alive.iter();
        tasks
            .map(|(key, task)| (key, task.host, task.waker.data() as usize))
            .collect()
    }

    /// The address of the waker of a task alive; 0 where there is none in this place.
    pub(crate) fn waker_address(&self, key: usize) -> usize {
        let alive = self.alive.borrow();
        alive.get(key).map_or(0, |task| task.waker.data() as usize)
    }

    /// The numbers of the tasks that can run.
    pub(crate) fn runnable_tasks(&self) -> Vec<u64> {
        self.runnable.borrow().numbers()
    }

    /// The numbers of the tasks that could run but for a pause.
    pub(crate) fn held_tasks(&self) -> Vec<u64> {
        self.hosts.held()
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
            .map(|(_, task)| task.waker.clone())
            .collect()
    }
}
