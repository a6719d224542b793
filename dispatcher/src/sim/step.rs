//! The steps of a simulation: a task runs, virtual time moves. After each, what has to hold is checked.

use std::task::Waker;

use async_task::Runnable;

use crate::Error;
use crate::core::{Core, earlier};
use crate::executor::meta::Meta;
use crate::sim::driver::SimDriver;
use crate::sim::ended::Ended;
use crate::sim::limits::Passed;
use crate::sim::record::Record;
use crate::sim::waits::task_notes::EndOfRun;
use crate::time::clock::Instant;

/// The future of `block_on` is polled.
pub(crate) struct RootRun<'a> {
    simulated: &'a SimDriver,
    run: EndOfRun<'a>,
}

impl Core {
    /// Runs a task that was picked among so many.
    ///
    /// # Errors
    /// With which the simulation has ended: `TooManyRecords`, `Livelock`, `Invariant`, `Log`, `Diverged`.
    #[cold]
    #[inline(never)]
    pub(crate) fn run_simulated(
        &self,
        simulated: &SimDriver,
        runnable: Runnable<Meta>,
        among: usize,
    ) -> Result<(), Error> {
        let &Meta { id, key, .. } = runnable.metadata();
        if simulated.has_notes {
            simulated.note_pick(self.executor.overtaken(), self.clock.now());
        }
        simulated.record(Record::Pick {
            task: id,
            among: among as u64,
        });
        if let Err(error) = simulated.check_records() {
            self.executor.has_run();
            // It stays runnable, for the end of the dispatcher.
            self.executor.push(runnable);
            return Err(error);
        }
        let waker = self.executor.waker_address(key);
        self.begin_poll();
        let run = simulated.tasks.run(key, waker, self.clock.now());
        simulated.set_running(Some(id));
        runnable.run();
        simulated.set_running(None);
        drop(run);
        self.executor.has_run();
        simulated.check_records()?;
        self.end_step(simulated, Some(id))
    }

    /// The future of `block_on` is about to be polled, until [`Core::end_root`].
    ///
    /// # Errors
    /// With which the simulation has ended.
    #[cold]
    #[inline(never)]
    pub(crate) fn begin_root<'a>(
        &self,
        simulated: &'a SimDriver,
        waker: &Waker,
    ) -> Result<RootRun<'a>, Error> {
        simulated.limits.check()?;
        let run = simulated.tasks.run_root(waker, self.clock.now());
        simulated.sketch(|sketch| sketch.root_runs(true));
        Ok(RootRun { simulated, run })
    }

    /// It was polled.
    ///
    /// # Errors
    /// As [`Core::run_simulated`].
    #[cold]
    #[inline(never)]
    pub(crate) fn end_root(&self, root: RootRun<'_>) -> Result<(), Error> {
        drop(root.run);
        root.simulated.sketch(|sketch| sketch.root_runs(false));
        self.end_step(root.simulated, None)?;
        root.simulated.check_records()
    }

    fn end_step(&self, simulated: &SimDriver, task: Option<u64>) -> Result<(), Error> {
        simulated.limits.count_run();
        self.check_invariants(simulated, task);
        self.check_bounds(simulated)
    }

    /// # Errors
    /// With which the simulation has ended: `TooManyRecords`, `Livelock`, `Invariant`, `TimeOver`.
    fn check_bounds(&self, simulated: &SimDriver) -> Result<(), Error> {
        if let Some(passed) = simulated.limits.passed(simulated.records())
            && !simulated.limits.has_ended()
        {
            let waits = Box::new(self.waits(simulated));
            simulated.limits.end_with(match passed {
                Passed::Records(bound) => Ended::TooManyRecords { bound, waits },
                Passed::Cut => Ended::Cut(waits),
                Passed::StalledRuns(runs) => Ended::Livelock { runs, waits },
            });
        }
        simulated.limits.check()
    }

    /// Moves virtual time to the next event, or to `limit` if that is earlier.
    ///
    /// # Errors
    /// `Deadlock` where neither comes, `TimeOver` where they come later than the simulation may last,
    /// `TooManyRecords`.
    #[cold]
    #[inline(never)]
    pub(crate) fn advance(
        &self,
        simulated: &SimDriver,
        limit: Option<Instant>,
    ) -> Result<(), Error> {
        self.note_waits(simulated);
        let comes = |instant: &Instant| *instant != Instant::NEVER;
        let next = simulated.next_event().filter(comes);
        let Some(wanted) = earlier(next, limit.filter(comes)) else {
            return Err(Error::Deadlock(Box::new(self.waits(simulated))));
        };
        let to = wanted.min(simulated.limits.end());
        if to > self.clock.now() {
            simulated.limits.time_has_moved();
        }
        self.clock.advance(to);
        simulated.record(Record::Advance { to });
        if wanted > to {
            let waits = Box::new(self.waits(simulated));
            simulated
                .limits
                .end_with(match simulated.limits.cuts_time() {
                    true => Ended::Cut(waits),
                    false => Ended::TimeOver(waits),
                });
        }
        self.check_bounds(simulated)
    }
}
