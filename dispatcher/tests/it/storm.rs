//! Many threads at once: no wake and no spawn is lost, and the queue has a bound.

use std::future::poll_fn;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Poll, Waker};
use std::time::Duration;

use wippy_dispatcher::{Dispatcher, Error, Event};

const THREADS: usize = 8;
const ROUNDS: u64 = 500;

/// What the threads count and what the task has seen of it.
#[derive(Default)]
struct Score {
    counted: [AtomicU64; THREADS],
    seen: [AtomicU64; THREADS],
    waker: Mutex<Option<Waker>>,
}

impl Score {
    /// Notes everything that was counted so far; whether it is all there will be.
    fn look(&self) -> bool {
        let pairs = self.counted.iter().zip(&self.seen);
        let seen = pairs.map(|(counted, seen)| {
            let count = counted.load(Ordering::Acquire);
            seen.store(count, Ordering::Release);
            count
        });
        seen.sum::<u64>() == THREADS as u64 * ROUNDS
    }
}

/// One thread of the storm: counts, wakes, and in every fourth round waits until that was seen, so
/// that the dispatcher gets to park again and again.
fn storm(score: &Score, thread: usize, wake: impl Fn()) {
    for round in 1..=ROUNDS {
        score.counted[thread].store(round, Ordering::Release);
        wake();
        while (round + thread as u64).is_multiple_of(4)
            && score.seen[thread].load(Ordering::Acquire) < round
        {
            std::thread::yield_now();
        }
    }
}

#[test]
fn a_task_sees_what_came_before_each_wake() {
    let dispatcher = Dispatcher::new().expect("system");
    let score = Arc::new(Score::default());
    let watched = score.clone();
    let task = poll_fn(move |cx| {
        watched
            .waker
            .lock()
            .expect("no panic")
            .get_or_insert_with(|| cx.waker().clone());
        if watched.look() {
            Poll::Ready(())
        } else {
            Poll::Pending
        }
    });
    let task = dispatcher.spawn(task).expect("room");
    dispatcher.turn(Some(Duration::ZERO)).expect("turn");
    let waker = score
        .waker
        .lock()
        .expect("no panic")
        .clone()
        .expect("the task ran");
    std::thread::scope(|scope| {
        for thread in 0..THREADS {
            let (score, waker) = (&*score, &waker);
            scope.spawn(move || storm(score, thread, || waker.wake_by_ref()));
        }
        dispatcher
            .block_on(task)
            .expect("run")
            .expect("not cancelled");
    });
}

/// The same for the future of `block_on`, whose wakes take another way.
#[test]
fn a_root_sees_what_came_before_each_wake() {
    let dispatcher = Dispatcher::new().expect("system");
    let score = Score::default();
    std::thread::scope(|scope| {
        let mut started = false;
        let root = poll_fn(|cx| {
            if !std::mem::replace(&mut started, true) {
                for thread in 0..THREADS {
                    let (score, waker) = (&score, cx.waker().clone());
                    scope.spawn(move || storm(score, thread, || waker.wake_by_ref()));
                }
            }
            if score.look() {
                Poll::Ready(())
            } else {
                Poll::Pending
            }
        });
        dispatcher.block_on(root).expect("run");
    });
}

/// The same through events that other threads set.
#[test]
fn an_event_from_another_thread_is_never_lost() {
    let dispatcher = Dispatcher::new().expect("system");
    let score = Score::default();
    let event = Event::new(&dispatcher.handle()).expect("room");
    std::thread::scope(|scope| {
        for thread in 0..THREADS {
            let (score, event) = (&score, event.clone());
            scope.spawn(move || storm(score, thread, || event.set()));
        }
        let root = async {
            loop {
                // First clear, then look: whoever counts after the look sets it again.
                event.clear();
                if score.look() {
                    break;
                }
                event.wait().await.expect("own thread");
            }
        };
        dispatcher.block_on(root).expect("run");
    });
}

/// Turns with a budget of one and with a spin before the park: other ways to the same place.
#[test]
fn a_storm_over_many_tasks_and_short_turns() {
    let spun = Dispatcher::builder().spin(Duration::from_micros(30));
    for builder in [Dispatcher::builder().task_budget(1), spun] {
        let dispatcher = builder.build().expect("system");
        let scores: Vec<Arc<Score>> = (0..4).map(|_| Arc::new(Score::default())).collect();
        let tasks: Vec<_> = scores
            .iter()
            .map(|score| {
                let watched = score.clone();
                let task = poll_fn(move |cx| {
                    watched
                        .waker
                        .lock()
                        .expect("no panic")
                        .get_or_insert_with(|| cx.waker().clone());
                    if watched.look() {
                        Poll::Ready(())
                    } else {
                        Poll::Pending
                    }
                });
                dispatcher.spawn(task).expect("room")
            })
            .collect();
        while scores
            .iter()
            .any(|score| score.waker.lock().expect("no panic").is_none())
        {
            dispatcher.turn(None).expect("turn");
        }
        std::thread::scope(|scope| {
            for thread in 0..THREADS {
                let scores = &scores;
                scope.spawn(move || {
                    let wakers = scores
                        .iter()
                        .map(|score| score.waker.lock().expect("no panic").clone());
                    let wakers: Vec<Waker> =
                        wakers.map(|waker| waker.expect("the task ran")).collect();
                    for round in 1..=ROUNDS {
                        for (score, waker) in scores.iter().zip(&wakers) {
                            score.counted[thread].store(round, Ordering::Release);
                            waker.wake_by_ref();
                        }
                    }
                });
            }
            while !tasks.iter().all(|task| task.is_finished()) {
                dispatcher.turn(None).expect("turn");
            }
        });
    }
}

#[test]
fn remote_spawns_from_eight_threads_all_run() {
    const EACH: u64 = 500;
    let dispatcher = Dispatcher::new().expect("system");
    let ran = Arc::new(AtomicU64::new(0));
    std::thread::scope(|scope| {
        for thread in 0..THREADS as u64 {
            let (remote, ran) = (dispatcher.remote(), ran.clone());
            scope.spawn(move || {
                for number in 0..EACH {
                    let ran = ran.clone();
                    let start = move |handle: &wippy_dispatcher::Handle| {
                        // A future that is not `Send` and lives over a wait.
                        let (handle, local) =
                            (handle.clone(), std::rc::Rc::new(thread * EACH + number));
                        async move {
                            handle.yield_now().await.expect("own thread");
                            ran.fetch_add(*local, Ordering::Relaxed);
                        }
                    };
                    remote.spawn(start).expect("room");
                }
            });
        }
        let sum = (0..THREADS as u64 * EACH).sum::<u64>();
        while ran.load(Ordering::Relaxed) < sum {
            dispatcher.turn(None).expect("turn");
        }
        assert_eq!(ran.load(Ordering::Relaxed), sum);
    });
}

#[test]
fn remote_wakes_end_a_turn_each() {
    for builder in [
        Dispatcher::builder(),
        // Spinning must not outlast a wake.
        Dispatcher::builder().spin(Duration::MAX),
    ] {
        let dispatcher = builder.build().expect("system");
        let remote = dispatcher.remote();
        for _ in 0..50 {
            std::thread::scope(|scope| {
                let remote = &remote;
                scope.spawn(move || remote.wake());
                assert_eq!(dispatcher.turn(None).expect("turn").ran, 0);
            });
            dispatcher.turn(Some(Duration::ZERO)).expect("turn");
        }
    }
}

/// A dispatcher that does not run takes nothing, and those who send learn it.
#[test]
fn the_bound_on_remote_spawns_is_an_error_and_ends_with_a_turn() {
    let dispatcher = Dispatcher::builder().max_tasks(3).build().expect("system");
    let ran = Arc::new(AtomicU64::new(0));
    for round in 1..=3 {
        for thread in 0..5 {
            let (remote, ran) = (dispatcher.remote(), ran.clone());
            let spawned = std::thread::spawn(move || {
                remote.spawn(move |_| async move {
                    ran.fetch_add(1, Ordering::Relaxed);
                })
            });
            let outcome = spawned.join().expect("no panic");
            match thread < 3 {
                true => outcome.expect("room"),
                false => assert!(matches!(outcome, Err(Error::TooManyJobs(3)))),
            }
        }
        while dispatcher.turn(Some(Duration::ZERO)).expect("turn").ran > 0 {}
        assert_eq!(ran.load(Ordering::Relaxed), 3 * round);
    }
}

#[test]
fn a_remote_outlives_its_dispatcher() {
    let dispatcher = Dispatcher::builder().max_tasks(2).build().expect("system");
    let remote = dispatcher.remote();
    // Spawns that were never taken are dropped with the dispatcher, on its thread.
    let (sender, receiver) = std::sync::mpsc::channel::<()>();
    for _ in 0..2 {
        let sender = sender.clone();
        remote
            .spawn(move |_| async move { drop(sender) })
            .expect("room");
    }
    drop(sender);
    drop(dispatcher);
    assert!(receiver.recv().is_err());
    std::thread::scope(|scope| {
        for _ in 0..THREADS {
            let remote = &remote;
            scope.spawn(move || {
                for _ in 0..100 {
                    assert!(matches!(remote.spawn(|_| async {}), Err(Error::Closed)));
                    remote.wake();
                }
            });
        }
    });
}

/// The dispatcher ends while the storm goes on.
#[test]
fn an_end_in_the_middle_of_a_storm() {
    for _ in 0..20 {
        let dispatcher = Dispatcher::new().expect("system");
        let waker = Arc::new(Mutex::new(None::<Waker>));
        let publish = waker.clone();
        let body = poll_fn(move |cx| {
            publish
                .lock()
                .expect("no panic")
                .get_or_insert_with(|| cx.waker().clone());
            Poll::<()>::Pending
        });
        dispatcher.spawn(body).expect("room").detach();
        dispatcher.turn(Some(Duration::ZERO)).expect("turn");
        let waker = waker
            .lock()
            .expect("no panic")
            .take()
            .expect("the task ran");
        let (start, remote) = (std::sync::Barrier::new(3), dispatcher.remote());
        std::thread::scope(|scope| {
            for _ in 0..2 {
                let (waker, remote, start) = (&waker, &remote, &start);
                scope.spawn(move || {
                    start.wait();
                    for _ in 0..200 {
                        waker.wake_by_ref();
                        match remote.spawn(|_| async {}) {
                            Ok(()) | Err(Error::Closed) => {}
                            Err(other) => panic!("{other}"),
                        }
                    }
                });
            }
            start.wait();
            for _ in 0..10 {
                dispatcher.turn(Some(Duration::ZERO)).expect("turn");
            }
            drop(dispatcher);
        });
    }
}
