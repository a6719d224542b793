//! One step of the dispatcher: waiting, timers, messages of other threads, and the tasks that can run.

use std::sync::atomic::Ordering;
use std::time::Duration;

use crate::Error;
use crate::core::Core;
use crate::dispatcher::Dispatcher;
use crate::driver::Driver;
use crate::in_turn::InTurn;
use crate::io::system_driver::SystemDriver;
use crate::shared::Message;
use crate::sim::driver::SimDriver;
use crate::turn::RunLimit;

impl Dispatcher {
    /// Waits if nothing can run, then runs tasks up to the budget, and says how many it ran.
    /// `has_root`: called by `block_on`, whose future is something that can run as well.
    pub(crate) fn step(
        &self,
        core: &Core,
        max_wait: Option<Duration>,
        has_root: bool,
        limit_of_run: &mut RunLimit,
    ) -> Result<usize, Error> {
        let _turn = InTurn::enter(core)?;
        match &core.driver {
            Driver::System(system) => {
                self.step_of_system(core, system, max_wait, has_root, limit_of_run)
            }
            Driver::Simulated(simulated) => {
                self.step_of_simulation(core, simulated, max_wait, has_root, limit_of_run)
            }
        }
    }

    #[inline(always)]
    fn step_of_system(
        &self,
        core: &Core,
        system: &SystemDriver,
        max_wait: Option<Duration>,
        has_root: bool,
        limit_of_run: &mut RunLimit,
    ) -> Result<usize, Error> {
        let mut may_wait = !self.take_messages(core)
            && !self.has_work(core, has_root)
            && core.idlers() == 0
            && max_wait != Some(Duration::ZERO);
        // The last reading of the clock, while it is fresh.
        let mut now = None;
        if may_wait {
            // Who they wake is seen at once; otherwise the look after the wait is soon enough.
            core.fire_timers_of(system, &mut now);
            may_wait = !self.has_work(core, has_root);
        }
        match may_wait {
            true => self.park(core, system, &mut now, max_wait, has_root)?,
            // A wake from before the turn ends its wait, as one from during the wait does.
            false => {
                core.poll_io()?;
                now = None;
            }
        }
        self.take_messages(core);
        core.fire_timers_of(system, &mut now);
        self.begin_run(core, has_root, limit_of_run);
        self.run_tasks(core, limit_of_run)
    }

    /// The same without waiting: time moves instead. It looks before and after whether the simulation has
    /// ended, and its log says how the turn went.
    #[cold]
    #[inline(never)]
    fn step_of_simulation(
        &self,
        core: &Core,
        simulated: &SimDriver,
        max_wait: Option<Duration>,
        has_root: bool,
        limit_of_run: &mut RunLimit,
    ) -> Result<usize, Error> {
        let mut step = || {
            simulated.check_records()?;
            self.take_messages(core);
            core.fire_timers();
            simulated.limits.check()?;
            if !self.has_work(core, has_root) && core.idlers() == 0 {
                let limit = max_wait.map(|wait| core.clock.now() + wait);
                core.advance(simulated, limit)?;
            }
            self.take_messages(core);
            core.fire_timers();
            simulated.limits.check()?;
            self.begin_run(core, has_root, limit_of_run);
            simulated.check_records()?;
            self.run_tasks(core, limit_of_run)
        };
        let ran = step();
        simulated.note_outcome(&ran);
        ran
    }

    /// Makes runnable what waits for others to have run.
    #[inline(always)]
    fn begin_run(&self, core: &Core, has_root: bool, limit_of_run: &mut RunLimit) {
        core.resume_yielded();
        if core.idlers() > 0 && !self.has_work(core, has_root) {
            core.resume_idle();
        }
        core.begin_yield_skips();
        limit_of_run.begin(&core.clock);
    }

    #[inline(always)]
    pub(crate) fn has_work(&self, core: &Core, has_root: bool) -> bool {
        core.runnable() > 0 || (has_root && self.shared.root_woken.load(Ordering::Acquire))
    }

    #[inline(always)]
    fn run_tasks(&self, core: &Core, limit: &RunLimit) -> Result<usize, Error> {
        let mut ran = 0;
        let mut has_resumed = false;
        let mut is_over = false;
        while ran < limit.tasks {
            let Some((runnable, among)) = core.pick()? else {
                // All others have run: now one of those that keep the thread for long.
                if !has_resumed && core.resume_one_long() {
                    has_resumed = true;
                    continue;
                }
                break;
            };
            match core.driver.simulated() {
                None => {
                    core.begin_poll();
                    runnable.run();
                }
                Some(simulated) => core.run_simulated(simulated, runnable, among)?,
            }
            ran += 1;
            is_over = limit.is_over(&core.clock);
            if core.take_end_of_turn() || is_over {
                break;
            }
        }
        // However busy the others are, it has its turn.
        if ran >= limit.tasks || is_over {
            core.resume_one_long();
        }
        Ok(ran)
    }

    /// Takes the messages of other threads that are there now; later ones wait for the next turn, so
    /// that a turn ends however many are sent. True: something was sent since the last look, or
    /// `Remote::wake` was called.
    fn take_messages(&self, core: &Core) -> bool {
        let notified = self.shared.park.look();
        for _ in 0..self.messages.len() {
            match self.messages.try_recv() {
                Ok(message) => self.deliver(core, message),
                Err(_) => break,
            }
        }
        notified
    }

    fn deliver(&self, core: &Core, message: Message) {
        match message {
            Message::Run(runnable) => core.executor.push(runnable),
            Message::Spawn(start) => start(&self.shared),
            Message::SetEvent(event) => event.take_effect(core),
            Message::Disarm(key) => core.disarm(key),
            Message::Unlisten(key, interest, number) => core.unlisten(key, interest, number),
            Message::RemoveSource(key) => core.remove_source(key),
            Message::RemoveSet(id, registrations) => core.remove_set(id, &registrations),
            Message::CloseSocket(key) => core.close_simulated(key),
        }
    }
}
