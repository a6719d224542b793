//! A handler whose panic ends its request and nothing else.

use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Poll};

use super::handler::{Failure, Handler, HandlerFuture, IncomingRequest};
use crate::http::exchange::Response;

/// The handler has panicked. The panic hook has reported it.
#[derive(Debug)]
pub(super) struct Panicked;

/// What a handler gives.
pub(super) type Handled = Result<Result<Response, Failure>, Panicked>;

/// A handler that works on a request, or has panicked when it began.
pub(super) struct GuardedHandler(Option<HandlerFuture>);

impl GuardedHandler {
    pub(super) fn start(handler: &dyn Handler, request: IncomingRequest) -> GuardedHandler {
        // What it shares with other requests is the handler's to keep whole.
        GuardedHandler(catch_unwind(AssertUnwindSafe(|| handler.handle(request))).ok())
    }
}

impl Future for GuardedHandler {
    type Output = Handled;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Handled> {
        let Some(future) = &mut self.0 else {
            return Poll::Ready(Err(Panicked));
        };
        match catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(cx))) {
            Ok(polled) => polled.map(Ok),
            Err(_) => {
                drop_guarded(&mut self.0);
                Poll::Ready(Err(Panicked))
            }
        }
    }
}

impl Drop for GuardedHandler {
    fn drop(&mut self) {
        drop_guarded(&mut self.0);
    }
}

fn drop_guarded(future: &mut Option<HandlerFuture>) {
    let future = future.take();
    // A panic here has been reported too, and there is nobody left to be told.
    let _ = catch_unwind(AssertUnwindSafe(|| drop(future)));
}
