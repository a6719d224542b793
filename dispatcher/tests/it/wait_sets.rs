//! One wait for many things, and the tags of those that happened.

mod many;

use std::future::Future;
use std::os::fd::OwnedFd;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Wake, Waker};
use std::thread;
use std::time::Duration;

use rustix::pipe::{PipeFlags, pipe_with};

use wippy_dispatcher::{Dispatcher, Error, Event, Handle, Instant, Interest, Source, WaitSet};

const HOUR: Duration = Duration::from_secs(3600);

fn pipe() -> (OwnedFd, OwnedFd) {
    pipe_with(PipeFlags::NONBLOCK | PipeFlags::CLOEXEC).expect("pipe")
}

fn after(handle: &Handle, duration: Duration) -> Instant {
    handle.now().expect("now") + duration
}

/// Waits and takes the tags.
fn fired(dispatcher: &Dispatcher, set: &mut WaitSet) -> Vec<u32> {
    dispatcher
        .block_on(set.wait())
        .expect("block_on")
        .expect("wait");
    let mut tags = Vec::new();
    set.take_fired(&mut tags).expect("take_fired");
    tags
}

/// What has fired so far, without waiting.
fn fired_so_far(dispatcher: &Dispatcher, set: &mut WaitSet) -> Vec<u32> {
    dispatcher.turn(Some(Duration::ZERO)).expect("turn");
    let mut tags = Vec::new();
    set.take_fired(&mut tags).expect("take_fired");
    tags
}

#[derive(Default)]
struct Counting(AtomicUsize);

impl Wake for Counting {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

#[test]
fn the_tag_says_which_member_fired() {
    let dispatcher = Dispatcher::new().expect("dispatcher");
    let handle = dispatcher.handle();
    let event = Event::new(&handle).expect("event");
    let (reader, writer) = pipe();
    let source = Source::with_interest(&handle, reader, Interest::Readable).expect("source");
    let mut set = WaitSet::new(&handle).expect("set");
    for which in 0..3 {
        let soon = if which == 0 {
            Duration::from_millis(1)
        } else {
            HOUR
        };
        let deadline = after(&handle, soon);
        set.add_deadline(deadline, 10).expect("deadline");
        set.add_event(&event, 11).expect("event");
        set.add_source(&source, Interest::Readable, 12)
            .expect("source");
        match which {
            1 => event.set(),
            2 => assert_eq!(rustix::io::write(&writer, b"a").expect("write"), 1),
            _ => {}
        }
        assert_eq!(fired(&dispatcher, &mut set), [10 + which]);
        if which == 0 {
            assert!(handle.now().expect("now") >= deadline, "early");
        }
        event.clear();
        set.clear();
        assert_eq!(dispatcher.next_deadline(), None);
    }
}

#[test]
fn several_fire_in_one_wait() {
    let dispatcher = Dispatcher::simulated(3).expect("dispatcher");
    let handle = dispatcher.handle();
    let event = Event::new(&handle).expect("event");
    let deadline = after(&handle, Duration::from_millis(5));
    let mut set = WaitSet::new(&handle).expect("set");
    set.add_deadline(deadline + Duration::from_nanos(1), 1)
        .expect("deadline");
    set.add_deadline(deadline, 2).expect("deadline");
    set.add_deadline(deadline, 3).expect("deadline");
    set.add_event(&event, 4).expect("event");
    assert_eq!(
        fired(&dispatcher, &mut set),
        [2, 3],
        "equal deadlines in the order of adding"
    );
    assert_eq!(handle.now().expect("now"), deadline);
    event.set();
    assert_eq!(fired(&dispatcher, &mut set), [4]);
    assert_eq!(fired(&dispatcher, &mut set), [1]);
}

#[test]
fn the_tags_may_be_equal_and_a_member_fires_once() {
    let dispatcher = Dispatcher::new().expect("dispatcher");
    let handle = dispatcher.handle();
    let event = Event::new(&handle).expect("event");
    let mut set = WaitSet::new(&handle).expect("set");
    for _ in 0..3 {
        set.add_event(&event, 7).expect("event");
    }
    event.set();
    event.set();
    assert_eq!(fired(&dispatcher, &mut set), [7, 7, 7]);
    event.clear();
    event.set();
    assert_eq!(fired_so_far(&dispatcher, &mut set), []);
}

#[test]
fn members_that_are_ready_already_fire_at_once() {
    let dispatcher = Dispatcher::new().expect("dispatcher");
    let handle = dispatcher.handle();
    let event = Event::new(&handle).expect("event");
    event.set();
    let (reader, writer) = pipe();
    let source = Source::new(&handle, reader).expect("source");
    rustix::io::write(&writer, b"a").expect("write");
    dispatcher
        .block_on(source.ready(Interest::Readable))
        .expect("block_on")
        .expect("ready");
    let mut set = WaitSet::new(&handle).expect("set");
    set.add_event(&event, 1).expect("event");
    set.add_source(&source, Interest::Readable, 2)
        .expect("source");
    set.add_deadline(Instant::from_nanos(0), 3)
        .expect("deadline");
    {
        let mut wait = pin!(set.wait());
        assert!(
            wait.as_mut()
                .poll(&mut Context::from_waker(Waker::noop()))
                .is_ready()
        );
    }
    let mut tags = Vec::new();
    set.take_fired(&mut tags).expect("take_fired");
    assert_eq!(tags, [1, 2]);
    assert_eq!(
        fired(&dispatcher, &mut set),
        [3],
        "a deadline that is past, at the next look"
    );
}

#[test]
fn the_same_source_twice_gives_both_tags() {
    let dispatcher = Dispatcher::new().expect("dispatcher");
    let handle = dispatcher.handle();
    let (reader, writer) = pipe();
    let source = Source::with_interest(&handle, reader, Interest::Readable).expect("source");
    let mut set = WaitSet::new(&handle).expect("set");
    set.add_source(&source, Interest::Readable, 1)
        .expect("source");
    set.add_source(&source, Interest::Readable, 2)
        .expect("source");
    rustix::io::write(&writer, b"a").expect("write");
    assert_eq!(fired(&dispatcher, &mut set), [1, 2]);
}

#[test]
fn clear_forgets_members_and_what_has_fired() {
    let dispatcher = Dispatcher::new().expect("dispatcher");
    let handle = dispatcher.handle();
    let event = Event::new(&handle).expect("event");
    let other = Event::new(&handle).expect("event");
    let mut set = WaitSet::new(&handle).expect("set");
    set.add_deadline(after(&handle, HOUR), 1).expect("deadline");
    set.add_event(&event, 2).expect("event");
    set.add_event(&other, 3).expect("event");
    other.set();
    set.clear();
    assert_eq!(dispatcher.next_deadline(), None);
    event.set();
    assert_eq!(fired_so_far(&dispatcher, &mut set), []);
    set.add_deadline(after(&handle, Duration::from_millis(1)), 4)
        .expect("deadline");
    assert_eq!(fired(&dispatcher, &mut set), [4]);
}

#[test]
fn a_set_dropped_unfired_leaves_nothing_behind() {
    for elsewhere in [false, true] {
        let dispatcher = Dispatcher::builder()
            .max_timers(1)
            .build()
            .expect("dispatcher");
        let handle = dispatcher.handle();
        let event = Event::new(&handle).expect("event");
        let counting = Arc::new(Counting::default());
        let waker = Waker::from(counting.clone());
        let mut set = WaitSet::new(&handle).expect("set");
        set.add_deadline(after(&handle, HOUR), 1).expect("deadline");
        set.add_event(&event, 2).expect("event");
        {
            let mut wait = pin!(set.wait());
            assert!(
                wait.as_mut()
                    .poll(&mut Context::from_waker(&waker))
                    .is_pending()
            );
        }
        drop(waker);
        if elsewhere {
            thread::spawn(move || drop(set)).join().expect("thread");
            dispatcher.turn(Some(Duration::ZERO)).expect("turn");
        } else {
            drop(set);
        }
        assert_eq!(dispatcher.next_deadline(), None);
        event.set();
        assert_eq!(counting.0.load(Ordering::SeqCst), 0);
        assert_eq!(Arc::strong_count(&counting), 1, "its waker is still held");
        let mut next = WaitSet::new(&handle).expect("set");
        next.add_deadline(after(&handle, HOUR), 3)
            .expect("room for a timer");
        assert_eq!(
            fired_so_far(&dispatcher, &mut next),
            [],
            "a tag of the set before"
        );
    }
}

#[test]
fn a_wait_that_was_dropped_can_be_taken_up_again() {
    let dispatcher = Dispatcher::new().expect("dispatcher");
    let handle = dispatcher.handle();
    let event = Event::new(&handle).expect("event");
    let mut set = WaitSet::new(&handle).expect("set");
    set.add_event(&event, 5).expect("event");
    {
        let mut wait = pin!(set.wait());
        assert!(
            wait.as_mut()
                .poll(&mut Context::from_waker(Waker::noop()))
                .is_pending()
        );
    }
    // It fires while nobody waits, and is not lost.
    event.set();
    event.clear();
    assert_eq!(fired(&dispatcher, &mut set), [5]);
}

#[test]
fn the_last_waker_is_the_one_that_wakes_and_it_wakes_once() {
    let dispatcher = Dispatcher::new().expect("dispatcher");
    let handle = dispatcher.handle();
    let events: Vec<Event> = (0..3)
        .map(|_| Event::new(&handle).expect("event"))
        .collect();
    let mut set = WaitSet::new(&handle).expect("set");
    for event in &events {
        set.add_event(event, 0).expect("event");
    }
    let (first, second) = (Arc::new(Counting::default()), Arc::new(Counting::default()));
    for counting in [&first, &second] {
        let waker = Waker::from(counting.clone());
        let mut wait = pin!(set.wait());
        assert!(
            wait.as_mut()
                .poll(&mut Context::from_waker(&waker))
                .is_pending()
        );
    }
    for event in &events {
        event.set();
    }
    assert_eq!(first.0.load(Ordering::SeqCst), 0);
    assert_eq!(second.0.load(Ordering::SeqCst), 1);
}

#[test]
fn a_cancelled_task_takes_its_set_with_it() {
    let dispatcher = Dispatcher::new().expect("dispatcher");
    let handle = dispatcher.handle();
    let event = Event::new(&handle).expect("event");
    let (inner, theirs) = (handle.clone(), event.clone());
    let task = dispatcher.spawn(async move {
        let mut set = WaitSet::new(&inner).expect("set");
        set.add_deadline(after(&inner, HOUR), 1).expect("deadline");
        set.add_event(&theirs, 2).expect("event");
        set.wait().await.expect("wait");
    });
    let task = task.expect("spawn");
    dispatcher.turn(Some(Duration::ZERO)).expect("turn");
    assert!(dispatcher.next_deadline().is_some());
    drop(task);
    event.set();
    dispatcher.turn(Some(Duration::ZERO)).expect("turn");
    assert_eq!(dispatcher.next_deadline(), None);
}

#[test]
fn a_member_that_goes_away_fires() {
    let dispatcher = Dispatcher::new().expect("dispatcher");
    let handle = dispatcher.handle();
    let event = Event::new(&handle).expect("event");
    let (reader, _writer) = pipe();
    let source = Source::with_interest(&handle, reader, Interest::Readable).expect("source");
    let mut set = WaitSet::new(&handle).expect("set");
    set.add_event(&event, 1).expect("event");
    set.add_source(&source, Interest::Readable, 2)
        .expect("source");
    drop(event);
    drop(source);
    assert_eq!(fired(&dispatcher, &mut set), [1, 2]);
    // Their places go to new owners, whom the old members must not touch.
    let next = Event::new(&handle).expect("event");
    let mut other = WaitSet::new(&handle).expect("set");
    other.add_event(&next, 3).expect("event");
    set.clear();
    next.set();
    assert_eq!(fired(&dispatcher, &mut other), [3]);
    assert_eq!(fired_so_far(&dispatcher, &mut set), []);
}

#[test]
fn members_of_another_dispatcher_are_refused() {
    let (one, two) = (
        Dispatcher::new().expect("dispatcher"),
        Dispatcher::new().expect("dispatcher"),
    );
    let own = Event::new(&one.handle()).expect("event");
    let foreign = Event::new(&two.handle()).expect("event");
    let mut set = WaitSet::new(&one.handle()).expect("set");
    assert!(matches!(
        set.add_event(&foreign, 1),
        Err(Error::OtherDispatcher)
    ));
    let (reader, _writer) = pipe();
    let source = Source::new(&two.handle(), reader).expect("source");
    let refused = set.add_source(&source, Interest::Readable, 2);
    assert!(matches!(refused, Err(Error::OtherDispatcher)));
    set.add_event(&own, 3).expect("its own");
    own.set();
    assert_eq!(fired(&one, &mut set), [3]);
}

#[test]
fn an_event_set_on_another_thread_ends_the_wait() {
    let dispatcher = Dispatcher::new().expect("dispatcher");
    let handle = dispatcher.handle();
    let events: Vec<Event> = (0..4)
        .map(|_| Event::new(&handle).expect("event"))
        .collect();
    let mut set = WaitSet::new(&handle).expect("set");
    for round in 0..50_usize {
        for (tag, event) in (0..).zip(&events) {
            set.add_event(event, tag).expect("event");
        }
        let chosen = events[round % 4].clone();
        let setting = thread::spawn(move || chosen.set());
        assert_eq!(fired(&dispatcher, &mut set), [(round % 4) as u32]);
        setting.join().expect("thread");
        set.clear();
        events[round % 4].clear();
    }
}

#[test]
fn what_a_foreign_thread_wrote_before_it_set_is_seen() {
    let dispatcher = Dispatcher::new().expect("dispatcher");
    let event = Event::new(&dispatcher.handle()).expect("event");
    let written = Arc::new(AtomicUsize::new(0));
    let (theirs, set) = (written.clone(), event.clone());
    let setting = thread::spawn(move || {
        for number in 1..=10_000 {
            theirs.store(number, Ordering::Relaxed);
            set.set();
        }
    });
    let mut seen = 0;
    while seen < 10_000 {
        dispatcher
            .block_on(event.wait())
            .expect("block_on")
            .expect("wait");
        event.clear();
        // A set after this read is another wake: the last number cannot be missed.
        seen = written.load(Ordering::Relaxed);
    }
    setting.join().expect("thread");
}

#[test]
fn sets_and_their_members_have_bounds_with_names() {
    for builder in [
        Dispatcher::builder(),
        Dispatcher::builder().simulation(wippy_dispatcher::Simulation::new(1)),
    ] {
        let bounded = builder.max_wait_sets(2).max_wait_set_members(3);
        let dispatcher = bounded.build().expect("dispatcher");
        let handle = dispatcher.handle();
        let mut set = WaitSet::new(&handle).expect("the first");
        let second = WaitSet::new(&handle).expect("the second");
        let third = WaitSet::new(&handle);
        assert!(matches!(third, Err(Error::TooManyWaitSets(2))));
        drop(second);
        let _third = WaitSet::new(&handle).expect("room again");
        let (set_event, event) = (Event::new(&handle), Event::new(&handle));
        let (set_event, event) = (set_event.expect("room"), event.expect("room"));
        set_event.set();
        for _ in 0..2 {
            // One that has fired counts too.
            set.add_event(&set_event, 0).expect("room");
            set.add_event(&event, 1).expect("room");
            set.add_deadline(Instant::NEVER, 2).expect("room");
            let deadline = set.add_deadline(Instant::NEVER, 3);
            assert!(matches!(deadline, Err(Error::TooManyMembers(3))));
            let fourth = set.add_event(&event, 3);
            assert!(matches!(fourth, Err(Error::TooManyMembers(3))));
            let mut fired = Vec::new();
            set.take_fired(&mut fired).expect("the thread");
            assert_eq!(fired, [0]);
            set.clear();
        }
    }
}
