//! The three timeouts of request-options.

use serde_json::json;

use super::server::Server;
use super::{Guest, get, with};

const SHORT: u64 = 30_000_000;

#[test]
fn a_server_that_says_nothing_is_late() {
    let guest = Guest::new();
    let server = Server::new(|mut peer, _| {
        peer.head();
        peer.closed();
    });
    let request = with(
        get(&server.authority()),
        json!({"first-byte-timeout": SHORT}),
    );
    assert_eq!(
        guest.fetch(request),
        Err("ConnectionReadTimeout".to_owned())
    );
}

/// A byte now and then does not make a head any earlier.
#[test]
fn a_head_that_comes_byte_by_byte_is_late() {
    let guest = Guest::new();
    let server = Server::new(|mut peer, _| {
        peer.head();
        peer.say("HTTP/1.1 200 OK\r\n");
        while peer.say("x") {
            std::thread::sleep(std::time::Duration::from_millis(2));
        }
    });
    let request = with(
        get(&server.authority()),
        json!({"first-byte-timeout": SHORT}),
    );
    assert_eq!(
        guest.fetch(request),
        Err("ConnectionReadTimeout".to_owned())
    );
}

#[test]
fn a_body_that_stops_is_late() {
    let guest = Guest::new();
    let server = Server::new(|mut peer, _| {
        peer.head();
        peer.say("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nfirst");
        peer.closed();
    });
    let request = with(
        get(&server.authority()),
        json!({"between-bytes-timeout": SHORT}),
    );
    assert_eq!(
        guest.fetch(request),
        Err("at read: ConnectionReadTimeout".to_owned())
    );
}

/// The server answers nothing and takes nothing: what is late is the request.
#[test]
fn a_server_that_takes_nothing_is_late() {
    let guest = Guest::new();
    let (told, heard) = std::sync::mpsc::channel::<()>();
    let heard = std::sync::Mutex::new(heard);
    let server = Server::new(move |peer, _| {
        // The system must not take much in its place.
        let small = rustix::net::sockopt::set_socket_recv_buffer_size(&peer.stream, 4096);
        small.expect("an option");
        let _ = heard.lock().expect("one").recv();
    });
    let pieces: Vec<String> = (0..12).map(|_| "x".repeat(1_000_000)).collect();
    let request = with(
        get(&server.authority()),
        json!({"method": "POST", "body": pieces, "between-bytes-timeout": SHORT}),
    );
    let code = guest.fetch(request).expect_err("a failure");
    assert_eq!(code, "ConnectionWriteTimeout");
    drop(told);
}

/// An address where connections are neither made nor refused: a backlog that is full answers no
/// more.
pub struct Unanswered {
    address: std::net::SocketAddr,
    _listener: std::net::TcpListener,
    _held: Vec<std::net::TcpStream>,
}

impl Unanswered {
    pub fn new() -> Unanswered {
        let listener = rustix::net::socket(
            rustix::net::AddressFamily::INET,
            rustix::net::SocketType::STREAM,
            None,
        )
        .expect("a socket");
        let any = std::net::SocketAddr::from(([127, 0, 0, 1], 0));
        rustix::net::bind(&listener, &any).expect("an address");
        rustix::net::listen(&listener, 0).expect("a listener");
        let listener = std::net::TcpListener::from(listener);
        let address = listener.local_addr().expect("an address");
        // One connection fills it; Linux takes one more than the backlog says.
        let mut held = Vec::new();
        while let Ok(stream) =
            std::net::TcpStream::connect_timeout(&address, std::time::Duration::from_millis(20))
        {
            held.push(stream);
            assert!(held.len() < 64, "the backlog never fills");
        }
        Unanswered {
            address,
            _listener: listener,
            _held: held,
        }
    }

    pub fn authority(&self) -> String {
        self.address.to_string()
    }
}

#[test]
fn a_connection_that_is_never_made_is_late() {
    let guest = Guest::new();
    let unanswered = Unanswered::new();
    let request = with(
        get(&unanswered.authority()),
        json!({"connect-timeout": SHORT}),
    );
    assert_eq!(guest.fetch(request), Err("ConnectionTimeout".to_owned()));
}

/// While the guest itself is slow the server is not late: the time runs from the request's end.
#[test]
fn a_short_time_is_enough_for_a_server_that_answers() {
    let guest = Guest::new();
    let server = Server::new(|mut peer, _| {
        peer.head();
        let (body, _) = peer.chunks();
        peer.answer(&String::from_utf8_lossy(&body));
    });
    let second = 1_000_000_000u64;
    let request = with(
        get(&server.authority()),
        json!({
            "method": "POST",
            "headers": [],
            "body": ["a", "b"],
            "trailers": [["end", "now"]],
            "connect-timeout": second,
            "first-byte-timeout": second,
            "between-bytes-timeout": second,
        }),
    );
    assert_eq!(guest.fetch(request).expect("an answer")["body"], "ab");
}
