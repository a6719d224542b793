//! Lanes of the blocking pool: bounds of their own, in order, and nobody else's threads.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::time::Duration;

use wippy_dispatcher::{Dispatcher, Error, LaneJob, Simulation, Task};

/// A job that ends when the sender is dropped.
fn stuck() -> (mpsc::Sender<()>, impl FnOnce() -> bool + Send + 'static) {
    let (release, wait) = mpsc::channel::<()>();
    (release, move || wait.recv().is_err())
}

#[test]
fn a_lane_that_is_stuck_leaves_the_pool_to_others() {
    let dispatcher = Dispatcher::builder()
        .blocking_threads(2)
        .build()
        .expect("dispatcher");
    let handle = dispatcher.handle();
    let lane = handle.lane(1, 8);
    let (release, job) = stuck();
    let first = lane.unblock(job);
    let waiting: Vec<LaneJob<u8>> = (0..4).map(|_| lane.unblock(|| 7)).collect();
    assert_eq!((lane.running(), lane.waiting()), (1, 4));
    for _ in 0..20 {
        let other = dispatcher.block_on(handle.unblock(|| 3)).expect("block_on");
        assert_eq!(other.expect("job"), 3);
    }
    assert_eq!((lane.running(), lane.waiting()), (1, 4));
    drop(release);
    dispatcher
        .block_on(async {
            assert!(first.await.expect("job"));
            for job in waiting {
                assert_eq!(job.await.expect("job"), 7);
            }
        })
        .expect("block_on");
    assert_eq!((lane.running(), lane.waiting()), (0, 0));
}

#[test]
fn jobs_run_in_order_and_never_more_than_the_bound() {
    for dispatcher in [Dispatcher::new(), Dispatcher::simulated(7)] {
        let dispatcher = dispatcher.expect("dispatcher");
        let handle = dispatcher.handle();
        let one = handle.lane(1, 100);
        let two = handle.lane(2, 100);
        let order = Arc::new(Mutex::new(Vec::new()));
        let (now, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let mut tasks: Vec<Task<Result<(), Error>>> = Vec::new();
        for number in 0..20 {
            let order = order.clone();
            let job = one.unblock(move || order.lock().expect("lock").push(number));
            tasks.push(handle.spawn(job).expect("spawn"));
            let (now, most) = (now.clone(), most.clone());
            let job = two.unblock(move || {
                most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                std::thread::yield_now();
                now.fetch_sub(1, Ordering::SeqCst);
            });
            tasks.push(handle.spawn(job).expect("spawn"));
        }
        dispatcher
            .block_on(async {
                for task in tasks {
                    task.await.expect("not cancelled").expect("job");
                }
            })
            .expect("block_on");
        assert_eq!(*order.lock().expect("lock"), (0..20).collect::<Vec<_>>());
        assert!(most.load(Ordering::SeqCst) <= 2);
    }
}

#[test]
fn a_full_lane_says_so_and_a_dropped_job_leaves_it() {
    for dispatcher in [Dispatcher::new(), Dispatcher::simulated(7)] {
        let dispatcher = dispatcher.expect("dispatcher");
        let lane = dispatcher.handle().lane(1, 2);
        let (release, job) = stuck();
        let first = lane.unblock(job);
        let ran = Arc::new(AtomicUsize::new(0));
        let counted = |weight: usize| {
            let ran = ran.clone();
            lane.unblock(move || ran.fetch_add(weight, Ordering::SeqCst))
        };
        let (dropped, kept) = (counted(1), counted(10));
        let refused = dispatcher.block_on(counted(100)).expect("block_on");
        assert!(matches!(refused, Err(Error::LaneFull(2))));
        drop(dropped);
        assert_eq!(lane.waiting(), 1);
        let last = counted(1000);
        drop(release);
        dispatcher
            .block_on(async {
                assert!(first.await.expect("job"));
                kept.await.expect("job");
                last.await.expect("job");
            })
            .expect("block_on");
        assert_eq!(ran.load(Ordering::SeqCst), 1010);
        assert_eq!((lane.running(), lane.waiting()), (0, 0));
    }
}

#[test]
fn whose_turn_has_come_passes_it_on_when_dropped() {
    let dispatcher = Dispatcher::new().expect("dispatcher");
    let lane = dispatcher.handle().lane(1, 8);
    let (release, job) = stuck();
    let first = lane.unblock(job);
    let second = lane.unblock(|| 2);
    let third = lane.unblock(|| 3);
    drop(release);
    assert!(dispatcher.block_on(first).expect("block_on").expect("job"));
    // The second has been called and has not come.
    assert_eq!((lane.running(), lane.waiting()), (1, 1));
    drop(second);
    let third = dispatcher.block_on(third).expect("block_on");
    assert_eq!(third.expect("job"), 3);
    assert_eq!((lane.running(), lane.waiting()), (0, 0));
}

#[test]
fn a_panic_frees_the_place() {
    for dispatcher in [Dispatcher::new(), Dispatcher::simulated(7)] {
        let dispatcher = dispatcher.expect("dispatcher");
        let lane = dispatcher.handle().lane(1, 8);
        let failed = lane.unblock(|| -> u8 { panic!("on purpose") });
        let next = lane.unblock(|| 4);
        let failed = dispatcher.block_on(failed).expect("block_on");
        assert!(matches!(failed, Err(Error::JobPanicked(text)) if text == "on purpose"));
        let next = dispatcher.block_on(next).expect("block_on");
        assert_eq!(next.expect("job"), 4);
        assert_eq!(lane.running(), 0);
    }
}

#[test]
fn in_a_simulation_jobs_of_one_lane_take_their_time_one_after_the_other() {
    let step = Duration::from_millis(2);
    let dispatcher = Dispatcher::builder()
        .simulation(Simulation::new(3).job_delay(step, step))
        .build()
        .expect("dispatcher");
    let handle = dispatcher.handle();
    let lane = handle.lane(1, 8);
    let before = handle.now().expect("now");
    let tasks: Vec<_> = (0..5)
        .map(|_| handle.spawn(lane.unblock(|| ())).expect("spawn"))
        .collect();
    dispatcher
        .block_on(async {
            for task in tasks {
                task.await.expect("not cancelled").expect("job");
            }
        })
        .expect("block_on");
    assert_eq!(handle.now().expect("now") - before, step * 5);
}
