//! Clients that mean harm, or know no better.

use std::cell::RefCell;
use std::rc::Rc;

use super::world::*;
use super::*;
use crate::http::error::ErrorCode;
use crate::http::method::Method;

const GET: &str = "GET /a HTTP/1.1\r\nHost: h\r\n\r\n";

/// What a client is told that says this, and that the connection ends behind it.
fn told(bytes: impl AsRef<[u8]>) -> u16 {
    let world = World::simulated();
    let server = world.serve(ServerLimits::default(), echo(&world.handle));
    let bytes = bytes.as_ref().to_vec();
    let status = world.run(async {
        let mut client = world.connect(&server).await;
        // It may be refused before all of it is said.
        let _ = client.stream.write_all(&bytes).await;
        let said = client.answer(Method::Get).await;
        assert!(!said.keeps_alive);
        assert_eq!(client.rest().await, (String::new(), true));
        whole(said).0
    });
    assert_eq!(server.counts().refused, 1);
    status
}

#[test]
fn every_refusal_is_told_and_ends_the_connection() {
    let chunked = "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n";
    let cases = [
        (400, "\u{16}\u{3}\u{1}".to_owned()),
        (400, format!("{chunked}5;{}", "x".repeat(2000))),
        (
            400,
            format!("{chunked}{}", "1;aaaaaaaaaaaaaaaa\r\nx\r\n".repeat(2000)),
        ),
        (400, format!("{chunked}5\r\nhelloX")),
        (
            413,
            "PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 99999999999\r\n\r\n".to_owned(),
        ),
        (413, format!("{chunked}fffffffff\r\n")),
        (414, format!("GET /{}", "x".repeat(100_000))),
        (
            417,
            "PUT / HTTP/1.1\r\nHost: h\r\nExpect: x\r\n\r\n".to_owned(),
        ),
        (
            431,
            format!("GET / HTTP/1.1\r\n{}", "A: b\r\n".repeat(100_000)),
        ),
        (501, "CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n".to_owned()),
        (505, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_owned()),
    ];
    for (status, bytes) in cases {
        let start: String = bytes.chars().take(60).collect();
        assert_eq!(told(bytes), status, "{start:?}");
    }
}

/// What is more than the head says is no part of the body, and no request.
#[test]
fn a_body_that_is_larger_than_declared() {
    let world = World::simulated();
    let server = world.serve(ServerLimits::default(), echo(&world.handle));
    world.run(async {
        let mut client = world.connect(&server).await;
        let post = "POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nab(more)";
        assert_eq!(client.get(post).await, (200, "POST /a ab".to_owned()));
        assert_eq!(whole(client.answer(Method::Get).await).0, 400);
        assert_eq!(client.rest().await, (String::new(), true));
    });
}

#[test]
fn a_client_that_leaves_within_its_request() {
    for world in [World::live(), World::simulated()] {
        let reads = Rc::new(RefCell::new(Vec::new()));
        let noted = reads.clone();
        let server = world.serve(ServerLimits::default(), move |request: IncomingRequest| {
            let noted = noted.clone();
            async move {
                let read = read_all(&request.body).await;
                noted.borrow_mut().push(read);
                Err(Failure::new(400))
            }
        });
        world.run(async {
            // Within the head, and before it.
            for said in ["", "GET / HT"] {
                let client = world.connect(&server).await;
                client.say(said).await;
            }
            // Within the body.
            let client = world.connect(&server).await;
            client
                .say("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\nabc")
                .await;
            drop(client);
            world.settle().await;
        });
        let counts = world.run(server.stop(std::time::Duration::from_secs(60)));
        let counts = counts.expect("the dispatcher's thread");
        assert_eq!((counts.accepted, counts.open, counts.requests), (3, 0, 1));
        assert_eq!(*reads.borrow(), [Err(ErrorCode::ConnectionTerminated)]);
    }
}

/// A handler whose client has broken the connection off is dropped.
#[test]
fn a_reset_ends_the_handler() {
    for world in [World::live(), World::simulated()] {
        struct Notes(Rc<RefCell<Vec<&'static str>>>);
        impl Drop for Notes {
            fn drop(&mut self) {
                self.0.borrow_mut().push("dropped");
            }
        }
        let notes = Rc::new(RefCell::new(Vec::new()));
        let own = notes.clone();
        let server = world.serve(ServerLimits::default(), move |_: IncomingRequest| {
            let notes = Notes(own.clone());
            own.borrow_mut().push("begun");
            async move {
                let _notes = notes;
                std::future::pending().await
            }
        });
        world.run(async {
            let client = world.connect(&server).await;
            client.say(GET).await;
            while notes.borrow().is_empty() {
                world.handle.yield_now().await.expect("a dispatcher");
            }
            client.stream.reset_on_close().expect("open");
            drop(client);
            while notes.borrow().len() < 2 {
                world.handle.yield_now().await.expect("a dispatcher");
            }
        });
        assert_eq!(*notes.borrow(), ["begun", "dropped"]);
        let counts = server.counts();
        assert_eq!((counts.requests, counts.cut), (1, 1));
    }
}

/// Requests that come faster than they are answered wait in the client.
#[test]
fn requests_without_end_and_nobody_who_reads() {
    let world = World::simulated();
    let limits = ServerLimits {
        requests_each: u64::MAX,
        ..ServerLimits::default()
    };
    let handle = world.handle.clone();
    let server = world.serve(limits, move |_: IncomingRequest| {
        let response = ok(&handle, "x".repeat(10_000));
        async { Ok(response) }
    });
    world.run(async {
        let client = world.connect(&server).await;
        let requests = GET.repeat(1000);
        let mut said = 0;
        // Until there is no room any more.
        for _ in 0..1000 {
            match client.stream.try_write(requests.as_bytes()) {
                Ok(count) => said += count,
                Err(_) => world.handle.yield_now().await.expect("a dispatcher"),
            }
        }
        assert!(said < 600_000, "{said}");
        assert!(server.counts().requests < 100, "{:?}", server.counts());
        world.sleep(33).await;
        assert_eq!(server.counts().open, 0);
    });
}

/// However many requests have come at once, others are answered in between.
#[test]
fn a_client_that_sends_many_requests_leaves_others_their_turn() {
    let world = World::simulated();
    let limits = ServerLimits {
        requests_each: u64::MAX,
        ..ServerLimits::default()
    };
    let server = world.serve(limits, echo(&world.handle));
    world.run(async {
        let many = world.connect(&server).await;
        let mut one = world.connect(&server).await;
        world.sleep(1).await;
        many.say(GET.repeat(1500)).await;
        assert_eq!(one.get(GET).await.0, 200);
        let answered = server.counts().answered;
        assert!(answered < 1400, "{answered}");
        world.sleep(1).await;
        assert_eq!(server.counts().answered, 1501);
    });
}

#[test]
fn connections_that_do_nothing_cost_no_answer_to_others() {
    let world = World::simulated();
    let server = world.serve(ServerLimits::default(), echo(&world.handle));
    world.run(async {
        let mut idle = Vec::new();
        for _ in 0..500 {
            idle.push(world.connect(&server).await);
        }
        let mut client = world.connect(&server).await;
        assert_eq!(client.get(GET).await.0, 200);
        world.sleep(31).await;
        assert_eq!(server.counts().open, 1);
    });
}
