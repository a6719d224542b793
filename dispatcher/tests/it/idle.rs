//! Waiting until nothing else can run.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use wippy_dispatcher::{Dispatcher, Handle};

/// Who did something, in order.
type Log = Rc<RefCell<Vec<String>>>;

fn spawn_idler(dispatcher: &Dispatcher, log: &Log, name: &str) {
    let (handle, log, name) = (dispatcher.handle(), log.clone(), name.to_owned());
    let task = dispatcher.spawn(async move {
        handle.idle().await.expect("own thread");
        log.borrow_mut().push(name);
    });
    task.expect("room").detach();
}

/// A chain of tasks, each of which starts the next.
fn spawn_chain(handle: &Handle, log: &Log, left: u32) {
    let (next, own) = (handle.clone(), log.clone());
    let task = handle.spawn(async move {
        next.yield_now().await.expect("own thread");
        own.borrow_mut().push(format!("chain {left}"));
        if left > 1 {
            spawn_chain(&next, &own, left - 1);
        }
    });
    task.expect("room").detach();
}

#[test]
fn it_ends_when_nothing_else_can_run_one_at_a_time() {
    let dispatcher = Dispatcher::new().expect("a dispatcher");
    let log = Log::default();
    spawn_idler(&dispatcher, &log, "first idler");
    spawn_idler(&dispatcher, &log, "second idler");
    spawn_chain(&dispatcher.handle(), &log, 3);
    let idle = async {
        for _ in 0..3 {
            dispatcher.handle().idle().await.expect("own thread");
        }
    };
    dispatcher.block_on(idle).expect("no error");
    let expected = [
        "chain 3",
        "chain 2",
        "chain 1",
        "first idler",
        "second idler",
    ];
    assert_eq!(*log.borrow(), expected);
}

#[test]
fn virtual_time_does_not_move_before() {
    let dispatcher = Dispatcher::simulated(7).expect("a dispatcher");
    let handle = dispatcher.handle();
    let begun = handle.now().expect("the time");
    let idle = async {
        let sleep = handle.spawn({
            let sleep = handle.sleep(Duration::from_secs(1));
            async move { sleep.await.expect("own thread") }
        });
        let sleep = sleep.expect("room");
        for _ in 0..5 {
            handle.idle().await.expect("own thread");
            assert_eq!(handle.now().expect("the time"), begun);
        }
        sleep.await.expect("not cancelled");
    };
    dispatcher.block_on(idle).expect("no deadlock");
    let passed = handle.now().expect("the time") - begun;
    assert_eq!(passed, Duration::from_secs(1));
}

#[test]
fn the_owner_of_another_loop_sees_that_somebody_waits() {
    let dispatcher = Dispatcher::new().expect("a dispatcher");
    let log = Log::default();
    let is_readable = || {
        let fd = dispatcher.as_fd().expect("a descriptor");
        let mut polled = [PollFd::from_borrowed_fd(fd, PollFlags::IN)];
        poll(&mut polled, Some(&Timespec::default())).expect("poll") > 0
    };
    spawn_idler(&dispatcher, &log, "first idler");
    spawn_idler(&dispatcher, &log, "second idler");
    let mut turns = 0;
    while is_readable() {
        let turn = dispatcher.turn(Some(Duration::ZERO)).expect("a turn");
        turns += 1;
        assert!(turns < 10, "it never ends: {turn:?}");
    }
    assert_eq!(*log.borrow(), ["first idler", "second idler"]);
}

#[test]
fn the_dispatchers_end_drops_who_waits() {
    let dispatcher = Dispatcher::new().expect("a dispatcher");
    let kept = Rc::new(());
    let (handle, held) = (dispatcher.handle(), kept.clone());
    let task = dispatcher.spawn(async move {
        handle.idle().await.expect("own thread");
        handle.idle().await.expect("own thread");
        drop(held);
    });
    task.expect("room").detach();
    dispatcher.turn(Some(Duration::ZERO)).expect("a turn");
    assert_eq!(Rc::strong_count(&kept), 2);
    drop(dispatcher);
    assert_eq!(Rc::strong_count(&kept), 1);
}
