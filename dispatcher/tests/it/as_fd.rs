//! Inside another event loop: the descriptor is readable exactly when a turn has something to do.

use std::cell::{Cell, RefCell};
use std::future::poll_fn;
use std::os::fd::OwnedFd;
use std::rc::Rc;
use std::task::{Poll, Waker};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, epoll, poll};
use rustix::pipe::{PipeFlags, pipe_with};
use wippy_dispatcher::{Dispatcher, Interest, Source, Turn};

/// A foreign loop: an epoll set that holds the dispatcher's descriptor, level-triggered.
struct Foreign {
    set: OwnedFd,
}

impl Foreign {
    fn around(dispatcher: &Dispatcher) -> Foreign {
        let set = epoll::create(epoll::CreateFlags::CLOEXEC).expect("epoll");
        let fd = dispatcher.as_fd().expect("system");
        epoll::add(
            &set,
            fd,
            epoll::EventData::new_u64(7),
            epoll::EventFlags::IN,
        )
        .expect("nested");
        Foreign { set }
    }

    fn is_readable(&self) -> bool {
        self.wait(Some(&Timespec {
            tv_sec: 0,
            tv_nsec: 0,
        }))
    }

    fn wait_until_readable(&self) {
        while !self.wait(None) {}
    }

    fn wait(&self, timeout: Option<&Timespec>) -> bool {
        let mut events = [epoll::Event {
            flags: epoll::EventFlags::empty(),
            data: epoll::EventData::new_u64(0),
        }; 4];
        match epoll::wait(&self.set, &mut events[..], timeout) {
            Ok(count) => count > 0,
            Err(rustix::io::Errno::INTR) => false,
            Err(errno) => panic!("epoll_wait: {errno}"),
        }
    }
}

/// The same question to poll(2), without a set around it.
fn poll_says_readable(dispatcher: &Dispatcher) -> bool {
    let fd = dispatcher.as_fd().expect("system");
    let mut fds = [PollFd::new(&fd, PollFlags::IN)];
    poll(
        &mut fds,
        Some(&Timespec {
            tv_sec: 0,
            tv_nsec: 0,
        }),
    )
    .expect("poll")
        > 0
}

fn turn(dispatcher: &Dispatcher) -> Turn {
    dispatcher.turn(Some(Duration::ZERO)).expect("turn")
}

/// Turns until nothing is left to do right now.
fn settle(dispatcher: &Dispatcher, foreign: &Foreign) {
    while foreign.is_readable() {
        turn(dispatcher);
    }
}

/// Turns whenever the descriptor is readable, until `done`.
fn run_until(dispatcher: &Dispatcher, foreign: &Foreign, mut done: impl FnMut() -> bool) {
    while !done() {
        foreign.wait_until_readable();
        turn(dispatcher);
    }
}

/// A task that counts how often it ran, and its waker.
fn counting_task(dispatcher: &Dispatcher) -> (Rc<Cell<u32>>, Rc<RefCell<Option<Waker>>>) {
    let (ran, waker) = (Rc::new(Cell::new(0)), Rc::new(RefCell::new(None)));
    let (ran_inside, waker_inside) = (ran.clone(), waker.clone());
    let body = poll_fn(move |cx| {
        ran_inside.set(ran_inside.get() + 1);
        waker_inside.replace(Some(cx.waker().clone()));
        Poll::<()>::Pending
    });
    dispatcher.spawn(body).expect("room").detach();
    (ran, waker)
}

fn take(waker: &Rc<RefCell<Option<Waker>>>) -> Waker {
    waker.borrow_mut().take().expect("the task ran")
}

#[test]
fn readable_at_a_deadline_and_not_before() {
    let dispatcher = Dispatcher::new().expect("system");
    let foreign = Foreign::around(&dispatcher);
    let handle = dispatcher.handle();
    let deadline = handle.now().expect("own thread") + Duration::from_millis(30);
    let task = dispatcher
        .spawn(handle.sleep_until(deadline))
        .expect("room");
    settle(&dispatcher, &foreign);
    let readable = foreign.is_readable() || poll_says_readable(&dispatcher);
    // Asked before the clock: a slow machine may be past the deadline already.
    assert!(!readable || handle.now().expect("own thread") >= deadline);
    foreign.wait_until_readable();
    assert!(handle.now().expect("own thread") >= deadline);
    turn(&dispatcher);
    assert!(task.is_finished());
    settle(&dispatcher, &foreign);
    assert!(!poll_says_readable(&dispatcher));
}

/// The descriptor becomes readable at each deadline of a series, also at the second of two that are
/// close together.
#[test]
fn readable_at_every_deadline_of_a_series() {
    let dispatcher = Dispatcher::new().expect("system");
    let foreign = Foreign::around(&dispatcher);
    let handle = dispatcher.handle();
    let start = handle.now().expect("own thread");
    let tasks: Vec<_> = [0, 1, 1, 2, 50, 51, 500, 501, 2_000, 4_000]
        .into_iter()
        .map(|micros| start + Duration::from_micros(micros))
        .map(|deadline| {
            dispatcher
                .spawn(handle.sleep_until(deadline))
                .expect("room")
        })
        .collect();
    run_until(&dispatcher, &foreign, || {
        tasks.iter().all(|task| task.is_finished())
    });
    settle(&dispatcher, &foreign);
    assert_eq!(dispatcher.next_deadline(), None);
}

#[test]
fn readable_when_a_foreign_thread_wakes_a_task() {
    let dispatcher = Dispatcher::new().expect("system");
    let foreign = Foreign::around(&dispatcher);
    let (ran, waker) = counting_task(&dispatcher);
    settle(&dispatcher, &foreign);
    for round in 1..20 {
        assert_eq!(ran.get(), round);
        assert!(!foreign.is_readable() && !poll_says_readable(&dispatcher));
        let waker = take(&waker);
        let waking = std::thread::spawn(move || waker.wake());
        run_until(&dispatcher, &foreign, || ran.get() > round);
        waking.join().expect("no panic");
        settle(&dispatcher, &foreign);
    }
}

#[test]
fn readable_when_its_own_thread_wakes_a_task_between_turns() {
    let dispatcher = Dispatcher::new().expect("system");
    let foreign = Foreign::around(&dispatcher);
    let (ran, waker) = counting_task(&dispatcher);
    settle(&dispatcher, &foreign);
    take(&waker).wake();
    assert!(foreign.is_readable() && poll_says_readable(&dispatcher));
    turn(&dispatcher);
    assert_eq!(ran.get(), 2);
}

#[test]
fn readable_after_a_remote_wake_and_a_remote_spawn() {
    let dispatcher = Dispatcher::new().expect("system");
    let foreign = Foreign::around(&dispatcher);
    let remote = dispatcher.remote();
    for _ in 0..3 {
        assert!(!foreign.is_readable());
        let waking = remote.clone();
        let thread = std::thread::spawn(move || waking.wake());
        foreign.wait_until_readable();
        thread.join().expect("no panic");
        assert_eq!(turn(&dispatcher).ran, 0);
        settle(&dispatcher, &foreign);
    }
    let (sender, receiver) = std::sync::mpsc::channel();
    let thread = std::thread::spawn(move || {
        remote.spawn(move |_| async move { sender.send(()).expect("receiver") })
    });
    run_until(&dispatcher, &foreign, || receiver.try_recv().is_ok());
    thread.join().expect("no panic").expect("spawned");
}

#[test]
fn readable_when_a_task_is_spawned_before_the_first_turn_and_between_turns() {
    let dispatcher = Dispatcher::new().expect("system");
    let foreign = Foreign::around(&dispatcher);
    assert!(!foreign.is_readable());
    for _ in 0..3 {
        let task = dispatcher.spawn(async {}).expect("room");
        assert!(foreign.is_readable() && poll_says_readable(&dispatcher));
        turn(&dispatcher);
        assert!(task.is_finished());
        settle(&dispatcher, &foreign);
    }
}

#[test]
fn readable_when_a_timer_is_armed_between_turns() {
    let dispatcher = Dispatcher::new().expect("system");
    let foreign = Foreign::around(&dispatcher);
    let handle = dispatcher.handle();
    for _ in 0..3 {
        let deadline = handle.now().expect("own thread") + Duration::from_millis(2);
        let mut set = wippy_dispatcher::WaitSet::new(&handle).expect("set");
        set.add_deadline(deadline + Duration::from_secs(3_600), 0)
            .expect("room");
        set.add_deadline(deadline, 1).expect("room");
        foreign.wait_until_readable();
        assert!(handle.now().expect("own thread") >= deadline);
        turn(&dispatcher);
        let mut fired = Vec::new();
        set.take_fired(&mut fired).expect("own thread");
        assert_eq!(fired, [1]);
        drop(set);
        settle(&dispatcher, &foreign);
    }
}

#[test]
fn readable_when_a_source_becomes_ready() {
    let dispatcher = Dispatcher::new().expect("system");
    let foreign = Foreign::around(&dispatcher);
    let handle = dispatcher.handle();
    let (reader, writer) = pipe_with(PipeFlags::NONBLOCK | PipeFlags::CLOEXEC).expect("pipe");
    let source = Source::with_interest(&handle, reader, Interest::Readable).expect("pipe");
    let read = Rc::new(Cell::new(0));
    let count = read.clone();
    let body = async move {
        loop {
            let mut byte = [0];
            let operation = |fd: &OwnedFd| Ok(rustix::io::read(fd, &mut byte)?);
            count.set(
                count.get()
                    + source
                        .attempt(Interest::Readable, operation)
                        .await
                        .expect("pipe"),
            );
        }
    };
    dispatcher.spawn(body).expect("room").detach();
    settle(&dispatcher, &foreign);
    for written in 1..=5 {
        assert!(!foreign.is_readable() && !poll_says_readable(&dispatcher));
        rustix::io::write(&writer, b"x").expect("room in the pipe");
        assert!(foreign.is_readable());
        turn(&dispatcher);
        assert_eq!(read.get(), written);
        settle(&dispatcher, &foreign);
    }
}

/// A source that is ready before it is registered makes it readable as well.
#[test]
fn readable_when_a_ready_source_is_registered_between_turns() {
    let dispatcher = Dispatcher::new().expect("system");
    let foreign = Foreign::around(&dispatcher);
    let (reader, writer) = pipe_with(PipeFlags::NONBLOCK | PipeFlags::CLOEXEC).expect("pipe");
    rustix::io::write(&writer, b"x").expect("room in the pipe");
    assert!(!foreign.is_readable());
    let source =
        Source::with_interest(&dispatcher.handle(), reader, Interest::Readable).expect("pipe");
    assert!(foreign.is_readable());
    turn(&dispatcher);
    assert!(source.is_ready(Interest::Readable));
}

#[test]
fn readable_while_tasks_are_left_over() {
    let dispatcher = Dispatcher::builder()
        .task_budget(1)
        .build()
        .expect("system");
    let foreign = Foreign::around(&dispatcher);
    let tasks: Vec<_> = (0..5)
        .map(|_| dispatcher.spawn(async {}).expect("room"))
        .collect();
    for left in (0..5).rev() {
        assert!(foreign.is_readable() && poll_says_readable(&dispatcher));
        let turn = turn(&dispatcher);
        assert_eq!((turn.ran, turn.runnable), (1, left));
    }
    assert!(tasks.iter().all(|task| task.is_finished()));
    settle(&dispatcher, &foreign);
    assert!(!poll_says_readable(&dispatcher));
}

/// `block_on` leaves the descriptor as truthful as a turn does.
#[test]
fn readable_for_what_block_on_leaves_behind() {
    let dispatcher = Dispatcher::builder()
        .task_budget(1)
        .build()
        .expect("system");
    let foreign = Foreign::around(&dispatcher);
    let handle = dispatcher.handle();
    let spawned = dispatcher.block_on(async { Some(handle.spawn(async {}).expect("room")) });
    let task = spawned.expect("run").expect("a task");
    assert!(foreign.is_readable());
    turn(&dispatcher);
    assert!(task.is_finished());
    settle(&dispatcher, &foreign);
    let sleep = handle.sleep(Duration::from_millis(1));
    let spawned = dispatcher.block_on(async { Some(handle.spawn(sleep).expect("room")) });
    let sleeper = spawned.expect("run").expect("a task");
    run_until(&dispatcher, &foreign, || sleeper.is_finished());
}

/// A look at the driver between turns must not take away the event that makes it readable.
#[test]
fn readable_after_a_look_at_the_driver_between_turns() {
    let dispatcher = Dispatcher::new().expect("system");
    let foreign = Foreign::around(&dispatcher);
    let handle = dispatcher.handle();
    let task = dispatcher.spawn(async {}).expect("room");
    handle.poll_driver().expect("driver");
    assert!(foreign.is_readable());
    turn(&dispatcher);
    assert!(task.is_finished());
    settle(&dispatcher, &foreign);

    let (ran, waker) = counting_task(&dispatcher);
    settle(&dispatcher, &foreign);
    let waker = take(&waker);
    std::thread::spawn(move || waker.wake())
        .join()
        .expect("no panic");
    handle.poll_driver().expect("driver");
    run_until(&dispatcher, &foreign, || ran.get() == 2);
    settle(&dispatcher, &foreign);

    let now = handle.now().expect("own thread");
    let mut set = wippy_dispatcher::WaitSet::new(&handle).expect("set");
    set.add_deadline(now, 0).expect("room");
    set.add_deadline(now + Duration::from_millis(1), 1)
        .expect("room");
    handle.poll_driver().expect("driver");
    let second = dispatcher
        .spawn(async move { set.wait().await })
        .expect("room");
    run_until(&dispatcher, &foreign, || second.is_finished());
    settle(&dispatcher, &foreign);
    handle.poll_driver().expect("driver");
    assert!(!foreign.is_readable());
}

/// One dispatcher as a source of another on the same thread.
#[test]
fn a_dispatcher_within_a_dispatcher() {
    let inner = Dispatcher::builder()
        .task_budget(1)
        .build()
        .expect("system");
    let outer = Dispatcher::new().expect("system");
    let inner_handle = inner.handle();
    let finished = Rc::new(Cell::new(0));
    for micros in [0, 100, 100, 3_000] {
        let (handle, finished) = (inner_handle.clone(), finished.clone());
        let body = async move {
            handle
                .sleep(Duration::from_micros(micros))
                .await
                .expect("timer");
            handle.yield_now().await.expect("turn");
            finished.set(finished.get() + 1);
        };
        inner.spawn(body).expect("room").detach();
    }
    let remote = inner.remote();
    let finished_by_remote = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
    let flag = finished_by_remote.clone();
    let thread = std::thread::spawn(move || {
        remote.spawn(move |_| async move { flag.store(true, std::sync::atomic::Ordering::Release) })
    });
    let driving = async {
        let fd = inner.as_fd().expect("system");
        let source =
            Source::with_interest(&outer.handle(), fd, Interest::Readable).expect("nested");
        while finished.get() < 4 || !finished_by_remote.load(std::sync::atomic::Ordering::Acquire) {
            source.ready(Interest::Readable).await.expect("source");
            // First clear, then turn: what becomes ready meanwhile is a new edge.
            source.clear(Interest::Readable);
            turn(&inner);
        }
    };
    outer.block_on(driving).expect("run");
    thread.join().expect("no panic").expect("spawned");
}
