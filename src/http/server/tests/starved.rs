//! Clients that wear a server down: what they hold is bounded, and given back.

use std::time::Duration;

use super::world::*;
use super::*;
use crate::http::method::Method;

const GET: &str = "GET /a HTTP/1.1\r\nHost: h\r\n\r\n";

/// Descriptors of this process, as far as they are sockets or events: tests beside this one have some too.
fn sources(world: &World) -> usize {
    world.handle.stats().expect("its thread").sources
}

/// At the bound on connections, those that do nothing are closed in time, and whoever waited is served.
#[test]
fn idle_connections_at_the_bound_give_way_in_time() {
    let world = World::simulated();
    let limits = ServerLimits {
        connections: 50,
        ..ServerLimits::default()
    };
    let server = world.serve(limits, echo(&world.handle));
    world.run(async {
        let mut idle = Vec::new();
        for _ in 0..50 {
            idle.push(world.connect(&server).await);
        }
        world.sleep(1).await;
        let before = world.seconds();
        let mut waiting = world.connect(&server).await;
        assert_eq!(waiting.get(GET).await.0, 200);
        assert!(world.seconds() - before <= 31);
        world.sleep(5).await;
        assert_eq!(server.counts().open, 1);
    });
}

/// Bytes that come one by one, in every part of a request, have one time for the head and one for each piece of the
/// body, and the server holds nothing of them afterwards.
#[test]
fn many_slow_clients_leave_nothing() {
    let world = World::simulated();
    let mut limits = ServerLimits::default();
    limits.timeouts.request = Some(Duration::from_secs(120));
    let server = world.serve(limits, echo(&world.handle));
    world.run(async {
        let before = sources(&world);
        let parts = [
            "GET /",
            "GET / HTTP/1.1\r\nHo",
            "GET / HTTP/1.1\r\nHost: h\r\nA: ",
            "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1000\r\n\r\n",
            "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n1",
            "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nx",
            "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nA: b",
        ];
        let mut tasks = Vec::new();
        for index in 0..70 {
            let mut client = world.connect(&server).await;
            let handle = world.handle.clone();
            tasks.push(world.spawn(async move {
                client.say(parts[index % parts.len()]).await;
                // A byte now and then.
                for _ in 0..20 {
                    handle.sleep(Duration::from_secs(20)).await.expect("time");
                    if client.stream.write_all(b"1").await.is_err() {
                        break;
                    }
                }
                let said = client.answer(Method::Post).await;
                said.head.map(|head| head.status)
            }));
        }
        let mut statuses = Vec::new();
        for task in tasks {
            statuses.push(task.await.expect("not cancelled"));
        }
        // Some are reset before they have read it.
        let told = statuses
            .iter()
            .flatten()
            .filter(|it| [400, 408].contains(*it))
            .count();
        assert_eq!(told, statuses.iter().flatten().count(), "{statuses:?}");
        assert!(told > 10, "{statuses:?}");
        world.sleep(60).await;
        let counts = server.counts();
        assert_eq!((counts.open, counts.in_flight()), (0, 0));
        assert_eq!(sources(&world), before);
    });
}

/// A client that is there no more says nothing, not even that: its connection ends with its time.
#[test]
fn a_connection_whose_client_has_gone_without_a_word() {
    let world = World::simulated();
    let server = world.serve(ServerLimits::default(), echo(&world.handle));
    world.run(async {
        let mut half = world.connect(&server).await;
        assert_eq!(half.get(GET).await.0, 200);
        // It keeps its half open, and never reads nor writes again.
        half.stream
            .shutdown(std::net::Shutdown::Write)
            .expect("open");
        world.sleep(1).await;
        assert_eq!(server.counts().open, 0);
        let silent = world.connect(&server).await;
        silent
            .say("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nab")
            .await;
        world.sleep(29).await;
        assert_eq!(server.counts().open, 1);
        world.sleep(5).await;
        assert_eq!(server.counts().open, 0);
        drop(silent);
    });
    let counts = server.counts();
    assert_eq!(counts.refused_by_name[Refusal::Late as usize], 1);
}

/// Connections that are broken off at any point of a request, many times: nothing is left of them.
#[test]
fn requests_that_are_broken_off_leave_nothing() {
    for (world, times) in [(World::live(), 400), (World::simulated(), 2_000)] {
        let server = world.serve(ServerLimits::default(), echo(&world.handle));
        world.run(async {
            let post = "POST /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n";
            let before = sources(&world);
            for index in 0..times {
                let client = world.connect(&server).await;
                client.say(&post[..index % post.len()]).await;
                if index % 2 == 0 {
                    client.stream.reset_on_close().expect("open");
                }
                drop(client);
                if index % 50 == 0 {
                    world.handle.yield_now().await.expect("a dispatcher");
                }
            }
            let mut last = world.connect(&server).await;
            assert_eq!(last.get(GET).await.0, 200);
            drop(last);
            world.settle().await;
            while server.counts().open > 0 {
                world.handle.yield_now().await.expect("a dispatcher");
            }
            assert_eq!(sources(&world), before);
        });
        let counts = server.counts();
        assert_eq!(counts.requests, counts.answered + counts.cut);
    }
}
