//! Waiting for one direction of a source or event.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use crate::Error;
use crate::executor::listener::Listener;
use crate::executor::wake::discard;
use crate::io::readiness::Interest;
use crate::io::ready_slot::ReadySlot;
use crate::shared::Message;
use crate::sim::record::Waiter;

/// Completes when a direction of a slot is marked ready. Dropped before, it removes its listener.
pub(crate) struct ReadyFuture<'a> {
    slot: &'a ReadySlot,
    interest: Interest,
    /// The number of its listener, once it was pending.
    listener: Option<u64>,
}

impl<'a> ReadyFuture<'a> {
    pub(crate) fn new(slot: &'a ReadySlot, interest: Interest) -> ReadyFuture<'a> {
        ReadyFuture {
            slot,
            interest,
            listener: None,
        }
    }
}

impl Future for ReadyFuture<'_> {
    type Output = Result<(), Error>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        let core = match self.slot.handle().core() {
            Ok(core) => core,
            Err(error) => return Poll::Ready(Err(error)),
        };
        let (key, interest) = (self.slot.key(), self.interest);
        core.driver.registered(cx.waker());
        // Cloned before the borrow and dropped after it: either may run foreign code.
        let mut waker = cx.waker().clone();
        let mut ready = core.ready.borrow_mut();
        if ready.is_ready(key, interest) {
            drop(ready);
            discard(waker);
            if let Some(number) = self.listener {
                core.driver.record_consumption(Waiter::Listener(number));
            }
            return Poll::Ready(Ok(()));
        }
        if let Some(number) = self.listener
            && ready.swap_waker(key, interest, number, &mut waker)
        {
            drop(ready);
            discard(waker);
            return Poll::Pending;
        }
        match ready.listen(key, interest, Listener::Waker(waker)) {
            Ok(number) => {
                self.listener = Some(number);
                Poll::Pending
            }
            Err(listener) => {
                self.listener = None;
                drop(ready);
                discard(listener);
                Poll::Ready(Err(Error::Closed))
            }
        }
    }
}

impl Drop for ReadyFuture<'_> {
    fn drop(&mut self) {
        let Some(number) = self.listener else {
            return;
        };
        let (handle, key) = (self.slot.handle(), self.slot.key());
        match handle.core() {
            Ok(core) => core.unlisten(key, self.interest, number),
            Err(_) => handle.send(Message::Unlisten(key, self.interest, number)),
        }
    }
}
