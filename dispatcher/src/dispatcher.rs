//! The dispatcher itself: its front door and its end.

use std::cell::Cell;
use std::fmt;
use std::future::Future;
use std::os::fd::BorrowedFd;
use std::pin::pin;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use crossbeam_channel::{Receiver, RecvTimeoutError};

use crate::Error;
use crate::core::Core;
use crate::driver::Driver;
use crate::executor::task::Task;
use crate::handle::Handle;
use crate::in_turn::InTurn;
use crate::io::spin::Spin;
use crate::remote::Remote;
use crate::shared::{Message, Shared};
use crate::sim::host_key::HostKey;
use crate::sim::seeds::capture;
use crate::sim::trace::Trace;
use crate::time::clock::Instant;
use crate::turn::{RunLimit, Turn, TurnBudget};

/// A reactor and executor on the thread that made it. Several may live on one thread or on many.
/// Dropping it cancels all of its tasks. It is neither `Send` nor global.
///
/// ```
/// use wippy_dispatcher::Dispatcher;
///
/// let dispatcher = Dispatcher::new()?;
/// let task = dispatcher.spawn(async { 6 * 7 })?;
/// assert_eq!(dispatcher.block_on(task)?, Ok(42));
/// # Ok::<(), wippy_dispatcher::Error>(())
/// ```
pub struct Dispatcher {
    pub(crate) core: Rc<Core>,
    /// What other threads have sent.
    pub(crate) messages: Receiver<Message>,
    pub(crate) shared: Arc<Shared>,
    pub(crate) spin: Spin,
    /// How many task runs a turn does.
    pub(crate) task_budget: usize,
    /// Within `block_on`, which does not nest.
    pub(crate) blocked_on: Cell<bool>,
}

impl Dispatcher {
    /// A reference for futures and everything else on this thread.
    pub fn handle(&self) -> Handle {
        Handle::new(self.shared.clone(), HostKey::default())
    }

    /// A reference for other threads.
    pub fn remote(&self) -> Remote {
        self.handle().remote()
    }

    /// Starts a task; see [`Handle::spawn`].
    ///
    /// # Errors
    /// `TooManyTasks`.
    pub fn spawn<F>(&self, future: F) -> Result<Task<F::Output>, Error>
    where
        F: Future + 'static,
        F::Output: 'static,
    {
        self.handle().spawn(future)
    }

    /// How many threads there are for blocking jobs now: the pool's, those of lanes, and of lookups.
    pub fn blocking_threads(&self) -> usize {
        self.shared.pool.counts().threads.get()
    }

    /// The earliest armed deadline.
    pub fn next_deadline(&self) -> Option<Instant> {
        self.core.driver.next_deadline()
    }

    /// What a simulation has decided so far; `None` for a dispatcher on the system.
    pub fn trace(&self) -> Option<Trace> {
        Some(self.core.driver.simulated()?.trace())
    }

    /// A descriptor that is readable when a turn has something to do, deadlines included. Poll it
    /// in another event loop and call [`turn`](Dispatcher::turn) with a zero wait whenever it is.
    ///
    /// # Errors
    /// `Simulated`, because a simulation has none.
    pub fn as_fd(&self) -> Result<BorrowedFd<'_>, Error> {
        let driver = &self.core.driver;
        Ok(driver
            .system("a descriptor of the dispatcher")?
            .reactor
            .as_fd())
    }

    /// One bounded step: waits until there is something to do, `max_wait` at most (`None`: as long
    /// as it takes), then runs tasks up to the budget. In a simulation "waits" means that virtual
    /// time moves.
    ///
    /// # Errors
    /// `Reentrant` within a task, `Io` from `epoll_wait` or the timerfd. In a simulation `Deadlock` without
    /// `max_wait` where nothing can happen any more, and what it has ended with for good: `TimeOver`,
    /// `TooManyRecords`, `Livelock`, `Invariant`, with a log `Log` and `Diverged`.
    pub fn turn(&self, max_wait: Option<Duration>) -> Result<Turn, Error> {
        let core = &*self.core;
        let ran = self.step(
            core,
            max_wait,
            false,
            &mut RunLimit::tasks(self.task_budget),
        )?;
        self.end_turn(core, ran)
    }

    /// As [`Dispatcher::turn`] with a budget of its own, within which tasks run as long as any can,
    /// with looks at I/O and timers in between. It may exceed its time by as long as one task keeps the
    /// thread: a guest that computes, until it is preempted. In a simulation tasks take no time, and a
    /// turn lasts as long as it waits.
    ///
    /// # Errors
    /// As [`Dispatcher::turn`].
    pub fn turn_within(
        &self,
        budget: TurnBudget,
        max_wait: Option<Duration>,
    ) -> Result<Turn, Error> {
        let core = &*self.core;
        let (mut ran, mut wait) = (0, max_wait);
        let mut limit = RunLimit::within(budget);
        loop {
            limit.tasks = self.task_budget.min(budget.tasks - ran);
            ran += self.step(core, wait, false, &mut limit)?;
            let may_go_on = ran < budget.tasks && !limit.is_over(&core.clock);
            if !may_go_on || core.runnable() + core.idlers() == 0 {
                return self.end_turn(core, ran);
            }
            wait = Some(Duration::ZERO);
        }
    }

    fn end_turn(&self, core: &Core, ran: usize) -> Result<Turn, Error> {
        self.shared.release_thread(core)?;
        Ok(Turn {
            ran,
            runnable: core.runnable() + core.idlers(),
            next_deadline: core.driver.next_deadline(),
        })
    }

    /// Runs the dispatcher until `future` completes. Other tasks run meanwhile and stay for later.
    ///
    /// # Errors
    /// `Reentrant` within `block_on` or a turn, `Io` from `epoll_wait` or the timerfd. In a simulation
    /// `Deadlock` where nothing can happen any more, and what it has ended with for good: `TimeOver`,
    /// `TooManyRecords`, `Livelock`, `Invariant`, with a log `Log` and `Diverged`.
    pub fn block_on<F: Future>(&self, future: F) -> Result<F::Output, Error> {
        let core = &*self.core;
        if core.in_turn.get() || self.blocked_on.replace(true) {
            return Err(Error::Reentrant);
        }
        let _guard = EndOfBlock(self);
        let mut future = pin!(future);
        let waker = Waker::from(Arc::new(RootWaker(self.shared.clone())));
        let mut context = Context::from_waker(&waker);
        self.shared.root_woken.store(true, Ordering::Release);
        loop {
            if self.shared.root_woken.swap(false, Ordering::AcqRel) {
                let turn = InTurn::enter(core)?;
                core.begin_poll();
                let run = match core.driver.simulated() {
                    None => None,
                    Some(simulated) => Some(core.begin_root(simulated, &waker)?),
                };
                // The only place: a second one would keep the future from being inlined.
                let polled = future.as_mut().poll(&mut context);
                if let Some(run) = run {
                    core.end_root(run)?;
                }
                drop(turn);
                if let Poll::Ready(output) = polled {
                    self.shared.release_thread(core)?;
                    return Ok(output);
                }
            }
            self.step(core, None, true, &mut RunLimit::tasks(self.task_budget))?;
        }
    }
}

impl fmt::Debug for Dispatcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Dispatcher")
            .field("tasks", &self.core.executor.alive())
            .field("runnable", &self.core.runnable())
            .field("next_deadline", &self.next_deadline())
            .finish_non_exhaustive()
    }
}

/// Cancels every task on this thread before the channel closes, so that no future is ever dropped
/// elsewhere.
impl Drop for Dispatcher {
    fn drop(&mut self) {
        let core = &*self.core;
        core.in_turn.set(true);
        if let Driver::Simulated(simulated) = &core.driver {
            // Who wants to know whether the log is whole has ended it, or reads it.
            let _ = simulated.finish_log();
            simulated.end_notes(core.clock.now());
        }
        // Dropping a message may run foreign code. These are kept until all tasks have ended, so
        // that this code cannot interfere.
        let mut undelivered = Vec::new();
        core.resume_yielded();
        while core.resume_one_long() {}
        while core.resume_idle() {}
        core.executor.release_held();
        loop {
            for waker in core.executor.wakers() {
                waker.wake();
            }
            while let Some(runnable) = core.executor.pop() {
                drop(runnable);
            }
            if core.executor.alive() == 0 {
                break;
            }
            // A task that is alive and not in the queue was woken by another thread, which has not
            // sent the message yet.
            match self.messages.recv_timeout(Duration::from_millis(1)) {
                Ok(Message::Run(runnable)) => drop(runnable),
                Ok(other) => undelivered.push(other),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => break,
            }
        }
        core.lookups.close();
        if let Some(simulated) = core.driver.simulated() {
            capture::keep(|| simulated.trace());
        }
        drop(self.shared.core.take());
        self.shared.pool.close();
    }
}

/// Wakes the future of `block_on`.
struct RootWaker(Arc<Shared>);

impl Wake for RootWaker {
    fn wake(self: Arc<Self>) {
        self.0.wake_root();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.0.wake_root();
    }
}

/// Nothing is blocked on any more when it is dropped.
struct EndOfBlock<'a>(&'a Dispatcher);

impl Drop for EndOfBlock<'_> {
    #[inline]
    fn drop(&mut self) {
        self.0.blocked_on.set(false);
        if let Some(simulated) = self.0.core.driver.simulated() {
            simulated.tasks.end_root();
        }
    }
}
