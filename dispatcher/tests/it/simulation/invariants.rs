//! What has to hold: after each run of a task, and at times.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use wippy_dispatcher::{Dispatcher, Error, Record, Simulation};

use super::{now, simulation, trace};

const MILLISECOND: Duration = Duration::from_millis(1);

/// A counter that a task increments each millisecond.
fn counter(dispatcher: &Dispatcher) -> Rc<Cell<u32>> {
    let count = Rc::new(Cell::new(0));
    let (counts, handle) = (count.clone(), dispatcher.handle());
    let task = dispatcher.spawn(async move {
        loop {
            handle.sleep(MILLISECOND).await.expect("timer");
            counts.set(counts.get() + 1);
        }
    });
    task.expect("room").detach();
    count
}

#[test]
fn an_invariant_ends_the_simulation_at_the_run_that_breaks_it() {
    let dispatcher = Dispatcher::simulated(1).expect("simulation");
    let count = counter(&dispatcher);
    let seen = count.clone();
    let below = move || match seen.get() {
        3.. => Err(format!("it is {}", seen.get())),
        _ => Ok(()),
    };
    dispatcher
        .invariant("below three", below)
        .expect("simulated");
    let start = now(&dispatcher);
    let error = dispatcher
        .block_on(std::future::pending::<()>())
        .expect_err("the count comes to three");
    assert_eq!(
        error.to_string(),
        "at 1.003000000 s \"below three\" did not hold: it is 3"
    );
    let Error::Invariant(broken) = error else {
        panic!("{error}");
    };
    assert_eq!((broken.at, broken.task), (start + 3 * MILLISECOND, Some(0)));
    // For good, and nothing runs any more.
    count.set(0);
    assert!(matches!(dispatcher.turn(None), Err(Error::Invariant(_))));
    assert!(matches!(
        dispatcher.block_on(async {}),
        Err(Error::Invariant(_))
    ));
    assert_eq!(count.get(), 0);
}

#[test]
fn invariants_are_called_in_order_after_each_run_and_each_poll_of_block_on() {
    let dispatcher = Dispatcher::simulated(1).expect("simulation");
    let calls = Rc::new(RefCell::new(Vec::new()));
    for name in ["first", "second"] {
        let calls = calls.clone();
        let note = move || {
            calls.borrow_mut().push(name);
            Ok(())
        };
        dispatcher.invariant(name, note).expect("simulated");
    }
    let task = dispatcher.spawn(async {}).expect("room");
    dispatcher
        .block_on(task)
        .expect("run")
        .expect("not cancelled");
    // The future of `block_on`, the task, and the future again.
    assert_eq!(*calls.borrow(), ["first", "second"].repeat(3));
}

#[test]
fn a_broken_invariant_goes_before_the_result() {
    let dispatcher = Dispatcher::simulated(1).expect("simulation");
    let never = || Err("it never does".to_owned());
    dispatcher.invariant("never", never).expect("simulated");
    let ended = dispatcher.block_on(async { 7 });
    assert!(matches!(ended, Err(Error::Invariant(broken)) if broken.task.is_none()));
}

#[test]
fn a_panic_of_an_invariant_is_that_of_the_run() {
    let dispatcher = Dispatcher::simulated(1).expect("simulation");
    let panics = || -> Result<(), String> { panic!("not like that") };
    dispatcher
        .invariant("it panics", panics)
        .expect("simulated");
    let run = std::panic::AssertUnwindSafe(|| dispatcher.block_on(async {}));
    let payload = std::panic::catch_unwind(run).expect_err("it panics");
    assert_eq!(payload.downcast_ref(), Some(&"not like that"));
    // The dispatcher is usable.
    dispatcher.block_on(async {}).expect("run");
}

#[test]
fn a_check_is_called_once_exactly_at_its_time_and_recorded() {
    let dispatcher = Dispatcher::simulated(1).expect("simulation");
    let count = counter(&dispatcher);
    let called = Rc::new(Cell::new(0));
    let (calls, clock) = (called.clone(), dispatcher.handle());
    let at = now(&dispatcher) + 5 * MILLISECOND / 2;
    let check = move || {
        calls.set(calls.get() + 1);
        let now = clock.now().expect("own thread");
        match (count.get(), now == at) {
            (2, true) => Ok(()),
            other => Err(format!("{other:?}")),
        }
    };
    let after = 5 * MILLISECOND / 2;
    dispatcher.check_at(after, "two", check).expect("simulated");
    let handle = dispatcher.handle();
    dispatcher
        .block_on(handle.sleep(10 * MILLISECOND))
        .expect("it holds")
        .expect("timer");
    assert_eq!(called.get(), 1);
    let trace = trace(&dispatcher);
    let expected = [
        Record::Advance { to: at },
        Record::Check {
            number: 0,
            is_ok: true,
        },
    ];
    assert!(trace.records().windows(2).any(|pair| pair == expected));
}

#[test]
fn a_check_that_does_not_hold_ends_the_simulation() {
    let dispatcher = Dispatcher::simulated(1).expect("simulation");
    let count = counter(&dispatcher);
    for (after, limit) in [(2, 5), (4, 3), (6, 0)] {
        let count = count.clone();
        let check = move || match count.get() <= limit {
            true => Ok(()),
            false => Err(format!("{} is above {limit}", count.get())),
        };
        // Half a millisecond behind the fourth is behind the fourth, wherever equal times go.
        let after = MILLISECOND * after + MILLISECOND / 2;
        dispatcher
            .check_at(after, "slow", check)
            .expect("simulated");
    }
    let error = dispatcher
        .block_on(std::future::pending::<()>())
        .expect_err("four is above three");
    assert_eq!(
        error.to_string(),
        "at 1.004500000 s \"slow\" did not hold: 4 is above 3"
    );
    let trace = trace(&dispatcher);
    assert_eq!(
        trace.records().last(),
        Some(&Record::Check {
            number: 1,
            is_ok: false
        })
    );
}

/// A check is something to come: it keeps a simulation from being a deadlock until it was called.
#[test]
fn time_moves_to_a_check_though_nothing_else_is_to_come() {
    let dispatcher = Dispatcher::simulated(1).expect("simulation");
    let start = now(&dispatcher);
    dispatcher
        .check_at(Duration::from_secs(9), "late", || Ok(()))
        .expect("simulated");
    let blocked = dispatcher.block_on(std::future::pending::<()>());
    let Err(Error::Deadlock(waits)) = blocked else {
        panic!("{blocked:?}");
    };
    assert_eq!(waits.now(), start + Duration::from_secs(9));
    // One for a time that has passed is called at the next turn.
    dispatcher
        .check_at(Duration::ZERO, "past", || Err("too late".to_owned()))
        .expect("simulated");
    assert!(matches!(
        dispatcher.turn(Some(Duration::ZERO)),
        Err(Error::Invariant(broken)) if broken.at == waits.now()
    ));
}

#[test]
fn checks_are_bounded_with_all_that_is_to_come() {
    let simulation = Simulation::new(1);
    let builder = Dispatcher::builder().simulation(simulation).max_timers(1);
    let dispatcher = builder.build().expect("simulation");
    dispatcher
        .check_at(MILLISECOND, "first", || Ok(()))
        .expect("room");
    assert!(matches!(
        dispatcher.check_at(MILLISECOND, "second", || Ok(())),
        Err(Error::TooManyTimers(1))
    ));
}

#[test]
fn only_simulations_have_invariants() {
    let dispatcher = Dispatcher::new().expect("system");
    assert!(matches!(
        dispatcher.invariant("none", || Ok(())),
        Err(Error::NotSimulated(_))
    ));
    assert!(matches!(
        dispatcher.check_at(MILLISECOND, "none", || Ok(())),
        Err(Error::NotSimulated(_))
    ));
    assert!(dispatcher.waits().is_none());
    let handle = dispatcher.handle();
    assert!(matches!(handle.waits(), Err(Error::NotSimulated(_))));
    assert!(matches!(
        handle.describe_waits(|_| None),
        Err(Error::NotSimulated(_))
    ));
    assert_eq!(handle.current_task().expect("own thread"), None);
}

/// An invariant sees the same in each run of a seed, and changes nothing of it.
#[test]
fn an_invariant_leaves_the_trace_as_it_is() {
    let run = |with_invariant| {
        let dispatcher = simulation(Simulation::new(3).max_time(50 * MILLISECOND));
        counter(&dispatcher);
        counter(&dispatcher);
        if with_invariant {
            dispatcher.invariant("none", || Ok(())).expect("simulated");
        }
        let ended = dispatcher.block_on(std::future::pending::<()>());
        assert!(matches!(ended, Err(Error::TimeOver(_))));
        trace(&dispatcher).hash()
    };
    assert_eq!(run(false), run(true));
}
