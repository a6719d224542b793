//! The dispatcher itself: its turn and its end.

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
use crate::core::{Core, earlier};
use crate::driver::Driver;
use crate::executor::task::Task;
use crate::handle::Handle;
use crate::io::reactor::Reactor;
use crate::io::spin::Spin;
use crate::remote::Remote;
use crate::shared::{Message, Shared};
use crate::sim::trace::{Record, Trace};
use crate::time::clock::Instant;

/// A reactor and executor on the thread that made it. Several may live on one thread or on many.
/// Its end cancels all of its tasks; it is neither `Send` nor global.
pub struct Dispatcher {
    pub(crate) core: Rc<Core>,
    pub(crate) messages: Receiver<Message>,
    pub(crate) shared: Arc<Shared>,
    pub(crate) spin: Spin,
    pub(crate) task_budget: usize,
    /// Within `block_on`, which does not nest.
    pub(crate) blocked_on: Cell<bool>,
}

/// What a turn did, and what is next.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Turn {
    /// How many times a task ran.
    pub ran: usize,
    /// How many tasks could run right now; above zero, the next turn should follow at once.
    pub runnable: usize,
    /// The earliest armed deadline.
    pub next_deadline: Option<Instant>,
}

impl Dispatcher {
    /// A reference for futures and everything else on this thread.
    pub fn handle(&self) -> Handle {
        Handle::new(self.shared.clone())
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
        self.shared.pool.threads()
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
    /// `Simulated`.
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
    /// `Reentrant` within a task, `Deadlock` in a simulation without `max_wait`, `Io`.
    pub fn turn(&self, max_wait: Option<Duration>) -> Result<Turn, Error> {
        let core = &*self.core;
        let ran = self.step(core, max_wait, false)?;
        self.shared.release_thread(core)?;
        Ok(Turn {
            ran,
            runnable: core.runnable(),
            next_deadline: core.driver.next_deadline(),
        })
    }

    /// Runs the dispatcher until `future` completes. Other tasks run meanwhile and stay for later.
    ///
    /// # Errors
    /// `Reentrant` within `block_on` or a turn, `Deadlock` in a simulation in which nothing can
    /// happen any more, `Io`.
    pub fn block_on<F: Future>(&self, future: F) -> Result<F::Output, Error> {
        let core = &*self.core;
        if core.in_turn.get() || self.blocked_on.replace(true) {
            return Err(Error::Reentrant);
        }
        let _guard = Reset(&self.blocked_on);
        let mut future = pin!(future);
        let waker = Waker::from(Arc::new(RootWaker(self.shared.clone())));
        let mut context = Context::from_waker(&waker);
        self.shared.root_woken.store(true, Ordering::Release);
        loop {
            if self.shared.root_woken.swap(false, Ordering::AcqRel) {
                let turn = InTurn::enter(core)?;
                core.begin_poll();
                let polled = future.as_mut().poll(&mut context);
                drop(turn);
                if let Poll::Ready(output) = polled {
                    self.shared.release_thread(core)?;
                    return Ok(output);
                }
            }
            self.step(core, None, true)?;
        }
    }

    /// Waits if nothing can run, then runs tasks up to the budget. `rooted`: on behalf of `block_on`,
    /// whose future is work as well.
    fn step(&self, core: &Core, max_wait: Option<Duration>, rooted: bool) -> Result<usize, Error> {
        let _turn = InTurn::enter(core)?;
        let notified = self.take_messages(core);
        core.fire_timers();
        if self.has_work(core, rooted) {
            core.poll_io()?;
        } else {
            let limit = max_wait.map(|wait| core.clock.now() + wait);
            match &core.driver {
                // A wake that came before the turn ends it as one that comes while it waits.
                Driver::System(_) if notified => core.poll_io()?,
                Driver::System(system) => self.park(core, &system.reactor, limit, rooted)?,
                Driver::Simulated(_) => core.advance(limit)?,
            }
        }
        self.take_messages(core);
        core.fire_timers();
        core.resume_yielded();
        core.begin_yield_skips();
        self.run_tasks(core)
    }

    fn has_work(&self, core: &Core, rooted: bool) -> bool {
        core.runnable() > 0 || (rooted && self.shared.root_woken.load(Ordering::Acquire))
    }

    fn run_tasks(&self, core: &Core) -> Result<usize, Error> {
        let mut ran = 0;
        while ran < self.task_budget {
            let Some((runnable, among)) = core.executor.pick(&core.entropy)? else {
                break;
            };
            core.driver.record(|| Record::Pick {
                task: runnable.metadata().id,
                among: among as u64,
            });
            core.begin_poll();
            runnable.run();
            ran += 1;
        }
        Ok(ran)
    }

    /// The one place where the dispatcher's thread waits.
    fn park(
        &self,
        core: &Core,
        reactor: &Reactor,
        limit: Option<Instant>,
        rooted: bool,
    ) -> Result<(), Error> {
        let deadline = earlier(core.driver.next_deadline(), limit);
        loop {
            if self.spin(core, deadline, rooted)? {
                return Ok(());
            }
            if !self.shared.park.try_park() {
                return core.poll_io();
            }
            let wake = deadline.map(|deadline| self.spin.park_until(deadline));
            let parked = reactor.park(wake, |report| core.take_report(report));
            let notified = self.shared.park.look();
            parked?;
            let early = wake != deadline && wake.is_some_and(|wake| wake <= core.clock.now());
            if notified || !early || self.has_work(core, rooted) {
                return Ok(());
            }
        }
    }

    /// Polls I/O for a while before the thread is given away. True: there is something to do, or the
    /// deadline has come.
    fn spin(&self, core: &Core, deadline: Option<Instant>, rooted: bool) -> Result<bool, Error> {
        let mut now = core.clock.now();
        let time = self.spin.time(now, deadline);
        let until = now + time;
        loop {
            let due = deadline.is_some_and(|deadline| deadline <= now);
            if time.is_zero() && !due {
                return Ok(false);
            }
            core.poll_io()?;
            let came = self.has_work(core, rooted) || self.shared.park.is_notified();
            if came && !time.is_zero() {
                self.spin.learn(true);
            }
            if came || due {
                return Ok(true);
            }
            if now >= until {
                self.spin.learn(false);
                return Ok(false);
            }
            std::hint::spin_loop();
            now = core.clock.now();
        }
    }

    /// Takes what other threads have sent: what is there now, so that they cannot hold a turn up.
    /// True: something was sent, or the dispatcher was just woken.
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
        // They may own what runs foreign code when it is dropped, which must not get between the
        // tasks and their end.
        let mut undelivered = Vec::new();
        core.resume_yielded();
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
            // A task that is alive and not in the queue is in the hands of a foreign thread,
            // between its wake and its message.
            match self.messages.recv_timeout(Duration::from_millis(1)) {
                Ok(Message::Run(runnable)) => drop(runnable),
                Ok(other) => undelivered.push(other),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => break,
            }
        }
        core.lookups.close();
        drop(self.shared.core.take());
        self.shared.pool.close();
    }
}

struct RootWaker(Arc<Shared>);

impl Wake for RootWaker {
    fn wake(self: Arc<Self>) {
        self.0.wake_root();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.0.wake_root();
    }
}

/// Marks the core as being in a turn for as long as it lives.
struct InTurn<'a>(&'a Core);

impl InTurn<'_> {
    fn enter(core: &Core) -> Result<InTurn<'_>, Error> {
        match core.in_turn.replace(true) {
            true => Err(Error::Reentrant),
            false => Ok(InTurn(core)),
        }
    }
}

impl Drop for InTurn<'_> {
    fn drop(&mut self) {
        self.0.in_turn.set(false);
    }
}

struct Reset<'a>(&'a Cell<bool>);

impl Drop for Reset<'_> {
    fn drop(&mut self) {
        self.0.set(false);
    }
}
