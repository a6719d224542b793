//! Requests and responses on connections.

use std::cell::Cell;
use std::net::Shutdown;
use std::rc::Rc;

use super::world::*;
use super::*;
use crate::http::body::body;
use crate::http::error::ErrorCode;
use crate::http::exchange::Response;
use crate::http::method::Method;

const GET: &str = "GET /a HTTP/1.1\r\nHost: h\r\n\r\n";

fn limits() -> ServerLimits {
    ServerLimits::default()
}

/// The same over the system's sockets and over simulated ones.
#[test]
fn requests_come_one_after_the_other() {
    for world in [World::live(), World::simulated()] {
        let server = world.serve(limits(), echo(&world.handle));
        world.run(async {
            let mut client = world.connect(&server).await;
            assert_eq!(client.get(GET).await, (200, "GET /a ".to_owned()));
            let post = "POST /b HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello";
            assert_eq!(client.get(post).await, (200, "POST /b hello".to_owned()));
            let chunks = "PUT /c HTTP/1.1\r\nHost: h\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nT: v\r\n\r\n";
            client.say(chunks).await;
            let said = client.answer(Method::Put).await;
            assert!(!said.keeps_alive);
            assert_eq!(whole(said), (200, "PUT /c abc".to_owned()));
            assert_eq!(client.rest().await, (String::new(), true));
        });
        let counts = server.counts();
        assert_eq!(
            (counts.accepted, counts.requests, counts.answered),
            (1, 3, 3)
        );
        assert_eq!((counts.cut, counts.refused), (0, 0));
    }
}

#[test]
fn requests_that_come_together_are_answered_in_order() {
    let world = World::simulated();
    let server = world.serve(limits(), echo(&world.handle));
    world.run(async {
        let mut client = world.connect(&server).await;
        let mut all = String::new();
        for n in 0..50 {
            all.push_str(&format!(
                "POST /{n} HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nab"
            ));
        }
        client.say(&all).await;
        client.stream.shutdown(Shutdown::Write).expect("open");
        for n in 0..50 {
            let said = client.answer(Method::Post).await;
            assert_eq!(whole(said), (200, format!("POST /{n} ab")));
        }
        // The client had sent all that it wanted to send.
        assert_eq!(client.rest().await, (String::new(), true));
    });
    assert_eq!(server.counts().answered, 50);
}

#[test]
fn bodies_go_both_ways_at_the_same_time() {
    const PIECES: usize = 200;
    for world in [World::live(), World::simulated()] {
        let handle = world.handle.clone();
        // Gives back each piece before it has read the next.
        let server = world.serve(limits(), move |request: IncomingRequest| {
            let handle = handle.clone();
            async move {
                let (writer, reader) = body(&handle, 4096, None).expect("room");
                let copying = async move {
                    loop {
                        match request.body.read(4096) {
                            Ok(bytes) if bytes.is_empty() => {
                                request.body.readable().wait().await.expect("a dispatcher");
                            }
                            Ok(bytes) => writer.write(bytes).expect("a reader"),
                            Err(_) => break,
                        }
                    }
                    let trailers = request.body.end().expect("read").expect("whole");
                    writer.finish(trailers).expect("any length");
                };
                handle.spawn(copying).expect("a task").detach();
                Ok(Response {
                    status: 201,
                    fields: Fields::new(),
                    body: Some(reader),
                })
            }
        });
        world.run(async {
            let client = world.connect(&server).await;
            let head = "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n";
            client.say(head).await;
            let mut buffer = [0; 1024];
            let mut seen = Vec::new();
            for n in 0..PIECES {
                client.say(format!("4\r\n{n:04}\r\n")).await;
                // It has come back before the next is sent.
                while !seen.ends_with(format!("{n:04}\r\n").as_bytes()) {
                    let count = client.stream.read(&mut buffer).await.expect("open");
                    assert_ne!(count, 0);
                    seen.extend_from_slice(&buffer[..count]);
                }
            }
            client.say("0\r\nSum: 7\r\n\r\n").await;
            while !seen.ends_with(b"0\r\nSum: 7\r\n\r\n") {
                let count = client.stream.read(&mut buffer).await.expect("open");
                assert_ne!(count, 0);
                seen.extend_from_slice(&buffer[..count]);
            }
        });
    }
}

#[test]
fn a_body_is_asked_for_only_where_it_is_read() {
    let world = World::simulated();
    let handle = world.handle.clone();
    let server = world.serve(limits(), move |request: IncomingRequest| {
        let handle = handle.clone();
        async move {
            if request.target.path == "/no" {
                return Err(Failure::new(403));
            }
            let bytes = read_all(&request.body).await.expect("whole");
            Ok(ok(&handle, bytes))
        }
    });
    let put = |path| {
        format!(
            "PUT {path} HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n"
        )
    };
    world.run(async {
        let mut client = world.connect(&server).await;
        client.say(put("/yes")).await;
        let mut buffer = [0; 256];
        let count = client.stream.read(&mut buffer).await.expect("open");
        assert_eq!(&buffer[..count], b"HTTP/1.1 100 Continue\r\n\r\n");
        assert_eq!(client.get("hi").await, (200, "hi".to_owned()));
        // Whether the body still comes nobody knows, so the connection ends.
        client.say(put("/no")).await;
        let said = client.answer(Method::Put).await;
        assert_eq!((said.continues, said.keeps_alive), (0, false));
        assert_eq!(whole(said).0, 403);
        assert_eq!(client.rest().await, (String::new(), true));
    });
}

#[test]
fn a_head_is_answered_without_a_body() {
    let world = World::simulated();
    let server = world.serve(limits(), echo(&world.handle));
    world.run(async {
        let mut client = world.connect(&server).await;
        client.say(GET.replace("GET", "HEAD")).await;
        let said = client.answer(Method::Head).await;
        assert!(said.ended && said.keeps_alive && said.body.is_empty());
        let head = said.head.expect("a head");
        assert_eq!(
            head.fields.get("content-length").collect::<Vec<_>>(),
            [b"8"]
        );
        assert_eq!(head.fields.get("date").count(), 1);
        assert_eq!(client.get(GET).await.1, "GET /a ");
    });
}

#[test]
fn a_body_that_ends_while_others_run_once_goes_with_its_head() {
    let world = World::simulated();
    let handle = world.handle.clone();
    let server = world.serve(limits(), move |_: IncomingRequest| {
        let handle = handle.clone();
        async move {
            let (writer, reader) = body(&handle, 100, None).expect("room");
            let soon = async move {
                writer.write(b"soon".to_vec()).expect("a reader");
                writer.finish(None).expect("any length");
            };
            handle.spawn(soon).expect("a task").detach();
            Ok(Response {
                body: Some(reader),
                ..ok(&handle, "")
            })
        }
    });
    world.run(async {
        let mut client = world.connect(&server).await;
        client.say(GET).await;
        let said = client.answer(Method::Get).await;
        let head = said.head.as_ref().expect("a head");
        assert_eq!(
            head.fields.get("content-length").collect::<Vec<_>>(),
            [b"4"]
        );
        assert_eq!(whole(said).1, "soon");
    });
}

#[test]
fn clients_of_http_1_0() {
    let world = World::simulated();
    let handle = world.handle.clone();
    let server = world.serve(limits(), move |request: IncomingRequest| {
        let handle = handle.clone();
        async move {
            let known = ok(&handle, "known");
            if request.target.path == "/known" {
                return Ok(known);
            }
            let (writer, reader) = body(&handle, 100, None).expect("room");
            let own = handle.clone();
            let later = async move {
                own.sleep(std::time::Duration::from_secs(1))
                    .await
                    .expect("time");
                writer.write(b"later".to_vec()).expect("a reader");
                match request.target.path.as_str() {
                    "/fails" => writer.fail(ErrorCode::internal("fails")),
                    _ => writer.finish(None).expect("any length"),
                }
            };
            handle.spawn(later).expect("a task").detach();
            Ok(Response {
                body: Some(reader),
                ..known
            })
        }
    });
    world.run(async {
        let mut client = world.connect(&server).await;
        let known = "GET /known HTTP/1.0\r\nConnection: keep-alive\r\n\r\n";
        for _ in 0..2 {
            client.say(known).await;
            let said = client.answer(Method::Get).await;
            assert!(said.keeps_alive);
            assert_eq!(whole(said).1, "known");
        }
        client
            .say("GET /later HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
            .await;
        let (text, orderly) = client.rest().await;
        assert!(orderly && text.ends_with("\r\n\r\nlater"), "{text}");
        assert!(!text.contains("chunked"), "{text}");
        // The end of the connection would be the body's.
        let mut client = world.connect(&server).await;
        client.say("GET /fails HTTP/1.0\r\n\r\n").await;
        let (_, orderly) = client.rest().await;
        assert!(!orderly);
    });
    let counts = server.counts();
    assert_eq!((counts.answered, counts.cut), (3, 1));
}

#[test]
fn a_client_that_has_sent_all_still_gets_its_answer() {
    for world in [World::live(), World::simulated()] {
        let server = world.serve(limits(), echo(&world.handle));
        world.run(async {
            let mut client = world.connect(&server).await;
            client.say(GET).await;
            client.stream.shutdown(Shutdown::Write).expect("open");
            let (text, orderly) = client.rest().await;
            assert!(orderly && text.ends_with("GET /a "), "{text}");
        });
    }
}

#[test]
fn a_handler_that_fails() {
    let world = World::simulated();
    let handle = world.handle.clone();
    let server = world.serve(limits(), move |request: IncomingRequest| {
        let handle = handle.clone();
        async move {
            let (writer, reader) = body(&handle, 100, None).expect("room");
            let mut response = Response {
                status: 200,
                fields: Fields::new(),
                body: Some(reader),
            };
            match request.target.path.as_str() {
                "/500" => return Err(Failure::INTERNAL),
                "/503" => return Err(Failure::new(503)),
                "/none" => return Err(Failure::new(200)),
                "/status" => response.status = 42,
                "/length" => response
                    .fields
                    .append("content-length", b"x")
                    .expect("valid"),
                "/short" => {
                    response
                        .fields
                        .append("content-length", b"9")
                        .expect("valid");
                    writer.write(b"part".to_vec()).expect("room");
                    writer.finish(None).expect("any length");
                }
                "/long" => {
                    response
                        .fields
                        .append("content-length", b"3")
                        .expect("valid");
                    let own = handle.clone();
                    let later = async move {
                        own.yield_now().await.expect("a dispatcher");
                        writer.write(b"part".to_vec()).expect("room");
                    };
                    handle.spawn(later).expect("a task").detach();
                }
                // The body is dropped before its end.
                _ => writer.write(b"part".to_vec()).expect("room"),
            }
            Ok(response)
        }
    });
    world.run(async {
        let mut client = world.connect(&server).await;
        for (path, status) in [
            ("/500", 500),
            ("/503", 503),
            ("/none", 500),
            ("/status", 500),
            ("/length", 500),
            ("/short", 500),
        ] {
            let (got, body) = client.get(GET.replace("/a", path)).await;
            assert_eq!((got, body.as_str()), (status, ""), "{path}");
        }
        for path in ["/long", "/dropped"] {
            let mut client = world.connect(&server).await;
            client.say(GET.replace("/a", path)).await;
            let said = client.answer(Method::Get).await;
            assert_eq!(
                said.error,
                Some(ErrorCode::HttpResponseIncomplete),
                "{path}"
            );
        }
    });
    let counts = server.counts();
    assert_eq!((counts.requests, counts.answered, counts.cut), (8, 6, 2));
}

#[test]
fn a_body_that_nobody_wants_is_read_up_to_a_bound() {
    let world = World::simulated();
    let limits = ServerLimits {
        drained: 10_000,
        ..limits()
    };
    let handle = world.handle.clone();
    let server = world.serve(limits, move |_: IncomingRequest| {
        let response = ok(&handle, "done");
        async { Ok(response) }
    });
    let declared = |length: usize| {
        format!(
            "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: {length}\r\n\r\n{}",
            "x".repeat(length)
        )
    };
    let chunked = |length: usize| {
        let body = "x".repeat(length);
        format!(
            "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n{length:x}\r\n{body}\r\n0\r\n\r\n"
        )
    };
    world.run(async {
        let mut client = world.connect(&server).await;
        for request in [declared(10_000), chunked(10_000)] {
            assert_eq!(client.get(request).await, (200, "done".to_owned()));
        }
        for request in [declared(50_000), chunked(50_000)] {
            let mut client = world.connect(&server).await;
            // What is not read does not take the answer back.
            assert_eq!(client.get(request).await, (200, "done".to_owned()));
            assert_eq!(client.rest().await, (String::new(), true));
        }
    });
    assert_eq!(server.counts().answered, 4);
}

#[test]
fn connections_beyond_the_bound_wait() {
    let world = World::simulated();
    let limits = ServerLimits {
        connections: 2,
        ..limits()
    };
    let most = Rc::new(Cell::new(0));
    let server = world.serve(limits, echo(&world.handle));
    world.run(async {
        let mut clients = Vec::new();
        for _ in 0..5 {
            clients.push(world.connect(&server).await);
        }
        for mut client in clients {
            client.say(GET).await;
            assert_eq!(client.get("").await.1, "GET /a ");
            most.set(most.get().max(server.counts().open));
        }
    });
    assert_eq!((most.get(), server.counts().accepted), (2, 5));
}

#[test]
fn a_connection_has_so_many_requests() {
    let world = World::simulated();
    let limits = ServerLimits {
        requests_each: 2,
        ..limits()
    };
    let server = world.serve(limits, echo(&world.handle));
    world.run(async {
        let mut client = world.connect(&server).await;
        client.say(GET.repeat(3)).await;
        assert!(client.answer(Method::Get).await.keeps_alive);
        assert!(!client.answer(Method::Get).await.keeps_alive);
        assert_eq!(client.rest().await, (String::new(), true));
    });
}
