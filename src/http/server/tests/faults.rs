//! The same server over a network that fails, with many seeds.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use wippy_dispatcher::net::TcpStream;
use wippy_dispatcher::sim::{Crash, Fault, FaultMix, Link, for_each_seed};
use wippy_dispatcher::{Dispatcher, Error, Handle, Simulation};

use super::world::{Client, ok, read_all};
use super::*;
use crate::http::method::Method;
use crate::select::{Either, select};

const REQUESTS: usize = 8;
/// Within this time there are faults.
const HORIZON: Duration = Duration::from_secs(20);
/// So that a request of the largest size takes a second each way.
const BYTES_A_SECOND: u64 = 60_000;

/// How long a client waits for an answer.
const PATIENCE: Duration = Duration::from_secs(60);

/// Bounds that a partition of some seconds reaches.
fn limits() -> ServerLimits {
    let second = Duration::from_secs(1);
    ServerLimits {
        timeouts: ServerTimeouts {
            head: 2 * second,
            body: 2 * second,
            idle: 3 * second,
            write: 2 * second,
            ..ServerTimeouts::default()
        },
        ..ServerLimits::default()
    }
}

/// What is sent and answered: the same bytes, of a length by the number.
fn text(number: usize) -> String {
    format!("{number}-").repeat(1 + number * 5000)
}

fn request(number: usize) -> String {
    let text = text(number);
    let length = text.len();
    match number % 2 {
        0 => format!("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: {length}\r\n\r\n{text}"),
        _ => format!(
            "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n{length:x}\r\n{text}\r\n0\r\n\r\n"
        ),
    }
}

/// Gives a body back once all of it is there.
fn give_back(handle: &Handle) -> impl Handler + 'static {
    let handle = handle.clone();
    move |request: IncomingRequest| {
        let handle = handle.clone();
        async move {
            let bytes = read_all(&request.body)
                .await
                .map_err(|_| Failure::new(400))?;
            Ok(ok(&handle, bytes))
        }
    }
}

/// Sends requests until each has had an answer, on a new connection after each that was cut; how many were
/// cut. Every answer is whole, or seen to be incomplete.
async fn ask(handle: Handle, address: std::net::SocketAddr) -> usize {
    let (mut number, mut cut) = (0, 0);
    while number < REQUESTS {
        let Ok(stream) = TcpStream::connect(&handle, address).await else {
            handle.sleep(Duration::from_secs(1)).await.expect("time");
            continue;
        };
        let mut client = Client::of(stream);
        while number < REQUESTS {
            if client
                .stream
                .write_all(request(number).as_bytes())
                .await
                .is_err()
            {
                cut += 1;
                break;
            }
            // A reset may be lost: then only time tells.
            let late = handle.sleep(PATIENCE);
            let Either::Left(said) = select(client.answer(Method::Post), late).await else {
                cut += 1;
                break;
            };
            if !said.ended || said.error.is_some() {
                cut += 1;
                break;
            }
            let status = said.head.as_ref().map(|head| head.status);
            if status == Some(200) {
                assert_eq!(said.body, text(number).into_bytes());
                number += 1;
            }
            if !said.keeps_alive {
                break;
            }
            handle.sleep(Duration::from_secs(1)).await.expect("time");
        }
    }
    cut
}

fn run(seed: u64, cuts: &Cell<usize>) -> Result<(), Error> {
    let mix = FaultMix::new(HORIZON)
        .partitions(3)
        .pauses(2)
        .loss(0.05)
        .jitter(Duration::from_millis(50))
        .short_io(0.3)
        .spurious_readiness(0.3);
    let simulation = Simulation::new(seed)
        .host("server", ["10.0.0.9".parse().expect("an address")])
        .host("client", [])
        .default_link(Link::new().bandwidth(BYTES_A_SECOND))
        .swarm(mix)
        .max_time(Duration::from_secs(3600));
    let dispatcher = Dispatcher::builder().simulation(simulation).build()?;
    let own = dispatcher.host("server")?.handle();
    let address = ([10, 0, 0, 9], 80).into();
    let server = HttpServer::bind(&own, [address], limits(), give_back(&own))?;
    let (first, second) = {
        let handle = dispatcher.host("client")?.handle();
        let resetting = reset_often(handle.clone(), address);
        let asking = handle.spawn(ask(handle.clone(), address))?;
        (asking, handle.spawn(resetting)?)
    };
    dispatcher.block_on(async {
        cuts.set(cuts.get() + first.await.expect("not cancelled"));
        second.await.expect("not cancelled");
        let counts = server.stop(Duration::from_secs(120)).await?;
        assert_eq!(counts.open, 0);
        assert_eq!(counts.requests, counts.answered + counts.cut, "{counts:?}");
        assert!(counts.answered >= REQUESTS as u64, "{counts:?}");
        Ok(())
    })?
}

/// Breaks off requests at different bytes.
async fn reset_often(handle: Handle, address: std::net::SocketAddr) {
    let all = request(3);
    for part in [1, 20, 60, 100, 5000, all.len()] {
        if let Ok(stream) = TcpStream::connect(&handle, address).await {
            let _ = stream.write_all(&all.as_bytes()[..part]).await;
            let _ = handle.sleep(Duration::from_millis(50)).await;
            let _ = stream.reset_on_close();
        }
    }
}

#[test]
fn every_answer_is_whole_or_seen_to_be_cut() {
    for_each_seed(0..40, |seed| run(seed, &Cell::new(0)));
}

/// The faults of these seeds do cut answers, so that the test above sees some.
#[test]
fn some_answers_are_cut() {
    let cuts = Rc::new(Cell::new(0));
    for seed in 0..10 {
        run(seed, &cuts).expect("a run");
    }
    assert!(cuts.get() > 5, "{}", cuts.get());
}

/// A server that its host starts again answers again; what was under way when the host lost its power is seen
/// to be cut.
#[test]
fn a_host_that_crashes_serves_again() {
    for_each_seed(0..20, |seed| {
        let crash = |after: u64, how| {
            let at = Duration::from_secs(after);
            (at, Fault::Crash("server".to_owned(), how))
        };
        let (first, second) = (crash(3, Crash::Reset), crash(9, Crash::Silent));
        let restart = || Fault::Restart("server".to_owned());
        let simulation = Simulation::new(seed)
            .host("server", ["10.0.0.9".parse().expect("an address")])
            .default_link(Link::new().bandwidth(BYTES_A_SECOND))
            .at(first.0, first.1)
            .at(Duration::from_secs(5), restart())
            .at(second.0, second.1)
            .at(Duration::from_secs(12), restart())
            .max_time(Duration::from_secs(3600));
        let dispatcher = Dispatcher::builder().simulation(simulation).build()?;
        let address = ([10, 0, 0, 9], 80).into();
        dispatcher.host("server")?.boot(move |own| async move {
            let handler = give_back(&own);
            let _server = HttpServer::bind(&own, [address], limits(), handler).expect("a port");
            std::future::pending::<()>().await;
        })?;
        let cut = dispatcher.block_on(ask(dispatcher.handle(), address))?;
        assert_ne!(cut, 0);
        Ok::<(), Error>(())
    });
}

#[test]
fn a_seed_repeats_itself() {
    let hash = |seed| {
        let simulation = Simulation::new(seed).short_io(0.3).spurious_readiness(0.3);
        let dispatcher = Dispatcher::builder()
            .simulation(simulation)
            .build()
            .expect("valid");
        let handle = dispatcher.handle();
        let address = ([10, 0, 0, 1], 80).into();
        let limits = ServerLimits::default();
        let server = HttpServer::bind(&handle, [address], limits, give_back(&handle));
        let server = server.expect("a port");
        dispatcher
            .block_on(async {
                ask(handle.clone(), address).await;
                server
                    .stop(Duration::from_secs(9))
                    .await
                    .expect("its thread");
            })
            .expect("no deadlock");
        dispatcher.trace().expect("a simulation").hash()
    };
    for seed in 0..3 {
        assert_eq!(hash(seed), hash(seed));
    }
}
