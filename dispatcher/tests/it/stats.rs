//! What a dispatcher says of itself in numbers.

use std::io::Write;
use std::sync::mpsc;
use std::time::Duration;

use wippy_dispatcher::{Dispatcher, Event, Handle, Interest, Simulation, Source, Stats};

fn stats(handle: &Handle) -> Stats {
    handle.stats().expect("its own thread")
}

#[test]
fn tasks_timers_and_sources_are_there_while_they_are() {
    let dispatcher = Dispatcher::new().expect("a dispatcher");
    let handle = dispatcher.handle();
    assert_eq!(stats(&handle), Stats::default());
    let (reader, mut writer) = std::io::pipe().expect("a pipe");
    let source = Source::with_interest(&handle, reader, Interest::Readable).expect("room");
    let event = Event::new(&handle).expect("room");
    let sleep = handle.sleep(Duration::from_secs(3600));
    let task = dispatcher.spawn(sleep).expect("a task");
    dispatcher.turn(Some(Duration::ZERO)).expect("a turn");
    let now = stats(&handle);
    assert_eq!((now.tasks, now.runnable, now.timers), (1, 0, 1));
    assert_eq!((now.descriptors, now.sources), (1, 2));
    // What is ready is no less watched.
    writer.write_all(b"x").expect("room");
    dispatcher
        .block_on(source.ready(Interest::Readable))
        .expect("ran")
        .expect("ready");
    assert_eq!(stats(&handle).descriptors, 1);
    drop((source, event, task));
    dispatcher.turn(Some(Duration::ZERO)).expect("a turn");
    assert_eq!(stats(&handle), Stats::default());
}

/// One job runs, one waits for a thread of the pool, two for their turn in a lane.
#[test]
fn jobs_are_counted_wherever_they_wait() {
    let dispatcher = Dispatcher::builder()
        .blocking_threads(1)
        .build()
        .expect("a dispatcher");
    let handle = dispatcher.handle();
    let lane = handle.lane(1, 10);
    let (started, begun) = mpsc::channel();
    let mut ends = Vec::new();
    let mut job = || {
        let (end, ended) = mpsc::channel::<()>();
        ends.push(end);
        let started = started.clone();
        move || {
            started.send(()).expect("a test");
            ended.recv().expect_err("nothing is sent");
        }
    };
    let pooled = [handle.unblock(job()), handle.unblock(job())];
    let in_lane = [
        lane.unblock(job()),
        lane.unblock(job()),
        lane.unblock(job()),
    ];
    for _ in 0..2 {
        begun.recv().expect("a job");
    }
    let now = stats(&handle);
    assert_eq!(
        (now.blocking_threads, now.jobs_running, now.jobs_waiting),
        (2, 2, 3)
    );
    let [kept, given_up, left] = in_lane;
    drop(given_up);
    assert_eq!(stats(&handle).jobs_waiting, 2);
    ends.clear();
    dispatcher
        .block_on(async {
            for job in pooled {
                job.await.expect("it ran");
            }
            for job in [kept, left] {
                job.await.expect("it ran");
            }
        })
        .expect("a dispatcher");
    let now = stats(&handle);
    assert_eq!((now.jobs_running, now.jobs_waiting), (0, 0));
}

#[test]
fn timers_that_fire_are_counted_where_that_is_asked_for() {
    let naps = |dispatcher: &Dispatcher| {
        let handle = dispatcher.handle();
        dispatcher
            .block_on(async {
                for _ in 0..3 {
                    handle.sleep(Duration::from_millis(1)).await.expect("sleep");
                }
            })
            .expect("a dispatcher");
        stats(&handle).overshoot
    };
    assert_eq!(naps(&Dispatcher::simulated(1).expect("a simulation")), None);
    let asked = || Dispatcher::builder().timer_overshoot(true);
    let simulated = asked().simulation(Simulation::new(1)).build();
    let late = naps(&simulated.expect("a simulation")).expect("counted");
    assert_eq!((late.count(), late.sum()), (3, Duration::ZERO));
    // On the system a task may see the time before its timer fires.
    let late = naps(&asked().build().expect("a dispatcher")).expect("counted");
    assert!(
        late.count() <= 3 && (late.count() == 0 || late.sum() > Duration::ZERO),
        "{late:?}"
    );
}

#[test]
fn other_threads_and_ended_dispatchers_have_none() {
    let dispatcher = Dispatcher::new().expect("a dispatcher");
    let handle = dispatcher.handle();
    let elsewhere = handle.clone();
    let refused = std::thread::spawn(move || elsewhere.stats().is_err());
    assert!(refused.join().expect("no panic"));
    drop(dispatcher);
    assert!(handle.stats().is_err());
}
