//! Waiting for a deadline.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use crate::Error;
use crate::executor::listener::Listener;
use crate::executor::wake::discard;
use crate::handle::Handle;
use crate::shared::Message;
use crate::time::clock::Instant;
use crate::time::timers::TimerKey;

/// A future that completes at its deadline: never early, and cheap to drop before.
#[must_use = "a sleep does nothing until it is awaited"]
pub struct Sleep {
    handle: Handle,
    deadline: Instant,
    key: Option<TimerKey>,
    /// Why there was no clock to reckon the deadline from.
    refused: Option<Error>,
}

impl Sleep {
    pub(crate) fn new(handle: Handle, deadline: Instant) -> Sleep {
        Sleep {
            handle,
            deadline,
            key: None,
            refused: None,
        }
    }

    /// A sleep that was made where there is no clock; it fails when it is awaited, anywhere.
    pub(crate) fn refused(handle: Handle, error: Error) -> Sleep {
        Sleep {
            handle,
            deadline: Instant::NEVER,
            key: None,
            refused: Some(error),
        }
    }

    /// When it completes.
    pub fn deadline(&self) -> Instant {
        self.deadline
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
        if core.clock.now() >= this.deadline {
            if let Some(key) = this.key.take() {
                core.disarm(key);
            }
            return Poll::Ready(Ok(()));
        }
        let mut waker = cx.waker().clone();
        let kept = match this.key {
            Some(key) => core.timers.borrow_mut().relisten(key, &mut waker),
            None => false,
        };
        if kept {
            discard(waker);
            return Poll::Pending;
        }
        match core.arm(this.deadline, Listener::Waker(waker)) {
            Ok(key) => {
                this.key = Some(key);
                Poll::Pending
            }
            Err(error) => Poll::Ready(Err(error)),
        }
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
