//! A task, timer or thread that always has something to do does not keep the others from running.

use std::cell::Cell;
use std::future::{Future, poll_fn};
use std::os::fd::OwnedFd;
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::Poll;
use std::time::Duration;

use rustix::pipe::{PipeFlags, pipe_with};
use wippy_dispatcher::{Builder, Dispatcher, Error, Event, Handle, Interest, Simulation, Source};

/// A task that wakes itself whenever it runs.
async fn hog_by_wake() {
    poll_fn(|cx| {
        cx.waker().wake_by_ref();
        Poll::<()>::Pending
    })
    .await;
}

/// A task that yields whenever it runs.
async fn hog_by_yield(handle: Handle) {
    while handle.yield_now().await.is_ok() {}
}

/// A dispatcher with three hogs of each kind, for each way of driving the system.
fn with_hogs(test: impl Fn(&Dispatcher)) {
    let ways: [Builder; 3] = [
        Dispatcher::builder(),
        Dispatcher::builder().task_budget(1),
        Dispatcher::builder().spin(Duration::from_micros(20)),
    ];
    for builder in ways {
        let dispatcher = builder.build().expect("system");
        spawn_hogs(&dispatcher);
        test(&dispatcher);
    }
}

fn spawn_hogs(dispatcher: &Dispatcher) {
    for _ in 0..3 {
        dispatcher.spawn(hog_by_wake()).expect("room").detach();
        dispatcher
            .spawn(hog_by_yield(dispatcher.handle()))
            .expect("room")
            .detach();
    }
}

/// Takes turns until the future, as a task, is done.
fn turn_until_done<F: Future<Output = ()> + 'static>(dispatcher: &Dispatcher, future: F) {
    let task = dispatcher.spawn(future).expect("room");
    while !task.is_finished() {
        dispatcher.turn(None).expect("turn");
    }
}

fn byte_pipe(handle: &Handle) -> (Source<OwnedFd>, OwnedFd) {
    let (reader, writer) = pipe_with(PipeFlags::NONBLOCK | PipeFlags::CLOEXEC).expect("pipe");
    let source = Source::with_interest(handle, reader, Interest::Readable).expect("pipe");
    (source, writer)
}

async fn read_byte(source: &Source<OwnedFd>) -> usize {
    let mut byte = [0];
    let read = |fd: &OwnedFd| Ok(rustix::io::read(fd, &mut byte)?);
    source
        .attempt(Interest::Readable, read)
        .await
        .expect("pipe")
}

#[test]
fn who_gives_way_runs_behind_whom_the_clock_wakes() {
    let dispatcher = Dispatcher::new().expect("system");
    let handle = dispatcher.handle();
    let order = Rc::new(std::cell::RefCell::new(Vec::new()));
    let deadline = handle.now().expect("the time") + Duration::from_millis(1);
    let (own, sleeping) = (order.clone(), handle.clone());
    let sleeper = dispatcher.spawn(async move {
        sleeping.sleep_until(deadline).await.expect("a sleep");
        own.borrow_mut().push("sleeper");
    });
    let (own, busy) = (order.clone(), handle.clone());
    let hog = dispatcher.spawn(async move {
        // So that the sleeper waits before it is due.
        busy.yield_now().await.expect("a yield");
        while busy.now().expect("the time") < deadline {}
        busy.yield_now().await.expect("a yield");
        own.borrow_mut().push("hog");
    });
    let both = async {
        sleeper.expect("a task").await.expect("an end");
        hog.expect("a task").await.expect("an end");
    };
    dispatcher.block_on(both).expect("no deadlock");
    assert_eq!(*order.borrow(), ["sleeper", "hog"]);
}

#[test]
fn hogs_do_not_starve_a_source() {
    with_hogs(|dispatcher| {
        let (source, writer) = byte_pipe(&dispatcher.handle());
        let handle = dispatcher.handle();
        let writing = async move {
            for _ in 0..5 {
                handle.yield_now().await.expect("own thread");
                rustix::io::write(&writer, b"x").expect("room in the pipe");
            }
        };
        dispatcher.spawn(writing).expect("room").detach();
        turn_until_done(dispatcher, async move {
            for _ in 0..5 {
                assert_eq!(read_byte(&source).await, 1);
            }
        });
    });
}

#[test]
fn hogs_do_not_starve_a_timer() {
    with_hogs(|dispatcher| {
        let handle = dispatcher.handle();
        turn_until_done(dispatcher, async move {
            for _ in 0..3 {
                handle
                    .sleep(Duration::from_micros(300))
                    .await
                    .expect("timer");
            }
        });
    });
}

/// Each of the others runs once for each run of this one.
#[test]
fn hogs_do_not_starve_a_task_nor_each_other() {
    with_hogs(|dispatcher| {
        let runs: Vec<Rc<Cell<u32>>> = (0..4).map(|_| Rc::new(Cell::new(0))).collect();
        for count in &runs {
            let count = count.clone();
            let body = poll_fn(move |cx| {
                count.set(count.get() + 1);
                cx.waker().wake_by_ref();
                Poll::<()>::Pending
            });
            dispatcher.spawn(body).expect("room").detach();
        }
        for _ in 0..500 {
            dispatcher.turn(None).expect("turn");
            let counts = runs.iter().map(|count| count.get());
            let (least, most) = (counts.clone().min(), counts.max());
            assert!(
                most <= least.map(|least| least + 1),
                "{least:?} and {most:?} runs"
            );
        }
        assert!(runs.iter().all(|count| count.get() >= 40));
    });
}

#[test]
fn hogs_do_not_starve_what_other_threads_send() {
    with_hogs(|dispatcher| {
        let event = Event::new(&dispatcher.handle()).expect("room");
        let (remote, set) = (dispatcher.remote(), event.clone());
        let ran = std::sync::Arc::new(AtomicBool::new(false));
        let flag = ran.clone();
        let thread = std::thread::spawn(move || {
            remote.spawn(move |_| async move { flag.store(true, Ordering::Release) })?;
            set.set();
            Ok::<(), Error>(())
        });
        turn_until_done(dispatcher, async move {
            event.wait().await.expect("own thread")
        });
        while !ran.load(Ordering::Acquire) {
            dispatcher.turn(None).expect("turn");
        }
        thread.join().expect("no panic").expect("spawned");
    });
}

#[test]
fn hogs_do_not_starve_the_root() {
    with_hogs(|dispatcher| {
        let handle = dispatcher.handle();
        let (source, writer) = byte_pipe(&handle);
        let root = async {
            for _ in 0..10 {
                handle.yield_now().await.expect("own thread");
            }
            handle
                .sleep(Duration::from_micros(300))
                .await
                .expect("timer");
            rustix::io::write(&writer, b"x").expect("room in the pipe");
            read_byte(&source).await
        };
        assert_eq!(dispatcher.block_on(root).expect("run"), 1);
    });
}

/// The other way round: a root that never waits lets tasks, timers and I/O go on.
#[test]
fn a_root_that_never_waits_starves_nobody() {
    let dispatcher = Dispatcher::new().expect("system");
    let handle = dispatcher.handle();
    let (source, writer) = byte_pipe(&handle);
    rustix::io::write(&writer, b"x").expect("room in the pipe");
    let task = dispatcher.spawn(async move {
        handle
            .sleep(Duration::from_micros(300))
            .await
            .expect("timer");
        read_byte(&source).await
    });
    let task = task.expect("room");
    let root = poll_fn(|cx| {
        cx.waker().wake_by_ref();
        if task.is_finished() {
            Poll::Ready(())
        } else {
            Poll::Pending
        }
    });
    dispatcher.block_on(root).expect("run");
}

/// A thread that never stops sending does not hold a turn up.
#[test]
fn a_flood_from_another_thread_does_not_starve_a_timer() {
    let dispatcher = Dispatcher::new().expect("system");
    let handle = dispatcher.handle();
    let done = AtomicBool::new(false);
    let event = Event::new(&handle).expect("room");
    std::thread::scope(|scope| {
        let (done, flooding) = (&done, event.clone());
        scope.spawn(move || {
            while !done.load(Ordering::Acquire) {
                flooding.set();
            }
        });
        let slept = dispatcher.block_on(handle.sleep(Duration::from_millis(1)));
        done.store(true, Ordering::Release);
        slept.expect("run").expect("timer");
    });
}

/// In a simulation time stands still while anything can run; what does not need time goes on.
#[test]
fn hogs_in_a_simulation_starve_neither_tasks_nor_the_root() {
    for seed in 0..4 {
        let dispatcher = Dispatcher::simulated(seed).expect("simulation");
        spawn_hogs(&dispatcher);
        let event = Event::new(&dispatcher.handle()).expect("room");
        let setting = event.clone();
        dispatcher
            .spawn(async move { setting.set() })
            .expect("room")
            .detach();
        dispatcher
            .block_on(event.wait())
            .expect("run")
            .expect("own thread");
        turn_until_done(&dispatcher, async {});
    }
}

/// Hogs that yield let virtual time pass.
#[test]
fn yielding_hogs_in_a_simulation_starve_no_timer() {
    let simulation = Simulation::new(3).yield_cost(Duration::from_micros(10));
    let dispatcher = Dispatcher::builder()
        .simulation(simulation)
        .build()
        .expect("simulation");
    let handle = dispatcher.handle();
    for _ in 0..3 {
        dispatcher
            .spawn(hog_by_yield(handle.clone()))
            .expect("room")
            .detach();
    }
    let deadline = handle.now().expect("own thread") + Duration::from_micros(995);
    dispatcher
        .block_on(handle.sleep_until(deadline))
        .expect("run")
        .expect("timer");
    assert_eq!(handle.now().expect("own thread"), deadline);
}

#[test]
fn a_turn_runs_no_more_than_its_budget() {
    for budget in [1, 3, 64] {
        let system = Dispatcher::builder();
        let simulated = Dispatcher::builder().simulation(Simulation::new(1));
        for builder in [system, simulated] {
            let dispatcher = builder.task_budget(budget).build().expect("dispatcher");
            for _ in 0..100 {
                dispatcher.spawn(hog_by_wake()).expect("room").detach();
            }
            for _ in 0..10 {
                let turn = dispatcher.turn(None).expect("turn");
                assert_eq!((turn.ran, turn.runnable), (budget, 100));
            }
        }
    }
}

/// A budget of zero would never run anything; it counts as one.
#[test]
fn a_budget_of_zero_is_one() {
    let dispatcher = Dispatcher::builder()
        .task_budget(0)
        .build()
        .expect("system");
    turn_until_done(&dispatcher, async {});
}

/// While it spins the dispatcher sees sources, timers, other threads and its limit, even if the
/// spin alone would last for ever.
#[test]
fn a_spinning_dispatcher_sees_everything() {
    let dispatcher = Dispatcher::builder()
        .spin(Duration::MAX)
        .build()
        .expect("system");
    let handle = dispatcher.handle();
    let (source, writer) = byte_pipe(&handle);
    std::thread::scope(|scope| {
        scope.spawn(|| rustix::io::write(&writer, b"x").expect("room in the pipe"));
        assert_eq!(dispatcher.block_on(read_byte(&source)).expect("run"), 1);
    });

    let before = handle.now().expect("own thread");
    dispatcher
        .block_on(handle.sleep(Duration::from_millis(1)))
        .expect("run")
        .expect("timer");
    assert!(handle.now().expect("own thread") - before >= Duration::from_millis(1));

    let event = Event::new(&handle).expect("room");
    let set = event.clone();
    let thread = std::thread::spawn(move || set.set());
    dispatcher
        .block_on(event.wait())
        .expect("run")
        .expect("own thread");
    thread.join().expect("no panic");

    let turn = dispatcher
        .turn(Some(Duration::from_millis(1)))
        .expect("turn");
    assert_eq!(turn.ran, 0);
}

/// It parks until so long before the deadline and spins then. The waking in between is its own
/// affair: one turn waits for the whole of it.
#[test]
fn a_turn_that_spins_at_its_end_does_not_end_before_the_deadline() {
    let dispatcher = Dispatcher::builder()
        .spin(Duration::from_millis(1))
        .build()
        .expect("system");
    let handle = dispatcher.handle();
    let sleep = handle.sleep(Duration::from_millis(4));
    let sleeper = dispatcher.spawn(sleep).expect("room");
    assert_eq!(dispatcher.turn(None).expect("turn").ran, 1);
    assert!(!sleeper.is_finished());
    assert_eq!(dispatcher.turn(None).expect("turn").ran, 1);
    assert!(sleeper.is_finished());

    let before = handle.now().expect("own thread");
    let turn = dispatcher
        .turn(Some(Duration::from_millis(4)))
        .expect("turn");
    assert_eq!(turn.ran, 0);
    assert!(handle.now().expect("own thread") - before >= Duration::from_millis(4));
}
