//! Many connections on one thread, and guests that never park.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use serde_json::json;

use super::{Guest, loopback};

/// A thousand connections have two thousand ends in this process.
fn make_room() {
    let limit = getrlimit(Resource::Nofile);
    if limit.current.is_some_and(|current| current < 4096) {
        let more = Rlimit {
            current: limit
                .maximum
                .map_or(Some(4096), |maximum| Some(maximum.min(4096))),
            maximum: limit.maximum,
        };
        setrlimit(Resource::Nofile, more).expect("a limit");
    }
}

#[test]
fn a_thousand_connections_at_once_to_one_guest() {
    const CONNECTIONS: usize = 1000;
    make_room();
    let guest = Guest::new();
    let arguments = vec![json!(false), json!(CONNECTIONS)];
    let (server, printed) = guest.start("serve", arguments);
    let at = ("127.0.0.1", guest.port(&printed));
    let clients = thread::spawn(move || {
        let mut all: Vec<TcpStream> = (0..CONNECTIONS)
            .map(|_| TcpStream::connect(at).expect("it listens"))
            .collect();
        for round in 0..2u8 {
            for stream in &mut all {
                stream.write_all(&[round, 7]).expect("open");
            }
            for stream in &mut all {
                let mut echo = [9; 2];
                stream.read_exact(&mut echo).expect("an echo");
                assert_eq!(echo, [round, 7]);
            }
        }
    });
    let echoed = guest.end(server);
    clients.join().expect("the clients");
    assert_eq!(echoed, Ok(json!({ "ok": 4 * CONNECTIONS })));
}

#[test]
fn a_client_that_only_asks_makes_progress_and_lets_others_progress() {
    const ROUNDS: usize = 50;
    let guest = Guest::new();
    let server = TcpListener::bind(loopback(false)).expect("a port");
    let at = server.local_addr().expect("an address").port();
    let (meet, met) = std::sync::mpsc::channel::<()>();
    let (half, is_half) = std::sync::mpsc::channel::<()>();
    let echo = thread::spawn(move || {
        let (mut stream, _) = server.accept().expect("a client");
        let mut byte = [0];
        for round in 0..ROUNDS {
            stream.read_exact(&mut byte).expect("a byte");
            // Half way it answers only when another guest has come to its end.
            if round == ROUNDS / 2 {
                half.send(()).expect("the test");
                met.recv().expect("the other guest");
            }
            stream.write_all(&byte).expect("open");
        }
    });
    let (busy, _) = guest.start("busy", vec![json!(at), json!(ROUNDS)]);
    // From then on it asks in vain until the others have ended.
    let waiting = guest.dispatcher.handle();
    let waiting = waiting.unblock(move || is_half.recv());
    let waited = guest.dispatcher.block_on(waiting).expect("it runs");
    waited.expect("a thread").expect("the peer");
    let (other, printed) = guest.start("serve", vec![json!(false), json!(1)]);
    let talk = vec![json!(false), json!(guest.port(&printed)), json!("x")];
    let (talk, _) = guest.start("talk", talk);
    assert_eq!(guest.end(talk), Ok(json!({ "ok": "x" })));
    assert_eq!(guest.end(other), Ok(json!({ "ok": 1 })));
    meet.send(()).expect("the peer");
    let spins = guest.end(busy).expect("a value");
    echo.join().expect("the peer");
    assert!(spins["ok"].as_u64().expect("a count") > 0, "{spins}");
}
