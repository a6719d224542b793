//! Waiting for any of several things, and knowing which of them happened.

use std::fmt;
use std::future::poll_fn;
use std::os::fd::AsFd;
use std::task::Poll;

use crate::Error;
use crate::executor::listener::Listener;
use crate::executor::wake::discard;
use crate::handle::Handle;
use crate::io::event::Event;
use crate::io::readiness::Interest;
use crate::io::ready_slot::ReadySlot;
use crate::io::source::Source;
use crate::io::wait_sets::Registration;
use crate::shared::Message;
use crate::sim::record::Waiter;
use crate::time::clock::Instant;
use crate::time::timer_heap::DeadlineKind;

/// One wait over many deadlines, sources and events. Each member carries a tag of the caller's, and
/// the set says which tags have fired, so that the caller need not look at all members again. The set
/// keeps its memory between waits: in steady state it allocates nothing.
///
/// ```
/// use std::time::Duration;
/// use wippy_dispatcher::{Dispatcher, Event, WaitSet};
///
/// let dispatcher = Dispatcher::new()?;
/// let handle = dispatcher.handle();
/// let (event, mut set) = (Event::new(&handle)?, WaitSet::new(&handle)?);
/// set.add_deadline(handle.now()? + Duration::from_secs(3600), 0)?;
/// set.add_event(&event, 1)?;
/// event.set();
/// dispatcher.block_on(set.wait())??;
/// let mut fired = Vec::new();
/// set.take_fired(&mut fired)?;
/// assert_eq!(fired, [1]);
/// # Ok::<(), wippy_dispatcher::Error>(())
/// ```
pub struct WaitSet {
    handle: Handle,
    id: usize,
    registrations: Vec<Registration>,
    /// Members since the last clear, those that have fired included, and their bound.
    members: usize,
    max_members: usize,
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
            registrations: Vec::new(),
            members: 0,
            max_members: sets.max_members(),
        })
    }

    /// Counts one more member.
    fn count(&mut self) -> Result<(), Error> {
        if self.members >= self.max_members {
            return Err(Error::TooManyMembers(self.max_members));
        }
        self.members += 1;
        Ok(())
    }

    /// Adds a deadline, in a simulation one of the host's clock.
    ///
    /// # Errors
    /// `TooManyMembers`, `TooManyTimers`, `WrongThread`, `Closed`.
    pub fn add_deadline(&mut self, deadline: Instant, tag: u32) -> Result<(), Error> {
        let core = self.handle.core()?;
        self.count()?;
        let listener = Listener::Member { set: self.id, tag };
        let deadline = core.clock.time_of(self.handle.host().number, deadline);
        let key = core.arm(DeadlineKind::Timer, deadline, listener)?;
        self.registrations.push(Registration::Timer(key));
        Ok(())
    }

    /// Adds an event. One that is set fires at once.
    ///
    /// # Errors
    /// `TooManyMembers`, `OtherDispatcher`, `WrongThread` and `Closed`.
    pub fn add_event(&mut self, event: &Event, tag: u32) -> Result<(), Error> {
        self.add_ready(event.slot(), Interest::Readable, tag)
    }

    /// Adds a direction of a source. One that is ready fires at once.
    ///
    /// # Errors
    /// `TooManyMembers`, `OtherDispatcher`, `WrongThread` and `Closed`.
    pub fn add_source<T: AsFd>(
        &mut self,
        source: &Source<T>,
        interest: Interest,
        tag: u32,
    ) -> Result<(), Error> {
        self.add_ready(source.slot(), interest, tag)
    }

    /// Adds a direction of whatever has this slot.
    ///
    /// # Errors
    /// As [`WaitSet::add_source`].
    pub(crate) fn add_ready(
        &mut self,
        slot: &ReadySlot,
        interest: Interest,
        tag: u32,
    ) -> Result<(), Error> {
        let core = self.handle.core()?;
        if !self.handle.same_dispatcher(slot.handle()) {
            return Err(Error::OtherDispatcher);
        }
        self.count()?;
        let key = slot.key();
        let mut ready = core.ready.borrow_mut();
        let listening = match ready.is_ready(key, interest) {
            true => None,
            false => {
                let listener = Listener::Member { set: self.id, tag };
                ready.listen(key, interest, listener).ok()
            }
        };
        match listening {
            Some(number) => self.registrations.push(Registration::Listener {
                key,
                interest,
                number,
            }),
            // Ready, or gone: the next operation on it will show which.
            None => core.sets.borrow_mut().fire_at_once(self.id, tag),
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
                // The waker that comes back in its place is dropped while nothing is borrowed.
                let mut waker = Some(cx.waker().clone());
                core.driver.registered(cx.waker());
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
        let core = self.handle.core()?;
        let before = tags.len();
        core.sets.borrow_mut().take_fired(self.id, tags);
        if let Some(simulated) = core.driver.simulated() {
            for &tag in &tags[before..] {
                let set = self.id as u64;
                simulated.record_consumption(Waiter::Member { set, tag });
            }
        }
        Ok(())
    }

    /// Forgets all members and what has fired.
    pub fn clear(&mut self) {
        if let Ok(core) = self.handle.core() {
            core.unregister(&self.registrations);
            let waker = core.sets.borrow_mut().reset(self.id);
            discard(waker);
            self.registrations.clear();
            self.members = 0;
        }
    }
}

impl fmt::Debug for WaitSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WaitSet")
            .field("members", &self.members)
            .finish_non_exhaustive()
    }
}

impl Drop for WaitSet {
    fn drop(&mut self) {
        match self.handle.core() {
            Ok(core) => core.remove_set(self.id, &self.registrations),
            Err(_) => self.handle.send(Message::RemoveSet(
                self.id,
                std::mem::take(&mut self.registrations),
            )),
        }
    }
}
