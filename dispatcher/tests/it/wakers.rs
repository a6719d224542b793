//! Foreign wakers that panic, when they wake or when they are dropped: the other waiters are woken
//! all the same, and the dispatcher goes on.

use std::future::Future;
use std::io::Write;
use std::os::unix::net::UnixStream;
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use wippy_dispatcher::{Dispatcher, Event, Interest, Source, WaitSet};

/// Panics when it wakes.
struct Bomb;

impl Wake for Bomb {
    fn wake(self: Arc<Self>) {
        panic!("a waker panics on purpose");
    }
}

/// Panics when it is dropped for the last time.
struct Mine;

impl Wake for Mine {
    fn wake(self: Arc<Self>) {}
}

impl Drop for Mine {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            panic!("a waker panics on purpose when dropped");
        }
    }
}

#[derive(Default)]
struct Count(AtomicUsize);

impl Wake for Count {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

/// A counter and its waker.
fn count() -> (Arc<Count>, Waker) {
    let count = Arc::new(Count::default());
    (count.clone(), count.into())
}

fn woken(count: &Count) -> usize {
    count.0.load(Ordering::SeqCst)
}

fn poll<F: Future>(future: Pin<&mut F>, waker: &Waker) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(waker))
}

fn turn(dispatcher: &Dispatcher) {
    let moment = Some(Duration::from_millis(20));
    dispatcher.turn(moment).expect("a turn");
}

/// The dispatcher still does all that it did.
fn goes_on(dispatcher: &Dispatcher) {
    let handle = dispatcher.handle();
    let (mut ours, theirs) = UnixStream::pair().expect("a pair");
    theirs.set_nonblocking(true).expect("a flag");
    let source = Source::new(&handle, theirs).expect("a source");
    ours.write_all(b"x").expect("room");
    dispatcher
        .block_on(async {
            source.ready(Interest::Readable).await?;
            handle.sleep(Duration::from_millis(1)).await?;
            handle.unblock(|| ()).await
        })
        .expect("block_on")
        .expect("nothing is broken");
}

#[test]
fn those_behind_a_panicking_waker_are_woken_by_timers() {
    for dispatcher in [Dispatcher::new(), Dispatcher::simulated(1)] {
        let dispatcher = dispatcher.expect("dispatcher");
        let handle = dispatcher.handle();
        let deadline = handle.now().expect("now") + Duration::from_millis(1);
        let mut bomb = pin!(handle.sleep_until(deadline));
        let mut after = pin!(handle.sleep_until(deadline));
        let (counted, waker) = count();
        assert!(poll(bomb.as_mut(), &Arc::new(Bomb).into()).is_pending());
        assert!(poll(after.as_mut(), &waker).is_pending());
        turn(&dispatcher);
        turn(&dispatcher);
        assert_eq!(woken(&counted), 1);
    }
}

#[test]
fn those_behind_a_panicking_waker_are_woken_by_an_event() {
    let dispatcher = Dispatcher::new().expect("dispatcher");
    let event = Event::new(&dispatcher.handle()).expect("an event");
    let (mut bomb, mut after) = (pin!(event.wait()), pin!(event.wait()));
    let (counted, waker) = count();
    assert!(poll(bomb.as_mut(), &Arc::new(Bomb).into()).is_pending());
    assert!(poll(after.as_mut(), &waker).is_pending());
    event.set();
    assert_eq!(woken(&counted), 1);
    goes_on(&dispatcher);
}

#[test]
fn a_panicking_waker_leaves_the_reactor_its_events() {
    let dispatcher = Dispatcher::new().expect("dispatcher");
    let handle = dispatcher.handle();
    let mut pairs = Vec::new();
    for _ in 0..2 {
        let (ours, theirs) = UnixStream::pair().expect("a pair");
        let interest = Interest::Readable;
        let source = Source::with_interest(&handle, theirs, interest).expect("a source");
        pairs.push((ours, source));
    }
    let wakers = [count(), count()];
    let mut waits = Vec::new();
    for ((_, source), (_, waker)) in pairs.iter().zip(&wakers) {
        // On either, so that one of them is first whatever the order of the events.
        let mut bomb = Box::pin(source.ready(Interest::Readable));
        let mut after = Box::pin(source.ready(Interest::Readable));
        assert!(poll(bomb.as_mut(), &Arc::new(Bomb).into()).is_pending());
        assert!(poll(after.as_mut(), waker).is_pending());
        waits.extend([bomb, after]);
    }
    for (mut ours, _) in pairs.iter().map(|(ours, source)| (ours, source)) {
        ours.write_all(b"x").expect("room");
    }
    turn(&dispatcher);
    for (counted, _) in &wakers {
        assert_eq!(woken(counted), 1);
    }
    goes_on(&dispatcher);
}

#[test]
fn those_who_gave_way_behind_a_panicking_waker_go_on() {
    let dispatcher = Dispatcher::new().expect("dispatcher");
    let handle = dispatcher.handle();
    let (mut bomb, mut after) = (pin!(handle.yield_now()), pin!(handle.yield_now()));
    let (counted, waker) = count();
    assert!(poll(bomb.as_mut(), &Arc::new(Bomb).into()).is_pending());
    assert!(poll(after.as_mut(), &waker).is_pending());
    turn(&dispatcher);
    assert_eq!(woken(&counted), 1);
}

/// The thread that ends a job wakes whoever waits for the lane: their panic is none of the job's.
#[test]
fn a_panicking_waker_in_a_lane_takes_nothing_from_the_job_before() {
    let dispatcher = Dispatcher::new().expect("dispatcher");
    let lane = dispatcher.handle().lane(1, 8);
    let (release, wait) = mpsc::channel::<()>();
    let first = lane.unblock(move || wait.recv().is_err());
    let mut second = lane.unblock(|| 2);
    assert!(poll(Pin::new(&mut second), &Arc::new(Bomb).into()).is_pending());
    drop(release);
    let first = dispatcher.block_on(first).expect("block_on");
    assert!(matches!(first, Ok(true)), "{first:?}");
    let second = dispatcher.block_on(second).expect("block_on");
    assert!(matches!(second, Ok(2)), "{second:?}");
    goes_on(&dispatcher);
}

#[test]
fn a_waker_that_panics_when_dropped_leaves_no_member_behind() {
    let dispatcher = Dispatcher::new().expect("dispatcher");
    let handle = dispatcher.handle();
    let event = Event::new(&handle).expect("an event");
    let mut set = WaitSet::new(&handle).expect("a set");
    set.add_event(&event, 1).expect("room");
    {
        let mut wait = pin!(set.wait());
        assert!(poll(wait.as_mut(), &Arc::new(Mine).into()).is_pending());
    }
    drop(set);
    // It takes the place of the first.
    let mut next = WaitSet::new(&handle).expect("a set");
    event.set();
    let mut fired = Vec::new();
    next.take_fired(&mut fired).expect("the thread");
    assert_eq!(fired, []);
    let mut sleep = Box::pin(handle.sleep(Duration::from_secs(3600)));
    assert!(poll(sleep.as_mut(), &Arc::new(Mine).into()).is_pending());
    drop(sleep);
    assert_eq!(dispatcher.next_deadline(), None);
    goes_on(&dispatcher);
}
