//! Partitions: nothing passes until they heal.

use std::io;
use std::time::Duration;

use wippy_dispatcher::Error;
use wippy_dispatcher::sim::Fault;

use super::{MS, ask, build, connect, host, now, plain, run, serve_echo, sleep};

fn cut() -> Fault {
    Fault::partition(["client"], ["server"])
}

fn heal() -> Fault {
    Fault::heal(["client"], ["server"])
}

#[test]
fn a_connection_outlives_a_partition() {
    for seed in 0..5 {
        let dispatcher = build(plain(seed));
        serve_echo(&host(&dispatcher, "server"));
        let stream = connect(&dispatcher).expect("connect");
        dispatcher.inject(&cut()).expect("both are there");
        let start = now(&dispatcher.handle());
        let asking = dispatcher
            .spawn(async move {
                ask(&stream, b"ping").await.expect("echo");
                stream
            })
            .expect("room");
        sleep(&dispatcher, Duration::from_secs(20));
        assert!(!asking.is_finished());
        dispatcher.inject(&heal()).expect("both are there");
        let stream = run(&dispatcher, asking).expect("not cancelled");
        let took = now(&dispatcher.handle()) - start;
        // The next retransmission comes within as long again as the last one took.
        let bounds = Duration::from_secs(20)..Duration::from_secs(45);
        assert!(bounds.contains(&took), "{took:?}");
        run(&dispatcher, ask(&stream, b"again")).expect("echo");
    }
}

#[test]
fn a_partition_without_end_times_out() {
    let dispatcher = build(plain(1));
    serve_echo(&host(&dispatcher, "server"));
    let stream = connect(&dispatcher).expect("connect");
    dispatcher.inject(&cut()).expect("both are there");
    let start = now(&dispatcher.handle());
    let failed = run(&dispatcher, ask(&stream, b"ping")).expect_err("nothing passes");
    assert_eq!(failed.kind(), io::ErrorKind::TimedOut);
    // Linux gives up after some fifteen minutes.
    let took = now(&dispatcher.handle()) - start;
    let minutes = |minutes: u64| Duration::from_secs(minutes * 60);
    assert!((minutes(13)..minutes(18)).contains(&took), "{took:?}");
    let refused = connect(&dispatcher).map(drop).expect_err("nothing passes");
    assert_eq!(refused.kind(), io::ErrorKind::TimedOut);
    dispatcher.inject(&heal()).expect("both are there");
    connect(&dispatcher).expect("connect");
}

/// Bytes arrive and their receipt does not: the sender gives up in the end.
#[test]
fn one_direction_may_be_cut_alone() {
    let dispatcher = build(plain(1));
    serve_echo(&host(&dispatcher, "server"));
    let stream = connect(&dispatcher).expect("connect");
    let fault = Fault::partition_one_way(["server"], ["client"]);
    dispatcher.inject(&fault).expect("both are there");
    let start = now(&dispatcher.handle());
    let asking = dispatcher.spawn(async move {
        let asked = ask(&stream, b"ping").await;
        (stream, asked)
    });
    let asking = asking.expect("room");
    sleep(&dispatcher, Duration::from_secs(3));
    dispatcher.inject(&heal()).expect("both are there");
    let (stream, asked) = run(&dispatcher, asking).expect("not cancelled");
    asked.expect("the answer was sent again");
    assert!(now(&dispatcher.handle()) - start < Duration::from_secs(8));
    dispatcher.inject(&fault).expect("both are there");
    let failed: Result<(), Error> = run(&dispatcher, ask(&stream, b"ping"));
    assert_eq!(
        failed.expect_err("no receipt").kind(),
        io::ErrorKind::TimedOut
    );
}

#[test]
fn a_timetable_cuts_and_heals() {
    let simulation = plain(1)
        .at(Duration::from_secs(10), cut())
        .at(Duration::from_secs(20), heal());
    let dispatcher = build(simulation);
    serve_echo(&host(&dispatcher, "server"));
    let start = now(&dispatcher.handle());
    let stream = connect(&dispatcher).expect("connect");
    let mut longest = Duration::ZERO;
    let mut at_longest = start;
    while now(&dispatcher.handle()) - start < Duration::from_secs(40) {
        let before = now(&dispatcher.handle());
        run(&dispatcher, ask(&stream, b"ping")).expect("echo");
        let took = now(&dispatcher.handle()) - before;
        if took > longest {
            (longest, at_longest) = (took, before);
        }
        sleep(&dispatcher, 100 * MS);
    }
    assert!(longest > Duration::from_secs(9), "{longest:?}");
    let cut_at = at_longest - start;
    assert!((9_800 * MS..=10_100 * MS).contains(&cut_at), "{cut_at:?}");
}

#[test]
fn unknown_hosts_are_an_error() {
    let dispatcher = build(plain(1));
    let fault = Fault::partition(["client"], ["nobody"]);
    let refused = dispatcher.inject(&fault).expect_err("no such host");
    assert_eq!(refused.kind(), io::ErrorKind::InvalidInput);
    assert_eq!(
        refused.to_string(),
        "the simulation has no host \"nobody\"; add it with Simulation::host"
    );
    let builder = wippy_dispatcher::Dispatcher::builder();
    let refused = builder.simulation(plain(1).at(MS, fault)).build();
    let refused = refused.map(drop).expect_err("no such host");
    assert_eq!(refused.kind(), io::ErrorKind::InvalidInput);
    let live = wippy_dispatcher::Dispatcher::new().expect("dispatcher");
    assert!(matches!(live.inject(&cut()), Err(Error::NotSimulated(_))));
    assert!(matches!(live.host("client"), Err(Error::NotSimulated(_))));
    let fault = Fault::Restart(wippy_dispatcher::sim::DEFAULT_HOST.to_owned());
    let refused = dispatcher.inject(&fault).expect_err("it never crashes");
    assert!(refused.to_string().contains("does not crash"), "{refused}");
}
