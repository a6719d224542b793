//! Handlers that take too long, that panic, and that say something before they answer.

use std::time::Duration;

use super::world::*;
use super::*;
use crate::http::body::{BodyReader, body};
use crate::http::exchange::Response;
use crate::http::method::Method;

const GET: &str = "GET /a HTTP/1.1\r\nHost: h\r\n\r\n";

/// Requests have so many seconds.
fn within(seconds: u64) -> ServerLimits {
    let mut limits = ServerLimits::default();
    limits.timeouts.request = Some(Duration::from_secs(seconds));
    limits
}

fn with_body(reader: BodyReader) -> Response {
    Response {
        status: 200,
        fields: Fields::new(),
        body: Some(reader),
    }
}

#[test]
fn a_handler_that_takes_too_long_is_dropped_and_its_client_told() {
    let world = World::simulated();
    let handle = world.handle.clone();
    let server = world.serve(within(5), move |request: IncomingRequest| {
        let handle = handle.clone();
        async move {
            let slow = request.target.path == "/slow";
            let time = Duration::from_secs(if slow { 3600 } else { 4 });
            handle.sleep(time).await.expect("time");
            assert!(!slow, "nobody waits any more");
            Ok(ok(&handle, "done"))
        }
    });
    world.run(async {
        let mut client = world.connect(&server).await;
        assert_eq!(client.get(GET).await, (200, "done".to_owned()));
        let before = world.seconds();
        let slow = GET.replace("/a", "/slow");
        assert_eq!(client.get(&slow).await, (504, String::new()));
        assert_eq!(world.seconds() - before, 5);
        // The request had come as a whole, so that the connection goes on, with a new time.
        assert_eq!(client.get(GET).await, (200, "done".to_owned()));
        world.sleep(7200).await;
    });
    let counts = server.counts();
    assert_eq!((counts.timeouts, counts.answered, counts.cut), (1, 3, 0));
    assert_eq!(counts.statuses, [0, 2, 0, 0, 1, 0]);
}

/// Who waits for the client's own body is not to blame.
#[test]
fn a_client_that_does_not_send_its_body_in_time_is_late() {
    let world = World::simulated();
    let server = world.serve(within(5), echo(&world.handle));
    world.run(async {
        let mut client = world.connect(&server).await;
        let head = "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 100\r\n\r\n";
        client.say(head).await;
        for _ in 0..4 {
            world.sleep(1).await;
            client.say("x").await;
        }
        let said = client.answer(Method::Post).await;
        assert!(!said.keeps_alive);
        assert_eq!(whole(said).0, 408);
    });
    let counts = server.counts();
    assert_eq!((counts.timeouts, counts.refused), (1, 1));
}

#[test]
fn a_body_that_takes_too_long_is_cut() {
    let world = World::simulated();
    let handle = world.handle.clone();
    let server = world.serve(within(5), move |_: IncomingRequest| {
        let (writer, reader) = body(&handle, 100, None).expect("room");
        let own = handle.clone();
        let writing = async move {
            while writer.write(b"more ".to_vec()).is_ok() {
                own.sleep(Duration::from_secs(1)).await.expect("time");
            }
        };
        handle.spawn(writing).expect("a task").detach();
        async { Ok(with_body(reader)) }
    });
    world.run(async {
        let mut client = world.connect(&server).await;
        client.say(GET).await;
        let before = world.seconds();
        let (text, _) = client.rest().await;
        assert_eq!(world.seconds() - before, 5);
        assert!(text.starts_with("HTTP/1.1 200 OK\r\n"), "{text}");
        assert!(
            text.contains("more ") && !text.ends_with("0\r\n\r\n"),
            "{text}"
        );
    });
    let counts = server.counts();
    assert_eq!((counts.timeouts, counts.cut, counts.open), (1, 1, 0));
}

/// The time of the request is the handler's: a client that takes a whole answer slowly has its own.
#[test]
fn a_slow_reader_is_no_slow_handler() {
    let world = World::simulated();
    let handle = world.handle.clone();
    let server = world.serve(within(5), move |_: IncomingRequest| {
        let response = ok(&handle, vec![b'x'; 60_000]);
        async { Ok(response) }
    });
    world.run(async {
        let mut client = world.connect(&server).await;
        client
            .stream
            .options()
            .set_receive_buffer(4096)
            .expect("an option");
        client.say(GET).await;
        world.sleep(20).await;
        assert_eq!(whole(client.answer(Method::Get).await).1.len(), 60_000);
    });
    assert_eq!(server.counts().timeouts, 0);
}

#[test]
fn a_panic_ends_its_request_and_nothing_else() {
    for world in [World::live(), World::simulated()] {
        let handle = world.handle.clone();
        let server = world.serve(ServerLimits::default(), move |request: IncomingRequest| {
            let handle = handle.clone();
            assert_ne!(request.target.path, "/at-once", "on purpose");
            async move {
                assert_ne!(request.target.path, "/a", "on purpose");
                handle.yield_now().await.expect("a dispatcher");
                assert_ne!(request.target.path, "/later", "on purpose");
                Ok(ok(&handle, "fine"))
            }
        });
        world.run(async {
            let mut client = world.connect(&server).await;
            for path in ["/a", "/at-once", "/later"] {
                let get = GET.replace("/a", path);
                assert_eq!(client.get(&get).await, (500, String::new()), "{path}");
            }
            let fine = GET.replace("/a", "/fine");
            assert_eq!(client.get(&fine).await, (200, "fine".to_owned()));
        });
        let counts = server.counts();
        assert_eq!((counts.panics, counts.answered), (3, 4));
    }
}

/// One that panics again while it is dropped, as well.
#[test]
fn a_panic_of_a_drop_is_no_more() {
    struct Bomb;
    impl Drop for Bomb {
        fn drop(&mut self) {
            if !std::thread::panicking() {
                panic!("on purpose");
            }
        }
    }
    let world = World::simulated();
    let server = world.serve(within(1), move |_: IncomingRequest| {
        let bomb = Bomb;
        async move {
            let _bomb = bomb;
            std::future::pending().await
        }
    });
    world.run(async {
        let mut client = world.connect(&server).await;
        assert_eq!(client.get(GET).await.0, 504);
        assert_eq!(client.get(GET).await.0, 504);
    });
}

fn hint(value: &str) -> Fields {
    let mut fields = Fields::new();
    fields.append("Link", value.as_bytes()).expect("a field");
    fields
}

#[test]
fn early_hints_come_at_once_and_in_order() {
    let world = World::simulated();
    let handle = world.handle.clone();
    let server = world.serve(ServerLimits::default(), move |request: IncomingRequest| {
        let handle = handle.clone();
        let informational = request.informational;
        // From another task: the handler itself is not woken.
        let (own, other) = (handle.clone(), informational.clone());
        let sending = async move {
            own.sleep(Duration::from_secs(2)).await.expect("time");
            other.send(103, hint("</b>")).expect("in time");
            own.sleep(Duration::from_secs(10)).await.expect("time");
            let late = other.send(103, hint("</c>"));
            assert_eq!(late, Err(InformationalError::TooLate));
        };
        handle.spawn(sending).expect("a task").detach();
        async move {
            informational.send(103, hint("</a>")).expect("in time");
            for status in [99, 101, 200] {
                let wrong = informational.send(status, Fields::new());
                assert_eq!(wrong, Err(InformationalError::Status(status)));
            }
            handle.sleep(Duration::from_secs(5)).await.expect("time");
            Ok(ok(&handle, "done"))
        }
    });
    world.run(async {
        let client = world.connect(&server).await;
        client
            .say(GET.replace("Host", "Connection: close\r\nHost"))
            .await;
        let (mut all, mut buffer) = (String::new(), [0; 4096]);
        let mut times = Vec::new();
        let before = world.seconds();
        while let read @ 1.. = client.stream.read(&mut buffer).await.expect("open") {
            all.push_str(std::str::from_utf8(&buffer[..read]).expect("ASCII"));
            times.push(world.seconds() - before);
        }
        let first = "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n";
        let second = "HTTP/1.1 103 Early Hints\r\nLink: </b>\r\n\r\nHTTP/1.1 200 OK\r\n";
        assert!(all.starts_with(&format!("{first}{second}")), "{all}");
        assert_eq!(times.first(), Some(&0));
        assert!(times.contains(&2) && times.contains(&5), "{times:?}");
        world.sleep(20).await;
        // A client of HTTP/1.0 knows none.
        let mut client = world.connect(&server).await;
        client.say("GET / HTTP/1.0\r\n\r\n").await;
        let (text, _) = client.rest().await;
        assert!(text.starts_with("HTTP/1.1 200 OK\r\n"), "{text}");
    });
}

#[test]
fn hints_that_nobody_reads_are_bounded() {
    let world = World::simulated();
    let server = world.serve(ServerLimits::default(), move |request: IncomingRequest| {
        let informational = request.informational;
        let sent = (0..100).take_while(|_| informational.send(103, Fields::new()).is_ok());
        assert_eq!(sent.count(), 16);
        assert_eq!(
            informational.send(103, Fields::new()),
            Err(InformationalError::Full)
        );
        async { Err(Failure::new(404)) }
    });
    world.run(async {
        let mut client = world.connect(&server).await;
        client.say(GET).await;
        let said = client.answer(Method::Get).await;
        assert_eq!(whole(said).0, 404);
    });
    assert_eq!(server.counts().panics, 0);
}
