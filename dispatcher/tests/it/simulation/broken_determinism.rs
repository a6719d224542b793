//! Programs that are not deterministic, on purpose: each is caught, with the record where it shows.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::Poll;
use std::time::Duration;

use wippy_dispatcher::sim::{Difference, Log};
use wippy_dispatcher::{Dispatcher, Error, Record, Simulation};

use super::simulation;
use super::world::Sink;

/// How often two runs may be the same by chance.
const BOUND: usize = 100;

/// Runs a program until two of its runs differ, and has the difference found in both ways: between two
/// logs, and by a replay.
fn caught(mut program: impl FnMut(&Dispatcher) -> Result<(), Error>) -> Difference {
    let mut run = |settings: Simulation| {
        let sink = Sink::new();
        let dispatcher = simulation(settings.log(sink.clone()));
        let ended = program(&dispatcher).and_then(|()| dispatcher.finish_log());
        drop(dispatcher);
        (sink.log(), ended)
    };
    let mut record = || {
        let (log, ended) = run(Simulation::new(1));
        ended.expect("it runs by itself");
        log
    };
    let between_logs = (0..BOUND).find_map(|_| {
        let (one, other) = (record(), record());
        let found = Log::difference(&one, &other).expect("whole logs")?;
        let records =
            |log: &Log| -> Vec<Record> { log.records().collect::<Result<_, _>>().expect("whole") };
        let (left, right) = (records(&one), records(&other));
        let mut pairs = left.iter().zip(&right);
        let same = pairs.position(|(left, right)| left != right);
        let same = same.unwrap_or(left.len().min(right.len()));
        assert_eq!(found.number(), same as u64);
        assert_eq!(found.left(), left.get(same).copied());
        assert_eq!(found.right(), right.get(same).copied());
        Some(found)
    });
    assert!(between_logs.is_some(), "no two runs differ");
    let by_replay = (0..BOUND).find_map(|_| {
        let (log, ended) = run(Simulation::new(1));
        ended.expect("it runs by itself");
        let (until, ended) = run(Simulation::new(1).replay(log.clone()));
        let Err(Error::Diverged(difference)) = ended else {
            assert!(ended.is_ok());
            return None;
        };
        // The log of the replay has what is the same.
        let found = Log::difference(&log, &until).expect("whole logs");
        let found = found.expect("it is shorter");
        assert_eq!(found.number(), difference.number());
        assert_eq!((found.left(), found.right()), (difference.left(), None));
        Some(*difference)
    });
    by_replay.expect("no replay differs")
}

fn sleeper(dispatcher: &Dispatcher, time: Duration) -> Result<(), Error> {
    let handle = dispatcher.handle();
    let sleep = async move { handle.sleep(time).await.expect("timer") };
    dispatcher.spawn(sleep)?.detach();
    Ok(())
}

/// The order of a hash map with random keys decides which task sleeps how long.
#[test]
fn the_order_of_a_hash_map() {
    let difference = caught(|dispatcher| {
        let map: HashMap<u64, ()> = (1..9).map(|number| (number, ())).collect();
        for (&number, ()) in &map {
            sleeper(dispatcher, Duration::from_millis(number))?;
        }
        let handle = dispatcher.handle();
        dispatcher.block_on(handle.sleep(Duration::from_millis(10)))??;
        Ok(())
    });
    // The timer that is due first is that of another task.
    let is_completion = |record| matches!(record, Some(Record::Completion { .. }));
    assert!(is_completion(difference.left()) && is_completion(difference.right()));
    assert_eq!(difference.running(), None);
}

/// A time of the real clock decides how long to sleep.
#[test]
#[allow(clippy::disallowed_methods, reason = "what programs must not do")]
fn the_real_clock() {
    let start = std::time::Instant::now();
    let difference = caught(|dispatcher| {
        let handle = dispatcher.handle();
        let sleep = Duration::from_micros(1) + start.elapsed();
        dispatcher.block_on(handle.sleep(sleep))??;
        Ok(())
    });
    let is_advance = |record| matches!(record, Some(Record::Advance { .. }));
    assert!(is_advance(difference.left()) && is_advance(difference.right()));
    assert_eq!(difference.number(), 0);
}

/// The addresses of values on the heap decide their order. What is freed first comes back last, or
/// elsewhere: the runs leave the heap in different states.
#[test]
fn the_order_of_addresses() {
    let mut round = 0;
    let difference = caught(|dispatcher| {
        let mut before: Vec<Option<Box<u64>>> =
            (0..8).map(|number| Some(Box::new(number))).collect();
        round += 1;
        for place in 0..8 {
            before[(place * 3 + round) % 8] = None;
        }
        let mut values: Vec<Box<u64>> = (1..9).map(Box::new).collect();
        values.sort_by_key(|value| std::ptr::from_ref::<u64>(value).addr());
        for value in &values {
            sleeper(dispatcher, Duration::from_millis(**value))?;
        }
        let handle = dispatcher.handle();
        dispatcher.block_on(handle.sleep(Duration::from_millis(10)))??;
        Ok(())
    });
    let is_completion = |record| matches!(record, Some(Record::Completion { .. }));
    assert!(is_completion(difference.left()) && is_completion(difference.right()));
}

/// A thread that races with the tasks decides when one of them goes on.
#[test]
fn a_race_with_a_thread() {
    let difference = caught(|dispatcher| {
        let is_set = Arc::new(AtomicBool::new(false));
        let sets = is_set.clone();
        let thread = std::thread::spawn(move || sets.store(true, Ordering::Release));
        let handle = dispatcher.handle();
        let ended = dispatcher.spawn(async move {
            std::future::poll_fn(|cx| match is_set.load(Ordering::Acquire) {
                true => Poll::Ready(()),
                false => {
                    cx.waker().wake_by_ref();
                    Poll::Pending
                }
            })
            .await;
            handle.sleep(Duration::from_millis(1)).await
        })?;
        let ended = dispatcher.block_on(ended);
        thread.join().expect("no panic");
        ended?.expect("not cancelled")
    });
    // One run polls the task again where in the other one it sleeps.
    let kinds = [difference.left(), difference.right()];
    let is_pick = |record: &Option<Record>| matches!(record, Some(Record::Pick { task: 0, .. }));
    let is_advance = |record: &Option<Record>| matches!(record, Some(Record::Advance { .. }));
    assert!(
        kinds.iter().any(is_pick) && kinds.iter().any(is_advance),
        "{difference}"
    );
}
