//! What a call and whoever waits for its response know of each other.

use std::cell::{Cell, RefCell};
use std::future::pending;
use std::time::Duration;

use wippy_dispatcher::{Error, Event, Handle};

use crate::http::{BodyReader, Response};

/// What a call and whoever waits for its response know of each other.
pub(super) struct ComponentRequest {
    /// Set when nobody reads the response's body any more, and it has not ended: the client has gone away, or its
    /// response has no body.
    client_gone: Event,
    /// The guest runs.
    has_begun: Cell<bool>,
    /// The body of a response that has none for its client: thrown away, so that the guest writes it as it
    /// would for another request.
    unread: RefCell<Option<BodyReader>>,
}

/// Says that the client is gone when it is dropped.
pub(super) struct WaitingClient<'a>(Option<&'a Event>);

impl ComponentRequest {
    /// A request whose client waits.
    ///
    /// # Errors
    /// `TooManySources`, `WrongThread` and `Closed` of the dispatcher.
    pub(super) fn new(handle: &Handle) -> Result<ComponentRequest, Error> {
        Ok(ComponentRequest {
            client_gone: Event::new(handle)?,
            has_begun: Cell::new(false),
            unread: RefCell::new(None),
        })
    }

    /// The guest runs from now.
    pub(super) fn begin(&self) {
        self.has_begun.set(true);
    }

    /// Waits until nothing is to be expected of the call any more: nobody reads what it writes, and the guest has had
    /// `patience` to end, or to finish a body that is thrown away.
    pub(super) async fn given_up(&self, handle: &Handle, patience: Duration) {
        // Both fail at the dispatcher's end, and the call's task with it.
        let _ = self.client_gone.wait().await;
        if self.has_begun.get() {
            let _ = handle.sleep(patience).await;
        }
        let unread = self.unread.take();
        if unread.is_some_and(|body| body.end().is_some()) {
            // The response is whole, and the guest may go on.
            pending().await
        }
    }

    /// A client that waits for the head.
    pub(super) fn wait(&self) -> WaitingClient<'_> {
        WaitingClient(Some(&self.client_gone))
    }

    /// What of the guest's response goes to the client. `is_read` says whether the client gets its body.
    pub(super) fn respond(&self, mut response: Response, is_read: bool) -> Response {
        match &mut response.body {
            Some(body) if is_read => body.announce_given_up(self.client_gone.clone()),
            // All of it is there, and its length can be told.
            Some(body) if body.known_length().is_some() => {}
            Some(_) => {
                let unread = response.body.take();
                if let Some(body) = &unread {
                    body.discard();
                }
                *self.unread.borrow_mut() = unread;
                self.client_gone.set();
            }
            None => {}
        }
        response
    }
}

impl WaitingClient<'_> {
    /// It waits no more, because it gets an answer.
    pub(super) fn answered(mut self) {
        self.0 = None;
    }
}

impl Drop for WaitingClient<'_> {
    fn drop(&mut self) {
        if let Some(gone) = self.0 {
            gone.set();
        }
    }
}
