//! Hosts that crash and start again.

use std::cell::{Cell, RefCell};
use std::io;
use std::rc::Rc;
use std::time::Duration;

use wippy_dispatcher::net::{Family, TcpListener, TcpSocket, TcpStream, UdpSocket};
use wippy_dispatcher::sim::{Crash, Fault};
use wippy_dispatcher::{Error, Event, Handle};

use super::{MS, address, any, ask, build, connect, host, now, plain, run, serve_echo, sleep};

/// Notes that it was dropped.
struct Dropped(Rc<Cell<u32>>);

impl Drop for Dropped {
    fn drop(&mut self) {
        self.0.set(self.0.get() + 1);
    }
}

#[test]
fn tasks_of_a_host_end_with_it_and_others_do_not() {
    let dispatcher = build(plain(1));
    let server = host(&dispatcher, "server");
    let dropped = Rc::new(Cell::new(0));
    let wait = |handle: Handle, dropped: &Rc<Cell<u32>>| {
        let guard = Dropped(dropped.clone());
        async move {
            let _guard = guard;
            loop {
                handle.sleep(MS).await.expect("timer");
            }
        }
    };
    let handle = server.handle();
    let sleeping = handle.spawn(wait(handle.clone(), &dropped)).expect("room");
    // A child of a task, one that waits for nothing that comes, and one that is runnable.
    let (parent, guard) = (handle.clone(), Dropped(dropped.clone()));
    let child = async move {
        let child = async move {
            let _guard = guard;
            std::future::pending::<()>().await;
        };
        parent.spawn(child).expect("room").detach();
    };
    handle.spawn(child).expect("room").detach();
    let other = host(&dispatcher, "client");
    let others = other
        .spawn(wait(other.handle(), &Rc::default()))
        .expect("room");
    sleep(&dispatcher, 10 * MS);
    assert_eq!(handle.stats().expect("stats").tasks, 3);
    server.crash().expect("own thread");
    assert_eq!(dropped.get(), 2);
    assert_eq!(handle.stats().expect("stats").tasks, 1);
    assert!(run(&dispatcher, sleeping).is_err(), "cancelled");
    sleep(&dispatcher, 10 * MS);
    assert!(!others.is_finished());
    // The handle of the ended life starts and opens nothing.
    assert!(matches!(handle.spawn(async {}), Err(Error::HostDown)));
    let down = TcpSocket::new(&handle, Family::V4)
        .map(drop)
        .expect_err("down");
    assert_eq!(down.kind(), io::ErrorKind::NetworkDown);
    server.restart().expect("no boot function");
    assert!(matches!(handle.spawn(async {}), Err(Error::HostDown)));
    server.spawn(async {}).expect("the next life").detach();
}

/// A task that crashes its own host goes on to its next wait, and no further.
#[test]
fn a_task_may_crash_its_own_host() {
    let dispatcher = build(plain(1));
    let server = host(&dispatcher, "server");
    let reached = Rc::new(RefCell::new(Vec::new()));
    let (its_host, steps, handle) = (server.clone(), reached.clone(), server.handle());
    let task = server.spawn(async move {
        steps.borrow_mut().push("before");
        its_host.crash().expect("own thread");
        steps.borrow_mut().push("behind");
        handle.sleep(MS).await.expect("timer");
        steps.borrow_mut().push("never");
    });
    assert!(run(&dispatcher, task.expect("room")).is_err());
    sleep(&dispatcher, 10 * MS);
    assert_eq!(*reached.borrow(), ["before", "behind"]);
}

#[test]
fn peers_of_a_crash_with_resets_see_them() {
    let dispatcher = build(plain(1));
    let server = host(&dispatcher, "server");
    serve_echo(&server);
    let stream = connect(&dispatcher).expect("connect");
    run(&dispatcher, ask(&stream, b"ping")).expect("echo");
    server.crash_with(Crash::Reset).expect("own thread");
    let start = now(&dispatcher.handle());
    let read = run(&dispatcher, stream.read(&mut [0; 4])).expect_err("reset");
    assert_eq!(read.kind(), io::ErrorKind::ConnectionReset);
    assert_eq!(now(&dispatcher.handle()) - start, MS);
    // Nobody answers a host that is down.
    let start = now(&dispatcher.handle());
    let refused = connect(&dispatcher).map(drop).expect_err("down");
    assert_eq!(refused.kind(), io::ErrorKind::TimedOut);
    assert!(now(&dispatcher.handle()) - start > Duration::from_secs(120));
}

#[test]
fn a_silent_crash_is_noticed_when_something_is_sent() {
    let dispatcher = build(plain(1));
    let server = host(&dispatcher, "server");
    serve_echo(&server);
    let (one, other) = (
        connect(&dispatcher).expect("one"),
        connect(&dispatcher).expect("other"),
    );
    server.crash_with(Crash::Silent).expect("own thread");
    // Nothing comes, and nothing says so.
    sleep(&dispatcher, Duration::from_secs(3_600));
    let nothing = one.try_read(&mut [0; 4]).expect_err("nothing");
    assert_eq!(nothing.kind(), io::ErrorKind::WouldBlock);
    let failed = run(&dispatcher, ask(&one, b"ping")).expect_err("nobody answers");
    assert_eq!(failed.kind(), io::ErrorKind::TimedOut);
    // A host that is up again knows of no connection.
    server.restart().expect("room");
    let failed = run(&dispatcher, ask(&other, b"ping")).expect_err("a reset");
    assert_eq!(failed.kind(), io::ErrorKind::ConnectionReset);
    let stream = connect(&dispatcher).expect("connect");
    run(&dispatcher, ask(&stream, b"ping")).expect("echo");
}

#[test]
fn what_was_under_way_to_a_host_that_restarts_is_answered_with_a_reset() {
    let dispatcher = build(plain(1));
    let server = host(&dispatcher, "server");
    serve_echo(&server);
    let stream = connect(&dispatcher).expect("connect");
    stream.try_write(b"ping").expect("room");
    server.crash_with(Crash::Silent).expect("own thread");
    sleep(&dispatcher, 100 * MS);
    server.restart().expect("room");
    let failed = run(&dispatcher, stream.read(&mut [0; 4])).expect_err("a reset");
    assert_eq!(failed.kind(), io::ErrorKind::ConnectionReset);
}

/// The bytes arrived, the receipt did not, and then nobody is there any more.
#[test]
fn a_host_that_crashes_with_a_receipt_under_way_is_noticed() {
    for restarts in [false, true] {
        let dispatcher = build(plain(1));
        let server = host(&dispatcher, "server");
        serve_echo(&server);
        let stream = connect(&dispatcher).expect("connect");
        let cut = Fault::partition_one_way(["server"], ["client"]);
        dispatcher.inject(&cut).expect("both are there");
        stream.try_write(b"ping").expect("room");
        sleep(&dispatcher, 10 * MS);
        server.crash_with(Crash::Silent).expect("own thread");
        let heal = Fault::heal(["server"], ["client"]);
        dispatcher.inject(&heal).expect("both are there");
        if restarts {
            server.restart().expect("room");
        }
        let failed = run(&dispatcher, stream.read(&mut [0; 4])).expect_err("gone");
        let expected = match restarts {
            true => io::ErrorKind::ConnectionReset,
            false => io::ErrorKind::TimedOut,
        };
        assert_eq!(failed.kind(), expected);
    }
}

/// Whoever connects while the server restarts gets through in the end.
#[test]
fn connecting_goes_on_until_the_host_is_up() {
    for crash_after in 0..5_000_u64 {
        if crash_after % 250 != 0 {
            continue;
        }
        let dispatcher = build(plain(crash_after));
        let server = host(&dispatcher, "server");
        serve_echo(&server);
        let handle = host(&dispatcher, "client").handle();
        let to = address(&dispatcher, "server", 7);
        let connecting = dispatcher
            .spawn(async move { TcpStream::connect(&handle, to).await })
            .expect("room");
        sleep(&dispatcher, Duration::from_micros(crash_after));
        server.crash_with(Crash::Silent).expect("own thread");
        sleep(&dispatcher, Duration::from_secs(5));
        server.restart().expect("room");
        let connected = run(&dispatcher, connecting).expect("not cancelled");
        let stream = connected.expect("connect");
        // It may have been made in the former life.
        match run(&dispatcher, ask(&stream, b"ping")) {
            Ok(()) => {}
            Err(error) => assert_eq!(error.kind(), io::ErrorKind::ConnectionReset),
        }
    }
}

#[test]
fn a_boot_function_is_called_for_each_life() {
    let dispatcher = build(
        plain(1)
            .at(50 * MS, Fault::Crash("server".to_owned(), Crash::Drawn))
            .at(70 * MS, Fault::Restart("server".to_owned()))
            .at(90 * MS, Fault::Restart("server".to_owned())),
    );
    let server = host(&dispatcher, "server");
    let lives = Rc::new(RefCell::new(Vec::new()));
    let noted = lives.clone();
    let boot = move |handle: Handle| {
        let noted = noted.clone();
        async move {
            noted
                .borrow_mut()
                .push((handle.now().expect("own thread"), 0));
            loop {
                handle.sleep(10 * MS).await.expect("timer");
                if let Some(life) = noted.borrow_mut().last_mut() {
                    life.1 += 1;
                }
            }
        }
    };
    let start = now(&dispatcher.handle());
    server.boot(boot).expect("room");
    sleep(&dispatcher, 115 * MS);
    let lives: Vec<_> = lives
        .borrow()
        .iter()
        .map(|(at, n)| (*at - start, *n))
        .collect();
    let expected = [(Duration::ZERO, 4), (70 * MS, 1), (90 * MS, 2)];
    // What is due at the moment of a crash may come before or behind it.
    let is_near = |(one, other): (&(Duration, i32), &(Duration, i32))| {
        one.0 == other.0 && (one.1 - other.1).abs() <= 1
    };
    assert!(
        lives.len() == 3 && lives.iter().zip(&expected).all(is_near),
        "{lives:?}"
    );
}

/// A host that crashed has its ports back, and its clients may use the same ones again.
#[test]
fn sockets_go_with_their_host() {
    let dispatcher = build(plain(1));
    let server = host(&dispatcher, "server");
    let held = TcpListener::bind(&server.handle(), any(7)).expect("bind");
    let udp = UdpSocket::bound(&server.handle(), any(9)).expect("bind");
    server.crash().expect("own thread");
    // Those that outlive their host, because others hold them, fail.
    let failed = run(&dispatcher, held.accept()).map(drop).expect_err("down");
    assert_eq!(failed.kind(), io::ErrorKind::NetworkDown);
    let failed = run(&dispatcher, udp.recv(&mut [0; 4])).expect_err("down");
    assert_eq!(failed.kind(), io::ErrorKind::NetworkDown);
    server.restart().expect("no boot function");
    serve_echo(&server);
    UdpSocket::bound(&server.handle(), any(9)).expect("bind again");
    drop((held, udp));
    let stream = connect(&dispatcher).expect("connect");
    run(&dispatcher, ask(&stream, b"ping")).expect("echo");
}

/// A waker that its host's end drops may do anything; here it asks the dispatcher.
#[test]
fn what_tasks_drop_may_use_the_dispatcher() {
    let dispatcher = build(plain(1));
    let server = host(&dispatcher, "server");
    struct Uses(Handle, Event);
    impl Drop for Uses {
        fn drop(&mut self) {
            assert!(matches!(self.0.spawn(async {}), Err(Error::HostDown)));
            self.1.set();
            drop(self.0.simulated_host("server").expect("a host").crash());
        }
    }
    let event = Event::new(&dispatcher.handle()).expect("room");
    let uses = Uses(server.handle(), event.clone());
    let task = async move {
        let _uses = uses;
        std::future::pending::<()>().await;
    };
    server.spawn(task).expect("room").detach();
    sleep(&dispatcher, MS);
    server.crash().expect("own thread");
    run(&dispatcher, event.wait()).expect("it was set");
}
