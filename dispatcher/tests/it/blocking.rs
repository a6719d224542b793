//! The blocking pool: lazy, bounded, shrinking, and never in the way of the dispatcher.

mod ending;

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Barrier, mpsc};
use std::task::{Context, Waker};
use std::thread;
use std::time::Duration;

use wippy_dispatcher::{Dispatcher, Error, Record, Simulation, Task};

/// Lets the dispatcher run until the pool has `threads` threads; gives up after a generous while.
fn wait_for_threads(dispatcher: &Dispatcher, threads: usize) {
    let handle = dispatcher.handle();
    for _ in 0..10_000 {
        if dispatcher.blocking_threads() == threads {
            return;
        }
        let sleep = handle.sleep(Duration::from_millis(1));
        dispatcher
            .block_on(sleep)
            .expect("block_on")
            .expect("sleep");
    }
    panic!(
        "{} threads instead of {threads}",
        dispatcher.blocking_threads()
    );
}

#[test]
fn the_first_job_starts_the_first_thread_and_idle_time_ends_it() {
    let dispatcher = Dispatcher::builder()
        .blocking_idle(Duration::from_millis(2))
        .build()
        .expect("dispatcher");
    let handle = dispatcher.handle();
    let sleep = handle.sleep(Duration::from_millis(1));
    dispatcher
        .block_on(sleep)
        .expect("block_on")
        .expect("sleep");
    assert_eq!(dispatcher.blocking_threads(), 0);
    let home = thread::current().id();
    for _ in 0..2 {
        let (release, wait) = mpsc::channel::<()>();
        let job = handle.unblock(move || {
            wait.recv().ok();
            thread::current().id()
        });
        assert_eq!(dispatcher.blocking_threads(), 1);
        drop(release);
        let ran_on = dispatcher.block_on(job).expect("block_on").expect("job");
        assert_ne!(ran_on, home);
        wait_for_threads(&dispatcher, 0);
    }
}

#[test]
fn an_idle_thread_is_used_again() {
    let dispatcher = Dispatcher::builder()
        .blocking_threads(1)
        .blocking_idle(Duration::from_secs(1 << 20))
        .build()
        .expect("dispatcher");
    let handle = dispatcher.handle();
    let mut threads = Vec::new();
    for _ in 0..20 {
        let job = handle.unblock(|| thread::current().id());
        threads.push(dispatcher.block_on(job).expect("block_on").expect("job"));
    }
    threads.dedup();
    assert_eq!(threads.len(), 1);
    assert_eq!(dispatcher.blocking_threads(), 1);
}

#[test]
fn jobs_run_side_by_side_up_to_the_bound() {
    const THREADS: usize = 3;
    let dispatcher = Dispatcher::builder()
        .blocking_threads(THREADS)
        .build()
        .expect("dispatcher");
    let handle = dispatcher.handle();
    let (now, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    // Nobody passes before THREADS jobs run at once: with fewer threads this test would hang.
    let barrier = Arc::new(Barrier::new(THREADS));
    let tasks: Vec<Task<_>> = (0..4 * THREADS)
        .map(|_| {
            let (now, most, barrier) = (now.clone(), most.clone(), barrier.clone());
            let job = handle.unblock(move || {
                most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                barrier.wait();
                now.fetch_sub(1, Ordering::SeqCst);
            });
            handle.spawn(job).expect("spawn")
        })
        .collect();
    dispatcher
        .block_on(async {
            for task in tasks {
                task.await.expect("not cancelled").expect("job");
            }
        })
        .expect("block_on");
    assert_eq!(dispatcher.blocking_threads(), THREADS);
    assert_eq!(most.load(Ordering::SeqCst), THREADS);
}

#[test]
fn a_panic_is_an_error_with_its_text_and_the_pool_lives_on() {
    for dispatcher in [Dispatcher::new(), Dispatcher::simulated(1)] {
        let dispatcher = dispatcher.expect("dispatcher");
        let handle = dispatcher.handle();
        let text = dispatcher.block_on(handle.unblock(|| -> u8 { panic!("a plain text") }));
        let number = 7;
        let formatted =
            dispatcher.block_on(handle.unblock(move || -> u8 { panic!("number {number}") }));
        let other = dispatcher.block_on(handle.unblock(|| -> u8 { std::panic::panic_any(7_u8) }));
        let messages = [text, formatted, other].map(|outcome| match outcome.expect("block_on") {
            Err(Error::JobPanicked(message)) => message,
            unexpected => panic!("{unexpected:?}"),
        });
        assert_eq!(
            messages,
            ["a plain text", "number 7", "a value that is no text"]
        );
        let fine = dispatcher.block_on(handle.unblock(|| 3)).expect("block_on");
        assert_eq!(fine.expect("job"), 3);
    }
}

#[test]
fn a_panic_in_a_destructor_of_an_abandoned_job_costs_no_thread() {
    struct Panics;
    impl Drop for Panics {
        fn drop(&mut self) {
            panic!("a job that nobody wanted");
        }
    }
    let dispatcher = Dispatcher::builder()
        .blocking_threads(1)
        .blocking_idle(Duration::from_millis(2))
        .build()
        .expect("dispatcher");
    let handle = dispatcher.handle();
    let (release, wait) = mpsc::channel::<()>();
    let stuck = handle.unblock(move || wait.recv().is_err());
    let bomb = Panics;
    drop(handle.unblock(move || {
        let _bomb = bomb;
    }));
    drop(release);
    assert!(dispatcher.block_on(stuck).expect("block_on").expect("job"));
    assert_eq!(
        dispatcher
            .block_on(handle.unblock(|| 3))
            .expect("block_on")
            .expect("job"),
        3
    );
    wait_for_threads(&dispatcher, 0);
}

#[test]
fn a_job_dropped_before_it_started_never_runs() {
    let dispatcher = Dispatcher::builder()
        .blocking_threads(1)
        .build()
        .expect("dispatcher");
    let handle = dispatcher.handle();
    let (release, wait) = mpsc::channel::<()>();
    let first = handle.unblock(move || wait.recv().is_err());
    let ran = Arc::new(AtomicBool::new(false));
    let theirs = ran.clone();
    drop(handle.unblock(move || theirs.store(true, Ordering::SeqCst)));
    let last = handle.unblock(|| ());
    drop(release);
    assert!(dispatcher.block_on(first).expect("block_on").expect("job"));
    dispatcher.block_on(last).expect("block_on").expect("job");
    assert!(!ran.load(Ordering::SeqCst));
}

#[test]
fn a_started_job_that_is_dropped_runs_to_its_end() {
    let dispatcher = Dispatcher::builder()
        .blocking_threads(1)
        .build()
        .expect("dispatcher");
    let handle = dispatcher.handle();
    let (started, is_started) = mpsc::channel();
    let (release, wait) = mpsc::channel::<()>();
    let (ended, is_ended) = mpsc::channel();
    let job = handle.unblock(move || {
        started.send(()).ok();
        wait.recv().ok();
        ended.send(()).ok();
    });
    is_started.recv().expect("started");
    drop(job);
    drop(release);
    is_ended.recv().expect("ended");
}

#[test]
fn the_queue_has_a_bound_with_a_name() {
    let dispatcher = Dispatcher::builder()
        .blocking_threads(1)
        .blocking_queue(2)
        .build()
        .expect("dispatcher");
    let handle = dispatcher.handle();
    let (started, is_started) = mpsc::channel();
    let (release, wait) = mpsc::channel::<()>();
    let running = handle.unblock(move || {
        started.send(()).ok();
        wait.recv().is_err()
    });
    is_started.recv().expect("started");
    let waiting = [handle.unblock(|| true), handle.unblock(|| true)];
    let refused = dispatcher
        .block_on(handle.unblock(|| true))
        .expect("block_on");
    assert!(matches!(refused, Err(Error::TooManyJobs(2))));
    drop(release);
    dispatcher
        .block_on(async {
            assert!(running.await.expect("job"));
            for job in waiting {
                assert!(job.await.expect("job"));
            }
        })
        .expect("block_on");
    let again = dispatcher
        .block_on(handle.unblock(|| true))
        .expect("block_on");
    assert!(again.expect("there is room again"));
}

/// A job that a free thread is about to take does not count as waiting, however slow the thread.
#[test]
fn the_bound_does_not_depend_on_how_fast_threads_start() {
    let dispatcher = Dispatcher::builder()
        .blocking_threads(4)
        .blocking_queue(1)
        .build()
        .expect("dispatcher");
    let handle = dispatcher.handle();
    for _ in 0..20 {
        let (release, wait) = mpsc::channel::<()>();
        let wait = Arc::new(std::sync::Mutex::new(wait));
        let jobs: Vec<_> = (0..5)
            .map(|_| {
                let wait = wait.clone();
                handle.unblock(move || wait.lock().is_ok_and(|wait| wait.recv().is_err()))
            })
            .collect();
        let refused = dispatcher
            .block_on(handle.unblock(|| true))
            .expect("block_on");
        assert!(matches!(refused, Err(Error::TooManyJobs(1))));
        drop(release);
        dispatcher
            .block_on(async {
                for job in jobs {
                    assert!(job.await.expect("job"));
                }
            })
            .expect("block_on");
    }
}

#[test]
fn a_result_wakes_a_parked_dispatcher() {
    let dispatcher = Dispatcher::new().expect("dispatcher");
    let handle = dispatcher.handle();
    let (release, wait) = mpsc::channel::<()>();
    let task = handle
        .spawn(handle.unblock(move || wait.recv().is_err()))
        .expect("spawn");
    // Runs the task up to its wait; from here on only the pool can end the dispatcher's wait.
    dispatcher.turn(Some(Duration::ZERO)).expect("turn");
    assert_eq!(dispatcher.next_deadline(), None);
    let releasing = thread::spawn(move || drop(release));
    while !task.is_finished() {
        dispatcher.turn(None).expect("turn");
    }
    releasing.join().expect("thread");
    assert!(
        dispatcher
            .block_on(task)
            .expect("block_on")
            .expect("not cancelled")
            .expect("job")
    );
}

#[test]
fn a_simulation_runs_jobs_inline_after_virtual_time() {
    let (least, most) = (Duration::from_millis(3), Duration::from_millis(9));
    let simulation = Simulation::new(5).job_delay(least, most);
    let dispatcher = Dispatcher::builder()
        .simulation(simulation)
        .build()
        .expect("dispatcher");
    let handle = dispatcher.handle();
    let before = handle.now().expect("now");
    let home = thread::current().id();
    let ran_on = dispatcher
        .block_on(handle.unblock(|| thread::current().id()))
        .expect("block_on");
    assert_eq!(ran_on.expect("job"), home);
    let took = handle.now().expect("now") - before;
    assert!((least..=most).contains(&took), "{took:?}");
    let trace = dispatcher.trace().expect("a simulation has one");
    let nanos = u64::try_from(took.as_nanos()).expect("short");
    assert!(trace.records().contains(&Record::Job { nanos }));
    assert_eq!(dispatcher.blocking_threads(), 0);
    let flag = Arc::new(AtomicBool::new(false));
    let theirs = flag.clone();
    drop(handle.unblock(move || theirs.store(true, Ordering::SeqCst)));
    assert!(!flag.load(Ordering::SeqCst), "a dropped job never runs");
}
