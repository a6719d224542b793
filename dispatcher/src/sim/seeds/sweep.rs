//! The seeds of a sweep in their order, on one thread or several.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

use crate::sim::seeds::progress::{OnProgress, SweepProgress};
use crate::sim::seeds::report::SweepReport;
use crate::sim::seeds::seed_range::SeedRange;
use crate::time::clock::Clock;

/// How far threads may be ahead of the first seed that is not done, a thread.
const AHEAD: u64 = 256;

/// First the seeds that failed in earlier sweeps, then the others of the range.
pub(super) struct Order {
    first: Vec<u64>,
    known: BTreeSet<u64>,
    range: SeedRange,
}

impl Order {
    /// `first` has each seed once.
    pub(super) fn new(first: Vec<u64>, range: SeedRange) -> Order {
        Order {
            known: first.iter().copied().collect(),
            first,
            range,
        }
    }

    pub(super) fn is_known(&self, seed: u64) -> bool {
        self.known.contains(&seed)
    }

    fn iter(&self) -> impl Iterator<Item = u64> {
        let others = self.range.iter().filter(|seed| !self.is_known(*seed));
        self.first.iter().copied().chain(others)
    }

    fn total(&self) -> u64 {
        let also_in_range = self.known.iter().filter(|seed| self.range.contains(**seed));
        let first = self.first.len() as u64 - also_in_range.count() as u64;
        self.range.count.saturating_add(first)
    }
}

/// A sweep that is about to begin.
pub(super) struct Sweep<'a> {
    pub(super) jobs: usize,
    pub(super) stop_after: u64,
    pub(super) order: &'a Order,
}

impl Sweep<'_> {
    /// Runs every seed until enough have failed. The report has the seeds in their order, and ends with the
    /// failure that was enough, whatever other threads have done meanwhile.
    pub(super) fn run<T: Ord + Send>(
        &self,
        run: impl Fn(u64) -> Result<T, String> + Sync,
        mut progress: Option<&mut OnProgress>,
    ) -> SweepReport<T> {
        let clock = Clock::system();
        let start = clock.now();
        let mut report = SweepReport::new();
        let mut add = |seed, result| {
            report.add(seed, self.order.is_known(seed), result);
            if let Some(progress) = &mut progress {
                progress(&SweepProgress {
                    done: report.ran(),
                    total: self.order.total(),
                    failed: report.failed(),
                    elapsed: clock.now() - start,
                });
            }
            report.failed() < self.stop_after
        };
        match self.jobs {
            1 => {
                for seed in self.order.iter() {
                    if !add(seed, run(seed)) {
                        break;
                    }
                }
            }
            jobs => self.run_on_threads(jobs, &run, add),
        }
        report
    }

    /// `add` takes the results in the order of the seeds, and says whether to go on.
    fn run_on_threads<T: Send>(
        &self,
        jobs: usize,
        run: &(impl Fn(u64) -> Result<T, String> + Sync),
        mut add: impl FnMut(u64, Result<T, String>) -> bool,
    ) {
        let queue = Queue::new(self.order.iter(), AHEAD * jobs as u64);
        thread::scope(|scope| {
            // Whoever leaves here, by a panic of `add` too, ends the threads, for which the scope waits.
            let _end = End(&queue);
            let name = thread::current().name().unwrap_or("sweep").to_owned();
            let mut started = 0;
            for _ in 0..jobs {
                let builder = thread::Builder::new().name(name.clone());
                let work = || {
                    let _lost = Lost(&queue);
                    while let Some((place, seed)) = queue.next() {
                        let result = run(seed);
                        queue.done(place, seed, result);
                    }
                };
                started += usize::from(builder.spawn_scoped(scope, work).is_ok());
            }
            while let Some((seed, result)) = match started {
                // No thread is to be had: this one has to do.
                0 => queue.next().map(|(place, seed)| {
                    queue.passed(place);
                    (seed, run(seed))
                }),
                _ => queue.wait(),
            } {
                if !add(seed, result) {
                    break;
                }
            }
        });
    }
}

/// The seeds that no thread has taken, and the results that were not taken, by their place in the order.
struct Queue<I, T> {
    state: Mutex<State<I, T>>,
    changed: Condvar,
    ahead: u64,
}

struct State<I, T> {
    seeds: I,
    /// How many seeds threads have taken.
    taken: u64,
    /// How many results were given away, all before the first that was not.
    passed: u64,
    results: BTreeMap<u64, (u64, Result<T, String>)>,
    /// All seeds are taken, or no more are to run.
    is_over: bool,
    /// A thread has panicked outside of its run, such as in a comparison of results: its seed has none.
    has_lost: bool,
}

impl<I: Iterator<Item = u64>, T> Queue<I, T> {
    fn new(seeds: I, ahead: u64) -> Queue<I, T> {
        Queue {
            state: Mutex::new(State {
                seeds,
                taken: 0,
                passed: 0,
                results: BTreeMap::new(),
                is_over: false,
                has_lost: false,
            }),
            changed: Condvar::new(),
            ahead,
        }
    }

    /// For threads: a seed and its place. It waits while too many results wait for an earlier one.
    fn next(&self) -> Option<(u64, u64)> {
        let mut state = lock(&self.state);
        while !state.is_over && state.taken - state.passed >= self.ahead {
            state = wait(&self.changed, state);
        }
        if state.is_over {
            return None;
        }
        let Some(seed) = state.seeds.next() else {
            state.is_over = true;
            self.changed.notify_all();
            return None;
        };
        let place = state.taken;
        state.taken += 1;
        Some((place, seed))
    }

    fn done(&self, place: u64, seed: u64, result: Result<T, String>) {
        let mut state = lock(&self.state);
        state.results.insert(place, (seed, result));
        if place == state.passed {
            self.changed.notify_all();
        }
    }

    /// A result was given away without waiting here.
    fn passed(&self, place: u64) {
        lock(&self.state).passed = place + 1;
    }

    /// Waits for the next result in the order; `None` when there are no more, or will not be.
    fn wait(&self) -> Option<(u64, Result<T, String>)> {
        let mut state = lock(&self.state);
        loop {
            let place = state.passed;
            if let Some(next) = state.results.remove(&place) {
                state.passed += 1;
                self.changed.notify_all();
                return Some(next);
            }
            if state.has_lost || (state.is_over && state.passed == state.taken) {
                return None;
            }
            state = wait(&self.changed, state);
        }
    }
}

/// Ends the sweep if the thread panics; the panic goes on in the thread that waits.
struct Lost<'a, I, T>(&'a Queue<I, T>);

impl<I, T> Drop for Lost<'_, I, T> {
    fn drop(&mut self) {
        if thread::panicking() {
            let mut state = lock(&self.0.state);
            (state.is_over, state.has_lost) = (true, true);
            self.0.changed.notify_all();
        }
    }
}

/// Has no more seeds run when it is dropped.
struct End<'a, I, T>(&'a Queue<I, T>);

impl<I, T> Drop for End<'_, I, T> {
    fn drop(&mut self) {
        lock(&self.0.state).is_over = true;
        self.0.changed.notify_all();
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn wait<'a, T>(condition: &Condvar, guard: MutexGuard<'a, T>) -> MutexGuard<'a, T> {
    condition
        .wait(guard)
        .unwrap_or_else(PoisonError::into_inner)
}
