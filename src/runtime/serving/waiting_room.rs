//! Requests that wait while all places or instances are busy: a bounded number, each for a bounded time.

use std::cell::Cell;
use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::task::Poll;
use std::time::Duration;

use wippy_dispatcher::{Handle, Sleep};

use super::super::error::CallErrorKind;
use crate::activity::{CallRecord, CallState};
use crate::registry::HttpWaiting;

/// The waiting room of one service.
pub(super) struct WaitingRoom {
    settings: HttpWaiting,
    waiting: Rc<Cell<u32>>,
}

/// A call that waits.
struct Place {
    waiting: Rc<Cell<u32>>,
    patience: Pin<Box<Sleep>>,
}

impl Drop for Place {
    fn drop(&mut self) {
        self.waiting.set(self.waiting.get() - 1);
    }
}

impl WaitingRoom {
    /// An empty one.
    pub(super) fn new(settings: HttpWaiting) -> WaitingRoom {
        WaitingRoom {
            settings,
            waiting: Rc::default(),
        }
    }

    /// After how many seconds a client that was turned away may try again.
    pub(super) fn retry_after(&self) -> u64 {
        let timeout = self.settings.timeout;
        let rounded = timeout + Duration::from_nanos(999_999_999);
        rounded.as_secs().max(1)
    }

    /// The output of a call, which ends before where it would have to wait and the room is full, or has waited for
    /// too long for its place in a pool or an instance. While its guest runs, nothing here ends it.
    ///
    /// # Errors
    /// Those of the call; `PoolFull`; `Dispatcher`.
    pub(super) async fn admit<T>(
        &self,
        handle: &Handle,
        record: &CallRecord,
        call: impl Future<Output = Result<T, CallErrorKind>>,
    ) -> Result<T, CallErrorKind> {
        let mut call = pin!(call);
        let mut place: Option<Place> = None;
        poll_fn(|cx| {
            if let Poll::Ready(output) = call.as_mut().poll(cx) {
                return Poll::Ready(output);
            }
            // On another thread it may have begun without a wake here; the end of its patience looks again.
            if !waits(record) {
                place = None;
                return Poll::Pending;
            }
            if place.is_none() {
                place = self.enter(handle);
            }
            let Some(place) = &mut place else {
                return Poll::Ready(Err(CallErrorKind::PoolFull));
            };
            match place.patience.as_mut().poll(cx) {
                Poll::Pending => Poll::Pending,
                Poll::Ready(Ok(())) => Poll::Ready(Err(CallErrorKind::PoolFull)),
                Poll::Ready(Err(error)) => Poll::Ready(Err(error.into())),
            }
        })
        .await
    }

    fn enter(&self, handle: &Handle) -> Option<Place> {
        let waiting = self.waiting.get();
        if waiting >= self.settings.requests {
            return None;
        }
        self.waiting.set(waiting + 1);
        Some(Place {
            waiting: self.waiting.clone(),
            patience: Box::pin(handle.sleep(self.settings.timeout)),
        })
    }
}

fn waits(record: &CallRecord) -> bool {
    matches!(
        record.state(),
        CallState::Queued | CallState::WaitsForInstance
    )
}
