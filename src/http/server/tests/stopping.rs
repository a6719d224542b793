//! The orderly end of a server.

use std::time::Duration;

use super::world::*;
use super::*;
use crate::http::method::Method;

const GET: &str = "GET /a HTTP/1.1\r\nHost: h\r\n\r\n";
const MINUTE: Duration = Duration::from_secs(60);

/// Answers after five seconds.
fn slow(world: &World) -> impl Handler + 'static {
    let handle = world.handle.clone();
    move |_: IncomingRequest| {
        let handle = handle.clone();
        async move {
            handle.sleep(Duration::from_secs(5)).await.expect("time");
            Ok(ok(&handle, "slow"))
        }
    }
}

#[test]
fn idle_connections_are_closed_and_requests_answered() {
    let world = World::simulated();
    let server = world.serve(ServerLimits::default(), slow(&world));
    world.run(async {
        let mut idle = world.connect(&server).await;
        assert_eq!(idle.get(GET).await.1, "slow");
        let mut busy = world.connect(&server).await;
        busy.say(GET).await;
        let mut begun = world.connect(&server).await;
        begun.say("GET /a HT").await;
        world.sleep(1).await;
        let before = world.seconds();
        let stopping = world.spawn(server.stop(MINUTE));
        assert_eq!(idle.rest().await, (String::new(), true));
        assert_eq!(world.seconds(), before);
        let said = busy.answer(Method::Get).await;
        assert!(!said.keeps_alive);
        assert_eq!(whole(said), (200, "slow".to_owned()));
        assert_eq!(world.seconds() - before, 4);
        drop(busy);
        // Of this one a byte was read.
        assert_eq!(
            begun.get("TP/1.1\r\nHost: h\r\n\r\n").await,
            (200, "slow".to_owned())
        );
        drop(begun);
        let counts = stopping.await.expect("not cancelled").expect("its thread");
        assert_eq!((counts.answered, counts.cut, counts.open), (3, 0, 0));
        assert!(world.seconds() - before < 12);
    });
}

#[test]
fn a_request_that_was_read_behind_another_is_answered() {
    let world = World::simulated();
    let server = world.serve(ServerLimits::default(), slow(&world));
    world.run(async {
        let mut client = world.connect(&server).await;
        client.say(GET.repeat(2) + "GET /a HT").await;
        world.sleep(1).await;
        let stopping = world.spawn(server.stop(MINUTE));
        for _ in 0..2 {
            let said = client.answer(Method::Get).await;
            assert!(said.keeps_alive);
            assert_eq!(whole(said), (200, "slow".to_owned()));
        }
        client.say("TP/1.1\r\nHost: h\r\n\r\n").await;
        let said = client.answer(Method::Get).await;
        assert!(!said.keeps_alive);
        assert_eq!(whole(said), (200, "slow".to_owned()));
        assert_eq!(client.rest().await, (String::new(), true));
        drop(client);
        let counts = stopping.await.expect("not cancelled").expect("its thread");
        assert_eq!((counts.answered, counts.cut, counts.open), (3, 0, 0));
    });
}

#[test]
fn what_the_system_has_completed_is_accepted() {
    for world in [World::live(), World::simulated()] {
        // All but two are in the backlog when the server stops.
        let limits = ServerLimits {
            connections: 2,
            ..ServerLimits::default()
        };
        let server = world.serve(limits, echo(&world.handle));
        let address = server.addresses()[0];
        world.run(async {
            let mut clients = Vec::new();
            for _ in 0..20 {
                let client = world.connect(&server).await;
                client.say(GET).await;
                clients.push(client);
            }
            world.settle().await;
            assert!(server.counts().accepted <= 2);
            let stopping = world.spawn(server.stop(MINUTE));
            for mut client in clients {
                let said = client.answer(Method::Get).await;
                assert_eq!(whole(said), (200, "GET /a ".to_owned()));
            }
            let counts = stopping.await.expect("not cancelled").expect("its thread");
            assert_eq!((counts.accepted, counts.answered), (20, 20));
            let late = wippy_dispatcher::net::TcpStream::connect(&world.handle, address).await;
            assert!(late.is_err());
        });
    }
}

#[test]
fn what_does_not_end_is_cut() {
    let world = World::simulated();
    let server = world.serve(ServerLimits::default(), |_: IncomingRequest| {
        std::future::pending()
    });
    world.run(async {
        let mut client = world.connect(&server).await;
        client.say(GET).await;
        world.sleep(1).await;
        let before = world.seconds();
        let counts = server.stop(MINUTE).await.expect("its thread");
        assert_eq!(world.seconds() - before, 60);
        assert_eq!((counts.open, counts.cut, counts.answered), (0, 1, 0));
        assert_eq!(client.rest().await, (String::new(), false));
    });
}

#[test]
fn a_connection_that_never_brings_a_request_holds_the_end_up_for_a_second() {
    let world = World::simulated();
    let server = world.serve(ServerLimits::default(), echo(&world.handle));
    world.run(async {
        let _silent = world.connect(&server).await;
        world.sleep(1).await;
        let before = world.seconds();
        let counts = server.stop(MINUTE).await.expect("its thread");
        assert_eq!((counts.accepted, counts.open), (1, 0));
        assert_eq!(world.seconds() - before, 1);
    });
}

#[test]
fn a_server_that_is_dropped_ends_at_once() {
    let world = World::simulated();
    let server = world.serve(ServerLimits::default(), slow(&world));
    world.run(async {
        let mut client = world.connect(&server).await;
        client.say(GET).await;
        world.sleep(1).await;
        let (before, address) = (world.seconds(), server.addresses()[0]);
        drop(server);
        assert_eq!(client.rest().await, (String::new(), false));
        assert_eq!(world.seconds(), before);
        let late = wippy_dispatcher::net::TcpStream::connect(&world.handle, address).await;
        assert!(late.is_err());
    });
}
