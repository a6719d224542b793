//! What a seed decides is decided again, and the trace says so.

use std::cell::RefCell;
use std::collections::HashSet;
use std::process::Command;
use std::rc::Rc;
use std::time::Duration;

use wippy_dispatcher::sim::{Operation, Waiter};
use wippy_dispatcher::{Dispatcher, Instant, Record, RngStream, Simulation, Trace};

use super::{simulation, trace};

/// Ten tasks that sleep equal times, again and again: the order in which they woke, and the trace.
fn ten_sleepers(seed: u64) -> (Vec<usize>, Trace) {
    let dispatcher = Dispatcher::simulated(seed).expect("simulation");
    let handle = dispatcher.handle();
    let order = Rc::new(RefCell::new(Vec::new()));
    let tasks: Vec<_> = (0..10)
        .map(|number| {
            let (handle, order) = (handle.clone(), order.clone());
            let body = async move {
                for _ in 0..3 {
                    handle
                        .sleep(Duration::from_millis(10))
                        .await
                        .expect("timer");
                    order.borrow_mut().push(number);
                }
            };
            dispatcher.spawn(body).expect("room")
        })
        .collect();
    for task in tasks {
        dispatcher
            .block_on(task)
            .expect("run")
            .expect("not cancelled");
    }
    (order.take(), trace(&dispatcher))
}

#[test]
fn the_same_seed_gives_the_same_order_and_the_same_trace() {
    for seed in 0..8 {
        let ((order, trace), (again, repeated)) = (ten_sleepers(seed), ten_sleepers(seed));
        assert_eq!(order, again);
        assert_eq!(trace.records(), repeated.records());
        assert_eq!(
            (trace.hash(), trace.length()),
            (repeated.hash(), repeated.length())
        );
    }
}

#[test]
fn other_seeds_give_other_orders() {
    let runs: Vec<_> = (0..8).map(ten_sleepers).collect();
    let orders: HashSet<_> = runs.iter().map(|(order, _)| order).collect();
    let hashes: HashSet<_> = runs.iter().map(|(_, trace)| trace.hash()).collect();
    // Two of eight draws among ten-factorial orders agree once in a hundred thousand runs; the
    // seeds are fixed, so that they either do or do not.
    assert_eq!((orders.len(), hashes.len()), (8, 8));
    // Each round of ten is a permutation: nobody is lost and nobody comes twice.
    for (order, _) in &runs {
        for round in order.chunks(10) {
            assert_eq!(round.iter().collect::<HashSet<_>>().len(), 10);
        }
    }
}

const ASKED_FOR_SEED: &str = "WIPPY_TEST_TRACE_SEED";

/// What the next test starts in a process of its own: the hash of the seed asked for.
#[test]
fn prints_the_hash_of_its_seed() {
    let seed = std::env::var(ASKED_FOR_SEED).map_or(0, |seed| seed.parse().expect("a number"));
    let (order, trace) = ten_sleepers(seed);
    assert_eq!(order.len(), 30);
    println!("hash {:016x} of {}", trace.hash(), trace.length());
}

#[test]
fn the_same_seed_gives_the_same_hash_in_another_process() {
    let binary = std::env::current_exe().expect("this binary");
    for seed in [1, 2] {
        let child = Command::new(&binary)
            .args([
                "--exact",
                "simulation::replay::prints_the_hash_of_its_seed",
                "--nocapture",
            ])
            .env(ASKED_FOR_SEED, seed.to_string())
            .output()
            .expect("a process");
        let printed = String::from_utf8_lossy(&child.stdout);
        let (_, trace) = ten_sleepers(seed);
        let expected = format!("hash {:016x} of {}", trace.hash(), trace.length());
        assert!(
            printed.contains(&expected),
            "{expected} is not in {printed}"
        );
    }
}

/// The hash is part of what people compare between machines: this is the value for everyone.
#[test]
fn the_hash_of_a_small_run_is_known() {
    let dispatcher = Dispatcher::simulated(0).expect("simulation");
    dispatcher
        .block_on(dispatcher.handle().sleep(Duration::from_nanos(5)))
        .expect("run")
        .expect("timer");
    let trace = trace(&dispatcher);
    assert_eq!(
        trace.records(),
        [
            Record::Advance {
                to: Instant::from_nanos(1_000_000_005)
            },
            Record::Completion {
                operation: Operation::Timer,
                waiter: Waiter::Timer(0)
            },
            Record::Consumption {
                task: None,
                waiter: Waiter::Timer(0)
            },
        ]
    );
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    let advance = [2, 1_000_000_005, 0];
    let (completion, consumption) = ([12 | 1 << 8, 0, 0], [13 | 1 << 8, 0, u64::MAX]);
    let words = [advance, completion, consumption].into_iter().flatten();
    for byte in words.flat_map(u64::to_le_bytes) {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
    }
    assert_eq!(trace.hash(), hash);
}

#[test]
fn randomness_repeats_for_each_stream_by_itself() {
    const STREAMS: [RngStream; 2] = [RngStream::Secure, RngStream::Insecure];
    fn draw(dispatcher: &Dispatcher, stream: RngStream) -> [u8; 32] {
        let mut bytes = [0; 32];
        dispatcher
            .handle()
            .fill_random(stream, &mut bytes)
            .expect("own thread");
        bytes
    }
    let reference = Dispatcher::simulated(9).expect("simulation");
    let expected = STREAMS.map(|stream| [draw(&reference, stream), draw(&reference, stream)]);
    // More of one stream, and another order, shift no other.
    let other = Dispatcher::simulated(9).expect("simulation");
    for (stream, expected) in STREAMS.into_iter().zip(expected).rev() {
        assert_eq!([draw(&other, stream), draw(&other, stream)], expected);
        draw(&other, stream);
    }
    let all: HashSet<_> = expected.into_iter().flatten().collect();
    assert_eq!(all.len(), 4);
    let seeds = Dispatcher::simulated(10).expect("simulation");
    assert!(
        STREAMS
            .iter()
            .all(|&stream| !all.contains(&draw(&seeds, stream)))
    );
    // Draws are choices: they are in the trace, and their bytes in its hash.
    let draws = trace(&reference);
    assert!(matches!(
        draws.records(),
        [Record::Draw { length: 32, .. }, ..]
    ));
    assert_eq!(draws.length(), 4);
    assert_ne!(draws.hash(), trace(&other).hash());
}

/// What the program draws for itself does not change the order in which its tasks run.
#[test]
fn draws_do_not_shift_the_order_of_tasks() {
    let picks = |draws: usize| {
        let dispatcher = Dispatcher::simulated(4).expect("simulation");
        let mut bytes = vec![0; draws];
        dispatcher
            .handle()
            .fill_random(RngStream::Secure, &mut bytes)
            .expect("own thread");
        let order = Rc::new(RefCell::new(Vec::new()));
        for number in 0..10 {
            let order = order.clone();
            dispatcher
                .spawn(async move { order.borrow_mut().push(number) })
                .expect("room")
                .detach();
        }
        dispatcher.turn(None).expect("turn");
        order.take()
    };
    assert_eq!(picks(0), picks(1_000));
    assert_eq!(picks(0).len(), 10);
}

#[test]
fn a_short_trace_keeps_the_hash_of_the_whole() {
    let run = |capacity| {
        let dispatcher = simulation(Simulation::new(7).trace_capacity(capacity));
        let handle = dispatcher.handle();
        for _ in 0..20 {
            let handle = handle.clone();
            let body = async move { handle.sleep(Duration::from_micros(5)).await };
            dispatcher.spawn(body).expect("room").detach();
        }
        dispatcher
            .block_on(handle.sleep(Duration::from_micros(6)))
            .expect("run")
            .expect("timer");
        trace(&dispatcher)
    };
    let (whole, short, none) = (run(1_000), run(3), run(0));
    assert_eq!(whole.length(), whole.records().len() as u64);
    assert_eq!(
        (whole.hash(), whole.length()),
        (short.hash(), short.length())
    );
    assert_eq!((whole.hash(), whole.length()), (none.hash(), none.length()));
    assert_eq!(short.records(), &whole.records()[..3]);
    assert_eq!(none.records(), []);
}

#[test]
fn a_dispatcher_on_the_system_has_no_trace() {
    let dispatcher = Dispatcher::new().expect("system");
    assert!(dispatcher.trace().is_none());
    assert!(!dispatcher.handle().is_simulated().expect("own thread"));
}
