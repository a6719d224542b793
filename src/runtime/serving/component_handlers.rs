//! The handlers of one service's components, each made at its first request.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use wippy_dispatcher::Handle;

use super::component_handler::ComponentHandler;
use crate::registry::{Entry, Id};
use crate::runtime::Runtime;
use crate::runtime::error::CallErrorKind;

/// The handlers that there are so far.
pub(super) struct ComponentHandlers {
    runtime: Runtime,
    /// How long a request waits for an instance.
    max_wait: Duration,
    /// How long it may take as a whole.
    max_time: Option<Duration>,
    made: RefCell<BTreeMap<Id, ComponentHandler>>,
}

impl ComponentHandlers {
    /// None yet.
    pub(super) fn new(
        runtime: Runtime,
        max_wait: Duration,
        max_time: Option<Duration>,
    ) -> ComponentHandlers {
        ComponentHandlers {
            runtime,
            max_wait,
            max_time,
            made: RefCell::default(),
        }
    }

    /// Their dispatcher.
    pub(super) fn handle(&self) -> &Handle {
        self.runtime.handle()
    }

    /// That of an entry.
    ///
    /// # Errors
    /// As [`Runtime::http_handler`].
    pub(super) async fn of(&self, entry: &Arc<Entry>) -> Result<ComponentHandler, CallErrorKind> {
        if let Some(handler) = self.made.borrow().get(&entry.id) {
            return Ok(handler.clone());
        }
        let handler = self.runtime.handler_of(entry).await?;
        let mut made = self.made.borrow_mut();
        // Two first requests may have come at once; one handler is as good as the other.
        let handler = made.entry(entry.id.clone()).or_insert(handler);
        let handler = handler.clone().max_wait(self.max_wait);
        Ok(handler.max_time(self.max_time))
    }

    /// Waits until none of their calls runs.
    ///
    /// # Errors
    /// `WrongThread` and `Closed` of the dispatcher.
    pub(super) async fn ended(&self) -> Result<(), wippy_dispatcher::Error> {
        let made: Vec<ComponentHandler> = self.made.borrow().values().cloned().collect();
        for handler in made {
            handler.ended().await?;
        }
        Ok(())
    }
}
