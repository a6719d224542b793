//! A readiness that the program sets itself: a completion, a pipe in memory, a notification.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::Error;
use crate::core::Core;
use crate::handle::Handle;
use crate::io::readiness::Interest;
use crate::io::ready_future::ReadyFuture;
use crate::io::ready_slot::ReadySlot;
use crate::shared::{Message, RemotelySet};

/// A flag with any number of waiters. Level-triggered: while it is set, every wait ends at once.
/// Any thread may set it. Clones are the same event, which ends with the last of them.
///
/// ```
/// use wippy_dispatcher::{Dispatcher, Event};
///
/// let dispatcher = Dispatcher::new()?;
/// let event = Event::new(&dispatcher.handle())?;
/// std::thread::spawn({
///     let event = event.clone();
///     move || event.set()
/// });
/// dispatcher.block_on(event.wait())??;
/// assert!(event.is_set());
/// # Ok::<(), wippy_dispatcher::Error>(())
/// ```
#[derive(Clone)]
pub struct Event(Arc<Inner>);

struct Inner {
    slot: ReadySlot,
    /// Another thread has set it and sent a message that the dispatcher has not taken yet. One
    /// message is enough for any number of sets.
    is_sent: AtomicBool,
}

impl Event {
    /// An event that is not set.
    ///
    /// # Errors
    /// `TooManySources`, `WrongThread`, `Closed`.
    pub fn new(handle: &Handle) -> Result<Event, Error> {
        let slot = ReadySlot::new(handle)?;
        let is_sent = AtomicBool::new(false);
        Ok(Event(Arc::new(Inner { slot, is_sent })))
    }

    /// Sets it and wakes all who wait. From another thread than the dispatcher's it takes effect at
    /// the next turn.
    pub fn set(&self) {
        let slot = &self.0.slot;
        match slot.handle().core() {
            Ok(core) => core.mark_ready(slot.key(), Interest::Readable),
            Err(Error::WrongThread) if !self.0.is_sent.swap(true, Ordering::AcqRel) => {
                slot.handle().send(Message::SetEvent(self.0.clone()));
            }
            Err(_) => {}
        }
    }

    /// Clears it. Does nothing off the dispatcher's thread.
    pub fn clear(&self) {
        self.0.slot.clear(Interest::Readable);
    }

    /// Whether it is set; false off the dispatcher's thread.
    pub fn is_set(&self) -> bool {
        self.0.slot.is_ready(Interest::Readable)
    }

    /// Waits until it is set.
    ///
    /// # Errors
    /// `WrongThread` and `Closed`.
    pub async fn wait(&self) -> Result<(), Error> {
        ReadyFuture::new(self.slot(), Interest::Readable).await
    }

    pub(crate) fn slot(&self) -> &ReadySlot {
        &self.0.slot
    }
}

impl fmt::Debug for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Event")
            .field("is_set", &self.is_set())
            .finish_non_exhaustive()
    }
}

impl RemotelySet for Inner {
    /// `is_sent` is cleared first, so that a set from now on sends a message of its own. What other
    /// threads wrote before they set the event is visible from here on.
    fn take_effect(&self, core: &Core) {
        self.is_sent.swap(false, Ordering::AcqRel);
        core.mark_ready(self.slot.key(), Interest::Readable);
    }
}
