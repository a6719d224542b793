//! What every thread may hold of a dispatcher: its thread-bound core, its channel and its waker.

use std::os::fd::RawFd;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use async_task::Runnable;
use crossbeam_channel::Sender;

use crate::Error;
use crate::blocking::pool::Pool;
use crate::core::Core;
use crate::executor::meta::Meta;
use crate::executor::park::ParkFlag;
use crate::io::reactor::ReactorRemote;
use crate::io::readiness::{Interest, ReadyKey};
use crate::io::wait_sets::Registration;
use crate::sim::net::arena::SocketKey;
use crate::thread_bound::ThreadBound;
use crate::time::timer_heap::TimerKey;

/// What other threads send. How many there can be is bounded for tasks by those alive, for spawns
/// by their own counter, and for the rest by what was registered.
pub(crate) enum Message {
    Run(Runnable<Meta>),
    Spawn(Start),
    SetEvent(Arc<dyn RemotelySet>),
    Unlisten(ReadyKey, Interest, u64),
    Disarm(TimerKey),
    RemoveSource(ReadyKey),
    RemoveSet(usize, Vec<Registration>),
    /// Of a simulation.
    CloseSocket(SocketKey),
}

/// Starts a task on the dispatcher's thread.
pub(crate) type Start = Box<dyn FnOnce(&Arc<Shared>) + Send>;

/// What was set by another thread and is marked ready on the dispatcher's.
pub(crate) trait RemotelySet: Send + Sync {
    fn take_effect(&self, core: &Core);
}

pub(crate) struct Shared {
    pub(crate) core: ThreadBound<Core>,
    pub(crate) sender: Sender<Message>,
    pub(crate) park: ParkFlag,
    /// `None` in a simulation, which never waits in the kernel and has no descriptors.
    pub(crate) reactor: Option<Arc<ReactorRemote>>,
    /// The future of `block_on` was woken.
    pub(crate) root_woken: AtomicBool,
    pub(crate) pool: Pool,
    /// Remote spawns that the dispatcher has not taken yet, and their bound.
    pub(crate) spawns: AtomicUsize,
    pub(crate) max_spawns: usize,
}

impl Shared {
    /// Puts a woken task where its dispatcher will find it, from any thread.
    pub(crate) fn schedule(&self, runnable: Runnable<Meta>) {
        match self.core.get_own() {
            Some(core) => self.schedule_on(&core, runnable),
            None => self.send(Message::Run(runnable)),
        }
    }

    /// The same on the dispatcher's thread.
    #[inline]
    pub(crate) fn schedule_on(&self, core: &Core, runnable: Runnable<Meta>) {
        core.executor.push(runnable);
        if !core.in_turn.get() {
            self.notify();
        }
    }

    /// Sends a message and wakes the dispatcher if it is parked. After the dispatcher's end the
    /// message is dropped: nothing is left that it could concern.
    pub(crate) fn send(&self, message: Message) {
        if self.sender.send(message).is_ok() {
            self.notify();
        }
    }

    /// Wakes the dispatcher if it is parked.
    pub(crate) fn notify(&self) {
        if self.park.notify()
            && let Some(reactor) = &self.reactor
        {
            // Writing to an eventfd fails only when its counter is full, and then it is readable.
            let _ = reactor.wake();
        }
    }

    /// Takes a descriptor that is still open out of the epoll set, from any thread.
    pub(crate) fn deregister(&self, fd: RawFd) {
        if let Some(reactor) = &self.reactor {
            reactor.deregister(fd);
        }
    }

    /// After a look at the driver between turns, which may have taken the very event that made the
    /// dispatcher's descriptor readable: makes it readable again if there is work for a turn.
    ///
    /// # Errors
    /// `Io` from the timerfd or the eventfd.
    pub(crate) fn refresh_descriptor(&self, core: &Core) -> Result<(), Error> {
        core.driver.arm_descriptor()?;
        if self.has_work(core) || self.park.is_notified() {
            self.wake_reactor()?;
        }
        Ok(())
    }

    /// Before the dispatcher leaves the thread to its owner: the descriptor is readable exactly when
    /// a turn has something to do, and senders wake it from now on.
    ///
    /// # Errors
    /// `Io` from the timerfd or the eventfd.
    pub(crate) fn release_thread(&self, core: &Core) -> Result<(), Error> {
        core.driver.arm_descriptor()?;
        let has_work = self.has_work(core);
        if !self.park.try_park() || has_work {
            self.wake_reactor()?;
        }
        Ok(())
    }

    fn wake_reactor(&self) -> Result<(), Error> {
        match &self.reactor {
            Some(reactor) => Ok(reactor.wake()?),
            None => Ok(()),
        }
    }

    /// Whether a task can run, if only because no other can, or a message was not taken yet.
    fn has_work(&self, core: &Core) -> bool {
        core.runnable() + core.idlers() > 0 || !self.sender.is_empty()
    }

    /// Whether other threads have sent something, or the future of `block_on` was woken.
    pub(crate) fn has_remote_work(&self) -> bool {
        !self.sender.is_empty() || self.root_woken.load(Ordering::Acquire)
    }

    pub(crate) fn wake_root(&self) {
        self.root_woken.store(true, Ordering::Release);
        if !self.core.is_owner() {
            self.notify();
        }
    }
}
