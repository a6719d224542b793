//! Yielding: a task goes on at once where no other can run, a few times a turn; otherwise it runs last.

use std::cell::{Cell, RefCell};
use std::future::{Future, poll_fn};
use std::os::fd::OwnedFd;
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::pipe::{PipeFlags, pipe_with};
use wippy_dispatcher::{Dispatcher, Error, Event, Handle, Interest, Source, WaitSet};

/// More yields than any turn may hold, and few enough to end if one does.
const MANY: u32 = 10_000;

/// Who did something, in order.
type Log = Rc<RefCell<Vec<&'static str>>>;

fn note(log: &Log, who: &'static str) {
    log.borrow_mut().push(who);
}

async fn yield_once(handle: &Handle) {
    handle.yield_now().await.expect("own thread");
}

/// Another thread did `job` and has ended.
fn elsewhere<T: Send + 'static>(job: impl FnOnce() -> T + Send + 'static) -> T {
    std::thread::spawn(job).join().expect("no panic")
}

/// Runs a task that lets others start to wait, does `wake`, yields once and then logs "yielder".
fn after(dispatcher: &Dispatcher, log: &Log, wake: impl FnOnce(&Handle) + 'static) {
    let (handle, own) = (dispatcher.handle(), log.clone());
    let yielder = dispatcher.spawn(async move {
        yield_once(&handle).await;
        wake(&handle);
        yield_once(&handle).await;
        note(&own, "yielder");
    });
    let yielder = yielder.expect("room");
    while !yielder.is_finished() {
        dispatcher.turn(None).expect("turn");
    }
}

fn noting<F: Future + 'static>(dispatcher: &Dispatcher, log: &Log, future: F) {
    let own = log.clone();
    let task = dispatcher.spawn(async move {
        future.await;
        note(&own, "woken");
    });
    task.expect("room").detach();
}

/// Both at once in one task, the first polled first.
async fn join(first: impl Future<Output = ()>, second: impl Future<Output = ()>) {
    let (mut first, mut second) = (pin!(first), pin!(second));
    let mut open = (true, true);
    poll_fn(move |cx| {
        open.0 = open.0 && first.as_mut().poll(cx).is_pending();
        open.1 = open.1 && second.as_mut().poll(cx).is_pending();
        match open {
            (false, false) => Poll::Ready(()),
            _ => Poll::Pending,
        }
    })
    .await
}

/// A future that leaves its waker and is done when it is polled again.
fn park() -> (
    Rc<RefCell<Option<Waker>>>,
    impl Future<Output = ()> + 'static,
) {
    let parked: Rc<RefCell<Option<Waker>>> = Rc::default();
    let place = parked.clone();
    let mut first = true;
    let waiting = poll_fn(move |cx| match std::mem::replace(&mut first, false) {
        true => {
            let before = place.replace(Some(cx.waker().clone()));
            drop(before);
            Poll::Pending
        }
        false => Poll::Ready(()),
    });
    (parked, waiting)
}

fn byte_pipe(handle: &Handle) -> (Source<OwnedFd>, OwnedFd) {
    let (reader, writer) = pipe_with(PipeFlags::NONBLOCK | PipeFlags::CLOEXEC).expect("pipe");
    let source = Source::with_interest(handle, reader, Interest::Readable).expect("pipe");
    (source, writer)
}

fn write_byte(writer: &OwnedFd) {
    rustix::io::write(writer, b"x").expect("room in the pipe");
}

#[test]
fn a_lone_yielder_goes_on_at_once_and_yet_its_turn_ends() {
    for budget in [1, 64] {
        let builder = Dispatcher::builder().task_budget(budget);
        let dispatcher = builder.build().expect("system");
        let (handle, yields) = (dispatcher.handle(), Rc::new(Cell::new(0)));
        let own = yields.clone();
        let task = dispatcher.spawn(async move {
            while own.get() < MANY {
                yield_once(&handle).await;
                own.set(own.get() + 1);
            }
        });
        let _task = task.expect("room");
        for _ in 0..10 {
            let before = yields.get();
            let turn = dispatcher.turn(None).expect("turn");
            assert_eq!((turn.ran, turn.runnable), (1, 1));
            let passed = yields.get() - before;
            assert!((2..100).contains(&passed), "{passed} yields in a turn");
        }
    }
}

/// A task that was woken before this one's run began has run by then, and does not keep this one's
/// yields from being skipped.
#[test]
fn what_woke_the_yielder_itself_is_no_other() {
    let dispatcher = Dispatcher::new().expect("system");
    let handle = dispatcher.handle();
    let runs = Rc::new(Cell::new(0));
    let woken = |handle: Handle, runs: Rc<Cell<u32>>| async move {
        handle
            .sleep(Duration::from_micros(50))
            .await
            .expect("own thread");
        let mut yielding = pin!(async {
            for _ in 0..4 {
                yield_once(&handle).await;
            }
        });
        poll_fn(|cx| {
            runs.set(runs.get() + 1);
            yielding.as_mut().poll(cx)
        })
        .await;
    };
    let task = dispatcher.spawn(woken(handle.clone(), runs.clone()));
    let task = task.expect("room");
    while !task.is_finished() {
        dispatcher.turn(None).expect("turn");
    }
    assert_eq!(runs.get(), 1, "as a task");
    let root = woken(handle, runs.clone());
    dispatcher.block_on(root).expect("run");
    assert_eq!(runs.get(), 2, "as the root");
}

/// Yields three times, then lets the next one do the same.
fn chain(handle: Handle, yields: Rc<Cell<u32>>) -> Pin<Box<dyn Future<Output = ()>>> {
    Box::pin(async move {
        for _ in 0..3 {
            yield_once(&handle).await;
            yields.set(yields.get() + 1);
        }
        let next = handle.spawn(chain(handle.clone(), yields));
        next.expect("room").detach();
    })
}

/// The bound is the turn's, not each task's: those that come one after the other share it.
#[test]
fn yielders_that_follow_each_other_share_a_turns_bound() {
    let builder = Dispatcher::builder().task_budget(1000);
    let dispatcher = builder.build().expect("system");
    let yields = Rc::new(Cell::new(0));
    let first = dispatcher.spawn(chain(dispatcher.handle(), yields.clone()));
    first.expect("room").detach();
    let turn = dispatcher.turn(None).expect("turn");
    assert_eq!(turn.runnable, 1);
    assert!((2..100).contains(&yields.get()), "{} yields", yields.get());
}

#[test]
fn a_runnable_task_goes_first() {
    let dispatcher = Dispatcher::new().expect("system");
    let log = Log::default();
    let own = log.clone();
    after(&dispatcher, &log, move |handle| {
        let task = handle.spawn(async move { note(&own, "woken") });
        task.expect("room").detach();
    });
    assert_eq!(*log.borrow(), ["woken", "yielder"]);
}

#[test]
fn what_another_thread_sends_goes_first() {
    let dispatcher = Dispatcher::new().expect("system");
    let log = Log::default();
    let event = Event::new(&dispatcher.handle()).expect("room");
    let set = event.clone();
    noting(&dispatcher, &log, async move { event.wait().await });
    after(&dispatcher, &log, move |_| elsewhere(move || set.set()));
    assert_eq!(*log.borrow(), ["woken", "yielder"]);

    log.borrow_mut().clear();
    let remote = dispatcher.remote();
    let ran = Arc::new(AtomicUsize::new(0));
    let (count, seen) = (ran.clone(), ran);
    let own = log.clone();
    after(&dispatcher, &log, move |handle| {
        elsewhere(move || {
            let start = move |_: &Handle| async move {
                count.fetch_add(1, Ordering::Relaxed);
            };
            remote.spawn(start).expect("room");
        });
        // It goes on when it sees the other's mark, which the yield must have let it make.
        let watch = handle.clone();
        let task = handle.spawn(async move {
            yield_once(&watch).await;
            assert_eq!(seen.load(Ordering::Relaxed), 1);
            note(&own, "woken");
        });
        task.expect("room").detach();
    });
    dispatcher.turn(Some(Duration::ZERO)).expect("turn");
    assert!(log.borrow().contains(&"woken"));
}

#[test]
fn whom_another_threads_wake_reaches_goes_first() {
    let dispatcher = Dispatcher::new().expect("system");
    let log = Log::default();
    let (parked, waiting) = park();
    noting(&dispatcher, &log, waiting);
    after(&dispatcher, &log, move |_| {
        let waker = parked.take().expect("it waits");
        elsewhere(move || waker.wake());
    });
    assert_eq!(*log.borrow(), ["woken", "yielder"]);
}

#[test]
fn whom_a_due_timer_wakes_goes_first() {
    let dispatcher = Dispatcher::new().expect("system");
    let log = Log::default();
    let deadline = dispatcher.handle().now().expect("own thread") + Duration::from_micros(500);
    let sleep = dispatcher.handle().sleep_until(deadline);
    noting(&dispatcher, &log, sleep);
    after(&dispatcher, &log, move |handle| {
        while handle.now().expect("own thread") < deadline {}
    });
    assert_eq!(*log.borrow(), ["woken", "yielder"]);
}

#[test]
fn whom_an_event_wakes_goes_first() {
    let dispatcher = Dispatcher::new().expect("system");
    let log = Log::default();
    let (source, writer) = byte_pipe(&dispatcher.handle());
    noting(&dispatcher, &log, async move {
        source.ready(Interest::Readable).await
    });
    after(&dispatcher, &log, move |_| write_byte(&writer));
    assert_eq!(*log.borrow(), ["woken", "yielder"]);
}

#[test]
fn a_woken_root_goes_first() {
    let dispatcher = Dispatcher::new().expect("system");
    let handle = dispatcher.handle();
    let log = Log::default();
    // Nothing of the dispatcher's own: its waker alone.
    let (parked, waiting) = park();
    let own = log.clone();
    let yielder = dispatcher.spawn(async move {
        parked.take().expect("it waits").wake();
        yield_once(&handle).await;
        note(&own, "yielder");
    });
    let root = async {
        waiting.await;
        note(&log, "woken");
        yielder.expect("room").await.expect("not cancelled");
    };
    dispatcher.block_on(root).expect("run");
    assert_eq!(*log.borrow(), ["woken", "yielder"]);
}

/// The others need not be tasks: what a timer, a source or an event wakes may be a part of the very
/// task that yields, and the executor sees no second task then.
#[test]
fn a_woken_part_of_the_same_task_goes_first() {
    type Waits = fn(&Handle) -> (Pin<Box<dyn Future<Output = ()>>>, Box<dyn FnOnce(&Handle)>);
    let ways: [(&str, Waits); 4] = [
        ("timer", |handle| {
            let deadline = handle.now().expect("own thread") + Duration::from_micros(300);
            let sleep = handle.sleep_until(deadline);
            let waits = async move { sleep.await.expect("own thread") };
            let wake = move |handle: &Handle| {
                while handle.now().expect("own thread") < deadline {}
            };
            (Box::pin(waits), Box::new(wake))
        }),
        ("event", |handle| {
            let (source, writer) = byte_pipe(handle);
            let waits = async move {
                let ready = source.ready(Interest::Readable).await;
                ready.expect("own thread");
            };
            (Box::pin(waits), Box::new(move |_| write_byte(&writer)))
        }),
        ("event", |handle| {
            let event = Event::new(handle).expect("room");
            let set = event.clone();
            let waits = async move { event.wait().await.expect("own thread") };
            (Box::pin(waits), Box::new(move |_| set.set()))
        }),
        ("set", |handle| {
            let event = Event::new(handle).expect("room");
            let set = event.clone();
            let mut waiting = WaitSet::new(handle).expect("room");
            let waits = async move {
                waiting.add_event(&event, 0).expect("room");
                waiting.wait().await.expect("own thread");
            };
            (Box::pin(waits), Box::new(move |_| set.set()))
        }),
    ];
    for (name, way) in ways {
        let dispatcher = Dispatcher::new().expect("system");
        let log = Log::default();
        let (own, other) = (log.clone(), log.clone());
        let handle = dispatcher.handle();
        let task = dispatcher.spawn(async move {
            let (waits, wake) = way(&handle);
            let waking = async {
                // Pending once, whatever a yield does, so that the other waits.
                let mut first = true;
                poll_fn(|cx| {
                    cx.waker().wake_by_ref();
                    match std::mem::replace(&mut first, false) {
                        true => Poll::Pending,
                        false => Poll::Ready(()),
                    }
                })
                .await;
                wake(&handle);
                yield_once(&handle).await;
                note(&own, "yielder");
            };
            let waiting = async move {
                waits.await;
                note(&other, "woken");
            };
            join(waking, waiting).await;
        });
        let task = task.expect("room");
        dispatcher.block_on(task).expect("run").expect("an end");
        assert_eq!(*log.borrow(), ["woken", "yielder"], "{name}");
    }
}

/// A waker of another executor.
struct Counting(AtomicUsize);

impl Wake for Counting {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

fn counting() -> (Arc<Counting>, Waker) {
    let counting = Arc::new(Counting(AtomicUsize::new(0)));
    (counting.clone(), Waker::from(counting))
}

fn is_readable(dispatcher: &Dispatcher) -> bool {
    let fd = dispatcher.as_fd().expect("system");
    let mut fds = [PollFd::new(&fd, PollFlags::IN)];
    let at_once = Timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    poll(&mut fds, Some(&at_once)).expect("poll") > 0
}

/// A foreign executor polls it between turns: it is pending, the descriptor asks for the turn that
/// wakes it, and after that it is done.
#[test]
fn outside_of_a_turn_a_yield_is_always_pending_and_asks_for_a_turn() {
    let dispatcher = Dispatcher::new().expect("system");
    let handle = dispatcher.handle();
    while is_readable(&dispatcher) {
        dispatcher.turn(Some(Duration::ZERO)).expect("turn");
    }
    for round in 1..=20 {
        let (count, waker) = counting();
        let mut context = Context::from_waker(&waker);
        let mut yielding = pin!(handle.yield_now());
        assert!(yielding.as_mut().poll(&mut context).is_pending(), "{round}");
        assert_eq!(count.0.load(Ordering::Relaxed), 0);
        assert!(is_readable(&dispatcher), "{round}: nobody is told of it");
        dispatcher.turn(Some(Duration::ZERO)).expect("turn");
        assert_eq!(count.0.load(Ordering::Relaxed), 1);
        assert!(matches!(
            yielding.as_mut().poll(&mut context),
            Poll::Ready(Ok(()))
        ));
    }
}

/// One who yields in a foreign executor's hands, and is dropped or never polled again, holds up
/// nobody.
#[test]
fn a_yield_that_nobody_polls_again_leaves_nothing_behind() {
    let dispatcher = Dispatcher::new().expect("system");
    let handle = dispatcher.handle();
    let (count, waker) = counting();
    for _ in 0..3 {
        let mut context = Context::from_waker(&waker);
        let mut yielding = Box::pin(handle.yield_now());
        assert!(yielding.as_mut().poll(&mut context).is_pending());
    }
    let turn = dispatcher.turn(Some(Duration::ZERO)).expect("turn");
    assert_eq!((turn.ran, turn.runnable), (0, 0));
    assert_eq!(count.0.load(Ordering::Relaxed), 3);
    let mut context = Context::from_waker(&waker);
    let mut late = Box::pin(handle.yield_now());
    assert!(late.as_mut().poll(&mut context).is_pending());
    drop(dispatcher);
    assert_eq!(count.0.load(Ordering::Relaxed), 4);
    let mut after_the_end = Box::pin(handle.yield_now());
    assert!(matches!(
        after_the_end.as_mut().poll(&mut context),
        Poll::Ready(Err(Error::Closed))
    ));
}

/// A task that polls others by itself, with wakers of its own, may go on a few times at most before
/// one of them is pending.
#[test]
fn an_executor_within_a_task_is_told_to_wait_soon() {
    let dispatcher = Dispatcher::new().expect("system");
    let handle = dispatcher.handle();
    let passed = Rc::new(Cell::new(0));
    let own = passed.clone();
    let task = dispatcher.spawn(async move {
        let (_, waker) = counting();
        let mut context = Context::from_waker(&waker);
        while own.get() < MANY {
            let mut yielding = pin!(handle.yield_now());
            if yielding.as_mut().poll(&mut context).is_pending() {
                return;
            }
            own.set(own.get() + 1);
        }
    });
    let task = task.expect("room");
    dispatcher.block_on(task).expect("run").expect("an end");
    assert!(passed.get() < 100, "{} times", passed.get());
}

/// Tasks that keep the thread for long take turns, and one that a look at I/O wakes waits for one of
/// them and not for all.
#[test]
fn tasks_that_take_long_go_on_one_a_turn_behind_those_that_are_woken() {
    let dispatcher = Dispatcher::new().expect("a dispatcher");
    let handle = dispatcher.handle();
    let log = Log::default();
    let (reader, writer) = pipe_with(PipeFlags::NONBLOCK).expect("a pipe");
    let source = Source::new(&handle, reader).expect("room");
    noting(&dispatcher, &log, async move {
        source.ready(Interest::Readable).await.expect("own thread");
    });
    let mut tasks = Vec::new();
    let writer = Rc::new(writer);
    for name in ["a", "b", "c", "d"] {
        let (handle, log, writer) = (handle.clone(), log.clone(), writer.clone());
        let working = async move {
            for slice in 0..3 {
                note(&log, name);
                if name == "b" && slice == 1 {
                    rustix::io::write(&*writer, b"x").expect("room");
                }
                handle.yield_long().await.expect("own thread");
            }
        };
        tasks.push(dispatcher.spawn(working).expect("room"));
    }
    let ended = async {
        for task in tasks {
            task.await.expect("not cancelled");
        }
    };
    dispatcher.block_on(ended).expect("no deadlock");
    let expected = [
        "a", "b", "c", "d", "a", "b", "woken", "c", "d", "a", "b", "c", "d",
    ];
    assert_eq!(*log.borrow(), expected);
}

/// Others that are always busy do not starve a task that keeps the thread for long, nor it them.
#[test]
fn who_takes_long_and_who_is_always_busy_both_go_on() {
    let dispatcher = Dispatcher::new().expect("a dispatcher");
    let (long, short) = (Rc::new(Cell::new(0)), Rc::new(Cell::new(0)));
    for _ in 0..3 {
        let (handle, short) = (dispatcher.handle(), short.clone());
        let busy = async move {
            loop {
                short.set(short.get() + 1);
                yield_once(&handle).await;
            }
        };
        dispatcher.spawn(busy).expect("room").detach();
    }
    let (handle, own) = (dispatcher.handle(), long.clone());
    let working = async move {
        loop {
            own.set(own.get() + 1);
            handle.yield_long().await.expect("own thread");
        }
    };
    dispatcher.spawn(working).expect("room").detach();
    for _ in 0..100 {
        dispatcher.turn(None).expect("turn");
    }
    assert!(long.get() >= 40, "{}", long.get());
    assert!(short.get() >= 100, "{}", short.get());
}
