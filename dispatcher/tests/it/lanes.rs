//! Lanes of blocking jobs: bounds and threads of their own, in order, and fair between flows.

use std::future::{Future, poll_fn};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::task::Poll;
use std::time::Duration;

use wippy_dispatcher::{Dispatcher, Error, Flow, Lane, LaneJob, Simulation, Task};

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

fn flow(group: u64, member: u64) -> Flow {
    Flow { group, member }
}

#[test]
fn a_flow_whose_jobs_are_stuck_stops_no_other() {
    let dispatcher = Dispatcher::new().expect("dispatcher");
    let lane = dispatcher.handle().lane(56, 18 * 1000);
    let (release, wait) = mpsc::channel::<()>();
    let wait = Arc::new(Mutex::new(wait));
    let mut hoard = Vec::new();
    let mut refused = 0;
    for _ in 0..1100 {
        let wait = wait.clone();
        let mut job = Box::pin(lane.unblock_for(flow(1, 1), move || {
            wait.lock().expect("lock").recv().is_err()
        }));
        let polled = dispatcher.block_on(poll_fn(|cx| Poll::Ready(job.as_mut().poll(cx))));
        match polled.expect("block_on") {
            Poll::Ready(Err(Error::LaneFull(18_000))) => refused += 1,
            Poll::Ready(other) => panic!("{other:?}"),
            Poll::Pending => hoard.push(job),
        }
    }
    // It holds a small part of what may run, and of what may wait.
    assert_eq!((lane.running(), lane.waiting(), refused), (4, 1000, 96));
    for _ in 0..20 {
        for other in [flow(1, 2), flow(2, 1)] {
            let answer = dispatcher.block_on(lane.unblock_for(other, || 7));
            assert_eq!(answer.expect("block_on").expect("job"), 7);
        }
    }
    assert_eq!((lane.running(), lane.waiting()), (4, 1000));
    drop(hoard);
    drop(release);
}

#[test]
fn flows_take_turns_however_much_one_of_them_has() {
    for dispatcher in [Dispatcher::new(), Dispatcher::simulated(7)] {
        let dispatcher = dispatcher.expect("dispatcher");
        let handle = dispatcher.handle();
        let lane = handle.lane(1, 10_000);
        let order = Arc::new(Mutex::new(Vec::new()));
        let start = |flow: Flow, name: &'static str| {
            let order = order.clone();
            let job = lane.unblock_for(flow, move || order.lock().expect("lock").push(name));
            handle.spawn(job).expect("spawn")
        };
        let (release, job) = stuck();
        let first = lane.unblock_for(flow(9, 9), job);
        let mut tasks: Vec<_> = (0..100).map(|_| start(flow(1, 1), "a")).collect();
        tasks.extend([start(flow(1, 2), "b"), start(flow(1, 2), "b")]);
        tasks.extend([start(flow(2, 1), "c"), start(flow(2, 1), "c")]);
        drop(release);
        dispatcher
            .block_on(async {
                assert!(first.await.expect("job"));
                for task in tasks {
                    task.await.expect("not cancelled").expect("job");
                }
            })
            .expect("block_on");
        let order = order.lock().expect("lock");
        assert_eq!(order[..8], ["a", "c", "b", "c", "a", "b", "a", "a"]);
        assert_eq!(order.len(), 104);
    }
}

#[test]
fn a_job_that_is_dropped_while_it_runs_gives_up_its_place() {
    let dispatcher = Dispatcher::new().expect("dispatcher");
    let lane = dispatcher.handle().lane(1, 8);
    let (release, stuck_job) = stuck();
    let (other_release, other_stuck) = stuck();
    drop(started(&lane, stuck_job));
    let next = dispatcher.block_on(lane.unblock(|| 2)).expect("block_on");
    assert_eq!(next.expect("job"), 2);
    // One may be left behind; the next that is keeps its place.
    drop(started(&lane, other_stuck));
    let waits = lane.unblock(|| 3);
    assert_eq!((lane.running(), lane.waiting()), (2, 1));
    drop(other_release);
    let waited = dispatcher.block_on(waits).expect("block_on");
    assert_eq!(waited.expect("job"), 3);
    assert_eq!((lane.running(), lane.waiting()), (1, 0));
    drop(release);
}

/// A job of the lane that has begun.
fn started<T: Send + 'static>(lane: &Lane, job: impl FnOnce() -> T + Send + 'static) -> LaneJob<T> {
    let (begin, begun) = mpsc::channel();
    let job = lane.unblock(move || {
        begin.send(()).expect("somebody waits");
        job()
    });
    begun.recv().expect("it begins");
    job
}
