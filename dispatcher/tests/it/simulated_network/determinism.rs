//! A seed decides everything, and the trace says so.

use std::cell::RefCell;
use std::collections::HashSet;
use std::rc::Rc;
use std::time::Duration;

use wippy_dispatcher::net::{TcpStream, UdpSocket, resolve};
use wippy_dispatcher::sim::{FaultMix, Link};
use wippy_dispatcher::{Dispatcher, Error, Handle, Record, Simulation, Trace};

use super::{any, ask, build, host, run, serve_echo, sleep};

/// One echo over a connection whose address is looked up.
async fn one_echo(handle: Handle, bytes: Vec<u8>) -> Result<(), Error> {
    let address = resolve(&handle, "server").await;
    let Some(ip) = address.ok().and_then(|them| them.first().copied()) else {
        return Ok(());
    };
    let stream = TcpStream::connect(&handle, (ip, 7).into()).await?;
    ask(&stream, &bytes).await
}

/// Some clients, each with some echoes and datagrams, under all faults that are mild.
fn small_world(seed: u64) -> (Trace, Vec<String>) {
    let link = Link::new()
        .jitter(Duration::from_millis(3))
        .loss(0.02)
        .duplication(0.05)
        .reordering(0.05);
    let simulation = Simulation::new(seed)
        .host("server", [])
        .host("a", [])
        .host("b", [])
        .default_link(link)
        .trace_capacity(0);
    let dispatcher = build(simulation);
    let outcomes = start_world(&dispatcher);
    sleep(&dispatcher, Duration::from_secs(3));
    (dispatcher.trace().expect("a simulation"), outcomes.take())
}

/// Starts the tasks of the world, which note how they end.
fn start_world(dispatcher: &Dispatcher) -> Rc<RefCell<Vec<String>>> {
    serve_echo(&host(dispatcher, "server"));
    let outcomes = Rc::new(RefCell::new(Vec::new()));
    for name in ["a", "b"] {
        let its_host = host(dispatcher, name);
        let (handle, outcomes) = (its_host.handle(), outcomes.clone());
        let client = async move {
            for round in 0..3 {
                let bytes = vec![round; 50 + 400 * usize::from(round)];
                let outcome = one_echo(handle.clone(), bytes).await;
                let at = handle.now().expect("own thread");
                let outcome = outcome.map_err(|error| error.to_string());
                outcomes
                    .borrow_mut()
                    .push(format!("{name} {at} {outcome:?}"));
            }
        };
        its_host.spawn(client).expect("room").detach();
        let handle = its_host.handle();
        let sender = async move {
            let Ok(socket) = UdpSocket::bound(&handle, any(9)) else {
                return;
            };
            for peer in [[10, 0, 0, 3], [10, 0, 0, 4]] {
                for round in 0..5 {
                    let _ = socket.try_send(&[round], Some((peer, 9).into()));
                    let _ = socket.try_recv(&mut [0; 4]);
                    handle.sleep(Duration::from_millis(1)).await.expect("timer");
                }
            }
        };
        its_host.spawn(sender).expect("room").detach();
    }
    outcomes
}

#[test]
fn the_same_seed_gives_the_same_run() {
    let mut hashes = HashSet::new();
    for seed in 0..20 {
        let ((one, outcomes), (other, again)) = (small_world(seed), small_world(seed));
        assert_eq!(outcomes, again);
        assert_eq!((one.hash(), one.length()), (other.hash(), other.length()));
        assert!(one.length() > 200, "{}", one.length());
        hashes.insert(one.hash());
    }
    assert_eq!(hashes.len(), 20);
}

/// What one thing draws does not shift what another one gets.
#[test]
fn kinds_of_faults_do_not_shift_each_other() {
    let arrivals = |duplication: f64| {
        let link = Link::new()
            .jitter(Duration::from_millis(5))
            .duplication(duplication);
        let dispatcher = super::with_link(3, link);
        let handle = host(&dispatcher, "client").handle();
        let socket = UdpSocket::bound(&handle, any(0)).expect("bind");
        let to = super::address(&dispatcher, "server", 9);
        socket.try_send(b"the first", Some(to)).expect("room");
        let trace = dispatcher.trace().expect("a simulation");
        trace.records().first().copied()
    };
    let alone = arrivals(0.0);
    assert!(matches!(alone, Some(Record::Packet { .. })));
    assert_eq!(alone, arrivals(0.000_001));
    assert_eq!(alone, arrivals(1.0));
}

#[test]
fn a_thousand_seeds_are_quick() {
    let mut ended = 0;
    for seed in 0..1_000 {
        let simulation = Simulation::new(seed).host("server", []).trace_capacity(0);
        let dispatcher = build(simulation);
        serve_echo(&host(&dispatcher, "server"));
        let echo = one_echo(dispatcher.handle(), vec![seed as u8; 100]);
        run(&dispatcher, echo).expect("echo");
        ended += 1;
    }
    assert_eq!(ended, 1_000);
}

fn mix() -> FaultMix {
    FaultMix::new(Duration::from_secs(20))
        .latency(Duration::from_millis(50))
        .jitter(Duration::from_millis(50))
        .loss(0.3)
        .duplication(0.5)
        .reordering(0.5)
        .short_io(0.8)
        .spurious_readiness(0.8)
        .partitions(5)
        .crashes(3)
        .pauses(3)
        .clock_drift(500_000)
        .wall_clock_steps(3)
}

/// Under any mix of faults nothing hangs, panics or depends on anything but the seed.
#[test]
fn swarms_of_faults_repeat() {
    let run_one = |seed| {
        let simulation = Simulation::new(seed)
            .host("server", [])
            .host("a", [])
            .host("b", [])
            .swarm(mix());
        let dispatcher = build(simulation);
        let outcomes = start_world(&dispatcher);
        sleep(&dispatcher, Duration::from_secs(3_600));
        let trace = dispatcher.trace().expect("a simulation");
        let kinds: HashSet<u32> = trace
            .records()
            .iter()
            .filter_map(|record| match record {
                Record::Fault { kind, .. } => Some(*kind),
                _ => None,
            })
            .collect();
        (trace.hash(), outcomes.take(), kinds)
    };
    let mut kinds = HashSet::new();
    let mut numbers = HashSet::new();
    for seed in 0..60 {
        let one = run_one(seed);
        if seed % 6 == 0 {
            let (hash, outcomes, _) = run_one(seed);
            assert_eq!((hash, &outcomes), (one.0, &one.1));
        }
        numbers.insert(one.2.len());
        kinds.extend(one.2);
    }
    // Partition, heal, crash, restart, pause, resume, drift, step: each in some, no run like all others.
    assert_eq!(kinds.len(), 8, "{kinds:?}");
    assert!(numbers.len() > 3, "{numbers:?}");
}

/// A world that was left alone has nothing left.
#[test]
fn everything_is_given_back() {
    for seed in 0..50 {
        let simulation = Simulation::new(seed)
            .host("server", [])
            .host("a", [])
            .host("b", [])
            .swarm(mix());
        let dispatcher = build(simulation);
        let outcomes = start_world(&dispatcher);
        sleep(&dispatcher, Duration::from_secs(7_200));
        for name in ["server", "a", "b"] {
            host(&dispatcher, name).crash().expect("own thread");
        }
        sleep(&dispatcher, Duration::from_secs(7_200));
        let stats = dispatcher.handle().stats().expect("stats");
        assert_eq!((stats.tasks, stats.sources, stats.descriptors), (0, 0, 0));
        assert_eq!(stats.timers, 0, "no event is left");
        drop(outcomes);
    }
}

const ASKED_FOR_SEED: &str = "WIPPY_TEST_NETWORK_SEED";

/// What the next test starts in a process of its own: the hash of the seed asked for.
#[test]
fn prints_the_hash_of_its_seed() {
    let seed = std::env::var(ASKED_FOR_SEED).map_or(0, |seed| seed.parse().expect("a number"));
    let (trace, outcomes) = small_world(seed);
    assert!(!outcomes.is_empty(), "nothing has ended");
    println!("hash {:016x} of {}", trace.hash(), trace.length());
}

/// With another environment and another working directory, and with addresses of its own.
#[test]
fn another_process_gives_the_same_hash() {
    let binary = std::env::current_exe().expect("this binary");
    for seed in [1, 2] {
        let child = std::process::Command::new(&binary)
            .args([
                "--exact",
                "simulated_network::determinism::prints_the_hash_of_its_seed",
                "--nocapture",
            ])
            .env_clear()
            .env(ASKED_FOR_SEED, seed.to_string())
            .current_dir("/")
            .output()
            .expect("a process");
        let printed = String::from_utf8_lossy(&child.stdout);
        let (trace, _) = small_world(seed);
        let expected = format!("hash {:016x} of {}", trace.hash(), trace.length());
        assert!(
            printed.contains(&expected),
            "{expected} is not in {printed}"
        );
    }
}
