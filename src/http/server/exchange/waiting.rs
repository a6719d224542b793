//! Waiting until an exchange can go on.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::Poll;

use wippy_dispatcher::Instant;

use super::{Blocked, Exchange};
use crate::http::server::guarded::Handled;
use crate::http::server::wire::{Lost, TAG};
use crate::select::{Either, select};

impl Exchange<'_> {
    /// Waits for the handler, or for what blocks.
    pub(super) async fn wait(
        &mut self,
        blocked: &Blocked,
        deadline: Option<Instant>,
    ) -> Result<(), Lost> {
        self.wire.prepare(blocked.socket)?;
        if !blocked.socket.readable {
            self.wire.watch_client()?;
        }
        let set = &mut self.wire.set;
        if blocked.request_room
            && let Some(request) = &self.request
        {
            request.register(set, TAG)?;
        }
        if blocked.response_body
            && let Some(body) = self.responding.body()
        {
            set.add_event(body.readable(), TAG)?;
        }
        if let Some(wanted) = &self.asks
            && !wanted.is_set()
        {
            set.add_event(wanted, TAG)?;
        }
        set.add_event(&self.state.cut, TAG)?;
        if let Some(deadline) = deadline {
            set.add_deadline(deadline, TAG)?;
        }
        match &mut self.handler {
            None => set.wait().await?,
            Some(handler) => {
                let informational = &self.informational;
                let handled = poll_fn(|cx| match Pin::new(&mut *handler).poll(cx) {
                    Poll::Ready(result) => Poll::Ready(Some(result)),
                    Poll::Pending if informational.poll(cx) => Poll::Ready(None),
                    Poll::Pending => Poll::Pending,
                });
                let woken = select(handled, set.wait()).await;
                match woken {
                    Either::Left(Some(result)) => {
                        if begins_a_body(&result) {
                            // A guest that was only interrupted ends it meanwhile: then its length is known, and all of it goes
                            // with the head.
                            self.state.handle.yield_now().await?;
                        }
                        self.answer(result);
                    }
                    Either::Left(None) => {}
                    Either::Right(waited) => waited?,
                }
            }
        }
        self.wire.set.clear();
        Ok(())
    }
}

/// Whether the handler has left a body that is not all there.
fn begins_a_body(result: &Handled) -> bool {
    match result {
        Ok(Ok(response)) => response.body.as_ref().is_some_and(|it| !it.is_finished()),
        _ => false,
    }
}
