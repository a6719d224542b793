//! Simulations that would go on for too long end with an error, for good.

use std::rc::Rc;
use std::task::Poll;
use std::time::Duration;

use wippy_dispatcher::{Dispatcher, Error, Event, Record, Simulation};

use super::{now, simulation, trace};

const SECOND: Duration = Duration::from_secs(1);

/// A task that wakes every second, for ever.
fn heartbeat(dispatcher: &Dispatcher) {
    let handle = dispatcher.handle();
    let beat = async move {
        loop {
            handle.sleep(SECOND).await.expect("timer");
        }
    };
    let task = dispatcher.handle().spawn_named("heartbeat", beat);
    task.expect("room").detach();
}

#[test]
fn time_ends_where_it_may_not_move_further() {
    let dispatcher = simulation(Simulation::new(1).max_time(SECOND * 5 / 2));
    let start = now(&dispatcher);
    heartbeat(&dispatcher);
    let error = dispatcher
        .block_on(std::future::pending::<()>())
        .expect_err("it never ends by itself");
    assert_eq!(now(&dispatcher), start + SECOND * 5 / 2);
    assert_eq!(
        error.to_string(),
        "the time is over at 3.500000000 s, with 1 tasks (Simulation::max_time)\n\
         block_on waits since 1.000000000 s for a waker of the program's own, such as a channel\n\
         task 0 \"heartbeat\" on default waits since 3.000000000 s for a timer at 4.000000000 s"
    );
    assert!(matches!(error, Error::TimeOver(waits) if waits.now() == now(&dispatcher)));
    // For good: not even a future that is ready is polled.
    assert!(matches!(
        dispatcher.block_on(async {}),
        Err(Error::TimeOver(_))
    ));
    assert!(matches!(
        dispatcher.turn(Some(SECOND)),
        Err(Error::TimeOver(_))
    ));
    assert_eq!(now(&dispatcher), start + SECOND * 5 / 2);
}

/// What happens at the very end happens, and a wait that ends before it is no end.
#[test]
fn the_end_of_time_is_included() {
    let dispatcher = simulation(Simulation::new(1).max_time(SECOND));
    let handle = dispatcher.handle();
    dispatcher
        .block_on(handle.sleep(SECOND))
        .expect("in time")
        .expect("timer");
    // A turn that waits no longer than there is time ends as it always does.
    heartbeat(&dispatcher);
    assert_eq!(dispatcher.turn(Some(Duration::ZERO)).expect("turn").ran, 1);
    let wait = Some(Duration::from_nanos(1));
    assert!(matches!(dispatcher.turn(wait), Err(Error::TimeOver(_))));
}

#[test]
fn a_deadlock_before_the_end_of_time_is_a_deadlock() {
    let dispatcher = simulation(Simulation::new(1).max_time(SECOND));
    let blocked = dispatcher.block_on(std::future::pending::<()>());
    assert!(matches!(blocked, Err(Error::Deadlock(_))));
}

#[test]
fn records_are_bounded() {
    let dispatcher = simulation(Simulation::new(1).max_records(100));
    heartbeat(&dispatcher);
    let error = dispatcher
        .block_on(std::future::pending::<()>())
        .expect_err("it never ends by itself");
    let length = trace(&dispatcher).length();
    assert_eq!(length, 101);
    let text = error.to_string();
    let first = text.lines().next().expect("a line");
    // Each run but the first comes with a move of time, a timer that is due, and a task that finds it so.
    assert_eq!(
        first,
        "more than 100 records at 26.000000000 s (Simulation::max_records); most runs: task 0 \"heartbeat\" \
         on default (26), block_on (1)"
    );
    assert!(matches!(error, Error::TooManyRecords { bound: 100, .. }));
    assert!(matches!(
        dispatcher.turn(None),
        Err(Error::TooManyRecords { bound: 100, .. })
    ));
    assert_eq!(trace(&dispatcher).length(), length);
}

#[test]
fn as_many_records_as_may_be_are_no_error() {
    let run = |bound| {
        let dispatcher = simulation(Simulation::new(1).max_records(bound));
        let sleep = dispatcher.handle().sleep(SECOND);
        let task = dispatcher.spawn(sleep).expect("room");
        let ended = dispatcher.block_on(task);
        (ended.is_ok(), trace(&dispatcher).length())
    };
    // It starts, time moves, its timer is due, it runs again, and finds that out.
    assert_eq!(run(5), (true, 5));
    assert_eq!(run(4), (false, 5));
}

/// Two tasks that wake each other never let time move, and a third one waits in vain.
#[test]
fn tasks_that_wake_each_other_without_end_are_a_livelock() {
    let dispatcher = simulation(Simulation::new(1).max_stalled_runs(1_000));
    let handle = dispatcher.handle();
    let events: Vec<Event> = (0..2).map(|_| Event::new(&handle).expect("room")).collect();
    let events = Rc::new(events);
    for number in 0..2 {
        let events = events.clone();
        let play = async move {
            loop {
                events[number].wait().await.expect("own thread");
                events[number].clear();
                events[1 - number].set();
            }
        };
        let name = ["ping", "pong"][number];
        handle.spawn_named(name, play).expect("room").detach();
    }
    let sleeper = dispatcher.spawn(handle.sleep(SECOND)).expect("room");
    events[0].set();
    let start = now(&dispatcher);
    let error = dispatcher.block_on(sleeper).expect_err("time stands still");
    assert_eq!(now(&dispatcher), start);
    let Error::Livelock { runs, waits } = &error else {
        panic!("{error}");
    };
    assert_eq!(*runs, 1_001);
    let runs: Vec<u64> = waits.tasks().iter().map(|task| task.stalled_runs).collect();
    assert_eq!(runs.iter().sum::<u64>(), 1_001);
    // block_on and the sleeper ran once.
    assert_eq!((runs[0], runs[3]), (1, 1));
    assert!(runs[1].abs_diff(runs[2]) <= 1);
    let text = error.to_string();
    let first = text.lines().next().expect("a line");
    assert!(first.contains("\"ping\" on default (") && first.contains("\"pong\" on default ("));
    assert!(first.starts_with(
        "livelock at 1.000000000 s: 1001 task runs without virtual time moving (Simulation::max_stalled_runs); \
         most runs: task "
    ));
    assert!(
        text.ends_with("task 2 on default waits since 1.000000000 s for a timer at 2.000000000 s")
    );
}

/// Also where the future of `block_on` is what wakes itself.
#[test]
fn a_future_that_wakes_itself_without_end_is_a_livelock() {
    let dispatcher = simulation(Simulation::new(1).max_stalled_runs(50));
    let spin = std::future::poll_fn(|cx| {
        cx.waker().wake_by_ref();
        Poll::<()>::Pending
    });
    let error = dispatcher.block_on(spin).expect_err("it never ends");
    assert!(matches!(error, Error::Livelock { runs: 51, .. }), "{error}");
    assert_eq!(trace(&dispatcher).records(), [] as [Record; 0]);
}

/// Runs count from the last move of time: a program that goes on for long is none.
#[test]
fn runs_with_time_between_them_are_no_livelock() {
    let dispatcher = simulation(Simulation::new(1).max_stalled_runs(2));
    let handle = dispatcher.handle();
    let task = dispatcher.spawn(async move {
        for _ in 0..100 {
            handle.yield_now().await.expect("own thread");
        }
    });
    let ended = dispatcher.block_on(task.expect("room"));
    ended.expect("no livelock").expect("not cancelled");
}
