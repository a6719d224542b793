//! A readiness that the program sets itself: a completion, a pipe in memory, an event.

use std::future::poll_fn;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::Error;
use crate::core::Core;
use crate::handle::Handle;
use crate::io::readiness::{Interest, ReadyKey};
use crate::io::source::Listening;
use crate::shared::Message;

/// A flag with any number of waiters. Level-triggered: while it is set, every wait ends at once.
/// It may be set from any thread; clones are the same signal, and the last one forgets it.
#[derive(Clone)]
pub struct Signal(Arc<Inner>);

struct Inner {
    handle: Handle,
    key: ReadyKey,
    /// Set by a foreign thread and on its way: one message stands for any number of sets.
    on_its_way: AtomicBool,
}

impl Signal {
    /// A signal that is not set.
    ///
    /// # Errors
    /// `TooManySources`, `WrongThread`, `Closed`.
    pub fn new(handle: &Handle) -> Result<Signal, Error> {
        let key = handle.core()?.ready.borrow_mut().insert()?;
        let handle = handle.clone();
        let on_its_way = AtomicBool::new(false);
        Ok(Signal(Arc::new(Inner {
            handle,
            key,
            on_its_way,
        })))
    }

    /// Sets it and wakes all who wait. From a foreign thread it takes effect at the next turn.
    pub fn set(&self) {
        match self.0.handle.core() {
            Ok(core) => core.mark_ready(self.0.key, &[Interest::Readable]),
            Err(Error::WrongThread) if !self.0.on_its_way.swap(true, Ordering::AcqRel) => {
                self.0.handle.send(Message::Set(self.clone()));
            }
            Err(_) => {}
        }
    }

    /// What a foreign thread's `set` does once it arrives. The mark goes first: a set from here on
    /// is a message of its own, and whatever was written before an earlier one is visible now.
    pub(crate) fn take_effect(&self, core: &Core) {
        self.0.on_its_way.swap(false, Ordering::AcqRel);
        core.mark_ready(self.0.key, &[Interest::Readable]);
    }

    pub(crate) fn handle(&self) -> &Handle {
        &self.0.handle
    }

    /// Clears it. Does nothing off the dispatcher's thread.
    pub fn clear(&self) {
        if let Ok(core) = self.0.handle.core() {
            core.ready
                .borrow_mut()
                .clear(self.0.key, Interest::Readable);
        }
    }

    /// Whether it is set; false off the dispatcher's thread.
    pub fn is_set(&self) -> bool {
        match self.0.handle.core() {
            Ok(core) => core
                .ready
                .borrow_mut()
                .is_ready(self.0.key, Interest::Readable),
            Err(_) => false,
        }
    }

    /// Waits until it is set.
    ///
    /// # Errors
    /// `WrongThread` and `Closed`.
    pub async fn wait(&self) -> Result<(), Error> {
        let mut listening = Listening::new(&self.0.handle, self.0.key, Interest::Readable);
        poll_fn(|cx| listening.poll_ready(cx)).await
    }

    pub(crate) fn key(&self) -> ReadyKey {
        self.0.key
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        match self.handle.core() {
            Ok(core) => core.remove_source(self.key),
            Err(_) => self.handle.send(Message::RemoveSource(self.key)),
        }
    }
}
