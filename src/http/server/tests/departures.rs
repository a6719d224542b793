//! Clients that go away while they wait for an answer.

use std::future::pending;
use std::io::Write;
use std::net::Shutdown;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use wippy_dispatcher::Event;
use wippy_dispatcher::net::TcpStream;

use super::tls_client::*;
use super::world::*;
use super::*;
use crate::http::body::{BodyWriter, body};
use crate::http::exchange::Response;
use crate::http::method::Method;
use crate::http::simulated_tls::{Certificate, TlsConnector, TrustStore};

const GET: &str = "GET /a HTTP/1.1\r\nHost: h\r\n\r\n";
const POST: &str = "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1000000\r\n\r\n";

/// Set when it is dropped.
struct Dropped(Event);

impl Drop for Dropped {
    fn drop(&mut self) {
        self.0.set();
    }
}

/// A handler that never answers, with an event for its begin and one for its end.
fn never(begun: &Event, ended: &Event) -> impl Handler + use<> {
    let (begun, ended) = (begun.clone(), ended.clone());
    move |request: IncomingRequest| {
        let (begun, ended) = (begun.clone(), Dropped(ended.clone()));
        async move {
            let _held = (request, ended);
            begun.set();
            pending().await
        }
    }
}

fn events(world: &World) -> (Event, Event) {
    let event = || Event::new(&world.handle).expect("room");
    (event(), event())
}

/// The lines of a log.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().expect("no panic").extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Lines {
    fn log(&self) -> AccessLog {
        AccessLog::new(LogFormat::Json, self.clone())
    }

    /// Of each request its end, its status and the bytes of its body.
    fn ends(&self) -> Vec<(String, serde_json::Value, u64)> {
        let text = String::from_utf8(self.0.lock().expect("no panic").clone()).expect("UTF-8");
        let parse = |line: &str| serde_json::from_str::<serde_json::Value>(line).expect(line);
        let of = |line: serde_json::Value| {
            let end = line["end"].as_str().expect("text").to_owned();
            (
                end,
                line["status"].clone(),
                line["bytes"].as_u64().expect("a number"),
            )
        };
        text.lines().map(parse).map(of).collect()
    }

    fn only(&self) -> (String, serde_json::Value, u64) {
        let mut ends = self.ends();
        assert_eq!(ends.len(), 1, "{ends:?}");
        ends.remove(0)
    }
}

fn settings(lines: &Lines, half_close: Option<Duration>) -> ServerSettings {
    let mut settings = ServerSettings {
        log: Some(lines.log()),
        ..ServerSettings::default()
    };
    settings.limits.timeouts.half_close = half_close;
    settings
}

async fn stop(server: HttpServer) -> ServerCounts {
    let counts = server.stop(Duration::from_secs(9)).await;
    counts.expect("its thread")
}

#[test]
fn a_client_that_closed_its_half_is_waited_for_a_while() {
    let world = World::simulated();
    let (begun, ended) = events(&world);
    let lines = Lines::default();
    let default = ServerTimeouts::default().half_close;
    let server = world.serve_with(settings(&lines, default), never(&begun, &ended));
    world.run(async {
        let mut client = world.connect(&server).await;
        client.say(GET).await;
        client.stream.shutdown(Shutdown::Write).expect("open");
        begun.wait().await.expect("its thread");
        let before = world.seconds();
        ended.wait().await.expect("its thread");
        assert_eq!(world.seconds() - before, 5);
        // Not an orderly end, which could be taken for an empty answer.
        assert_eq!(client.rest().await, (String::new(), false));
        let counts = stop(server).await;
        assert_eq!((counts.cut, counts.answered, counts.open), (1, 0, 0));
    });
    assert_eq!(
        lines.only(),
        ("half-closed".to_owned(), serde_json::Value::Null, 0)
    );
}

#[test]
fn without_a_time_it_is_gone_at_once_over_every_transport() {
    for world in [World::live(), World::simulated()] {
        let (begun, ended) = events(&world);
        let lines = Lines::default();
        let at_once = Some(Duration::ZERO);
        let server = world.serve_with(settings(&lines, at_once), never(&begun, &ended));
        world.run(async {
            let client = world.connect(&server).await;
            client.say(GET).await;
            begun.wait().await.expect("its thread");
            drop(client);
            ended.wait().await.expect("its thread");
            stop(server).await;
        });
        assert_eq!(lines.only().0, "half-closed");
    }
}

#[test]
fn the_end_of_a_session_of_tls_counts_as_well() {
    let (world, authority) = (World::live(), Authority::new());
    let (begun, ended) = events(&world);
    let lines = Lines::default();
    let mut with = settings(&lines, Some(Duration::ZERO));
    with.tls = Some(ServerTls::Files(authority.files()));
    let server = world.serve_with(with, never(&begun, &ended));
    world.run(async {
        let stream = TcpStream::connect(&world.handle, server.addresses()[0]).await;
        let mut client = TlsClient {
            stream: stream.expect("a server"),
            session: authority.session(&world.handle, "localhost"),
        };
        client.say(GET.as_bytes()).await.expect("a session");
        begun.wait().await.expect("its thread");
        // The connection below stays open.
        client.session.close();
        client.say(b"").await.expect("a session");
        ended.wait().await.expect("its thread");
        stop(server).await;
    });
    assert_eq!(lines.only().0, "half-closed");
}

#[test]
fn the_end_of_a_simulated_session_counts_as_well() {
    let world = World::simulated();
    let (begun, ended) = events(&world);
    let lines = Lines::default();
    let mut with = settings(&lines, Some(Duration::from_secs(5)));
    let certificate = Certificate::new(["server"]).expect("a name");
    with.tls = Some(ServerTls::Simulated(certificate));
    let server = world.serve_with(with, never(&begun, &ended));
    world.run(async {
        let stream = TcpStream::connect(&world.handle, server.addresses()[0]).await;
        let connector = TlsConnector::new(&world.handle, TrustStore::default());
        let connector = connector.expect("a simulation");
        let client = connector.connect("server", stream.expect("a server")).await;
        let client = client.expect("a session");
        client.write_all(GET.as_bytes()).await.expect("a session");
        begun.wait().await.expect("its thread");
        drop(client);
        let before = world.seconds();
        ended.wait().await.expect("its thread");
        assert!(world.seconds() - before <= 6);
        stop(server).await;
    });
    assert!(["half-closed", "client-gone"].contains(&&*lines.only().0));
}

/// Answers after so many seconds.
fn slow(world: &World, seconds: u64) -> impl Handler + use<> {
    let handle = world.handle.clone();
    move |_: IncomingRequest| {
        let handle = handle.clone();
        async move {
            let time = Duration::from_secs(seconds);
            handle.sleep(time).await.expect("time");
            Ok(ok(&handle, "late"))
        }
    }
}

#[test]
fn an_answer_within_that_time_reaches_a_client_that_reads() {
    let world = World::simulated();
    for (half_close, seconds) in [
        (Some(Duration::from_secs(5)), 0),
        (Some(Duration::from_secs(5)), 4),
        (None, 3600),
    ] {
        let lines = Lines::default();
        let server = world.serve_with(settings(&lines, half_close), slow(&world, seconds));
        world.run(async {
            let mut client = world.connect(&server).await;
            client.say(GET).await;
            client.stream.shutdown(Shutdown::Write).expect("open");
            assert_eq!(
                whole(client.answer(Method::Get).await),
                (200, "late".to_owned())
            );
            stop(server).await;
        });
        assert_eq!(lines.only(), ("answered".to_owned(), 200.into(), 4));
    }
}

/// A piece of the body each so many seconds.
async fn drip(writer: BodyWriter, handle: wippy_dispatcher::Handle, seconds: u64) {
    for _ in 0..4 {
        let time = Duration::from_secs(seconds);
        handle.sleep(time).await.expect("time");
        if writer.write(b"drop".to_vec()).is_err() {
            return;
        }
    }
    let _ = writer.finish(None);
}

#[test]
fn each_piece_of_the_body_has_its_own_time() {
    let world = World::simulated();
    for (seconds, end, bytes) in [(4, "answered", 16), (6, "half-closed", 0)] {
        let handle = world.handle.clone();
        let lines = Lines::default();
        let half_close = Some(Duration::from_secs(5));
        let server = world.serve_with(settings(&lines, half_close), move |_: IncomingRequest| {
            let (writer, reader) = body(&handle, 100, None).expect("room");
            let dripping = drip(writer, handle.clone(), seconds);
            handle.spawn(dripping).expect("a task").detach();
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
            client.stream.shutdown(Shutdown::Write).expect("open");
            let said = client.answer(Method::Get).await;
            assert_eq!((said.ended, said.body.len()), (bytes > 0, bytes));
            stop(server).await;
        });
        assert_eq!(lines.only(), (end.to_owned(), 200.into(), bytes as u64));
    }
}

/// Nothing is read while so much has come that nobody wants yet.
#[test]
fn a_client_is_missed_behind_bytes_that_are_not_read() {
    for world in [World::live(), World::simulated()] {
        let pipelined = format!("{GET}{}", GET.repeat(20_000));
        let uploaded = format!("{POST}{}", "x".repeat(900_000));
        for (says, half_closes) in [
            (&pipelined, false),
            (&uploaded, false),
            (&pipelined, true),
            (&uploaded, true),
        ] {
            let (begun, ended) = events(&world);
            let lines = Lines::default();
            let server = world.serve_with(settings(&lines, None), never(&begun, &ended));
            world.run(async {
                let client = world.connect(&server).await;
                // As far as there is room in the sockets.
                let mut left = says.as_bytes();
                while !left.is_empty()
                    && let Ok(count) = client.stream.try_write(left)
                {
                    left = &left[count..];
                }
                begun.wait().await.expect("its thread");
                world.settle().await;
                if half_closes {
                    client.stream.shutdown(Shutdown::Write).expect("open");
                    world.settle().await;
                }
                client.stream.reset_on_close().expect("open");
                drop(client);
                ended.wait().await.expect("its thread");
                stop(server).await;
            });
            assert_eq!(
                lines.only(),
                ("client-gone".to_owned(), serde_json::Value::Null, 0)
            );
        }
    }
}

#[test]
fn an_end_behind_bytes_that_are_not_read_begins_its_time() {
    let world = World::simulated();
    let (begun, ended) = events(&world);
    let lines = Lines::default();
    let half_close = Some(Duration::from_secs(5));
    let server = world.serve_with(settings(&lines, half_close), never(&begun, &ended));
    world.run(async {
        let client = world.connect(&server).await;
        let pipelined = GET.repeat(2000);
        client.say(&pipelined).await;
        client.stream.shutdown(Shutdown::Write).expect("open");
        begun.wait().await.expect("its thread");
        let before = world.seconds();
        ended.wait().await.expect("its thread");
        assert!((5..=6).contains(&(world.seconds() - before)));
        stop(server).await;
    });
    assert_eq!(lines.only().0, "half-closed");
}

/// Where a task is woken again and again, time stands still.
#[test]
fn a_client_that_is_not_read_and_waits_wakes_nobody() {
    let world = World::simulated();
    let (begun, ended) = events(&world);
    let server = world.serve_with(settings(&Lines::default(), None), never(&begun, &ended));
    world.run(async {
        let client = world.connect(&server).await;
        client.say(GET.repeat(2000)).await;
        world.sleep(5).await;
        client.stream.shutdown(Shutdown::Write).expect("open");
        world.sleep(5).await;
        world.sleep(3600).await;
        assert!(!ended.is_set());
        drop(client);
    });
}

#[test]
fn whatever_cuts_a_response_has_a_line_that_says_so() {
    let world = World::simulated();
    let run = |path: &'static str, limits: fn(&mut ServerLimits), leave: bool| {
        let handle = world.handle.clone();
        let lines = Lines::default();
        let mut with = settings(&lines, None);
        limits(&mut with.limits);
        let server = world.serve_with(with, move |request: IncomingRequest| {
            let (writer, reader) = body(&handle, 1_000_000, None).expect("room");
            let (handle, path) = (handle.clone(), request.target.path.clone());
            async move {
                let bytes = if path == "/large" { 1_000_000 } else { 4 };
                writer.write(vec![b'x'; bytes]).expect("room");
                let keeping = async move {
                    match &*path {
                        "/fail" => writer.fail(crate::http::error::ErrorCode::HttpProtocolError),
                        _ => pending().await,
                    }
                };
                handle.spawn(keeping).expect("a task").detach();
                Ok(Response {
                    status: 200,
                    fields: Fields::new(),
                    body: Some(reader),
                })
            }
        });
        world.run(async {
            let client = world.connect(&server).await;
            client.say(GET.replace("/a", path)).await;
            world.sleep(1).await;
            if leave {
                client.stream.reset_on_close().expect("open");
                drop(client);
                world.sleep(1).await;
                stop(server).await;
            } else {
                world.sleep(40).await;
                stop(server).await;
            }
        });
        let (end, status, bytes) = lines.only();
        assert_eq!(status, 200);
        assert!(bytes >= 4, "{bytes}");
        end
    };
    assert_eq!(run("/wait", |_| {}, true), "client-gone");
    assert_eq!(run("/large", |_| {}, false), "write-timeout");
    assert_eq!(run("/fail", |_| {}, false), "handler-failed");
    let timeout =
        |limits: &mut ServerLimits| limits.timeouts.request = Some(Duration::from_secs(9));
    assert_eq!(run("/wait", timeout, false), "timeout");
    assert_eq!(run("/wait", |_| {}, false), "stopped");
}
