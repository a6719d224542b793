//! Clients that wait for `100 Continue` before they send their body.

use std::future::pending;
use std::time::Duration;

use super::world::*;
use super::*;
use crate::http::method::Method;

const PUT: &str = "PUT /a HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n";
const CONTINUE: &[u8] = b"HTTP/1.1 100 Continue\r\n\r\n";

/// What a handler does with a body that the client keeps back.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Asks {
    Reads,
    /// Waits until something can be read, as a guest does that polls.
    Polls,
    No,
}

/// Does it after ten seconds, and answers ten seconds later where it does not read.
fn late(world: &World, asks: Asks) -> impl Handler + use<> {
    let handle = world.handle.clone();
    move |request: IncomingRequest| {
        let handle = handle.clone();
        async move {
            let ten = Duration::from_secs(10);
            handle.sleep(ten).await.expect("time");
            let bytes = match asks {
                Asks::Reads => read_all(&request.body).await.expect("whole"),
                Asks::Polls => {
                    let source = request.body.source();
                    let mut set = wippy_dispatcher::WaitSet::new(&handle).expect("room");
                    if !source.is_ready() {
                        source.register(&mut set, 0).expect("room");
                        set.wait().await.expect("a dispatcher");
                    }
                    source.read(100).expect("bytes")
                }
                Asks::No => {
                    handle.sleep(ten).await.expect("time");
                    b"unread".to_vec()
                }
            };
            Ok(ok(&handle, bytes))
        }
    }
}

#[test]
fn the_client_is_asked_when_the_handler_asks_for_the_body() {
    for asks in [Asks::Reads, Asks::Polls] {
        let world = World::simulated();
        let server = world.serve(ServerLimits::default(), late(&world, asks));
        world.run(async {
            let mut client = world.connect(&server).await;
            let before = world.seconds();
            client.say(PUT).await;
            let mut buffer = [0; 256];
            let count = client.stream.read(&mut buffer).await.expect("open");
            assert_eq!(&buffer[..count], CONTINUE);
            assert_eq!(world.seconds() - before, 10, "{asks:?}");
            assert_eq!(client.get("hi").await, (200, "hi".to_owned()));
        });
    }
}

#[test]
fn who_is_not_read_is_not_asked() {
    let world = World::simulated();
    let server = world.serve(ServerLimits::default(), late(&world, Asks::No));
    world.run(async {
        let mut client = world.connect(&server).await;
        client.say(PUT).await;
        let said = client.answer(Method::Put).await;
        assert_eq!((said.continues, said.keeps_alive), (0, false));
        assert_eq!(whole(said), (200, "unread".to_owned()));
    });
}

#[test]
fn who_does_not_wait_is_not_asked() {
    let world = World::simulated();
    let server = world.serve(ServerLimits::default(), late(&world, Asks::Reads));
    world.run(async {
        let mut client = world.connect(&server).await;
        client.say(format!("{PUT}hi")).await;
        let said = client.answer(Method::Put).await;
        assert_eq!((said.continues, said.keeps_alive), (0, true));
        assert_eq!(whole(said), (200, "hi".to_owned()));
    });
}

/// The time of the body begins with the question.
#[test]
fn a_client_that_was_not_asked_is_not_late() {
    let world = World::simulated();
    let handle = world.handle.clone();
    let server = world.serve(ServerLimits::default(), move |request: IncomingRequest| {
        let handle = handle.clone();
        async move {
            let hour = Duration::from_secs(3600);
            handle.sleep(hour).await.expect("time");
            match request.target.path.as_str() {
                "/a" => {
                    let _ = read_all(&request.body).await;
                    pending().await
                }
                _ => Ok(ok(&handle, "unread")),
            }
        }
    });
    world.run(async {
        for (path, status, seconds) in [("/a", 408, 3630), ("/b", 200, 3600)] {
            let mut client = world.connect(&server).await;
            let before = world.seconds();
            client.say(PUT.replace("/a", path)).await;
            let said = client.answer(Method::Put).await;
            assert_eq!(said.continues, usize::from(status == 408));
            assert_eq!(whole(said).0, status);
            assert_eq!(world.seconds() - before, seconds);
        }
    });
}

#[test]
fn what_is_refused_is_not_asked() {
    let world = World::simulated();
    let limits = ServerLimits {
        request: RequestLimits {
            body: 1,
            ..RequestLimits::default()
        },
        ..ServerLimits::default()
    };
    let server = world.serve(limits, late(&world, Asks::Reads));
    world.run(async {
        for (text, status) in [
            (PUT.to_owned(), "HTTP/1.1 413 "),
            (PUT.replace("100-continue", "200-ok"), "HTTP/1.1 417 "),
        ] {
            let mut client = world.connect(&server).await;
            client.say(text).await;
            let (text, _) = client.rest().await;
            assert!(text.starts_with(status), "{text}");
        }
    });
}
