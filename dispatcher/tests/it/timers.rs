//! Timers: never early, totally ordered, cheap to drop, and bounded.

use std::cell::Cell;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use wippy_dispatcher::{Dispatcher, Error, Instant, Record, WaitSet};

/// The same test on the system's time and on virtual time.
fn on_both(test: impl Fn(Dispatcher)) {
    test(Dispatcher::new().expect("system"));
    test(Dispatcher::simulated(1).expect("simulation"));
}

/// Numbers that look random and are the same in every run.
fn scattered(count: u64) -> impl Iterator<Item = u64> {
    (0..count).scan(0x9e37_79b9_u64, |state, _| {
        *state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        Some(*state >> 33)
    })
}

/// Waits until `count` tags of the set have fired.
fn fired(dispatcher: &Dispatcher, set: &mut WaitSet, count: usize) -> Vec<u32> {
    let waiting = async {
        let mut tags = Vec::new();
        while tags.len() < count {
            set.wait().await.expect("own thread");
            set.take_fired(&mut tags).expect("own thread");
        }
        tags
    };
    dispatcher.block_on(waiting).expect("run")
}

#[test]
fn a_sleep_is_never_early() {
    let dispatcher = Dispatcher::new().expect("system");
    let handle = dispatcher.handle();
    let tasks: Vec<_> = [1, 3, 10, 50, 200, 999, 1_000, 1_001, 4_000, 20_000]
        .into_iter()
        .map(|micros| {
            let (handle, duration) = (handle.clone(), Duration::from_micros(micros));
            let body = async move {
                for _ in 0..(20_000 / micros).clamp(1, 40) {
                    let before = handle.now().expect("own thread");
                    let sleep = handle.sleep(duration);
                    let deadline = sleep.deadline();
                    sleep.await.expect("timer");
                    let after = handle.now().expect("own thread");
                    assert!(after >= deadline, "{after} is before {deadline}");
                    assert!(
                        after - before >= duration,
                        "{duration:?}: {:?}",
                        after - before
                    );
                }
            };
            dispatcher.spawn(body).expect("room")
        })
        .collect();
    for task in tasks {
        dispatcher
            .block_on(task)
            .expect("run")
            .expect("not cancelled");
    }
}

/// A wait that ends at its limit ends no earlier than that either.
#[test]
fn a_turn_without_work_waits_for_its_limit() {
    on_both(|dispatcher| {
        let handle = dispatcher.handle();
        let never = dispatcher
            .spawn(std::future::pending::<()>())
            .expect("room");
        let end = handle.now().expect("own thread") + Duration::from_millis(3);
        while dispatcher.turn(Some(Duration::ZERO)).expect("turn").ran > 0 {}
        while handle.now().expect("own thread") < end {
            let left = end - handle.now().expect("own thread");
            dispatcher.turn(Some(left)).expect("turn");
        }
        assert!(!never.is_finished());
    });
}

#[test]
fn equal_deadlines_fire_in_the_order_of_arming() {
    on_both(|dispatcher| {
        let handle = dispatcher.handle();
        let now = handle.now().expect("own thread");
        let (early, late) = (
            now + Duration::from_millis(1),
            now + Duration::from_millis(2),
        );
        let mut set = WaitSet::new(&handle).expect("set");
        // Late ones first, so that the order is not just that of arming.
        for tag in 0..1_000 {
            let deadline = if tag % 2 == 0 { late } else { early };
            set.add_deadline(deadline, tag).expect("room");
        }
        let expected: Vec<u32> = (0..1_000)
            .filter(|tag| tag % 2 == 1)
            .chain((0..1_000).filter(|tag| tag % 2 == 0))
            .collect();
        assert_eq!(fired(&dispatcher, &mut set, 1_000), expected);
    });
}

#[test]
fn tasks_with_equal_deadlines_run_in_the_order_of_arming() {
    let dispatcher = Dispatcher::new().expect("system");
    let handle = dispatcher.handle();
    let order = Rc::new(std::cell::RefCell::new(Vec::new()));
    let deadline = handle.now().expect("own thread") + Duration::from_millis(5);
    let tasks: Vec<_> = (0..100)
        .map(|number| {
            let (handle, order) = (handle.clone(), order.clone());
            let body = async move {
                handle.sleep_until(deadline).await.expect("timer");
                order.borrow_mut().push(number);
            };
            dispatcher.spawn(body).expect("room")
        })
        .collect();
    for task in tasks {
        dispatcher
            .block_on(task)
            .expect("run")
            .expect("not cancelled");
    }
    assert_eq!(*order.borrow(), (0..100).collect::<Vec<_>>());
}

#[test]
fn a_hundred_thousand_timers() {
    on_both(|dispatcher| {
        let handle = dispatcher.handle();
        // The heap is the same under both drivers; how they wait for its first deadline differs.
        let timers = match handle.is_simulated().expect("own thread") {
            true => 10_000,
            false => 100_000,
        };
        let start = handle.now().expect("own thread");
        let mut kept = WaitSet::new(&handle).expect("set");
        let mut dropped = WaitSet::new(&handle).expect("set");
        let mut expected = Vec::new();
        // Within 5 ms, so that many deadlines are equal or lie in the past of the first turn.
        for (tag, nanos) in (0..).zip(scattered(timers).map(|number| number % 5_000_000)) {
            let deadline = start + Duration::from_nanos(nanos);
            if tag % 2 == 0 {
                dropped.add_deadline(deadline, tag).expect("room");
            } else {
                kept.add_deadline(deadline, tag).expect("room");
                expected.push((deadline, tag));
            }
        }
        drop(dropped);
        expected.sort_unstable();
        assert_eq!(
            dispatcher.next_deadline(),
            expected.first().map(|&(deadline, _)| deadline)
        );
        let tags = fired(&dispatcher, &mut kept, expected.len());
        assert!(tags.into_iter().eq(expected.iter().map(|&(_, tag)| tag)));
        assert_eq!(dispatcher.next_deadline(), None);
        let (last, _) = expected[expected.len() - 1];
        assert!(handle.now().expect("own thread") >= last);
    });
}

/// All members of a crowd with one deadline run in one turn, whatever the turn in which it falls.
#[test]
fn thousands_that_expire_together_wake_in_one_pass() {
    const CROWD: usize = 5_000;
    for builder in [
        Dispatcher::builder(),
        Dispatcher::builder().simulation(wippy_dispatcher::Simulation::new(1)),
    ] {
        let dispatcher = builder.task_budget(2 * CROWD).build().expect("dispatcher");
        let handle = dispatcher.handle();
        let deadline = handle.now().expect("own thread") + Duration::from_millis(20);
        let woken = Rc::new(Cell::new(0));
        for _ in 0..CROWD {
            let mut set = WaitSet::new(&handle).expect("set");
            set.add_deadline(deadline, 0).expect("room");
            let woken = woken.clone();
            let body = async move {
                set.wait().await.expect("timer");
                woken.set(woken.get() + 1);
            };
            dispatcher.spawn(body).expect("room").detach();
        }
        let mut turn = dispatcher.turn(None).expect("turn");
        while woken.get() == 0 {
            turn = dispatcher.turn(None).expect("turn");
        }
        assert_eq!((woken.get(), turn.ran, turn.runnable), (CROWD, CROWD, 0));
        assert!(handle.now().expect("own thread") >= deadline);
    }
}

#[test]
fn never_never_comes_and_does_not_overflow() {
    on_both(|dispatcher| {
        let handle = dispatcher.handle();
        assert_eq!(handle.sleep(Duration::MAX).deadline(), Instant::NEVER);
        let nearly = Instant::from_nanos(u64::MAX - 1);
        let tasks = [Instant::NEVER, nearly].map(|deadline| {
            let sleep = handle.sleep_until(deadline);
            dispatcher.spawn(sleep).expect("room")
        });
        let until = handle.now().expect("own thread") + Duration::from_millis(1);
        dispatcher
            .block_on(handle.sleep_until(until))
            .expect("run")
            .expect("timer");
        dispatcher
            .turn(Some(Duration::from_millis(1)))
            .expect("turn");
        assert!(tasks.iter().all(|task| !task.is_finished()));
        assert_eq!(dispatcher.next_deadline(), Some(nearly));
    });
}

/// Virtual time does not move to the instant that never comes, by no way.
#[test]
fn a_simulation_that_waits_for_never_is_a_deadlock() {
    let dispatcher = Dispatcher::simulated(1).expect("simulation");
    let handle = dispatcher.handle();
    let start = handle.now().expect("own thread");
    let blocked = dispatcher.block_on(handle.sleep(Duration::MAX));
    assert!(
        matches!(&blocked, Err(Error::Deadlock(waits)) if waits.now() == start),
        "{blocked:?}"
    );
    let sleeper = dispatcher
        .spawn(handle.sleep_until(Instant::NEVER))
        .expect("room");
    assert_eq!(dispatcher.turn(None).expect("turn").ran, 1);
    for wait in [None, Some(Duration::MAX)] {
        let turn = dispatcher.turn(wait);
        assert!(
            matches!(&turn, Err(Error::Deadlock(waits)) if waits.now() == start),
            "{turn:?}"
        );
    }
    assert!(!sleeper.is_finished());
}

#[test]
fn a_sleep_in_the_past_is_ready_at_once() {
    on_both(|dispatcher| {
        let handle = dispatcher.handle();
        let now = handle.now().expect("own thread");
        let mut context = Context::from_waker(Waker::noop());
        for deadline in [Instant::from_nanos(0), now] {
            let mut sleep = handle.sleep_until(deadline);
            let polled = Pin::new(&mut sleep).poll(&mut context);
            assert!(matches!(polled, Poll::Ready(Ok(()))));
        }
        dispatcher
            .block_on(handle.sleep(Duration::ZERO))
            .expect("run")
            .expect("timer");
        assert_eq!(dispatcher.next_deadline(), None);
        if let Some(trace) = dispatcher.trace() {
            assert!(
                !trace
                    .records()
                    .iter()
                    .any(|record| matches!(record, Record::Advance { .. }))
            );
        }
    });
}

#[test]
fn a_dropped_sleep_leaves_nothing_behind() {
    on_both(|dispatcher| {
        let handle = dispatcher.handle();
        let mut context = Context::from_waker(Waker::noop());
        let soon = handle.now().expect("own thread") + Duration::from_secs(3_600);
        let later = soon + Duration::from_nanos(1);
        let mut sleeps = [soon, later, soon].map(|deadline| handle.sleep_until(deadline));
        for sleep in &mut sleeps {
            assert!(Pin::new(sleep).poll(&mut context).is_pending());
        }
        let [first, second, third] = sleeps;
        drop(third);
        assert_eq!(dispatcher.next_deadline(), Some(soon));
        drop(first);
        assert_eq!(dispatcher.next_deadline(), Some(later));
        drop(second);
        assert_eq!(dispatcher.next_deadline(), None);
    });
}

/// What the kernel was told of a timer may outlive it, and is then no reason to end a turn.
#[test]
fn a_turn_waits_on_when_the_time_of_a_dropped_sleep_comes() {
    let dispatcher = Dispatcher::new().expect("system");
    let handle = dispatcher.handle();
    let mut dropped = Box::pin(handle.sleep(Duration::from_millis(15)));
    let mut kept = Box::pin(handle.sleep(Duration::from_millis(40)));
    let mut cx = Context::from_waker(Waker::noop());
    assert!(dropped.as_mut().poll(&mut cx).is_pending());
    assert!(kept.as_mut().poll(&mut cx).is_pending());
    drop(dropped);
    dispatcher.turn(None).expect("turn");
    assert!(kept.as_mut().poll(&mut cx).is_ready());
}

/// Timers that are dropped, in whatever order, change nothing for the others.
#[test]
fn dropped_sleeps_leave_the_order_of_the_others() {
    on_both(|dispatcher| {
        let handle = dispatcher.handle();
        let mut set = WaitSet::new(&handle).expect("room");
        let first = handle.now().expect("own thread") + Duration::from_millis(5);
        let offsets: Vec<u64> = scattered(50).map(|number| number % 1000).collect();
        for (tag, &offset) in (0..).zip(&offsets) {
            let deadline = first + Duration::from_nanos(offset);
            set.add_deadline(deadline, tag).expect("room");
        }
        for is_reversed in [false, true] {
            // Some before the others, some between them, and more than there are others.
            let dropped = dispatcher.block_on(poll_fn(|cx| {
                let mut sleeps: Vec<_> = scattered(500)
                    .map(|number| handle.sleep_until(first + Duration::from_nanos(number % 2000)))
                    .map(Box::pin)
                    .collect();
                for sleep in &mut sleeps {
                    // On a machine that stands still meanwhile the time has come.
                    let _ = sleep.as_mut().poll(cx);
                }
                if is_reversed {
                    sleeps.reverse();
                }
                Poll::Ready(sleeps.len())
            }));
            assert_eq!(dropped.expect("run"), 500);
        }
        let mut tags: Vec<u32> = (0..50).collect();
        tags.sort_by_key(|&tag| (offsets[tag as usize], tag));
        assert_eq!(fired(&dispatcher, &mut set, 50), tags);
    });
}

#[test]
fn the_bound_on_timers_is_an_error_and_ends_with_a_timer() {
    let dispatcher = Dispatcher::builder()
        .max_timers(2)
        .build()
        .expect("dispatcher");
    let handle = dispatcher.handle();
    let far = Duration::from_secs(3_600);
    let outcome = dispatcher.block_on(poll_fn(|cx| {
        let mut first = handle.sleep(far);
        let mut second = handle.sleep(far);
        assert!(Pin::new(&mut first).poll(cx).is_pending());
        assert!(Pin::new(&mut second).poll(cx).is_pending());
        let refused = Pin::new(&mut handle.sleep(far)).poll(cx);
        assert!(matches!(refused, Poll::Ready(Err(Error::TooManyTimers(2)))));
        let mut set = WaitSet::new(&handle).expect("set");
        let deadline = handle.now().expect("own thread") + far;
        assert!(matches!(
            set.add_deadline(deadline, 0),
            Err(Error::TooManyTimers(2))
        ));
        drop(first);
        set.add_deadline(deadline, 0).expect("room again");
        Poll::Ready(())
    }));
    outcome.expect("run");
}
