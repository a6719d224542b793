//! How long a session takes, and that a seed repeats it.

use std::time::Duration;

use serde_json::Value;
use wippy::sim::tls::{TlsConnector, TlsError, TrustStore};
use wippy_dispatcher::Simulation;
use wippy_dispatcher::net::TcpStream;
use wippy_dispatcher::sim::Link;

use super::server::Manner;
use super::{World, certificate, get, https, program};

#[test]
fn equal_seeds_give_equal_runs() {
    let program = program();
    let run = |seed| {
        let link = Link::new().jitter(Duration::from_millis(5)).loss(0.05);
        let simulation = Simulation::new(seed).default_link(link).short_io(0.2);
        let manner = Manner::Answers(certificate("server"), 20_000);
        let world = World::new(&program, simulation, manner);
        (0..3).for_each(|_| drop(world.body(https("server"))));
        world.hash()
    };
    let hashes: Vec<u64> = (0..5).map(run).collect();
    assert_eq!(hashes, (0..5).map(run).collect::<Vec<_>>());
    assert!(hashes.windows(2).all(|pair| pair[0] != pair[1]));
}

/// No time passes but that of the links.
fn exact(seed: u64) -> Simulation {
    let link = Link::new().latency(Duration::from_millis(20));
    Simulation::new(seed)
        .default_link(link)
        .lookup_delay(Duration::ZERO, Duration::ZERO)
        .short_io(0.0)
        .spurious_readiness(0.0)
}

const ROUND_TRIP: Duration = Duration::from_millis(40);

#[test]
fn a_handshake_takes_one_round_trip_behind_tcps() {
    let manner = Manner::Answers(certificate("server"), 5);
    let world = World::new(&program(), exact(1), manner);
    let handle = world.client.handle();
    let connector = TlsConnector::new(&handle, TrustStore::default()).expect("a simulation");
    let times = async move {
        let start = handle.now()?;
        let tcp = TcpStream::connect(&handle, ([10, 0, 0, 2], 443).into()).await?;
        let connected = handle.now()?;
        let stream = connector.connect("server", tcp).await?;
        let agreed = handle.now()?;
        stream.write_all(b"GET / HTTP/1.1\r\n\r\n").await?;
        let read = stream.read(&mut [0; 16]).await?;
        assert!(read > 0);
        Ok::<_, TlsError>([
            connected - start,
            agreed - connected,
            handle.now()? - agreed,
        ])
    };
    let task = world.client.spawn(times).expect("a task");
    let times = world.dispatcher.block_on(task).expect("no deadlock");
    let times = times.expect("not cancelled").expect("a session");
    assert_eq!(times, [ROUND_TRIP; 3]);
}

/// A guest's request takes one round trip more over TLS than without, and none more on a connection that is kept.
#[test]
fn a_guest_pays_one_round_trip_for_tls() {
    let program = program();
    let took = |world: &World, request: Value| {
        let handle = world.client.handle();
        let start = handle.now().expect("a clock");
        world.call("fetch", vec![request]);
        handle.now().expect("a clock") - start
    };
    let plain = took(
        &World::new(&program, exact(1), Manner::Plain),
        get("server:443"),
    );
    let manner = Manner::Answers(certificate("server"), 0);
    let secure = World::new(&program, exact(1), manner);
    // A guest's calls of host functions take some microseconds.
    let close = |time: Duration, expected: Duration| {
        let bound = Duration::from_millis(1);
        assert!(time >= expected && time < expected + bound, "{time:?}");
    };
    close(plain, ROUND_TRIP * 2);
    close(took(&secure, https("server")), ROUND_TRIP * 3);
    close(took(&secure, https("server")), ROUND_TRIP);
}
