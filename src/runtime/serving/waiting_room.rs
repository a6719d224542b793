//! Requests that wait while all places or instances are busy: a bounded number, each for a bounded time.

use std::cell::Cell;
use std::fmt::Display;
use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::task::Poll;
use std::time::Duration;

use wippy_dispatcher::{Handle, Instant, Sleep};

use super::super::error::CallErrorKind;
use super::log_text::LogText;
use super::reply::Reply;
use crate::activity::{CallRecord, CallState};
use crate::registry::{HttpWaiting, Id};

/// How often it is logged that requests are turned away.
const TOLD_EVERY: Duration = Duration::from_secs(1);

/// The waiting room of one service, or of one entry that is served by itself.
pub(super) struct WaitingRoom {
    /// Whose it is.
    name: Id,
    settings: Cell<HttpWaiting>,
    waiting: Rc<Cell<u32>>,
    /// Requests that were turned away, and are not logged yet.
    turned_away: Cell<u64>,
    /// When it was last logged that some were.
    told: Cell<Option<Instant>>,
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
    pub(super) fn new(name: &Id, settings: HttpWaiting) -> WaitingRoom {
        WaitingRoom {
            name: name.clone(),
            settings: Cell::new(settings),
            waiting: Rc::default(),
            turned_away: Cell::new(0),
            told: Cell::new(None),
        }
    }

    /// One of any number of requests.
    pub(super) fn unbounded(name: &Id, timeout: Duration) -> WaitingRoom {
        let settings = HttpWaiting {
            requests: u32::MAX,
            timeout,
        };
        WaitingRoom::new(name, settings)
    }

    /// How long each request waits from now on.
    pub(super) fn set_timeout(&self, timeout: Duration) {
        let settings = self.settings.get();
        self.settings.set(HttpWaiting {
            timeout,
            ..settings
        });
    }

    /// The answer to a request that there is no room for: this text. The log has a line a second at most about them, because
    /// there may be very many.
    pub(super) fn turn_away(&self, handle: &Handle, text: &str, why: impl Display) -> Reply {
        let count = self.turned_away.get() + 1;
        self.turned_away.set(count);
        // It fails at the dispatcher's end, and the request with it.
        if let Ok(now) = handle.now()
            && self.told.get().is_none_or(|told| now >= told + TOLD_EVERY)
        {
            self.told.set(Some(now));
            self.turned_away.set(0);
            let (name, why) = (&self.name, LogText(why));
            tracing::warn!(target: "http", "{name}: {count} requests answered with 503: {text} ({why})");
        }
        let retry_after = self.retry_after().to_string();
        Reply::text(503, text).field("Retry-After", retry_after)
    }

    /// After how many seconds a client that was turned away may try again.
    fn retry_after(&self) -> u64 {
        let timeout = self.settings.get().timeout;
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
        let (waiting, settings) = (self.waiting.get(), self.settings.get());
        if waiting >= settings.requests {
            return None;
        }
        self.waiting.set(waiting + 1);
        Some(Place {
            waiting: self.waiting.clone(),
            patience: Box::pin(handle.sleep(settings.timeout)),
        })
    }
}

fn waits(record: &CallRecord) -> bool {
    matches!(
        record.state(),
        CallState::Queued | CallState::WaitsForInstance
    )
}
