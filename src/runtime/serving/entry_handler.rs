//! An entry whose component answers HTTP requests, made ready at the first of them.

use std::fmt;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use super::component_failure::ComponentFailure;
use super::component_handlers::ComponentHandlers;
use super::log_text::{LogText, described};
use super::waiting_room::WaitingRoom;
use crate::http::server::{Handler, HandlerEnd, HandlerFuture, IncomingRequest};
use crate::registry::Entry;
use crate::runtime::Runtime;
use crate::runtime::error::{CallError, CallErrorKind};

/// Answers requests as [`ComponentHandler`](super::ComponentHandler) does, which is made at the first of them: for
/// the further threads of a server, where nothing waits for a component that another thread has compiled.
///
/// ```
/// use std::time::Duration;
/// use wippy::{Entry, Program, Runtime};
///
/// let dispatcher = wippy_dispatcher::Dispatcher::new()?;
/// let entry = Entry::function("app:hello").bytes("(component)").method("handle");
/// let runtime = Runtime::on(dispatcher.handle(), Program::builder().entry(entry).build()?)?;
/// let handler = runtime.entry_handler("app:hello", Duration::from_secs(10))?;
/// assert!(runtime.entry_handler("app:other", Duration::from_secs(10)).is_err());
/// # drop(handler);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct EntryHandler {
    components: Rc<ComponentHandlers>,
    entry: Arc<Entry>,
}

impl Runtime {
    /// The same as [`Runtime::http_handler`], but nothing is looked at before the first request: a component that
    /// cannot answer makes the answer 500. A request waits as with
    /// [`ComponentHandler::max_wait`](super::ComponentHandler::max_wait).
    ///
    /// # Errors
    /// `Lookup`.
    pub fn entry_handler(&self, name: &str, max_wait: Duration) -> Result<EntryHandler, CallError> {
        let entry = self.registry().resolve(name);
        let entry = entry.map_err(|error| CallErrorKind::from(error).of(name))?;
        let room = Rc::new(WaitingRoom::unbounded(&entry.id, max_wait));
        Ok(EntryHandler {
            components: Rc::new(ComponentHandlers::new(self.clone(), room, None)),
            entry: entry.clone(),
        })
    }
}

impl Handler for EntryHandler {
    fn handle(&self, request: IncomingRequest) -> HandlerFuture {
        let (components, entry) = (self.components.clone(), self.entry.clone());
        Box::pin(async move {
            let problem = match components.of(&entry).await {
                Ok(handler) => return handler.handle(request).await,
                Err(problem) => problem,
            };
            let failure = ComponentFailure::logged(components.handle(), 500);
            let what = described(&entry.id, &request);
            let (id, problem) = (failure.id, LogText(problem));
            tracing::error!(target: "http", "{what}: error ID {id}: {problem}");
            failure.respond(components.handle())
        })
    }

    fn drained(&self) -> HandlerEnd {
        let components = self.components.clone();
        Box::pin(async move {
            // It fails at the dispatcher's end, and its calls with it.
            let _ = components.ended().await;
        })
    }
}

impl fmt::Debug for EntryHandler {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("EntryHandler");
        shown.field("entry", &self.entry.id).finish_non_exhaustive()
    }
}
