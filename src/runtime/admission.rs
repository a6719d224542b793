//! How many calls run at once: a semaphore whose bounded queue is served in order.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::task::{Poll, Waker};

/// More callers wait than the bound permits.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("pool is full")]
pub struct QueueFull;

/// Room for a bounded number of calls, given in the order of asking.
#[derive(Clone)]
pub struct Admission {
    inner: Rc<Inner>,
}

struct Inner {
    free: Cell<u32>,
    max_waiting: usize,
    /// By number, which is the order of asking.
    waiting: RefCell<BTreeMap<u64, Rc<Waiter>>>,
    next: Cell<u64>,
}

/// A caller in the queue.
struct Waiter {
    waker: RefCell<Option<Waker>>,
    served: Cell<bool>,
}

/// The right to run one call; given on when dropped.
pub struct AdmissionPermit {
    inner: Rc<Inner>,
}

impl Admission {
    /// Room for `concurrent` calls (at least one), and a queue for `waiting` more.
    pub fn new(concurrent: u32, waiting: u32) -> Admission {
        Admission {
            inner: Rc::new(Inner {
                free: Cell::new(concurrent.max(1)),
                max_waiting: waiting as usize,
                waiting: RefCell::new(BTreeMap::new()),
                next: Cell::new(0),
            }),
        }
    }

    /// Waits for room. A caller that goes away leaves the queue.
    ///
    /// # Errors
    /// When the queue is full.
    pub async fn enter(&self) -> Result<AdmissionPermit, QueueFull> {
        let inner = &self.inner;
        if inner.waiting.borrow().is_empty()
            && let Some(left) = inner.free.get().checked_sub(1)
        {
            inner.free.set(left);
            return Ok(AdmissionPermit {
                inner: inner.clone(),
            });
        }
        if inner.waiting.borrow().len() >= inner.max_waiting {
            return Err(QueueFull);
        }
        let waiter = Rc::new(Waiter {
            waker: RefCell::new(None),
            served: Cell::new(false),
        });
        let number = inner.next.get();
        inner.next.set(number + 1);
        inner.waiting.borrow_mut().insert(number, waiter.clone());
        let queued = QueuedCaller {
            inner: inner.clone(),
            number,
            waiter,
        };
        poll_fn(|cx| {
            if queued.waiter.served.get() {
                return Poll::Ready(());
            }
            queued.waiter.waker.replace(Some(cx.waker().clone()));
            Poll::Pending
        })
        .await;
        Ok(queued.into_permit())
    }
}

/// A queued in the queue, or a permit that its owner has not seen yet.
struct QueuedCaller {
    inner: Rc<Inner>,
    number: u64,
    waiter: Rc<Waiter>,
}

impl QueuedCaller {
    fn into_permit(self) -> AdmissionPermit {
        self.waiter.served.set(false);
        AdmissionPermit {
            inner: self.inner.clone(),
        }
    }
}

impl Drop for QueuedCaller {
    fn drop(&mut self) {
        if self.waiter.served.get() {
            self.inner.give();
        } else {
            self.inner.waiting.borrow_mut().remove(&self.number);
        }
    }
}

impl Inner {
    /// Gives a permit to the first in the queue, or back.
    fn give(&self) {
        let next = self.waiting.borrow_mut().pop_first();
        match next {
            Some((_, waiter)) => {
                waiter.served.set(true);
                if let Some(waker) = waiter.waker.take() {
                    // A panic of a waker is no matter of whoever gives the permit.
                    let _ = catch_unwind(AssertUnwindSafe(|| waker.wake()));
                }
            }
            None => self.free.set(self.free.get() + 1),
        }
    }
}

impl Drop for AdmissionPermit {
    fn drop(&mut self) {
        self.inner.give();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::future::Future;
    use std::task::Context;
    use std::time::Duration;
    use wippy_dispatcher::Dispatcher;

    #[test]
    fn callers_enter_in_order_and_never_too_many() {
        let dispatcher = Dispatcher::simulated(3).expect("dispatcher");
        let handle = dispatcher.handle();
        let admission = Admission::new(2, 100);
        let (running, most) = (Rc::new(Cell::new(0)), Rc::new(Cell::new(0)));
        let order = Rc::new(RefCell::new(Vec::new()));
        dispatcher
            .block_on(async {
                let mut tasks = Vec::new();
                for number in 0..10 {
                    let (admission, handle) = (admission.clone(), handle.clone());
                    let (running, most, order) = (running.clone(), most.clone(), order.clone());
                    // One caller a microsecond, so that the order of asking is known.
                    handle.sleep(Duration::from_micros(1)).await.expect("sleep");
                    let task = dispatcher.spawn(async move {
                        let permit = admission.enter().await.expect("room in the queue");
                        order.borrow_mut().push(number);
                        running.set(running.get() + 1);
                        most.set(most.get().max(running.get()));
                        handle.sleep(Duration::from_millis(1)).await.expect("sleep");
                        running.set(running.get() - 1);
                        drop(permit);
                    });
                    tasks.push(task.expect("a task"));
                }
                for task in tasks {
                    task.await.expect("not cancelled");
                }
            })
            .expect("no deadlock");
        assert_eq!(most.get(), 2);
        assert_eq!(*order.borrow(), (0..10).collect::<Vec<_>>());
        assert_eq!(admission.inner.free.get(), 2);
    }

    /// Leaving takes as long whoever else waits: they are looked up, and the others not looked at.
    #[test]
    fn who_leaves_from_anywhere_leaves_the_others_in_order() {
        let dispatcher = Dispatcher::simulated(3).expect("dispatcher");
        let admission = Admission::new(1, 100_000);
        let mut context = Context::from_waker(Waker::noop());
        let mut enter = || {
            let admission = admission.clone();
            let mut entering = Box::pin(async move { admission.enter().await.expect("room") });
            assert!(entering.as_mut().poll(&mut context).is_pending());
            entering
        };
        let first = dispatcher.block_on(admission.enter()).expect("no deadlock");
        let mut callers: BTreeMap<usize, _> = (0..100_000).map(|n| (n, enter())).collect();
        // Every caller but each ten-thousandth, from both ends and the middle.
        for number in (0..50_000).flat_map(|n| [n, 99_999 - n]) {
            if number % 10_000 != 0 {
                callers.remove(&number);
            }
        }
        assert_eq!(admission.inner.waiting.borrow().len(), 10);
        drop(first);
        for (_, caller) in callers {
            drop(dispatcher.block_on(caller).expect("its turn"));
        }
        assert_eq!(admission.inner.free.get(), 1);
    }

    #[test]
    fn the_queue_is_bounded_and_left_by_those_who_go_away() {
        let dispatcher = Dispatcher::simulated(3).expect("dispatcher");
        let admission = Admission::new(1, 1);
        dispatcher
            .block_on(async {
                let first = admission.enter().await.expect("free");
                let waiting = admission.clone();
                let second = dispatcher.spawn(async move { waiting.enter().await.map(drop) });
                let second = second.expect("a task");
                dispatcher.handle().yield_now().await.expect("yield");
                assert_eq!(admission.enter().await.map(drop), Err(QueueFull));
                second.cancel().await;
                assert!(admission.inner.waiting.borrow().is_empty());
                let waiting = admission.clone();
                let third = dispatcher.spawn(async move { waiting.enter().await.map(drop) });
                dispatcher.handle().yield_now().await.expect("yield");
                drop(first);
                third
                    .expect("a task")
                    .await
                    .expect("not cancelled")
                    .expect("room");
            })
            .expect("no deadlock");
        assert_eq!(admission.inner.free.get(), 1);
    }
}
