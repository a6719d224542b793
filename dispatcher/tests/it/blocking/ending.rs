//! What the dispatcher's end means for its pool.

use super::*;

#[test]
fn the_dispatchers_end_does_not_wait_for_a_stuck_job() {
    let dispatcher = Dispatcher::new().expect("dispatcher");
    let handle = dispatcher.handle();
    let (started, is_started) = mpsc::channel();
    let (release, wait) = mpsc::channel::<()>();
    let (ended, is_ended) = mpsc::channel();
    let job = handle.unblock(move || {
        started.send(()).ok();
        wait.recv().ok();
        ended.send(()).ok();
    });
    handle.spawn(job).expect("spawn").detach();
    is_started.recv().expect("started");
    drop(dispatcher);
    assert!(
        is_ended.try_recv().is_err(),
        "it cannot have ended: nobody released it"
    );
    drop(release);
    is_ended.recv().expect("an abandoned job goes on by itself");
}

#[test]
fn the_dispatchers_end_closes_the_jobs_that_still_wait() {
    let dispatcher = Dispatcher::builder()
        .blocking_threads(1)
        .build()
        .expect("dispatcher");
    let handle = dispatcher.handle();
    let (started, is_started) = mpsc::channel();
    let (release, wait) = mpsc::channel::<()>();
    let running = handle.unblock(move || {
        started.send(()).ok();
        wait.recv().is_err()
    });
    is_started.recv().expect("started");
    let owned = Arc::new(());
    let theirs = owned.clone();
    let mut waiting = pin!(handle.unblock(move || drop(theirs)));
    assert!(
        waiting
            .as_mut()
            .poll(&mut Context::from_waker(Waker::noop()))
            .is_pending()
    );
    // The handle and the waker in the queue keep what is shared alive; the pool must end anyway.
    drop(dispatcher);
    assert_eq!(Arc::strong_count(&owned), 1, "the queue was not dropped");
    let other = Dispatcher::new().expect("another dispatcher");
    let closed = other.block_on(waiting).expect("block_on");
    assert!(matches!(closed, Err(Error::Closed)));
    drop(release);
    assert!(
        other
            .block_on(running)
            .expect("block_on")
            .expect("a started job still answers")
    );
}

#[test]
fn the_dispatchers_end_lets_idle_threads_go() {
    let dispatcher = Dispatcher::builder()
        .blocking_idle(Duration::from_secs(1 << 20))
        .build()
        .expect("dispatcher");
    let handle = dispatcher.handle();
    struct AtThreadsEnd(mpsc::Sender<()>);
    impl Drop for AtThreadsEnd {
        fn drop(&mut self) {
            self.0.send(()).ok();
        }
    }
    thread_local! {
        static ENDING: std::cell::RefCell<Option<AtThreadsEnd>> = const { std::cell::RefCell::new(None) };
    }
    let (ended, is_ended) = mpsc::channel();
    let job = handle.unblock(move || {
        ENDING
            .with(|ending| ending.replace(Some(AtThreadsEnd(ended))))
            .is_none()
    });
    assert!(dispatcher.block_on(job).expect("block_on").expect("job"));
    drop(dispatcher);
    is_ended
        .recv()
        .expect("the thread ended although a handle is left");
    drop(handle);
}
