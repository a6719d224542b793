//! The dispatcher's own end, with tasks in every state.

use super::*;

#[test]
fn the_dispatchers_end_cancels_whatever_its_tasks_do() {
    for state in STATES {
        let Scene {
            dispatcher,
            task,
            tally,
            rest,
        } = scene(state);
        drop(dispatcher);
        assert_eq!(tally.dropped(), 1, "{state:?}");
        let other = Dispatcher::new().expect("another dispatcher");
        let outcome = other.block_on(task).expect("block_on");
        let expected = if state == State::Finished {
            Ok(())
        } else {
            Err(Cancelled)
        };
        assert_eq!(outcome, expected, "{state:?}");
        drop(rest);
    }
}

#[test]
fn the_dispatchers_end_cancels_detached_tasks() {
    for state in STATES {
        let scene = scene(state);
        scene.task.detach();
        drop(scene.dispatcher);
        assert_eq!(scene.tally.dropped(), 1, "{state:?}");
    }
}

#[test]
fn a_task_may_be_dropped_after_the_dispatchers_end() {
    for state in STATES {
        let scene = scene(state);
        drop(scene.dispatcher);
        let task = scene.task;
        if state == State::OnSignal {
            thread::spawn(move || drop(task)).join().expect("thread");
        } else {
            drop(task);
        }
        assert_eq!(scene.tally.dropped(), 1, "{state:?}");
    }
}

#[test]
fn what_futures_start_while_they_are_cancelled_is_cancelled_too() {
    struct Restart(Handle, Tally, u32);
    impl Drop for Restart {
        fn drop(&mut self) {
            if self.2 > 0 {
                let next = (
                    Restart(self.0.clone(), self.1.clone(), self.2 - 1),
                    self.1.guard(),
                );
                let task = self.0.spawn(async move {
                    let _next = next;
                    pending::<()>().await;
                });
                task.expect("the dispatcher is not closed yet").detach();
            }
        }
    }
    let dispatcher = Dispatcher::new().expect("dispatcher");
    let tally = Tally::default();
    let first = (
        Restart(dispatcher.handle(), tally.clone(), 3),
        tally.guard(),
    );
    let task = dispatcher.spawn(async move {
        let _first = first;
        pending::<()>().await;
    });
    task.expect("spawn").detach();
    dispatcher.turn(Some(Duration::ZERO)).expect("turn");
    drop(dispatcher);
    assert_eq!(tally.dropped(), 4);
}

/// A waker and a remote that other threads use while the dispatcher ends under them.
#[test]
fn foreign_wakes_during_the_dispatchers_end_drop_nothing_elsewhere() {
    for round in 0..300 {
        let dispatcher = Dispatcher::new().expect("dispatcher");
        let (tally, remote) = (Tally::default(), dispatcher.remote());
        let (wakers, theirs) = mpsc::channel::<Waker>();
        let guard = tally.guard();
        let future = async move {
            let _guard = guard;
            poll_fn(|cx| {
                wakers.send(cx.waker().clone()).ok();
                Poll::<()>::Pending
            })
            .await;
        };
        dispatcher.spawn(future).expect("spawn").detach();
        dispatcher.turn(Some(Duration::ZERO)).expect("turn");
        let waker = theirs.recv().expect("polled");
        let (over, started) = (AtomicBool::new(false), AtomicBool::new(false));
        thread::scope(|scope| {
            scope.spawn(|| {
                let mut spawned = 0;
                while !over.load(Ordering::Acquire) {
                    waker.wake_by_ref();
                    if spawned < 64 && remote.spawn(|_| pending()).is_ok() {
                        spawned += 1;
                    }
                    started.store(true, Ordering::Release);
                    // On a core that both share it would use up its slice first.
                    thread::yield_now();
                }
            });
            while !started.load(Ordering::Acquire) {
                thread::yield_now();
            }
            if round % 2 == 0 {
                dispatcher.turn(Some(Duration::ZERO)).expect("turn");
            }
            drop(dispatcher);
            assert_eq!(tally.dropped(), 1);
            over.store(true, Ordering::Release);
        });
        drop(waker);
        assert_eq!(tally.dropped(), 1);
    }
}

#[test]
fn a_panic_while_the_dispatcher_ends_still_closes_it() {
    struct Panics;
    impl Drop for Panics {
        fn drop(&mut self) {
            panic!("a closure that nobody called");
        }
    }
    let dispatcher = Dispatcher::new().expect("dispatcher");
    let (handle, tally) = (dispatcher.handle(), Tally::default());
    let (waker_of_it, guard) = (Rc::new(RefCell::new(None)), tally.guard());
    let theirs = waker_of_it.clone();
    let future = async move {
        let _guard = guard;
        poll_fn(|cx| {
            theirs.replace(Some(cx.waker().clone()));
            Poll::<()>::Pending
        })
        .await;
    };
    dispatcher.spawn(future).expect("spawn").detach();
    dispatcher.turn(Some(Duration::ZERO)).expect("turn");
    let bomb = Panics;
    let spawned = dispatcher.remote().spawn(move |_| {
        let _bomb = bomb;
        pending()
    });
    spawned.expect("spawn");
    let waker = waker_of_it.take().expect("polled");
    // A wake in flight makes the dispatcher look at its channel while it ends.
    thread::spawn(move || waker.wake()).join().expect("thread");
    let ended = catch_unwind(AssertUnwindSafe(|| drop(dispatcher)));
    assert!(ended.is_err());
    assert_eq!(tally.dropped(), 1);
    assert!(matches!(handle.now(), Err(Error::Closed)));
}
