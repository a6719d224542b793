//! Hosts that stand still.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use wippy_dispatcher::sim::{Crash, Fault};

use super::{MS, ask, build, connect, host, now, plain, run, serve_echo, sleep};

#[test]
fn a_paused_hosts_tasks_do_not_run() {
    let dispatcher = build(plain(1));
    let server = host(&dispatcher, "server");
    let ticks = Rc::new(Cell::new(0));
    let (count, handle) = (ticks.clone(), server.handle());
    let task = async move {
        loop {
            handle.sleep(10 * MS).await.expect("timer");
            count.set(count.get() + 1);
        }
    };
    server.spawn(task).expect("room").detach();
    sleep(&dispatcher, 55 * MS);
    assert_eq!(ticks.get(), 5);
    server.pause().expect("own thread");
    assert!(!server.is_up());
    sleep(&dispatcher, Duration::from_secs(1));
    assert_eq!(ticks.get(), 5);
    // Clocks go on: the sleep is long over.
    server.resume().expect("own thread");
    sleep(&dispatcher, 25 * MS);
    assert_eq!(ticks.get(), 8);
}

#[test]
fn packets_wait_for_a_paused_host() {
    let dispatcher = build(plain(1));
    let server = host(&dispatcher, "server");
    serve_echo(&server);
    let stream = connect(&dispatcher).expect("connect");
    server.pause().expect("own thread");
    let start = now(&dispatcher.handle());
    let asking = dispatcher.spawn(async move {
        ask(&stream, b"ping").await.expect("echo");
    });
    let asking = asking.expect("room");
    sleep(&dispatcher, Duration::from_secs(5));
    assert!(!asking.is_finished());
    server.resume().expect("own thread");
    run(&dispatcher, asking).expect("not cancelled");
    // The answer takes its latency.
    assert_eq!(
        now(&dispatcher.handle()) - start,
        Duration::from_secs(5) + MS
    );
}

#[test]
fn a_timetable_pauses_and_resumes() {
    let simulation = plain(1)
        .at(MS, Fault::Pause("server".to_owned()))
        .at(900 * MS, Fault::Resume("server".to_owned()));
    let dispatcher = build(simulation);
    serve_echo(&host(&dispatcher, "server"));
    sleep(&dispatcher, 10 * MS);
    connect(&dispatcher).expect("connect");
    let took = now(&dispatcher.handle()).as_nanos();
    // The start is at one second.
    assert_eq!(Duration::from_nanos(took), Duration::from_millis(1_901));
}

#[test]
fn a_paused_host_may_crash() {
    let dispatcher = build(plain(1));
    let server = host(&dispatcher, "server");
    serve_echo(&server);
    let stream = connect(&dispatcher).expect("connect");
    server.pause().expect("own thread");
    stream.try_write(b"ping").expect("room");
    sleep(&dispatcher, 10 * MS);
    server.crash_with(Crash::Silent).expect("own thread");
    server.resume().expect("it has no effect");
    assert!(!server.is_up());
    server.restart().expect("room");
    // What had waited was lost, and is sent again.
    let failed = run(&dispatcher, stream.read(&mut [0; 4])).expect_err("a reset");
    assert_eq!(failed.kind(), std::io::ErrorKind::ConnectionReset);
    let stream = connect(&dispatcher).expect("connect");
    run(&dispatcher, ask(&stream, b"ping")).expect("echo");
}

#[test]
fn a_dispatcher_ends_while_a_host_is_paused() {
    let dispatcher = build(plain(1));
    let server = host(&dispatcher, "server");
    let held = Rc::new(());
    let (inner, handle) = (held.clone(), server.handle());
    let task = async move {
        let _inner = inner;
        handle.sleep(MS).await.expect("timer");
        std::future::pending::<()>().await;
    };
    server.spawn(task).expect("room").detach();
    sleep(&dispatcher, Duration::from_micros(10));
    server.pause().expect("own thread");
    sleep(&dispatcher, 10 * MS);
    drop(server);
    drop(dispatcher);
    assert_eq!(Rc::strong_count(&held), 1);
}
