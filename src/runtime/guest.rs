//! A guest's future on its dispatcher: watched, preempted, and dropped at its deadline.

use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use wippy_dispatcher::{Error, Handle};

use crate::activity::CallRecord;
use crate::preemption::GuestWatch;

/// Polls a guest and says so to the ticker meanwhile, and to `timed` how long that took.
pub(super) async fn watched<F: Future>(
    guest: F,
    watch: &GuestWatch,
    handle: &Handle,
    timed: Option<&CallRecord>,
) -> F::Output {
    let mut guest = pin!(guest);
    poll_fn(|cx| {
        let _inside = watch.enter();
        let Some(record) = timed else {
            return guest.as_mut().poll(cx);
        };
        let begun = handle.now();
        let polled = guest.as_mut().poll(cx);
        // It fails at the dispatcher's end, with which the call ends.
        if let (Ok(begun), Ok(now)) = (begun, handle.now()) {
            record.add_processor_time(now - begun);
        }
        polled
    })
    .await
}

/// Polls a guest whose engine interrupts it when a slice of fuel is burnt. The engine's own yield
/// wakes itself at once, so that virtual time would never move: here a slice takes `cost` of it,
/// which `timed` is told.
///
/// # Errors
/// `WrongThread` and `Closed` of the dispatcher.
pub(super) async fn paced<F: Future>(
    guest: F,
    handle: &Handle,
    cost: Duration,
    timed: Option<&CallRecord>,
) -> Result<F::Output, Error> {
    let mut guest = pin!(guest);
    let own = Arc::new(SliceWaker::default());
    let waker = Waker::from(own.clone());
    loop {
        let next = poll_fn(|cx| poll_slice(guest.as_mut(), &own, &waker, cx)).await;
        match next {
            Slice::Ended(output) => return Ok(output),
            Slice::Burnt => {
                handle.sleep(cost).await?;
                if let Some(record) = timed {
                    record.add_processor_time(cost);
                }
            }
        }
    }
}

/// Why a guest that was polled does not wait.
enum Slice<T> {
    Ended(T),
    /// The engine has interrupted it.
    Burnt,
}

fn poll_slice<F: Future>(
    guest: Pin<&mut F>,
    own: &SliceWaker,
    waker: &Waker,
    cx: &mut Context<'_>,
) -> Poll<Slice<F::Output>> {
    own.begin(cx.waker());
    let polled = guest.poll(&mut Context::from_waker(waker));
    let woke_itself = own.end();
    match polled {
        Poll::Ready(output) => Poll::Ready(Slice::Ended(output)),
        Poll::Pending if woke_itself => Poll::Ready(Slice::Burnt),
        Poll::Pending => Poll::Pending,
    }
}

/// Passes wakes on, except for the engine's own: its yield is what wakes by reference while it is
/// polled. Everything that a guest waits for in the dispatcher wakes by value.
#[derive(Default)]
struct SliceWaker {
    task: Mutex<Option<Waker>>,
    is_polled: AtomicBool,
    woke_itself: AtomicBool,
}

impl SliceWaker {
    fn begin(&self, task: &Waker) {
        *self.task.lock().unwrap_or_else(PoisonError::into_inner) = Some(task.clone());
        self.is_polled.store(true, Ordering::SeqCst);
    }

    /// Whether the engine has yielded.
    fn end(&self) -> bool {
        self.is_polled.store(false, Ordering::SeqCst);
        self.woke_itself.swap(false, Ordering::SeqCst)
    }
}

impl Wake for SliceWaker {
    fn wake(self: Arc<Self>) {
        let task = self
            .task
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        if let Some(task) = task {
            task.wake();
        }
    }

    fn wake_by_ref(self: &Arc<Self>) {
        match self.is_polled.load(Ordering::SeqCst) {
            true => self.woke_itself.store(true, Ordering::SeqCst),
            false => self.clone().wake(),
        }
    }
}
