//! The handlers of one service's components, each made at its first request.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use wippy_dispatcher::Handle;

use super::component_handler::ComponentHandler;
use super::waiting_room::WaitingRoom;
use crate::registry::{Entry, Id};
use crate::runtime::Runtime;
use crate::runtime::error::CallErrorKind;

/// The handlers that there are so far.
pub(super) struct ComponentHandlers {
    runtime: Runtime,
    /// Where requests wait for an instance.
    room: Rc<WaitingRoom>,
    /// How long it may take as a whole.
    max_time: Option<Duration>,
    made: RefCell<BTreeMap<Id, ComponentHandler>>,
}

impl ComponentHandlers {
    /// None yet.
    pub(super) fn new(
        runtime: Runtime,
        room: Rc<WaitingRoom>,
        max_time: Option<Duration>,
    ) -> ComponentHandlers {
        ComponentHandlers {
            runtime,
            room,
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
        let handler = self.runtime.handler_of(entry, self.room.clone()).await?;
        let mut made = self.made.borrow_mut();
        // Two first requests may have come at once; one handler is as good as the other.
        let handler = made.entry(entry.id.clone()).or_insert(handler);
        Ok(handler.clone().max_time(self.max_time))
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
