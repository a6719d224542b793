//! How long a server waits, in virtual time.

use std::cell::Cell;
use std::rc::Rc;

use super::world::*;
use super::*;
use crate::http::body::{BodyWriter, body};
use crate::http::error::ErrorCode;
use crate::http::exchange::Response;
use crate::http::method::Method;

const GET: &str = "GET /a HTTP/1.1\r\nHost: h\r\n\r\n";

#[test]
fn a_kept_connection_waits_for_so_long() {
    let world = World::simulated();
    let server = world.serve(ServerLimits::default(), echo(&world.handle));
    world.run(async {
        let mut client = world.connect(&server).await;
        for _ in 0..3 {
            assert_eq!(client.get(GET).await.0, 200);
            world.sleep(59).await;
        }
        assert_eq!(client.get(GET).await.0, 200);
        let before = world.seconds();
        assert_eq!(client.rest().await, (String::new(), true));
        assert_eq!(world.seconds() - before, 60);
    });
    assert_eq!(server.counts().open, 0);
}

#[test]
fn a_head_that_comes_byte_by_byte_has_one_time_for_all() {
    let world = World::simulated();
    let server = world.serve(ServerLimits::default(), echo(&world.handle));
    world.run(async {
        let mut client = world.connect(&server).await;
        let before = world.seconds();
        let head = format!("GET /{}", "x".repeat(1000));
        for byte in head.bytes() {
            if client.stream.write_all(&[byte]).await.is_err() {
                break;
            }
            if client.stream.is_ready(wippy_dispatcher::Interest::Readable) {
                break;
            }
            world.sleep(1).await;
        }
        let (text, _) = client.rest().await;
        assert!(
            text.starts_with("HTTP/1.1 408 Request Timeout\r\n"),
            "{text}"
        );
        assert!(text.contains("\r\nConnection: close\r\n"), "{text}");
        assert!((30..=32).contains(&(world.seconds() - before)));
        // The time of a later request begins with its first byte.
        let mut client = world.connect(&server).await;
        assert_eq!(client.get(GET).await.0, 200);
        world.sleep(50).await;
        let before = world.seconds();
        client.say("G").await;
        let (text, _) = client.rest().await;
        assert!(text.starts_with("HTTP/1.1 408 "), "{text}");
        assert_eq!(world.seconds() - before, 30);
    });
    let counts = server.counts();
    assert_eq!((counts.refused, counts.requests), (2, 1));
}

#[test]
fn a_client_that_says_nothing_is_told_nothing() {
    let world = World::simulated();
    let server = world.serve(ServerLimits::default(), echo(&world.handle));
    world.run(async {
        for says in ["", "\r\n"] {
            let mut client = world.connect(&server).await;
            let before = world.seconds();
            client.say(says).await;
            assert_eq!(client.rest().await, (String::new(), true));
            assert_eq!(world.seconds() - before, 30);
        }
    });
}

#[test]
fn a_body_that_stops_is_late() {
    let world = World::simulated();
    let server = world.serve(ServerLimits::default(), echo(&world.handle));
    world.run(async {
        let mut client = world.connect(&server).await;
        client
            .say("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\n")
            .await;
        // Each piece has its own time.
        for _ in 0..3 {
            world.sleep(29).await;
            client.say("x").await;
        }
        let before = world.seconds();
        let said = client.answer(Method::Post).await;
        assert!(!said.keeps_alive);
        assert_eq!(whole(said).0, 408);
        assert_eq!(world.seconds() - before, 30);
    });
    let counts = server.counts();
    assert_eq!((counts.refused, counts.answered), (1, 1));
}

#[test]
fn a_body_that_stops_behind_the_head_of_the_answer_fails() {
    let world = World::simulated();
    let handle = world.handle.clone();
    let server = world.serve(ServerLimits::default(), move |request: IncomingRequest| {
        let (writer, reader) = body(&handle, 100, None).expect("room");
        let reading = async move {
            let read = read_all(&request.body).await;
            assert_eq!(read, Err(ErrorCode::ConnectionReadTimeout));
            writer.write(b"late".to_vec()).expect("a reader");
            writer.finish(None).expect("any length");
        };
        handle.spawn(reading).expect("a task").detach();
        async {
            Ok(Response {
                status: 200,
                fields: Fields::new(),
                body: Some(reader),
            })
        }
    });
    world.run(async {
        let mut client = world.connect(&server).await;
        let post = "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\n";
        assert_eq!(client.get(post).await, (200, "late".to_owned()));
        assert_eq!(client.rest().await, (String::new(), true));
    });
}

/// Nobody but the client is hurried: not a handler that thinks, and not one that reads slowly.
#[test]
fn a_handler_has_all_the_time() {
    let world = World::simulated();
    let handle = world.handle.clone();
    let server = world.serve(ServerLimits::default(), move |request: IncomingRequest| {
        let handle = handle.clone();
        async move {
            let hour = std::time::Duration::from_secs(3600);
            handle.sleep(hour).await.expect("time");
            let length = read_all(&request.body).await.expect("whole").len();
            Ok(ok(&handle, length.to_string()))
        }
    });
    world.run(async {
        let mut client = world.connect(&server).await;
        let body = "x".repeat(400_000);
        let head = "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 400000\r\n\r\n";
        assert_eq!(
            client.get(format!("{head}{body}")).await,
            (200, "400000".to_owned())
        );
    });
}

#[test]
fn a_client_that_does_not_read_is_cut_and_holds_little() {
    let world = World::simulated();
    let handle = world.handle.clone();
    let written = Rc::new(Cell::new(0));
    let count = written.clone();
    let server = world.serve(ServerLimits::default(), move |_: IncomingRequest| {
        let (writer, reader) = body(&handle, 10_000, None).expect("room");
        handle
            .spawn(pour(writer, count.clone(), handle.clone()))
            .expect("a task")
            .detach();
        async {
            Ok(Response {
                status: 200,
                fields: Fields::new(),
                body: Some(reader),
            })
        }
    });
    world.run(async {
        let mut client = world.connect(&server).await;
        client.say(GET).await;
        world.sleep(29).await;
        assert_eq!(server.counts().open, 1);
        // The buffers of both sockets, and what is kept here.
        assert!(written.get() < 600_000, "{}", written.get());
        world.sleep(3).await;
        assert_eq!(server.counts().open, 0);
        assert!(!client.answer(Method::Get).await.ended);
    });
    assert_eq!(server.counts().cut, 1);
}

/// Writes without end, and counts.
async fn pour(writer: BodyWriter, count: Rc<Cell<usize>>, handle: wippy_dispatcher::Handle) {
    let mut set = wippy_dispatcher::WaitSet::new(&handle).expect("room");
    loop {
        match writer.room() {
            Ok(0) => {
                set.clear();
                writer.register(&mut set, 0).expect("room");
                set.wait().await.expect("a dispatcher");
            }
            Ok(room) => {
                writer.write(vec![b'x'; room]).expect("a reader");
                count.set(count.get() + room);
            }
            Err(_) => return,
        }
    }
}
