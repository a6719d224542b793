//! Simulated dispatchers: virtual time, and what a simulation can and cannot do.

use std::cell::{Cell, RefCell};
use std::collections::HashSet;
use std::rc::Rc;
use std::time::Duration;

use wippy_dispatcher::{
    Dispatcher, Error, Event, Instant, Interest, Record, Simulation, Source, Trace,
};

mod bounds;
mod broken_determinism;
mod disks;
mod edits;
mod invariants;
mod log;
mod log_damage;
mod log_difference;
mod log_format;
mod log_replay;
mod pickers;
mod pictures;
mod replay;
mod seeds;
mod shrink;
mod waits;
mod world;

fn simulation(simulation: Simulation) -> Dispatcher {
    Dispatcher::builder()
        .simulation(simulation)
        .build()
        .expect("simulation")
}

fn now(dispatcher: &Dispatcher) -> Instant {
    dispatcher.handle().now().expect("own thread")
}

fn trace(dispatcher: &Dispatcher) -> Trace {
    dispatcher.trace().expect("a simulation has one")
}

#[test]
fn time_moves_only_when_nothing_can_run() {
    let dispatcher = Dispatcher::simulated(5).expect("simulation");
    let handle = dispatcher.handle();
    let start = now(&dispatcher);
    let busy = handle.clone();
    let busy = dispatcher.spawn(async move {
        for _ in 0..1_000 {
            // Runnable again at once: this is not `yield_now`, which costs time.
            let mut woken = false;
            std::future::poll_fn(|cx| match std::mem::replace(&mut woken, true) {
                true => std::task::Poll::Ready(()),
                false => {
                    cx.waker().wake_by_ref();
                    std::task::Poll::Pending
                }
            })
            .await;
        }
        busy.now().expect("own thread")
    });
    let sleeper = handle.clone();
    let sleeper = dispatcher.spawn(async move {
        sleeper.sleep(Duration::from_nanos(1)).await.expect("timer");
        sleeper.now().expect("own thread")
    });
    let busy = dispatcher
        .block_on(busy.expect("room"))
        .expect("run")
        .expect("not cancelled");
    assert_eq!(busy, start);
    let woken = dispatcher
        .block_on(sleeper.expect("room"))
        .expect("run")
        .expect("not cancelled");
    assert_eq!(woken, start + Duration::from_nanos(1));
    // Years cost nothing.
    let years = Duration::from_secs(100 * 365 * 86_400);
    dispatcher
        .block_on(handle.sleep(years))
        .expect("run")
        .expect("timer");
    assert_eq!(now(&dispatcher), woken + years);
}

/// Concurrent sleeps end exactly at their deadlines, the last at the longest.
#[test]
fn time_stops_at_every_deadline() {
    let dispatcher = Dispatcher::simulated(6).expect("simulation");
    let handle = dispatcher.handle();
    let start = now(&dispatcher);
    let seen = Rc::new(RefCell::new(Vec::new()));
    for millis in [7, 1, 5, 5, 3] {
        let (handle, seen) = (handle.clone(), seen.clone());
        let body = async move {
            handle
                .sleep(Duration::from_millis(millis))
                .await
                .expect("timer");
            seen.borrow_mut().push(handle.now().expect("own thread"));
        };
        dispatcher.spawn(body).expect("room").detach();
    }
    dispatcher
        .block_on(handle.sleep(Duration::from_millis(8)))
        .expect("run")
        .expect("timer");
    let expected = [1, 3, 5, 5, 7].map(|millis| start + Duration::from_millis(millis));
    assert_eq!(*seen.borrow(), expected);
    let moved = trace(&dispatcher);
    let moved: Vec<Record> = moved
        .records()
        .iter()
        .copied()
        .filter(|record| matches!(record, Record::Advance { .. }))
        .collect();
    let stops = [1, 3, 5, 7, 8].map(|millis| Record::Advance {
        to: start + Duration::from_millis(millis),
    });
    assert_eq!(moved, stops);
}

/// The wall clock moves along.
#[test]
fn the_wall_clock_is_virtual_too() {
    let dispatcher = Dispatcher::simulated(1).expect("simulation");
    let handle = dispatcher.handle();
    let before = handle.wall_time().expect("own thread");
    let slept = Duration::new(90_000, 7);
    dispatcher
        .block_on(handle.sleep(slept))
        .expect("run")
        .expect("timer");
    let after = handle.wall_time().expect("own thread");
    assert_eq!(after.seconds, before.seconds + 90_000);
    assert_eq!(after.nanoseconds, before.nanoseconds + 7);
    assert!(handle.is_simulated().expect("own thread"));
}

#[test]
fn job_delays_lie_within_their_bounds() {
    let (least, most) = (Duration::from_micros(20), Duration::from_micros(30));
    let run = |seed| {
        let dispatcher = simulation(Simulation::new(seed).job_delay(least, most));
        let handle = dispatcher.handle();
        let mut delays = Vec::new();
        for number in 0..50 {
            let before = now(&dispatcher);
            let thread = std::thread::current().id();
            let job = handle.unblock(move || (number, std::thread::current().id() == thread));
            let output = dispatcher.block_on(job).expect("run").expect("job");
            // Inline, on this very thread.
            assert_eq!(output, (number, true));
            let delay = now(&dispatcher) - before;
            assert!((least..=most).contains(&delay), "{delay:?}");
            delays.push(delay);
        }
        assert_eq!(dispatcher.blocking_threads(), 0);
        let jobs = trace(&dispatcher);
        let jobs: Vec<Duration> = jobs
            .records()
            .iter()
            .filter_map(|record| match record {
                Record::Job { nanos } => Some(Duration::from_nanos(*nanos)),
                _ => None,
            })
            .collect();
        assert_eq!(jobs, delays);
        delays
    };
    let delays = run(1);
    assert_eq!(delays, run(1));
    assert_ne!(delays, run(2));
    assert!(delays.iter().collect::<HashSet<_>>().len() > 10);
}

#[test]
fn a_fixed_job_delay_is_exact() {
    let exact = Duration::from_micros(40);
    // A most below the least counts as the least.
    let dispatcher = simulation(Simulation::new(1).job_delay(exact, Duration::ZERO));
    let start = now(&dispatcher);
    dispatcher
        .block_on(dispatcher.handle().unblock(|| ()))
        .expect("run")
        .expect("job");
    assert_eq!(now(&dispatcher), start + exact);
}

#[test]
fn descriptors_are_an_error() {
    let dispatcher = Dispatcher::simulated(1).expect("simulation");
    assert!(matches!(dispatcher.as_fd(), Err(Error::Simulated(_))));
    let (reader, _writer) = rustix::pipe::pipe().expect("pipe");
    let source = Source::with_interest(&dispatcher.handle(), &reader, Interest::Readable);
    assert!(matches!(source, Err(Error::Simulated(_))));
    assert!(matches!(
        Source::new(&dispatcher.handle(), reader),
        Err(Error::Simulated(_))
    ));
}

#[test]
fn a_deadlock_says_when_and_how_many() {
    let dispatcher = Dispatcher::simulated(1).expect("simulation");
    let handle = dispatcher.handle();
    let event = Event::new(&handle).expect("room");
    let tasks: Vec<_> = (0..3)
        .map(|_| {
            let event = event.clone();
            dispatcher
                .spawn(async move { event.wait().await })
                .expect("room")
        })
        .collect();
    dispatcher
        .block_on(handle.sleep(Duration::from_millis(3)))
        .expect("run")
        .expect("timer");
    let at = now(&dispatcher);
    let blocked = dispatcher
        .block_on(event.wait())
        .expect_err("nobody sets it");
    assert!(
        matches!(&blocked, Error::Deadlock(waits) if waits.now() == at),
        "{blocked}"
    );
    assert_eq!(
        blocked.to_string(),
        "deadlock at 1.003000000 s: 3 tasks wait and nothing is to come\n\
         block_on waits since 1.003000000 s for an event\n\
         task 0 on default waits since 1.000000000 s for an event\n\
         task 1 on default waits since 1.000000000 s for an event\n\
         task 2 on default waits since 1.000000000 s for an event"
    );
    // Outside of `block_on` there are the tasks alone.
    let Err(Error::Deadlock(waits)) = dispatcher.turn(None) else {
        panic!("nothing is to come");
    };
    let numbers: Vec<_> = waits.tasks().iter().map(|wait| wait.task).collect();
    assert_eq!(numbers, [Some(0), Some(1), Some(2)]);
    // It is no end: with a limit time moves on, and what is set later is seen.
    assert_eq!(
        dispatcher
            .turn(Some(Duration::from_millis(1)))
            .expect("turn")
            .ran,
        0
    );
    event.set();
    dispatcher
        .block_on(event.wait())
        .expect("run")
        .expect("own thread");
    for task in tasks {
        dispatcher
            .block_on(task)
            .expect("run")
            .expect("not cancelled")
            .expect("own thread");
    }
}

#[test]
fn a_spinner_that_yields_sees_its_deadline_and_starves_nobody() {
    for seed in 0..4 {
        let cost = Duration::from_micros(3);
        let dispatcher = simulation(Simulation::new(seed).yield_cost(cost));
        let handle = dispatcher.handle();
        let start = now(&dispatcher);
        let deadline = start + Duration::from_millis(1);
        let progress = Rc::new(Cell::new(0));
        let (other, count) = (handle.clone(), progress.clone());
        let other = dispatcher.spawn(async move {
            for _ in 0..10 {
                other.sleep(Duration::from_micros(90)).await.expect("timer");
                count.set(count.get() + 1);
            }
        });
        let spinner = handle.clone();
        let spinner = dispatcher.spawn(async move {
            let mut rounds = 0_u32;
            while spinner.now().expect("own thread") < deadline {
                spinner.yield_now().await.expect("own thread");
                rounds += 1;
            }
            (rounds, spinner.now().expect("own thread"))
        });
        let spinner = dispatcher.block_on(spinner.expect("room")).expect("run");
        // 1 ms / 3 µs, rounded up.
        assert_eq!(spinner, Ok((334, start + 334 * cost)));
        assert_eq!(progress.get(), 10);
        dispatcher
            .block_on(other.expect("room"))
            .expect("run")
            .expect("not cancelled");
    }
}

/// A cost of nothing would let time stand still; it counts as a nanosecond.
#[test]
fn a_yield_always_costs_something() {
    let dispatcher = simulation(Simulation::new(1).yield_cost(Duration::ZERO));
    let start = now(&dispatcher);
    dispatcher
        .block_on(dispatcher.handle().yield_now())
        .expect("run")
        .expect("own thread");
    assert_eq!(now(&dispatcher), start + Duration::from_nanos(1));
}

#[test]
fn a_turn_moves_time_no_further_than_its_wait() {
    let dispatcher = Dispatcher::simulated(1).expect("simulation");
    let handle = dispatcher.handle();
    let start = now(&dispatcher);
    let deadline = start + Duration::from_millis(5);
    let task = dispatcher
        .spawn(handle.sleep_until(deadline))
        .expect("room");
    let first = dispatcher.turn(Some(Duration::from_secs(1))).expect("turn");
    // It ran something, so time stood still.
    assert_eq!(
        (first.ran, first.next_deadline, now(&dispatcher)),
        (1, Some(deadline), start)
    );
    assert_eq!(dispatcher.turn(Some(Duration::ZERO)).expect("turn").ran, 0);
    assert_eq!(now(&dispatcher), start);
    assert_eq!(
        dispatcher
            .turn(Some(Duration::from_millis(2)))
            .expect("turn")
            .ran,
        0
    );
    assert_eq!(now(&dispatcher), start + Duration::from_millis(2));
    let last = dispatcher.turn(Some(Duration::from_secs(1))).expect("turn");
    assert_eq!(
        (last.ran, last.next_deadline, now(&dispatcher)),
        (1, None, deadline)
    );
    assert!(task.is_finished());
}
