//! The calls of a handler that have not ended.

use std::cell::Cell;
use std::rc::Rc;

use wippy_dispatcher::{Error, Event, Handle};

/// The calls of a handler that have not ended.
pub(super) struct ComponentCalls {
    open: Cell<usize>,
    /// Set while there is none.
    none: Event,
    /// Set from when all of them are to end at once.
    cut: Event,
}

/// A call that has not ended, until this is dropped.
pub(super) struct OpenCall(Rc<ComponentCalls>);

impl ComponentCalls {
    /// None.
    ///
    /// # Errors
    /// `TooManySources`, `WrongThread` and `Closed` of the dispatcher.
    pub(super) fn new(handle: &Handle) -> Result<ComponentCalls, Error> {
        let calls = ComponentCalls {
            open: Cell::new(0),
            none: Event::new(handle)?,
            cut: Event::new(handle)?,
        };
        calls.none.set();
        Ok(calls)
    }

    /// One more.
    pub(super) fn begin(self: &Rc<ComponentCalls>) -> OpenCall {
        self.open.set(self.open.get() + 1);
        self.none.clear();
        OpenCall(self.clone())
    }

    /// How many there are.
    pub(super) fn open(&self) -> usize {
        self.open.get()
    }

    /// Waits until there is none.
    ///
    /// # Errors
    /// `WrongThread` and `Closed` of the dispatcher.
    pub(super) async fn ended(&self) -> Result<(), Error> {
        self.none.wait().await
    }

    /// Ends all of them.
    pub(super) fn cut(&self) {
        self.cut.set();
    }
}

impl OpenCall {
    /// Waits until it is to end at once.
    pub(super) async fn cut(&self) {
        // It fails at the dispatcher's end, and its task with it.
        let _ = self.0.cut.wait().await;
    }
}

impl Drop for OpenCall {
    fn drop(&mut self) {
        let calls = &self.0;
        calls.open.set(calls.open.get() - 1);
        if calls.open.get() == 0 {
            calls.none.set();
        }
    }
}
