//! Turns with a budget in time and in task runs.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use wippy_dispatcher::{Dispatcher, Handle, TurnBudget};

const SLICE: Duration = Duration::from_micros(200);
const FRAME: Duration = Duration::from_millis(1);

/// A task that keeps the thread for a while, again and again.
async fn busy(handle: Handle, rounds: Rc<Cell<usize>>, is_long: bool) {
    loop {
        let until = handle.now().expect("the time") + SLICE;
        while handle.now().expect("the time") < until {
            std::hint::spin_loop();
        }
        rounds.set(rounds.get() + 1);
        let yielding = match is_long {
            true => handle.yield_long(),
            false => handle.yield_now(),
        };
        yielding.await.expect("own thread");
    }
}

fn spawn(dispatcher: &Dispatcher, tasks: usize, is_long: bool) -> Vec<Rc<Cell<usize>>> {
    let spawn = |_| {
        let rounds = Rc::new(Cell::new(0));
        let task = busy(dispatcher.handle(), rounds.clone(), is_long);
        dispatcher.spawn(task).expect("room").detach();
        rounds
    };
    (0..tasks).map(spawn).collect()
}

/// Each run takes a fifth of the budget or more, so that no more than five fit.
#[test]
fn no_task_begins_after_the_time() {
    for is_long in [false, true] {
        let dispatcher = Dispatcher::new().expect("dispatcher");
        let rounds = spawn(&dispatcher, 50, is_long);
        for _ in 0..40 {
            let budget = TurnBudget::new(FRAME);
            let turn = dispatcher.turn_within(budget, Some(Duration::ZERO));
            let turn = turn.expect("turn");
            assert!((1..=5).contains(&turn.ran), "{turn:?}");
            assert_eq!(turn.runnable, 50);
        }
        let total: usize = rounds.iter().map(|rounds| rounds.get()).sum();
        assert!((40..=200).contains(&total), "{total}");
        // In order: none has run twice more than another.
        let least = rounds.iter().map(|rounds| rounds.get()).min();
        let most = rounds.iter().map(|rounds| rounds.get()).max();
        assert!(most <= least.map(|least| least + 2), "{least:?} {most:?}");
    }
}

#[test]
fn one_task_runs_however_short_the_time_is() {
    let dispatcher = Dispatcher::new().expect("dispatcher");
    let _rounds = spawn(&dispatcher, 3, false);
    let turn = dispatcher.turn_within(TurnBudget::new(Duration::ZERO), None);
    assert_eq!(turn.expect("turn").ran, 1);
}

#[test]
fn tasks_run_as_often_as_the_budget_says() {
    let dispatcher = Dispatcher::new().expect("dispatcher");
    let handle = dispatcher.handle();
    for _ in 0..3 {
        let handle = handle.clone();
        let task = dispatcher.spawn(async move {
            loop {
                handle.yield_now().await.expect("own thread");
            }
        });
        task.expect("room").detach();
    }
    let budget = TurnBudget::new(Duration::from_secs(3600));
    for runs in [1, 2, 64, 1000] {
        let turn = dispatcher.turn_within(budget.tasks(runs), Some(Duration::ZERO));
        assert_eq!(turn.expect("turn").ran, runs);
    }
}

/// It goes on until nothing can run, and waits for the first only.
#[test]
fn it_ends_when_nothing_can_run() {
    let dispatcher = Dispatcher::simulated(1).expect("dispatcher");
    let handle = dispatcher.handle();
    let sleeping = handle.clone();
    let task = dispatcher.spawn(async move {
        for _ in 0..3 {
            sleeping
                .sleep(Duration::from_millis(5))
                .await
                .expect("room");
        }
    });
    task.expect("room").detach();
    let budget = TurnBudget::new(FRAME);
    let start = handle.now().expect("the time");
    let mut turns = Vec::new();
    for _ in 0..4 {
        let turn = dispatcher.turn_within(budget, Some(Duration::from_millis(20)));
        turns.push((
            turn.expect("turn").ran,
            (handle.now().expect("the time") - start).as_millis(),
        ));
    }
    assert_eq!(turns, [(1, 0), (1, 5), (1, 10), (1, 15)]);
}
