//! Which task goes next: the pickers of a simulation.

use std::cell::{Cell, RefCell};
use std::collections::HashSet;
use std::future::{Future, poll_fn};
use std::rc::Rc;
use std::task::Poll;
use std::time::Duration;

use wippy_dispatcher::sim::Picker;
use wippy_dispatcher::{Dispatcher, Event, Simulation};

use super::{simulation, trace};

const ALL: [Picker; 5] = [
    Picker::Uniform,
    Picker::RoundRobin,
    Picker::PriorityChange { depth: 1 },
    Picker::PriorityChange { depth: 4 },
    Picker::PriorityChange { depth: u32::MAX },
];

/// Pending once, and woken at once.
fn wake_self() -> impl Future<Output = ()> {
    let mut woken = false;
    poll_fn(move |cx| match std::mem::replace(&mut woken, true) {
        true => Poll::Ready(()),
        false => {
            cx.waker().wake_by_ref();
            Poll::Pending
        }
    })
}

/// The order in which tasks run that wake themselves so often.
fn order(simulation_settings: Simulation, tasks: usize, wakes: usize) -> Vec<usize> {
    let dispatcher = simulation(simulation_settings.trace_capacity(0));
    let order = Rc::new(RefCell::new(Vec::new()));
    for number in 0..tasks {
        let order = order.clone();
        let body = async move {
            for _ in 0..wakes {
                order.borrow_mut().push(number);
                wake_self().await;
            }
            order.borrow_mut().push(number);
        };
        dispatcher.spawn(body).expect("room").detach();
    }
    while order.borrow().len() < tasks * (wakes + 1) {
        dispatcher.turn(Some(Duration::ZERO)).expect("turn");
    }
    order.take()
}

#[test]
fn round_robin_draws_nothing() {
    for seed in 0..4 {
        let simulation = Simulation::new(seed).picker(Picker::RoundRobin);
        let expected: Vec<usize> = (0..3).flat_map(|_| 0..5).collect();
        assert_eq!(order(simulation, 5, 2), expected);
    }
}

#[test]
fn drawn_orders_repeat_with_their_seeds() {
    for picker in [Picker::Uniform, Picker::PriorityChange { depth: 3 }] {
        let orders: Vec<_> = (0..20)
            .map(|seed| order(Simulation::new(seed).picker(picker), 8, 3))
            .collect();
        let again: Vec<_> = (0..20)
            .map(|seed| order(Simulation::new(seed).picker(picker), 8, 3))
            .collect();
        assert_eq!(orders, again);
        assert_eq!(orders.iter().collect::<HashSet<_>>().len(), 20, "{picker}");
    }
}

/// Who is asked and who answers wake each other, so many times, and somebody who can run all the time
/// looks once: true if that was between the last question and its answer.
fn looks_within_the_last_question(settings: Simulation, questions: usize) -> bool {
    let dispatcher = simulation(settings.trace_capacity(0));
    let handle = dispatcher.handle();
    let question = Event::new(&handle).expect("room");
    let answer = Event::new(&handle).expect("room");
    let is_open = Rc::new(Cell::new(false));
    let seen = Rc::new(Cell::new(None));
    let (asks, is_answered, open) = (question.clone(), answer.clone(), is_open.clone());
    let asking = async move {
        for number in 1..=questions {
            open.set(number == questions);
            asks.set();
            is_answered.wait().await.expect("own thread");
            is_answered.clear();
        }
        open.set(false);
    };
    let answering = async move {
        loop {
            question.wait().await.expect("own thread");
            question.clear();
            answer.set();
        }
    };
    let looking = {
        let seen = seen.clone();
        async move { seen.set(Some(is_open.get())) }
    };
    dispatcher.spawn(asking).expect("room").detach();
    dispatcher.spawn(answering).expect("room").detach();
    dispatcher.spawn(looking).expect("room").detach();
    while seen.get().is_none() {
        dispatcher.turn(Some(Duration::ZERO)).expect("turn");
    }
    seen.get() == Some(true)
}

/// One switch of tasks at the right place shows the error: round robin never has it, uniform choices have
/// it where they chose nine times in a row not to look, changes of priorities with one lucky change.
#[test]
fn changes_of_priorities_find_what_needs_one_switch() {
    const QUESTIONS: usize = 5;
    const BASES: u64 = 50;
    const BOUND: u64 = 20_000;
    let seeds_to_find = |settings: fn(Simulation) -> Simulation| -> f64 {
        let total: u64 = (0..BASES)
            .map(|base| {
                let mut seeds = 0..BOUND;
                let finds = |seed| {
                    let simulation = settings(Simulation::new(base << 32 | seed));
                    looks_within_the_last_question(simulation, QUESTIONS)
                };
                seeds.position(finds).map_or(BOUND, |at| at as u64 + 1)
            })
            .sum();
        total as f64 / BASES as f64
    };
    let uniform = seeds_to_find(|simulation| simulation);
    let changes = seeds_to_find(|simulation| {
        simulation
            .picker(Picker::PriorityChange { depth: 2 })
            .priority_change_steps(2 * QUESTIONS as u64 + 2)
    });
    println!(
        "seeds until found: {changes} with changes of priorities, {uniform} with uniform picks"
    );
    assert!(changes < 200.0, "{changes}");
    assert!(changes * 2.0 < uniform, "{changes} against {uniform}");
    let round_robin = Simulation::new(0).picker(Picker::RoundRobin);
    assert!(!looks_within_the_last_question(round_robin, QUESTIONS));
}

/// However long a run is: where the number of picks is not known, it is drawn.
#[test]
fn changes_of_priorities_find_it_without_a_known_length() {
    let finds = |seed: &u64| {
        let simulation = Simulation::new(*seed).picker(Picker::PriorityChange { depth: 2 });
        looks_within_the_last_question(simulation, 5)
    };
    let found = (0..2_000).filter(finds).count();
    assert!(found >= 2, "{found} of 2,000");
}

/// Without a change the task of the highest priority runs whenever it can.
#[test]
fn the_highest_priority_runs_whenever_it_can() {
    for seed in 0..20 {
        let settings = Simulation::new(seed).picker(Picker::PriorityChange { depth: 1 });
        let dispatcher = simulation(settings);
        let handle = dispatcher.handle();
        let order = Rc::new(RefCell::new(Vec::new()));
        for number in 0..6 {
            let (handle, order) = (handle.clone(), order.clone());
            let body = async move {
                for _ in 0..3 {
                    order.borrow_mut().push(number);
                    handle.sleep(Duration::from_millis(1)).await.expect("timer");
                }
            };
            dispatcher.spawn(body).expect("room").detach();
        }
        dispatcher
            .block_on(handle.sleep(Duration::from_millis(10)))
            .expect("run")
            .expect("timer");
        let order = order.take();
        assert_eq!(order[..6], order[6..12]);
        assert_eq!(order[..6], order[12..]);
    }
}

/// A task that yields is behind one that wakes at the same time, whatever the two have drawn.
#[test]
fn a_task_that_yields_falls_behind() {
    for seed in 0..20 {
        let settings = Simulation::new(seed).picker(Picker::PriorityChange { depth: 1 });
        let dispatcher = simulation(settings);
        let handle = dispatcher.handle();
        let order = Rc::new(RefCell::new(String::new()));
        for yields in [true, false] {
            let (handle, order) = (handle.clone(), order.clone());
            let body = async move {
                for _ in 0..4 {
                    order.borrow_mut().push(if yields { 'y' } else { 's' });
                    // As long as a yield takes.
                    match yields {
                        true => handle.yield_now().await.expect("own thread"),
                        false => handle.sleep(Duration::from_micros(1)).await.expect("timer"),
                    }
                }
            };
            dispatcher.spawn(body).expect("room").detach();
        }
        let sleep = handle.sleep(Duration::from_micros(9));
        dispatcher.block_on(sleep).expect("run").expect("timer");
        assert_eq!(order.borrow()[2..], *"sysysy");
    }
}

/// A task that spins by waking itself, or by yielding, lets all others run.
#[test]
fn spinners_starve_nobody() {
    for picker in ALL {
        for seed in 0..10 {
            let settings = Simulation::new(seed).picker(picker).trace_capacity(0);
            let dispatcher = simulation(settings);
            let handle = dispatcher.handle();
            let done = Rc::new(Cell::new(0));
            let mut spinners = Vec::new();
            for number in 0..4 {
                let (spinner, done) = (handle.clone(), done.clone());
                let spinning = async move {
                    let mut rounds = 0_u32;
                    while done.get() < 3 {
                        rounds += 1;
                        assert!(rounds < 100_000, "{picker}: the others are starved");
                        match number % 2 {
                            0 => wake_self().await,
                            _ => spinner.yield_now().await.expect("own thread"),
                        }
                    }
                };
                spinners.push(dispatcher.spawn(spinning).expect("room"));
            }
            for _ in 0..3 {
                let done = done.clone();
                let working = async move {
                    for _ in 0..5 {
                        wake_self().await;
                    }
                    done.set(done.get() + 1);
                };
                dispatcher.spawn(working).expect("room").detach();
            }
            for spinner in spinners {
                dispatcher
                    .block_on(spinner)
                    .expect("run")
                    .expect("not cancelled");
            }
        }
    }
}

/// A pick costs the logarithm of the number of tasks: squares would take minutes here.
#[test]
fn many_tasks_are_picked_quickly() {
    let picker = Picker::PriorityChange { depth: 100 };
    let simulation = Simulation::new(1).picker(picker);
    let order = order(simulation.priority_change_steps(100_000), 50_000, 1);
    assert_eq!(order.iter().collect::<HashSet<_>>().len(), 50_000);
}

/// Hosts that stand still, crash and start again have their tasks held and dropped by every picker.
#[test]
fn every_picker_holds_and_drops_the_tasks_of_hosts() {
    for picker in ALL {
        let settings = Simulation::new(5)
            .host("a", [])
            .host("b", [])
            .picker(picker);
        let dispatcher = simulation(settings);
        let counts = Rc::new([Cell::new(0), Cell::new(0)]);
        let hosts = ["a", "b"].map(|name| dispatcher.host(name).expect("a host"));
        for (number, host) in hosts.iter().enumerate() {
            for _ in 0..3 {
                let counts = counts.clone();
                let counting = async move {
                    loop {
                        counts[number].set(counts[number].get() + 1);
                        wake_self().await;
                    }
                };
                host.spawn(counting).expect("up").detach();
            }
        }
        let run = |dispatcher: &Dispatcher| {
            let before = [counts[0].get(), counts[1].get()];
            dispatcher.turn(Some(Duration::ZERO)).expect("turn");
            [counts[0].get() - before[0], counts[1].get() - before[1]]
        };
        let both = run(&dispatcher);
        assert!(both[0] > 10 && both[1] > 10, "{picker}: {both:?}");
        hosts[0].pause().expect("up");
        assert_eq!(run(&dispatcher), [0, 64]);
        hosts[0].resume().expect("paused");
        assert!(run(&dispatcher)[0] > 10, "{picker}");
        hosts[1].crash().expect("up");
        assert_eq!(run(&dispatcher), [64, 0]);
        assert_eq!(dispatcher.handle().stats().expect("stats").tasks, 3);
        assert!(trace(&dispatcher).length() > 0);
    }
}

/// What a crash drops, it drops in one order: a replay, which keeps tasks in another way, drops them so too.
#[test]
fn every_picker_drops_the_tasks_of_a_host_in_the_same_order() {
    struct Dropped(usize, Rc<RefCell<Vec<usize>>>);
    impl Drop for Dropped {
        fn drop(&mut self) {
            self.1.borrow_mut().push(self.0);
        }
    }
    for picker in ALL {
        let settings = Simulation::new(3).host("a", []).picker(picker);
        let dispatcher = simulation(settings);
        let host = dispatcher.host("a").expect("a host");
        let dropped = Rc::new(RefCell::new(Vec::new()));
        for number in 0..9 {
            let guard = Dropped(number, dropped.clone());
            let waking = async move {
                let _guard = guard;
                loop {
                    wake_self().await;
                }
            };
            host.spawn(waking).expect("up").detach();
        }
        dispatcher.turn(Some(Duration::ZERO)).expect("turn");
        host.pause().expect("up");
        host.resume().expect("paused");
        dispatcher.turn(Some(Duration::ZERO)).expect("turn");
        host.crash().expect("up");
        assert!(dropped.borrow().is_sorted(), "{picker}: {dropped:?}");
        assert_eq!(dropped.borrow().len(), 9);
    }
}
