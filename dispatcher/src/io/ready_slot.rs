//! A slot in the table of readiness, owned by a source or an event.

use crate::Error;
use crate::handle::Handle;
use crate::io::readiness::{Interest, ReadyKey};
use crate::shared::Message;

/// Gives the slot up when it is dropped, on any thread; listeners that are left find it gone.
pub(crate) struct ReadySlot {
    handle: Handle,
    key: ReadyKey,
}

impl ReadySlot {
    /// A slot that is not ready in any direction.
    ///
    /// # Errors
    /// `TooManySources`, `WrongThread`, `Closed`.
    pub(crate) fn new(handle: &Handle) -> Result<ReadySlot, Error> {
        let key = handle.core()?.ready.borrow_mut().insert()?;
        let handle = handle.clone();
        Ok(ReadySlot { handle, key })
    }

    pub(crate) fn handle(&self) -> &Handle {
        &self.handle
    }

    pub(crate) fn key(&self) -> ReadyKey {
        self.key
    }

    /// Whether a direction is marked ready; false off the dispatcher's thread.
    pub(crate) fn is_ready(&self, interest: Interest) -> bool {
        match self.handle.core() {
            Ok(core) => core.ready.borrow_mut().is_ready(self.key, interest),
            Err(_) => false,
        }
    }

    /// Clears a direction's mark. Does nothing off the dispatcher's thread.
    pub(crate) fn clear(&self, interest: Interest) {
        if let Ok(core) = self.handle.core() {
            core.ready.borrow_mut().clear(self.key, interest);
        }
    }
}

impl Drop for ReadySlot {
    fn drop(&mut self) {
        match self.handle.core() {
            Ok(core) => core.remove_source(self.key),
            Err(_) => self.handle.send(Message::RemoveSource(self.key)),
        }
    }
}
