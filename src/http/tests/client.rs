//! The bounds of a client, against servers on loopback.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use wippy_dispatcher::{Dispatcher, Flow};

use super::*;

const LIMITS: ClientLimits = ClientLimits {
    connections: 3,
    idle: 2,
    idle_each: 1,
    idle_timeout: Duration::from_millis(20),
};

/// A server that answers each connection's requests once `go` says so, and tells when the client
/// has ended the connection.
struct Server {
    address: SocketAddr,
    go: Sender<()>,
    ended: Receiver<()>,
}

// The other side of the tests is threads.
#[allow(clippy::disallowed_methods)]
fn server() -> Server {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a listener");
    let address = listener.local_addr().expect("an address");
    let (go, may_go) = channel();
    let (tell, ended) = channel();
    std::thread::spawn(move || {
        while let Ok((stream, _)) = listener.accept() {
            let (inner_go, inner) = channel();
            let tell = tell.clone();
            std::thread::spawn(move || {
                answer(stream, &inner);
                let _ = tell.send(());
            });
            // One word is for one connection.
            if may_go.recv().is_err() || inner_go.send(()).is_err() {
                return;
            }
        }
    });
    Server { address, go, ended }
}

fn answer(mut stream: TcpStream, go: &Receiver<()>) {
    let mut byte = [0];
    let mut last = [0; 4];
    while let Ok(1) = stream.read(&mut byte) {
        last.rotate_left(1);
        last[3] = byte[0];
        if &last == b"\r\n\r\n" {
            if go.recv().is_err() {
                return;
            }
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        }
    }
}

pub(super) fn get_from(address: SocketAddr) -> Request {
    Request {
        target: HttpOrigin::parse(false, &address.to_string()).expect("an authority"),
        authority: address.to_string(),
        head: RequestHead {
            method: Method::Get,
            target: "/".to_owned(),
            minor: 1,
            fields: Fields::new(),
        },
        body: None,
        timeouts: Timeouts::default(),
        roots: Roots::default(),
        flow: Flow {
            group: 0,
            member: 0,
        },
        delivery: None,
    }
}

/// Turns the dispatcher until there is something.
fn until<T>(dispatcher: &Dispatcher, mut is_there: impl FnMut() -> Option<T>) -> T {
    for _ in 0..10_000 {
        if let Some(it) = is_there() {
            return it;
        }
        let turned = dispatcher.turn(Some(Duration::from_millis(1)));
        turned.expect("a running dispatcher");
    }
    panic!("it never comes");
}

fn answered(dispatcher: &Dispatcher, reply: &Reply) -> Result<Response, ErrorCode> {
    until(dispatcher, || reply.take())
}

#[test]
fn connections_are_bounded_and_the_bound_has_a_name() {
    let dispatcher = Dispatcher::new().expect("a dispatcher");
    let client = Client::new(&dispatcher.handle(), LIMITS);
    let servers: Vec<Server> = (0..3).map(|_| server()).collect();
    let mut replies: Vec<Reply> = servers
        .iter()
        .map(|server| client.send(get_from(server.address)).expect("room"))
        .collect();
    let one_more = client.send(get_from(servers[0].address)).expect("room");
    assert_eq!(
        answered(&dispatcher, &one_more).err(),
        Some(ErrorCode::ConnectionLimitReached)
    );
    // The place of one that ends is free again.
    drop(replies.remove(0));
    until(&dispatcher, || servers[0].ended.try_recv().ok());
    let again = client.send(get_from(servers[1].address)).expect("room");
    servers[1].go.send(()).expect("a server");
    servers[1].go.send(()).expect("a server");
    let response = answered(&dispatcher, &again).expect("an answer");
    assert_eq!(response.status, 200);
}

#[test]
fn connections_that_wait_are_bounded_and_closed_in_time() {
    let dispatcher = Dispatcher::new().expect("a dispatcher");
    let client = Client::new(&dispatcher.handle(), LIMITS);
    let servers: Vec<Server> = (0..3).map(|_| server()).collect();
    for server in &servers {
        server.go.send(()).expect("a server");
        let reply = client.send(get_from(server.address)).expect("room");
        let response = answered(&dispatcher, &reply).expect("an answer");
        assert_eq!(response.status, 200);
        assert!(client.idle() <= LIMITS.idle);
    }
    assert_eq!(client.made(), 3);
    // One had no room, and the others wait too long.
    for server in &servers {
        until(&dispatcher, || server.ended.try_recv().ok());
    }
    assert_eq!(client.idle(), 0);
}

/// What waits is closed where its place is needed: the oldest first.
#[test]
fn connections_that_wait_make_room() {
    let dispatcher = Dispatcher::new().expect("a dispatcher");
    let limits = ClientLimits {
        idle_timeout: Duration::from_secs(600),
        ..LIMITS
    };
    let client = Client::new(&dispatcher.handle(), limits);
    let servers: Vec<Server> = (0..3).map(|_| server()).collect();
    for server in &servers {
        server.go.send(()).expect("a server");
        let reply = client.send(get_from(server.address)).expect("room");
        answered(&dispatcher, &reply).expect("an answer");
    }
    // Two may wait.
    until(&dispatcher, || servers[0].ended.try_recv().ok());
    assert_eq!(client.idle(), 2);
    // Three may be open, two of them in use, and a third is wanted besides the two that wait.
    let held: Vec<Reply> = (0..2)
        .map(|_| client.send(get_from(servers[0].address)).expect("room"))
        .collect();
    until(&dispatcher, || {
        assert!(held.iter().all(|reply| reply.take().is_none()));
        servers[1].ended.try_recv().ok()
    });
    assert_eq!(client.idle(), 1);
    until(&dispatcher, || (client.made() == 5).then_some(()));
}
