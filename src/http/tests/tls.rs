//! A session whose server has much to say and none of it for the reader.

use std::io::{self, Read};
use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::pem::PemObject;
use rustls::{RootCertStore, ServerConfig, ServerConnection};
use wippy_dispatcher::Dispatcher;

use super::*;

/// A server that hands out this many tickets in records of this length, and roots that trust it.
fn server(tickets: usize, record: Option<usize>) -> (ServerConnection, Roots) {
    let mut params = CertificateParams::new(Vec::new()).expect("parameters");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let key = KeyPair::generate().expect("a key");
    let issuer = CertifiedIssuer::self_signed(params, key).expect("a certificate");
    let roots = Roots::with_extra(&[issuer.pem().into_bytes()]).expect("a root");
    let params = CertificateParams::new(vec!["localhost".to_owned()]).expect("parameters");
    let key = KeyPair::generate().expect("a key");
    let certificate = params.signed_by(&key, &issuer).expect("a certificate");
    let private = PrivateKeyDer::from_pem_slice(key.serialize_pem().as_bytes());
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], private.expect("a key"))
        .expect("a certificate");
    config.send_tls13_tickets = tickets;
    config.max_fragment_size = record;
    config.ticketer = rustls::crypto::ring::Ticketer::new().expect("a ticketer");
    let server = ServerConnection::new(Arc::new(config)).expect("a session");
    (server, roots)
}

/// Bytes in a row that count how often somebody reads them.
struct Counted<'a> {
    bytes: &'a [u8],
    reads: usize,
}

impl Read for Counted<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.reads += 1;
        match self.bytes.read(buffer)? {
            0 => Err(io::ErrorKind::WouldBlock.into()),
            count => Ok(count),
        }
    }
}

/// A session that has agreed with its server, and what the server says next.
fn agreed(dispatcher: &Dispatcher, tickets: usize, record: Option<usize>) -> (Session, Vec<u8>) {
    let (mut server, roots) = server(tickets, record);
    let config = roots
        .config(&RootCertStore::empty(), &dispatcher.handle())
        .expect("a configuration");
    let mut session = Session::new(config, "localhost").expect("a session");
    loop {
        let mut request = Vec::new();
        session.flush(&mut request).expect("memory");
        server.read_tls(&mut &request[..]).expect("memory");
        server.process_new_packets().expect("a client");
        let mut answer = Vec::new();
        while server.wants_write() {
            server.write_tls(&mut answer).expect("memory");
        }
        if !session.is_handshaking() {
            return (session, answer);
        }
        let mut answer = &answer[..];
        while !answer.is_empty() {
            session.handshake(&mut answer).expect("a server");
        }
    }
}

/// A server's messages to the session itself never end: each read still does, so that others run.
#[test]
fn one_read_does_a_bounded_amount_of_work() {
    // A message that goes over the end of a record makes the next one wait, up to a bound of the
    // session's own; so each gets a record that it fills.
    let dispatcher = Dispatcher::simulated(1).expect("a dispatcher");
    let one = agreed(&dispatcher, 1, None).1.len();
    // A record's length is counted without what encryption adds.
    let added = 17;
    let (mut session, sent) = agreed(&dispatcher, 1000, Some(one - added));
    assert_eq!(sent.len(), 1000 * one);
    let mut stream = Counted {
        bytes: &sent,
        reads: 0,
    };
    let mut rounds = 0;
    while !stream.bytes.is_empty() {
        let before = stream.reads;
        let got = session.read(&mut stream, &mut [0; 16]);
        assert_eq!(got, Ok(Got::Nothing));
        let reads = stream.reads - before;
        assert!(reads <= 8, "{reads} reads");
        rounds += 1;
    }
    assert!(rounds > 1);
}
