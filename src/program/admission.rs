//! How many calls run at once: a semaphore over all threads whose bounded queue is served in order.

use std::collections::{BTreeMap, BTreeSet};
use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use wippy_dispatcher::{Handle, Instant};

use super::adaptive::Adaptive;
use crate::select::{Either, select};

/// Why a caller did not get a place.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AdmissionError {
    /// More callers wait than the bound permits.
    #[error("pool is full")]
    Full,
    /// The caller's dispatcher has no room for a timer, or has ended.
    #[error(transparent)]
    Dispatcher(#[from] wippy_dispatcher::Error),
}

/// Places for a bounded number of calls, given in the order of asking, whatever thread asks. Clones
/// are the same.
#[derive(Clone)]
pub(crate) struct Admission {
    shared: Arc<Shared>,
}

struct Shared {
    /// Whether the places follow the load.
    is_adaptive: bool,
    /// The most places that there may be.
    bound: u32,
    max_waiting: usize,
    state: Mutex<State>,
}

struct State {
    /// The places that there are.
    places: u32,
    /// Those that nobody has.
    free: u32,
    /// How `places` follows the load, where it does.
    adaptive: Option<Adaptive>,
    /// By number, which is the order of asking.
    waiting: BTreeMap<u64, Waiter>,
    /// Who has left the queue with a place, and has not seen it yet.
    served: BTreeSet<u64>,
    /// The number of the next caller.
    next: u64,
}

/// A caller in the queue.
struct Waiter {
    waker: Option<Waker>,
    /// Since when it waits, where the places follow the load.
    since: Instant,
}

/// How many callers have a place and how many wait for one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct AdmissionCounts {
    /// The places that there are now.
    pub(crate) places: u32,
    /// Those that callers have.
    pub(crate) used: u32,
    /// The callers that wait.
    pub(crate) waiting: usize,
}

/// A place of one call; given on when dropped.
pub(crate) struct AdmissionPermit {
    shared: Arc<Shared>,
    /// The clock, where the places follow the load.
    clock: Option<Handle>,
}

impl Admission {
    /// A number of places (at least one), and a queue for `waiting` more callers.
    pub(crate) fn new(places: u32, waiting: u32) -> Admission {
        Admission::with(places, places, waiting, None)
    }

    /// Between one place and `max`, following the load, and a queue for `waiting` callers.
    pub(crate) fn adaptive(max: u32, waiting: u32) -> Admission {
        Admission::with(1, max, waiting, Some(Adaptive::new(max)))
    }

    fn with(places: u32, bound: u32, waiting: u32, adaptive: Option<Adaptive>) -> Admission {
        let places = places.max(1);
        Admission {
            shared: Arc::new(Shared {
                is_adaptive: adaptive.is_some(),
                bound: bound.max(1),
                max_waiting: waiting as usize,
                state: Mutex::new(State {
                    places,
                    free: places,
                    adaptive,
                    waiting: BTreeMap::new(),
                    served: BTreeSet::new(),
                    next: 0,
                }),
            }),
        }
    }

    /// Waits for a place. A caller that goes away leaves the queue.
    ///
    /// # Errors
    /// `Full` when the queue is; `Dispatcher`.
    pub(crate) async fn enter(&self, handle: &Handle) -> Result<AdmissionPermit, AdmissionError> {
        let Some(queued) = self.enter_or_queue(handle)? else {
            return Ok(self.permit(handle));
        };
        if self.is_adaptive() {
            let growing = queued.grow_places(handle);
            // Whoever waits in front may make it grow for all behind.
            if let Either::Right(Err(error)) = select(queued.served(), Box::pin(growing)).await {
                return Err(error.into());
            }
        } else {
            queued.served().await;
        }
        Ok(queued.into_permit(handle))
    }

    /// A place, if one is free and nobody waits. Where the places follow the load, whoever enters has
    /// to wait for them.
    pub(crate) fn try_enter(&self, handle: &Handle) -> Option<AdmissionPermit> {
        if self.is_adaptive() {
            return None;
        }
        let taken = self.shared.lock().take();
        taken.then(|| self.permit(handle))
    }

    /// The most places that there may be.
    pub(crate) fn bound(&self) -> u32 {
        self.shared.bound
    }

    /// How many there are and wait.
    pub(crate) fn counts(&self) -> AdmissionCounts {
        let state = self.shared.lock();
        AdmissionCounts {
            places: state.places,
            used: state.places - state.free,
            waiting: state.waiting.len(),
        }
    }

    /// Takes a place, or a number in the queue.
    fn enter_or_queue(&self, handle: &Handle) -> Result<Option<QueuedCaller>, AdmissionError> {
        let mut state = self.shared.lock();
        let mut since = Instant::from_nanos(0);
        if state.adaptive.is_some() {
            since = handle.now()?;
            state.shrink(since);
        }
        if state.take() {
            return Ok(None);
        }
        if state.waiting.len() >= self.shared.max_waiting {
            return Err(AdmissionError::Full);
        }
        let number = state.next;
        state.next += 1;
        state.waiting.insert(number, Waiter { waker: None, since });
        Ok(Some(QueuedCaller {
            admission: self.clone(),
            number,
        }))
    }

    fn permit(&self, handle: &Handle) -> AdmissionPermit {
        AdmissionPermit {
            shared: self.shared.clone(),
            clock: self.is_adaptive().then(|| handle.clone()),
        }
    }

    fn is_adaptive(&self) -> bool {
        self.shared.is_adaptive
    }
}

/// A caller in the queue, or one whose place it has not seen yet.
struct QueuedCaller {
    admission: Admission,
    number: u64,
}

impl QueuedCaller {
    /// Waits until it has a place.
    async fn served(&self) {
        let shared = &self.admission.shared;
        poll_fn(|cx| {
            let mut state = shared.lock();
            if state.served.contains(&self.number) {
                return Poll::Ready(());
            }
            state.wake_later(self.number, cx);
            Poll::Pending
        })
        .await;
    }

    /// While it is the oldest caller: makes one place more when it is time. It ends at the bound, or
    /// when the caller is served.
    async fn grow_places(&self, handle: &Handle) -> Result<(), wippy_dispatcher::Error> {
        let shared = &self.admission.shared;
        loop {
            let grows_at = poll_fn(|cx| {
                let mut state = shared.lock();
                if state.waiting.keys().next() == Some(&self.number) {
                    return Poll::Ready(state.grows_at());
                }
                state.wake_later(self.number, cx);
                Poll::Pending
            });
            let Some(grows_at) = grows_at.await else {
                return std::future::pending().await;
            };
            handle.sleep_until(grows_at).await?;
            let served = shared.lock().grow(handle.now()?);
            wake(served);
        }
    }

    /// Its place.
    fn into_permit(self, handle: &Handle) -> AdmissionPermit {
        self.admission.shared.lock().served.remove(&self.number);
        self.admission.permit(handle)
    }
}

impl Drop for QueuedCaller {
    fn drop(&mut self) {
        let shared = &self.admission.shared;
        let mut state = shared.lock();
        let woken = match state.served.remove(&self.number) {
            true => state.give(None),
            false => {
                let was_first = state.waiting.keys().next() == Some(&self.number);
                // Not there either: it has become a permit.
                match state.waiting.remove(&self.number) {
                    Some(_) if was_first => [state.first_waker(), None],
                    _ => [None, None],
                }
            }
        };
        drop(state);
        wake(woken);
    }
}

impl Drop for AdmissionPermit {
    fn drop(&mut self) {
        // It fails where the dispatcher has ended, with which all its calls have.
        let now = self.clock.as_ref().and_then(|handle| handle.now().ok());
        let woken = self.shared.lock().give(now);
        wake(woken);
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing but this file's own code runs under it.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Takes a place, if one is free and nobody waits.
    fn take(&mut self) -> bool {
        if !self.waiting.is_empty() {
            return false;
        }
        let Some(left) = self.free.checked_sub(1) else {
            return false;
        };
        self.free = left;
        if left == 0
            && let Some(adaptive) = &mut self.adaptive
        {
            adaptive.set_busy();
        }
        true
    }

    /// Gives a place to the first in the queue, or back. Whom to wake.
    fn give(&mut self, now: Option<Instant>) -> [Option<Waker>; 2] {
        if let Some((number, waiter)) = self.waiting.pop_first() {
            self.served.insert(number);
            return [waiter.waker, self.first_waker()];
        }
        self.free += 1;
        if let (Some(adaptive), Some(now)) = (&mut self.adaptive, now) {
            adaptive.set_idle(now);
        }
        [None, None]
    }

    fn wake_later(&mut self, number: u64, cx: &Context<'_>) {
        if let Some(waiter) = self.waiting.get_mut(&number) {
            waiter.waker = Some(cx.waker().clone());
        }
    }

    /// The waker of the oldest caller, which may have to see to it that there are more places.
    fn first_waker(&self) -> Option<Waker> {
        self.adaptive.as_ref()?;
        self.waiting.first_key_value()?.1.waker.clone()
    }

    /// When there is one place more, if the oldest caller still waits then.
    fn grows_at(&self) -> Option<Instant> {
        let (_, oldest) = self.waiting.first_key_value()?;
        self.adaptive.as_ref()?.grows_at(self.places, oldest.since)
    }

    /// Makes one place more if it is time, and gives it to the oldest caller. Whom to wake.
    fn grow(&mut self, now: Instant) -> [Option<Waker>; 2] {
        if self.grows_at().is_none_or(|time| now < time) {
            return [None, None];
        }
        self.places += 1;
        if let Some(adaptive) = &mut self.adaptive {
            adaptive.grew(now);
        }
        self.give(None)
    }

    /// Takes idle places away.
    fn shrink(&mut self, now: Instant) {
        if let Some(adaptive) = &mut self.adaptive {
            let fewer = adaptive.shrinks_by(self.places, self.free, now);
            self.places -= fewer;
            self.free -= fewer;
        }
    }
}

/// Wakes whom there is to wake. A panic of a waker is no matter of whoever gives the place.
fn wake(wakers: [Option<Waker>; 2]) {
    for waker in wakers.into_iter().flatten() {
        let _ = catch_unwind(AssertUnwindSafe(|| waker.wake()));
    }
}

#[cfg(test)]
mod tests {
    use std::cell::{Cell, RefCell};
    use std::future::Future;
    use std::rc::Rc;
    use std::time::Duration;

    use wippy_dispatcher::Dispatcher;

    use super::*;

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
                        let permit = admission.enter(&handle).await.expect("room in the queue");
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
        assert_eq!(admission.shared.lock().free, 2);
    }

    /// Leaving takes as long whoever else waits: they are looked up, and the others not looked at.
    #[test]
    fn who_leaves_from_anywhere_leaves_the_others_in_order() {
        let dispatcher = Dispatcher::simulated(3).expect("dispatcher");
        let admission = Admission::new(1, 100_000);
        let mut context = Context::from_waker(Waker::noop());
        let mut enter = || {
            let (admission, handle) = (admission.clone(), dispatcher.handle());
            let mut entering =
                Box::pin(async move { admission.enter(&handle).await.expect("room") });
            assert!(entering.as_mut().poll(&mut context).is_pending());
            entering
        };
        let first = dispatcher
            .block_on(admission.enter(&dispatcher.handle()))
            .expect("no deadlock");
        let mut callers: BTreeMap<usize, _> = (0..100_000).map(|n| (n, enter())).collect();
        // Every caller but each ten-thousandth, from both ends and the middle.
        for number in (0..50_000).flat_map(|n| [n, 99_999 - n]) {
            if number % 10_000 != 0 {
                callers.remove(&number);
            }
        }
        assert_eq!(admission.counts().waiting, 10);
        drop(first);
        for (_, caller) in callers {
            drop(dispatcher.block_on(caller).expect("its turn"));
        }
        assert_eq!(admission.shared.lock().free, 1);
    }

    #[test]
    fn the_queue_is_bounded_and_left_by_those_who_go_away() {
        let dispatcher = Dispatcher::simulated(3).expect("dispatcher");
        let admission = Admission::new(1, 1);
        dispatcher
            .block_on(async {
                let handle = dispatcher.handle();
                let first = admission.enter(&handle).await.expect("free");
                let (waiting, there) = (admission.clone(), handle.clone());
                let second = dispatcher.spawn(async move { waiting.enter(&there).await.map(drop) });
                let second = second.expect("a task");
                dispatcher.handle().yield_now().await.expect("yield");
                let refused = admission.enter(&handle).await.map(drop);
                assert!(matches!(refused, Err(AdmissionError::Full)));
                second.cancel().await;
                assert_eq!(admission.counts().waiting, 0);
                let (waiting, there) = (admission.clone(), handle.clone());
                let third = dispatcher.spawn(async move { waiting.enter(&there).await.map(drop) });
                dispatcher.handle().yield_now().await.expect("yield");
                drop(first);
                third
                    .expect("a task")
                    .await
                    .expect("not cancelled")
                    .expect("room");
            })
            .expect("no deadlock");
        assert_eq!(admission.shared.lock().free, 1);
    }

    /// When each of so many callers who all come at once, and keep their places, gets one.
    fn arrivals(admission: &Admission, callers: usize) -> Vec<u128> {
        let dispatcher = Dispatcher::simulated(3).expect("dispatcher");
        let handle = dispatcher.handle();
        let arrive = |_| {
            let (admission, handle) = (admission.clone(), handle.clone());
            let task = dispatcher.spawn(async move {
                let permit = admission.enter(&handle).await.expect("room");
                (permit, handle.now().expect("a clock"))
            });
            task.expect("a task")
        };
        let begun = handle.now().expect("a clock");
        let tasks: Vec<_> = (0..callers).map(arrive).collect();
        let mut times = Vec::new();
        let mut permits = Vec::new();
        dispatcher
            .block_on(async {
                for task in tasks {
                    let (permit, time) = task.await.expect("not cancelled");
                    permits.push(permit);
                    times.push((time - begun).as_millis());
                }
            })
            .expect("no deadlock");
        times
    }

    #[test]
    fn a_pool_that_follows_the_load_has_one_place_more_each_ten_milliseconds() {
        let admission = Admission::adaptive(4, 100);
        let mut times = arrivals(&admission, 4);
        times.sort_unstable();
        assert_eq!(times, [0, 10, 20, 30]);
        let counts = admission.counts();
        assert_eq!((counts.places, counts.used, counts.waiting), (4, 0, 0));
    }

    /// The oldest caller goes away: the next one sees to it that there is one place more.
    #[test]
    fn places_grow_for_whoever_is_the_oldest() {
        let dispatcher = Dispatcher::simulated(3).expect("dispatcher");
        let handle = dispatcher.handle();
        let admission = Admission::adaptive(2, 100);
        let enter = || {
            let (admission, handle) = (admission.clone(), handle.clone());
            dispatcher
                .spawn(async move { admission.enter(&handle).await.expect("room") })
                .expect("a task")
        };
        dispatcher
            .block_on(async {
                let first = admission.enter(&handle).await.expect("free");
                let oldest = enter();
                handle.sleep(Duration::from_millis(4)).await.expect("sleep");
                let next = enter();
                handle.sleep(Duration::from_millis(4)).await.expect("sleep");
                oldest.cancel().await;
                let begun = handle.now().expect("a clock");
                drop(next.await.expect("not cancelled"));
                let waited = handle.now().expect("a clock") - begun;
                assert_eq!(waited, Duration::from_millis(6));
                // Half a minute later there is one place less.
                handle.sleep(Duration::from_secs(31)).await.expect("sleep");
                let mut waiting = enter();
                handle.yield_now().await.expect("yield");
                assert!(!waiting.is_finished());
                drop(first);
                drop((&mut waiting).await);
            })
            .expect("no deadlock");
    }
}
