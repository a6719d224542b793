//! Sessions whose bytes are passed on by hand.

mod hostile;
mod parity;
mod sizes;

use std::io::{self, Read};

use rustls::pki_types::ServerName;
use wippy_dispatcher::{Dispatcher, Handle};

use super::certificate::Certificate;
use super::error::TlsError;
use super::session::Session;
use super::trust_store::TrustStore;
use super::verifier::Verifier;
use crate::http::tls::Got;

/// A client of the server `server` that trusts the simulated root.
fn client(handle: &Handle) -> Session {
    client_of(handle, "server", TrustStore::default())
}

fn client_of(handle: &Handle, name: &str, trust: TrustStore) -> Session {
    let verifier = Verifier {
        handle: handle.clone(),
        trust,
        server: ServerName::try_from(name.to_owned()).expect("a name"),
    };
    Session::client(verifier, &["http/1.1"])
}

fn server() -> Session {
    let certificate = Certificate::new(["server"]).expect("a certificate");
    Session::server(certificate, Vec::new())
}

fn handle() -> (Dispatcher, Handle) {
    let dispatcher = Dispatcher::simulated(1).expect("a dispatcher");
    let handle = dispatcher.handle();
    (dispatcher, handle)
}

/// What a side sends next.
fn sent(session: &mut Session) -> Vec<u8> {
    let mut bytes = Vec::new();
    session.flush(&mut bytes).expect("memory");
    bytes
}

/// Bytes behind which more is to come: a socket without the end of its connection.
struct Open<'a>(&'a [u8]);

impl Read for Open<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self.0.read(buffer)? {
            0 => Err(io::ErrorKind::WouldBlock.into()),
            count => Ok(count),
        }
    }
}

/// Gives a handshake all of these bytes, as far as it takes them.
fn give(session: &mut Session, bytes: &[u8]) -> Result<(), TlsError> {
    let mut bytes = Open(bytes);
    while session.is_handshaking() && session.handshake(&mut bytes)? {}
    Ok(())
}

/// A client and a server that have agreed.
fn agreed(handle: &Handle) -> (Session, Session) {
    let (mut client, mut server) = (client(handle), server());
    give(&mut server, &sent(&mut client)).expect("a hello");
    give(&mut client, &sent(&mut server)).expect("a certificate");
    give(&mut server, &sent(&mut client)).expect("an end");
    assert!(!client.is_handshaking() && !server.is_handshaking());
    (client, server)
}

/// All that a reader gets of these bytes, and what it gets then.
fn read_all(session: &mut Session, bytes: &[u8]) -> (Vec<u8>, Result<Got, TlsError>) {
    let (mut bytes, mut read, mut buffer) = (Open(bytes), Vec::new(), [0; 1000]);
    loop {
        match session.read(&mut bytes, &mut buffer) {
            Ok(Got::Bytes(count)) => read.extend_from_slice(&buffer[..count]),
            Ok(Got::Nothing) if !bytes.0.is_empty() => {}
            end => return (read, end),
        }
    }
}

#[test]
fn bytes_come_through_in_order_and_end_with_the_session() {
    let (_dispatcher, handle) = handle();
    let (mut client, mut server) = agreed(&handle);
    assert_eq!(client.write(b""), 0);
    let text: Vec<u8> = (0..100_000u32).map(|n| (n % 251) as u8).collect();
    let mut rest = &text[..];
    let mut received = Vec::new();
    while !rest.is_empty() {
        let taken = client.write(rest);
        assert!(taken > 0);
        rest = &rest[taken..];
        let (read, end) = read_all(&mut server, &sent(&mut client));
        assert_eq!(end, Ok(Got::Nothing));
        received.extend(read);
    }
    assert_eq!(received, text);
    client.close();
    assert_eq!(client.write(b"late"), 0);
    let (read, end) = read_all(&mut server, &sent(&mut client));
    assert_eq!((read, end), (Vec::new(), Ok(Got::Closed)));
    // The other direction is open.
    assert_eq!(server.write(b"still here"), 10);
    let (read, end) = read_all(&mut client, &sent(&mut server));
    assert_eq!((&read[..], end), (&b"still here"[..], Ok(Got::Nothing)));
    // The connection's end without the session's.
    assert_eq!(client.read(&mut io::empty(), &mut [0; 8]), Ok(Got::Cut));
}

#[test]
fn both_know_what_the_client_asks_for() {
    let (_dispatcher, handle) = handle();
    let (client, server) = agreed(&handle);
    assert_eq!(client.server_name(), Some("server"));
    assert_eq!(server.server_name(), Some("server"));
    assert_eq!(server.protocol(), None);
    let certificate = Certificate::new(["10.0.0.2"]).expect("a certificate");
    let protocols = ["h2", "http/1.1"].map(str::to_owned).to_vec();
    let mut server = Session::server(certificate, protocols);
    let mut client = client_of(&handle, "10.0.0.2", TrustStore::default());
    give(&mut server, &sent(&mut client)).expect("a hello");
    give(&mut client, &sent(&mut server)).expect("a certificate");
    assert_eq!(server.server_name(), None);
    assert_eq!(server.protocol(), Some("http/1.1"));
    assert_eq!(client.protocol(), Some("http/1.1"));
}

#[test]
fn a_server_of_other_protocols_refuses() {
    let (_dispatcher, handle) = handle();
    let certificate = Certificate::new(["server"]).expect("a certificate");
    let mut server = Session::server(certificate, vec!["h2".to_owned()]);
    let mut client = client(&handle);
    let refused = give(&mut server, &sent(&mut client));
    assert_eq!(refused, Err(TlsError::NoApplicationProtocol));
    let told = give(&mut client, &sent(&mut server));
    assert_eq!(told, Err(TlsError::AlertReceived(120)));
}

/// What fails once fails for ever, and tells the peer once.
#[test]
fn a_session_that_has_failed_stays_so() {
    let (_dispatcher, handle) = handle();
    let (mut stranger, mut server) = (
        client_of(&handle, "elsewhere", TrustStore::default()),
        server(),
    );
    give(&mut server, &sent(&mut stranger)).expect("a hello");
    let flight = sent(&mut server);
    let error = give(&mut stranger, &flight).expect_err("another name");
    assert!(matches!(error, TlsError::Certificate(_)), "{error}");
    assert!(!sent(&mut stranger).is_empty());
    assert_eq!(give(&mut stranger, &flight), Err(error));
    assert!(stranger.is_handshaking());
    assert_eq!(sent(&mut stranger), b"");
    assert_eq!(stranger.write(b"x"), 0);
}
