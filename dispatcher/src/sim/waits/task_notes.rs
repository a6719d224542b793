//! What a simulation notes of its tasks while they run, for the report of what they wait for.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::Waker;

use crate::time::instant::Instant;

/// How many wakers of the program's own are remembered. Beyond that all are forgotten, and what they wait for
/// is not reported with its task until it is waited for again.
const MAX_WAKERS: usize = 65_536;

/// A task by its number, or the future of `block_on`.
pub(crate) type Runner = Option<u64>;

/// Notes by the keys of tasks among those alive, and of the future of `block_on`.
#[derive(Default)]
pub(crate) struct TaskNotes {
    tasks: RefCell<Vec<Note>>,
    root: RefCell<Option<Note>>,
    current: Cell<Option<Current>>,
    /// Who registered a waker that is not its own, by the waker's address.
    wakers: RefCell<BTreeMap<usize, Runner>>,
    describers: RefCell<Vec<Rc<Describer>>>,
}

/// What the program says of a task.
type Describer = dyn Fn(Runner) -> Option<String>;

/// Of one task.
#[derive(Clone)]
pub(crate) struct Note {
    pub(crate) runner: Runner,
    pub(crate) name: Option<Rc<str>>,
    /// The address of its own waker; 0 until it has run.
    pub(crate) waker: usize,
    pub(crate) last_run: Instant,
    pub(crate) runs: u64,
    pub(crate) stalled_runs: u64,
    /// See [`AwaitedBy`].
    pub(crate) awaited_by: AwaitedBy,
}

/// The address of the waker that last waited for a task's end; 0 for none.
#[derive(Clone, Default)]
pub(crate) struct AwaitedBy(Arc<AtomicUsize>);

impl AwaitedBy {
    pub(crate) fn set(&self, waker: &Waker) {
        self.0.store(address(waker), Ordering::Relaxed);
    }

    /// Nobody waits for it any more.
    pub(crate) fn clear(&self) {
        self.0.store(0, Ordering::Relaxed);
    }

    pub(crate) fn address(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }
}

/// Who is polled now.
#[derive(Clone, Copy)]
struct Current {
    runner: Runner,
    waker: usize,
}

impl Note {
    fn new(runner: Runner, now: Instant) -> Note {
        Note {
            runner,
            name: None,
            waker: 0,
            last_run: now,
            runs: 0,
            stalled_runs: 0,
            awaited_by: AwaitedBy::default(),
        }
    }

    fn run(&mut self, now: Instant, waker: usize) {
        if now > self.last_run {
            self.stalled_runs = 0;
        }
        self.waker = waker;
        self.last_run = now;
        self.runs += 1;
        self.stalled_runs += 1;
    }
}

impl TaskNotes {
    /// A task is started in the place `key`.
    pub(crate) fn spawned(
        &self,
        key: usize,
        number: u64,
        now: Instant,
        name: Option<&str>,
    ) -> AwaitedBy {
        let mut tasks = self.tasks.borrow_mut();
        while tasks.len() <= key {
            tasks.push(Note::new(None, now));
        }
        tasks[key] = Note {
            name: name.map(Rc::from),
            ..Note::new(Some(number), now)
        };
        tasks[key].awaited_by.clone()
    }

    /// The task in the place `key` is about to be polled, until the guard is dropped.
    pub(crate) fn run(&self, key: usize, waker: usize, now: Instant) -> EndOfRun<'_> {
        let mut runner = None;
        if let Some(note) = self.tasks.borrow_mut().get_mut(key) {
            note.run(now, waker);
            runner = note.runner;
        }
        debug_assert!(runner.is_some(), "every task was noted when it was started");
        self.enter(Current { runner, waker })
    }

    /// The future of `block_on` is about to be polled.
    pub(crate) fn run_root(&self, waker: &Waker, now: Instant) -> EndOfRun<'_> {
        let waker = address(waker);
        let mut root = self.root.borrow_mut();
        root.get_or_insert_with(|| Note::new(None, now))
            .run(now, waker);
        self.enter(Current {
            runner: None,
            waker,
        })
    }

    fn enter(&self, current: Current) -> EndOfRun<'_> {
        self.current.set(Some(current));
        EndOfRun(&self.current)
    }

    /// `block_on` has ended.
    pub(crate) fn end_root(&self) {
        self.root.replace(None);
    }

    /// Who is polled now.
    pub(crate) fn current(&self) -> Option<Runner> {
        Some(self.current.get()?.runner)
    }

    /// The number of the task that is polled now.
    pub(crate) fn current_task(&self) -> Option<u64> {
        self.current().flatten()
    }

    pub(crate) fn add_describer(&self, describe: impl Fn(Runner) -> Option<String> + 'static) {
        self.describers.borrow_mut().push(Rc::new(describe));
    }

    /// What the program says of a task. Nothing is borrowed while it is asked.
    pub(crate) fn describe(&self, runner: Runner) -> Option<String> {
        let describers = self.describers.borrow().clone();
        describers.iter().find_map(|describe| describe(runner))
    }

    /// Something is waited for with this waker. One that is not the task's own is remembered.
    #[cold]
    #[inline(never)]
    pub(crate) fn registered(&self, waker: &Waker) {
        let address = address(waker);
        let current = self.current.get();
        if current.is_some_and(|current| current.waker == address) {
            return;
        }
        let mut wakers = self.wakers.borrow_mut();
        match current {
            Some(current) => {
                if wakers.len() >= MAX_WAKERS {
                    wakers.clear();
                }
                wakers.insert(address, current.runner);
            }
            // Polled by the program itself: the address may have been another waker's.
            None => {
                wakers.remove(&address);
            }
        }
    }

    /// Who registered a waker of the program's own.
    pub(crate) fn registrant(&self, address: usize) -> Option<Runner> {
        self.wakers.borrow().get(&address).copied()
    }

    pub(crate) fn task(&self, key: usize) -> Option<Note> {
        self.tasks.borrow().get(key).cloned()
    }

    pub(crate) fn root(&self) -> Option<Note> {
        self.root.borrow().clone()
    }
}

/// Nobody is polled when it is dropped.
pub(crate) struct EndOfRun<'a>(&'a Cell<Option<Current>>);

impl Drop for EndOfRun<'_> {
    fn drop(&mut self) {
        self.0.set(None);
    }
}

/// What distinguishes a waker from all others that exist at the same time.
pub(crate) fn address(waker: &Waker) -> usize {
    waker.data() as usize
}
