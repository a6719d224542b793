//! How many system calls wakes from other threads take: the writes to the eventfd, which the kernel counts and nobody
//! reads.

use std::fs::read_to_string;
use std::os::fd::AsRawFd;
use std::time::Duration;

use wippy_dispatcher::{Dispatcher, Remote};

/// The value of a line of a descriptor's information.
fn info(fd: impl std::fmt::Display) -> String {
    read_to_string(format!("/proc/self/fdinfo/{fd}")).expect("an open descriptor")
}

/// The eventfd of a dispatcher.
fn eventfd(dispatcher: &Dispatcher) -> String {
    let set = info(dispatcher.as_fd().expect("system").as_raw_fd());
    // The waker is what is in the set with the largest number as its token.
    let waker = set
        .lines()
        .find(|line| line.contains("data: ffffffffffffffff"))
        .expect("the waker");
    let fd = waker.split_whitespace().nth(1).expect("its descriptor");
    fd.to_owned()
}

/// What has been written to it, a one each time.
fn writes(eventfd: &str) -> u64 {
    let eventfd = info(eventfd);
    let count = eventfd
        .lines()
        .find_map(|line| line.strip_prefix("eventfd-count:"))
        .expect("an eventfd");
    u64::from_str_radix(count.trim(), 16).expect("a number")
}

/// Wakes it in each way, from another thread, and waits until that has ended.
fn wake_often(remote: &Remote) {
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                for _ in 0..200 {
                    remote.wake();
                    remote.spawn(|_| async {}).expect("room");
                }
            });
        }
    });
}

#[test]
fn wakes_of_a_dispatcher_that_is_awake_take_none() {
    let dispatcher = Dispatcher::new().expect("system");
    let remote = dispatcher.remote();
    let eventfd = eventfd(&dispatcher);
    // A task, because it runs after the turn has begun to look at what others send.
    let task = dispatcher.spawn(async move {
        let before = writes(&eventfd);
        wake_often(&remote);
        writes(&eventfd) - before
    });
    let written = dispatcher.block_on(task.expect("room")).expect("run");
    assert_eq!(written.expect("not cancelled"), 0);
}

#[test]
fn wakes_of_a_dispatcher_that_waits_take_one() {
    let dispatcher = Dispatcher::new().expect("system");
    let remote = dispatcher.remote();
    let eventfd = eventfd(&dispatcher);
    for _ in 0..3 {
        // After it the descriptor is waited for elsewhere, which is the same as parked.
        while dispatcher.turn(Some(Duration::ZERO)).expect("turn").ran > 0 {}
        let before = writes(&eventfd);
        wake_often(&remote);
        assert_eq!(writes(&eventfd) - before, 1);
    }
}
