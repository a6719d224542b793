//! What every thread may hold of a dispatcher: its thread-bound core, its channel and its waker.

use std::os::fd::RawFd;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use async_task::Runnable;
use crossbeam_channel::Sender;

use crate::Error;
use crate::blocking::pool::Pool;
use crate::core::{Core, Driver};
use crate::executor::park::ParkFlag;
use crate::executor::tasks::Meta;
use crate::handle::Handle;
use crate::io::event::Signal;
use crate::io::readiness::{Interest, ReadyKey};
use crate::io::wait_set::Registered;
use crate::thread_bound::ThreadBound;
use crate::time::timers::TimerKey;

/// How often in one turn a task that gives way may go on at once.
const UNDISTURBED: u8 = 8;

/// What other threads send. Runs are bounded by the tasks alive, spawns by their own counter, and
/// the rest by what was registered.
pub(crate) enum Message {
    Run(Runnable<Meta>),
    Spawn(Box<dyn FnOnce(&Handle) + Send>),
    Set(Signal),
    Unlisten(ReadyKey, Interest, u64),
    Disarm(TimerKey),
    RemoveSource(ReadyKey),
    RemoveSet(usize, Vec<Registered>),
}

pub(crate) struct Shared {
    pub(crate) core: ThreadBound<Core>,
    pub(crate) sender: Sender<Message>,
    pub(crate) park: ParkFlag,
    /// None in a simulation, which never waits in the kernel.
    pub(crate) waker: Option<mio::Waker>,
    /// None in a simulation, which has no descriptors.
    pub(crate) registry: Option<Arc<mio::Registry>>,
    /// The future of `block_on` wants to be polled.
    pub(crate) root_woken: AtomicBool,
    pub(crate) pool: Pool,
    /// Remote spawns that the dispatcher has not taken yet, and their bound.
    pub(crate) spawns: AtomicUsize,
    pub(crate) max_spawns: usize,
}

impl Shared {
    /// Puts a woken task where its dispatcher will find it, from any thread.
    pub(crate) fn schedule(&self, runnable: Runnable<Meta>) {
        match self.core.get() {
            Ok(core) => {
                core.executor.push(runnable);
                if !core.in_turn.get() {
                    self.notify();
                }
            }
            Err(_) => self.send(Message::Run(runnable)),
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
            && let Some(waker) = &self.waker
        {
            // Writing to an eventfd fails only when its counter is full, and then it is readable.
            let _ = waker.wake();
        }
    }

    /// Takes a descriptor that is still open out of the kernel's set, from any thread.
    pub(crate) fn deregister(&self, fd: RawFd) {
        if let Some(registry) = &self.registry {
            // It fails only for a descriptor that was closed behind our back.
            let _ = registry.deregister(&mut mio::unix::SourceFd(&fd));
        }
    }

    /// After a look at the driver between turns, which may have taken the very event that tells a
    /// foreign loop of work.
    pub(crate) fn tell_again(&self, core: &Core) -> Result<(), Error> {
        let Driver::System(reactor) = &core.driver else {
            return Ok(());
        };
        reactor.arm(core.next_deadline())?;
        let more = core.runnable() > 0 || !core.messages.is_empty();
        if (more || self.park.is_notified())
            && let Some(waker) = &self.waker
        {
            waker.wake()?;
        }
        Ok(())
    }

    /// Whether, after a look at I/O and timers, a task that would give way has nobody to give way
    /// to. A turn may be told so a few times only: it ends however busy its tasks are.
    pub(crate) fn is_alone(&self, core: &Core) -> Result<bool, Error> {
        if !core.in_turn.get() || core.undisturbed.get() == UNDISTURBED {
            return Ok(false);
        }
        core.poll_driver()?;
        let alone = !core.told.get()
            && core.runnable() == 0
            && core.messages.is_empty()
            && !self.root_woken.load(Ordering::Acquire);
        if alone {
            core.undisturbed.set(core.undisturbed.get() + 1);
        }
        Ok(alone)
    }

    pub(crate) fn wake_root(&self) {
        self.root_woken.store(true, Ordering::Release);
        if !self.core.is_owner() {
            self.notify();
        }
    }
}
