//! Waiting for any of several things, and knowing which of them happened.

use std::future::poll_fn;
use std::task::{Poll, Waker};

use slab::Slab;

use crate::core::Core;
use crate::executor::listener::Listener;
use crate::executor::wake::discard;
use crate::handle::Handle;
use crate::io::readiness::{Interest, ReadyKey};
use crate::shared::Message;
use crate::time::clock::Instant;
use crate::time::timers::TimerKey;
use crate::{Error, Signal};

/// One wait over many timers, sources and signals. Each member carries a tag of the caller's; a
/// wake says which tags fired, so that nobody has to look at all members again. The set keeps its
/// memory between waits: in steady state it allocates nothing.
pub struct WaitSet {
    handle: Handle,
    id: usize,
    registered: Vec<Registered>,
    /// Members since the last clear, and their bound.
    members: usize,
    max_members: usize,
}

/// A member that can be forgotten again.
#[derive(Clone, Copy)]
pub(crate) enum Registered {
    Timer(TimerKey),
    Listener {
        key: ReadyKey,
        interest: Interest,
        id: u64,
    },
}

impl WaitSet {
    /// An empty set.
    ///
    /// # Errors
    /// `TooManyWaitSets`, `WrongThread` and `Closed`.
    pub fn new(handle: &Handle) -> Result<WaitSet, Error> {
        let core = handle.core()?;
        let mut sets = core.sets.borrow_mut();
        Ok(WaitSet {
            handle: handle.clone(),
            id: sets.insert()?,
            registered: Vec::new(),
            members: 0,
            max_members: sets.max_members,
        })
    }

    /// Counts one more member, of those that have fired too.
    fn count(&mut self) -> Result<(), Error> {
        if self.members >= self.max_members {
            return Err(Error::TooManyMembers(self.max_members));
        }
        self.members += 1;
        Ok(())
    }

    /// Adds a deadline.
    ///
    /// # Errors
    /// `TooManyMembers`, `TooManyTimers`, `WrongThread`, `Closed`.
    pub fn add_deadline(&mut self, deadline: Instant, tag: u32) -> Result<(), Error> {
        let core = self.handle.core()?;
        self.count()?;
        let key = core.arm(deadline, Listener::Set { set: self.id, tag })?;
        self.registered.push(Registered::Timer(key));
        Ok(())
    }

    /// Adds a signal. One that is set fires at once.
    ///
    /// # Errors
    /// `TooManyMembers`, `OtherDispatcher`, `WrongThread` and `Closed`.
    pub fn add_signal(&mut self, signal: &Signal, tag: u32) -> Result<(), Error> {
        self.add_ready(signal.handle(), signal.key(), Interest::Readable, tag)
    }

    /// Adds a direction of a source. One that is ready fires at once.
    ///
    /// # Errors
    /// `TooManyMembers`, `OtherDispatcher`, `WrongThread` and `Closed`.
    pub fn add_source<T: std::os::fd::AsFd>(
        &mut self,
        source: &crate::Source<T>,
        interest: Interest,
        tag: u32,
    ) -> Result<(), Error> {
        self.add_ready(source.handle(), source.key(), interest, tag)
    }

    fn add_ready(
        &mut self,
        owner: &Handle,
        key: ReadyKey,
        interest: Interest,
        tag: u32,
    ) -> Result<(), Error> {
        let core = self.handle.core()?;
        if !self.handle.is_same(owner) {
            return Err(Error::OtherDispatcher);
        }
        self.count()?;
        let mut ready = core.ready.borrow_mut();
        let listening = if ready.is_ready(key, interest) {
            None
        } else {
            let listener = Listener::Set { set: self.id, tag };
            ready.listen(key, interest, listener).ok()
        };
        match listening {
            Some(id) => self
                .registered
                .push(Registered::Listener { key, interest, id }),
            // Ready, or gone: its owner finds out which.
            None => core.sets.borrow_mut().fire_now(self.id, tag),
        }
        Ok(())
    }

    /// Waits until at least one member has fired whose tag was neither taken nor cleared.
    ///
    /// # Errors
    /// `WrongThread` and `Closed`.
    pub async fn wait(&mut self) -> Result<(), Error> {
        let (handle, id) = (&self.handle, self.id);
        poll_fn(|cx| match handle.core() {
            Err(error) => Poll::Ready(Err(error)),
            Ok(core) => {
                // Whatever comes back in its place is dropped while nothing is borrowed.
                let mut waker = Some(cx.waker().clone());
                let fired = core.sets.borrow_mut().poll(id, &mut waker);
                discard(waker);
                if fired {
                    Poll::Ready(Ok(()))
                } else {
                    Poll::Pending
                }
            }
        })
        .await
    }

    /// Takes the tags that have fired, in the order of firing.
    ///
    /// # Errors
    /// `WrongThread` and `Closed`.
    pub fn take_fired(&mut self, tags: &mut Vec<u32>) -> Result<(), Error> {
        self.handle
            .core()?
            .sets
            .borrow_mut()
            .take_fired(self.id, tags);
        Ok(())
    }

    /// Forgets all members and what has fired.
    pub fn clear(&mut self) {
        if let Ok(core) = self.handle.core() {
            forget(&core, &self.registered);
            let waker = core.sets.borrow_mut().reset(self.id);
            discard(waker);
            self.registered.clear();
            self.members = 0;
        }
    }
}

impl Drop for WaitSet {
    fn drop(&mut self) {
        match self.handle.core() {
            Ok(core) => remove(&core, self.id, &self.registered),
            Err(_) => self.handle.send(Message::RemoveSet(
                self.id,
                std::mem::take(&mut self.registered),
            )),
        }
    }
}

/// Forgets a set and its members.
pub(crate) fn remove(core: &Core, id: usize, registered: &[Registered]) {
    forget(core, registered);
    let waker = core.sets.borrow_mut().remove(id);
    discard(waker);
}

fn forget(core: &Core, registered: &[Registered]) {
    for &member in registered {
        match member {
            Registered::Timer(key) => core.disarm(key),
            Registered::Listener { key, interest, id } => {
                core.unlisten(key, interest, id);
            }
        }
    }
}

#[derive(Default)]
struct Set {
    waker: Option<Waker>,
    fired: Vec<u32>,
}

/// All sets of a dispatcher.
pub(crate) struct WaitSets {
    sets: Slab<Set>,
    max_sets: usize,
    max_members: usize,
}

impl WaitSets {
    pub(crate) fn new(max_sets: usize, max_members: usize) -> WaitSets {
        WaitSets {
            sets: Slab::new(),
            max_sets,
            max_members,
        }
    }

    fn insert(&mut self) -> Result<usize, Error> {
        if self.sets.len() >= self.max_sets {
            return Err(Error::TooManyWaitSets(self.max_sets));
        }
        Ok(self.sets.insert(Set::default()))
    }

    fn remove(&mut self, id: usize) -> Option<Waker> {
        self.sets.try_remove(id)?.waker
    }

    /// Notes a tag; hands out the waker if somebody waits.
    pub(crate) fn fire(&mut self, id: usize, tag: u32) -> Option<Waker> {
        let set = self.sets.get_mut(id)?;
        set.fired.push(tag);
        set.waker.take()
    }

    /// Notes a tag while the set's owner is still adding members.
    fn fire_now(&mut self, id: usize, tag: u32) {
        if let Some(set) = self.sets.get_mut(id) {
            set.fired.push(tag);
        }
    }

    /// Whether something has fired; if not, leaves the waker and gives the one before it back.
    fn poll(&mut self, id: usize, waker: &mut Option<Waker>) -> bool {
        let Some(set) = self.sets.get_mut(id) else {
            return true;
        };
        if !set.fired.is_empty() {
            return true;
        }
        std::mem::swap(&mut set.waker, waker);
        false
    }

    fn take_fired(&mut self, id: usize, tags: &mut Vec<u32>) {
        if let Some(set) = self.sets.get_mut(id) {
            tags.append(&mut set.fired);
        }
    }

    fn reset(&mut self, id: usize) -> Option<Waker> {
        let set = self.sets.get_mut(id)?;
        set.fired.clear();
        set.waker.take()
    }
}
