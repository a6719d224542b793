//! One value from one task to another, over threads.

use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

/// The sender has gone without sending.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("nobody will send")]
pub(crate) struct SenderGone;

/// Sends the value.
#[derive(Debug)]
pub(crate) struct Sender<T>(Arc<Mutex<State<T>>>);

/// Waits for the value.
#[derive(Debug)]
pub(crate) struct Receiver<T>(Arc<Mutex<State<T>>>);

#[derive(Debug)]
struct State<T> {
    value: Option<T>,
    sender_gone: bool,
    receiver_gone: bool,
    /// Wakes who waits for the value.
    receiving: Option<Waker>,
    /// Wakes who waits for the receiver to go.
    sending: Option<Waker>,
}

/// Both ends.
pub(crate) fn oneshot<T>() -> (Sender<T>, Receiver<T>) {
    let state = Arc::new(Mutex::new(State {
        value: None,
        sender_gone: false,
        receiver_gone: false,
        receiving: None,
        sending: None,
    }));
    (Sender(state.clone()), Receiver(state))
}

impl<T> Sender<T> {
    /// Sends the value, which is dropped where the receiver has gone.
    pub(crate) fn send(self, value: T) {
        lock(&self.0).value = Some(value);
        // Dropping the sender wakes the receiver.
    }

    /// Waits until the receiver has gone.
    pub(crate) async fn closed(&self) {
        poll_fn(|cx| {
            let mut state = lock(&self.0);
            if state.receiver_gone {
                return Poll::Ready(());
            }
            state.sending = Some(cx.waker().clone());
            Poll::Pending
        })
        .await;
    }
}

impl<T> Future for Receiver<T> {
    type Output = Result<T, SenderGone>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<T, SenderGone>> {
        let mut state = lock(&self.0);
        if let Some(value) = state.value.take() {
            return Poll::Ready(Ok(value));
        }
        if state.sender_gone {
            return Poll::Ready(Err(SenderGone));
        }
        state.receiving = Some(cx.waker().clone());
        Poll::Pending
    }
}

impl<T> Drop for Sender<T> {
    fn drop(&mut self) {
        let mut state = lock(&self.0);
        state.sender_gone = true;
        let waker = state.receiving.take();
        drop(state);
        wake(waker);
    }
}

impl<T> Drop for Receiver<T> {
    fn drop(&mut self) {
        let mut state = lock(&self.0);
        state.receiver_gone = true;
        let waker = state.sending.take();
        drop(state);
        wake(waker);
    }
}

fn lock<T>(state: &Mutex<State<T>>) -> MutexGuard<'_, State<T>> {
    // Nothing but this file's own code runs under it.
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Wakes the other side. A panic of its waker is no matter of this one.
fn wake(waker: Option<Waker>) {
    if let Some(waker) = waker {
        let _ = catch_unwind(AssertUnwindSafe(|| waker.wake()));
    }
}

#[cfg(test)]
mod tests {
    use wippy_dispatcher::Dispatcher;

    use super::*;

    #[test]
    fn a_value_arrives_over_threads() {
        let dispatcher = Dispatcher::new().expect("a dispatcher");
        let (sender, receiver) = oneshot();
        let thread = std::thread::spawn(move || sender.send(7));
        assert_eq!(dispatcher.block_on(receiver).expect("no deadlock"), Ok(7));
        thread.join().expect("no panic");
    }

    #[test]
    fn either_side_notices_that_the_other_has_gone() {
        let dispatcher = Dispatcher::simulated(1).expect("a dispatcher");
        let (sender, receiver) = oneshot::<()>();
        let waiting = dispatcher.spawn(receiver).expect("a task");
        dispatcher
            .block_on(async {
                dispatcher.handle().yield_now().await.expect("yield");
                drop(sender);
                let received = waiting.await.expect("not cancelled");
                assert_eq!(received, Err(SenderGone));
                let (sender, receiver) = oneshot::<()>();
                let waiting = dispatcher.spawn(async move { sender.closed().await });
                let receiving = dispatcher.spawn(receiver).expect("a task");
                dispatcher.handle().yield_now().await.expect("yield");
                receiving.cancel().await;
                waiting.expect("a task").await.expect("not cancelled");
            })
            .expect("no deadlock");
    }
}
