//! Waiting for a deadline.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use crate::Error;
use crate::core::Core;
use crate::executor::listener::Listener;
use crate::executor::wake::discard;
use crate::handle::Handle;
use crate::shared::Message;
use crate::sim::record::Waiter;
use crate::time::clock::Instant;
use crate::time::timer_heap::{DeadlineKind, TimerKey};

impl Handle {
    /// Completes `duration` from now, never early.
    ///
    /// # Errors
    /// The future gives `TooManyTimers`, `WrongThread` or `Closed`.
    pub fn sleep(&self, duration: Duration) -> Sleep {
        match self.now() {
            Ok(now) => self.sleep_until(now + duration),
            Err(error) => Sleep::refused(self.clone(), error),
        }
    }

    /// Completes at `deadline`, never early; at once if it is past.
    ///
    /// # Errors
    /// As [`Handle::sleep`].
    pub fn sleep_until(&self, deadline: Instant) -> Sleep {
        Sleep::new(self.clone(), DeadlineKind::Timer, deadline)
    }
}

/// A future that completes at its deadline, never early. Dropping it before that is cheap.
///
/// ```
/// use std::time::Duration;
/// use wippy_dispatcher::Dispatcher;
///
/// // In a simulation an hour passes at once.
/// let dispatcher = Dispatcher::simulated(1)?;
/// let handle = dispatcher.handle();
/// let sleep = handle.sleep(Duration::from_secs(3600));
/// let deadline = sleep.deadline();
/// dispatcher.block_on(sleep)??;
/// assert_eq!(handle.now()?, deadline);
/// # Ok::<(), wippy_dispatcher::Error>(())
/// ```
#[must_use = "a sleep does nothing until it is awaited"]
pub struct Sleep {
    handle: Handle,
    kind: DeadlineKind,
    deadline: Instant,
    /// Its timer, once it was pending.
    key: Option<TimerKey>,
    /// Why there was no clock to compute the deadline from.
    refused: Option<Error>,
}

impl Sleep {
    pub(crate) fn new(handle: Handle, kind: DeadlineKind, deadline: Instant) -> Sleep {
        Sleep {
            handle,
            kind,
            deadline,
            key: None,
            refused: None,
        }
    }

    /// A sleep that was made where there is no clock; it fails when it is awaited, on any thread.
    fn refused(handle: Handle, error: Error) -> Sleep {
        let mut sleep = Sleep::new(handle, DeadlineKind::Timer, Instant::NEVER);
        sleep.refused = Some(error);
        sleep
    }

    /// Polled with a timer, which may have fired.
    fn poll_again(&mut self, core: &Core, key: TimerKey, waker: &Waker) -> Poll<Result<(), Error>> {
        let host = self.handle.host().number;
        if core.driver.has_fired(key) || core.clock.now_on(host) >= self.deadline {
            self.key = None;
            core.disarm(key);
            let waiter = Waiter::Timer(key.sequence());
            core.driver.record_consumption(waiter);
            return Poll::Ready(Ok(()));
        }
        let mut waker = waker.clone();
        if core.driver.swap_waker(key, &mut waker) {
            discard(waker);
            return Poll::Pending;
        }
        // A simulated host's clock may be behind the event that was to be its deadline.
        let deadline = core.clock.time_of(host, self.deadline);
        self.arm(core, deadline, waker)
    }

    fn arm(&mut self, core: &Core, deadline: Instant, waker: Waker) -> Poll<Result<(), Error>> {
        match core.arm(self.kind, deadline, Listener::Waker(waker)) {
            Ok(key) => {
                self.key = Some(key);
                Poll::Pending
            }
            Err(error) => Poll::Ready(Err(error)),
        }
    }

    /// Its timer, while it waits.
    pub(crate) fn timer(&self) -> Option<TimerKey> {
        self.key
    }

    /// When it completes.
    pub fn deadline(&self) -> Instant {
        self.deadline
    }
}

impl fmt::Debug for Sleep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sleep")
            .field("deadline", &self.deadline)
            .finish_non_exhaustive()
    }
}

impl Future for Sleep {
    type Output = Result<(), Error>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        let this = &mut *self;
        if let Some(error) = this.refused.take() {
            return Poll::Ready(Err(error));
        }
        let core = match this.handle.core() {
            Ok(core) => core,
            Err(error) => return Poll::Ready(Err(error)),
        };
        if let Some(key) = this.key {
            return this.poll_again(&core, key, cx.waker());
        }
        let host = this.handle.host().number;
        if core.clock.now_on(host) >= this.deadline {
            return Poll::Ready(Ok(()));
        }
        let waker = cx.waker().clone();
        let deadline = core.clock.time_of(host, this.deadline);
        this.arm(&core, deadline, waker)
    }
}

impl Drop for Sleep {
    fn drop(&mut self) {
        if let Some(key) = self.key.take() {
            match self.handle.core() {
                Ok(core) => core.disarm(key),
                Err(_) => self.handle.send(Message::Disarm(key)),
            }
        }
    }
}
