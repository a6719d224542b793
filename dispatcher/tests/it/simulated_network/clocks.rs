//! Hosts' clocks: drift and steps.

use std::time::Duration;

use wippy_dispatcher::sim::Fault;
use wippy_dispatcher::{Simulation, WaitSet};

use super::{build, host, now, plain, run, sleep};

fn drift(host: &str, parts_per_million: i32) -> Fault {
    Fault::ClockDrift(host.to_owned(), parts_per_million)
}

#[test]
fn a_fast_clock_reads_more_and_its_sleeps_are_shorter() {
    for parts in [100_000, -100_000] {
        let dispatcher = build(plain(1).at(Duration::ZERO, drift("server", parts)));
        let (right, wrong) = (dispatcher.handle(), host(&dispatcher, "server").handle());
        sleep(&dispatcher, Duration::from_nanos(1));
        let starts = (now(&right), now(&wrong));
        let walls = (
            right.wall_time().expect("wall"),
            wrong.wall_time().expect("wall"),
        );
        sleep(&dispatcher, Duration::from_secs(100));
        let read = now(&wrong) - starts.1;
        let expected = 100_000_000_000 + i64::from(parts) * 100_000;
        assert_eq!(read, Duration::from_nanos(expected as u64));
        let wall = wrong.wall_time().expect("wall");
        assert_eq!(
            wall.seconds - walls.1.seconds,
            expected as u64 / 1_000_000_000
        );
        assert_eq!(
            right.wall_time().expect("wall").seconds - walls.0.seconds,
            100
        );
        // A sleep is as long as the host's clock says.
        let start = now(&right);
        let until = now(&wrong) + Duration::from_secs(11);
        run(&dispatcher, wrong.sleep(Duration::from_secs(11))).expect("timer");
        assert_eq!(now(&wrong), until);
        let took = (now(&right) - start).as_secs_f64();
        let expected = 11.0 / (1.0 + f64::from(parts) / 1e6);
        assert!((took - expected).abs() < 1e-6, "{took} {expected}");
    }
}

#[test]
fn deadlines_of_wait_sets_are_those_of_the_host() {
    let dispatcher = build(plain(1));
    dispatcher
        .inject(&drift("server", 500_000))
        .expect("a host");
    let handle = host(&dispatcher, "server").handle();
    let start = now(&dispatcher.handle());
    let mut set = WaitSet::new(&handle).expect("set");
    let deadline = now(&handle) + Duration::from_secs(3);
    set.add_deadline(deadline, 1).expect("room");
    run(&dispatcher, set.wait()).expect("wait");
    assert_eq!(now(&handle), deadline);
    assert_eq!(now(&dispatcher.handle()) - start, Duration::from_secs(2));
}

/// A clock that becomes slower while somebody sleeps wakes nobody early.
#[test]
fn a_sleep_is_never_early() {
    let dispatcher = build(plain(1));
    let handle = host(&dispatcher, "server").handle();
    let until = now(&handle) + Duration::from_secs(10);
    let sleeper = handle.clone();
    let sleeping = handle.spawn(async move {
        sleeper.sleep_until(until).await.expect("timer");
        now(&sleeper)
    });
    let sleeping = sleeping.expect("room");
    sleep(&dispatcher, Duration::from_secs(5));
    dispatcher
        .inject(&drift("server", -500_000))
        .expect("a host");
    assert_eq!(run(&dispatcher, sleeping), Ok(until));
    assert_eq!(now(&dispatcher.handle()).as_nanos(), 16_000_000_000);
}

#[test]
fn a_wall_clock_steps_and_the_monotonic_one_does_not() {
    let dispatcher = build(plain(1));
    let handle = host(&dispatcher, "client").handle();
    let (before, wall) = (now(&handle), handle.wall_time().expect("wall"));
    let step = |nanos| {
        let fault = Fault::WallClockStep("client".to_owned(), nanos);
        dispatcher.inject(&fault).expect("a host");
    };
    step(90_000_000_001);
    let stepped = handle.wall_time().expect("wall");
    assert_eq!(
        (stepped.seconds, stepped.nanoseconds),
        (wall.seconds + 90, 1)
    );
    step(-180_000_000_001);
    let stepped = handle.wall_time().expect("wall");
    assert_eq!(
        (stepped.seconds, stepped.nanoseconds),
        (wall.seconds - 90, 0)
    );
    assert_eq!(now(&handle), before);
    let other = host(&dispatcher, "server").handle().wall_time();
    assert_eq!(other.expect("wall"), wall);
}

#[test]
fn yields_and_jobs_take_their_time_on_a_wrong_clock_too() {
    let simulation = Simulation::new(1)
        .host("wrong", [])
        .yield_cost(Duration::from_micros(10))
        .at(Duration::ZERO, drift("wrong", -500_000));
    let dispatcher = build(simulation);
    sleep(&dispatcher, Duration::from_nanos(2));
    let handle = host(&dispatcher, "wrong").handle();
    let start = now(&dispatcher.handle());
    run(&dispatcher, handle.yield_now()).expect("own thread");
    assert_eq!(now(&dispatcher.handle()) - start, Duration::from_micros(20));
    assert_eq!(run(&dispatcher, handle.unblock(|| 7)).expect("job"), 7);
}
