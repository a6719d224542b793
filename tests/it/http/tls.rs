//! HTTPS: who is trusted, for which name, until when.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, date_time_ymd,
};
use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::pem::PemObject;
use rustls::{HandshakeKind, ServerConfig, ServerConnection, StreamOwned};
use serde_json::{Value, json};

use super::server::Server;
use super::{Guest, get, with};
use crate::support::Project;

/// An authority that the guests are told to trust.
struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    fn new() -> Authority {
        let mut params = CertificateParams::new(Vec::new()).expect("parameters");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params
            .distinguished_name
            .push(DnType::CommonName, "the tests' authority");
        let key = KeyPair::generate().expect("a key");
        Authority(CertifiedIssuer::self_signed(params, key).expect("a certificate"))
    }

    /// A server's settings with a certificate for these names, valid until a year.
    fn config(&self, names: &[&str], until: i32) -> Arc<ServerConfig> {
        let names: Vec<String> = names.iter().map(|&name| name.to_owned()).collect();
        let mut params = CertificateParams::new(names).expect("parameters");
        params.not_before = date_time_ymd(2000, 1, 1);
        params.not_after = date_time_ymd(until, 1, 1);
        let key = KeyPair::generate().expect("a key");
        let certificate = params.signed_by(&key, &self.0).expect("a certificate");
        let private = PrivateKeyDer::from_pem_slice(key.serialize_pem().as_bytes());
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("versions")
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], private.expect("a key"))
            .expect("a certificate");
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Arc::new(config)
    }
}

/// What a server over TLS does with its connections.
#[derive(Clone, Copy, PartialEq)]
enum Manner {
    /// Answers until the client ends it.
    Patient,
    /// Answers once, and ends session and connection.
    Once,
    /// Cuts the connection in the middle of a body without a length.
    Cut,
}

/// A server over TLS; the second counts the sessions that were resumed.
fn server(config: Arc<ServerConfig>, manner: Manner) -> (Server, Arc<AtomicUsize>) {
    let resumed = Arc::new(AtomicUsize::new(0));
    let count = resumed.clone();
    let server = Server::new(move |peer, _| {
        let session = ServerConnection::new(config.clone()).expect("a session");
        let stream = StreamOwned::new(session, peer.stream);
        serve(stream, manner, &count);
    });
    (server, resumed)
}

fn serve(stream: StreamOwned<ServerConnection, TcpStream>, manner: Manner, resumed: &AtomicUsize) {
    let mut stream = BufReader::new(stream);
    loop {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            match stream.read_line(&mut head) {
                Ok(1..) => {}
                _ => return,
            }
        }
        let inner = stream.get_mut();
        if inner.conn.handshake_kind() == Some(HandshakeKind::Resumed) {
            resumed.fetch_add(1, Ordering::SeqCst);
        }
        let name = inner.conn.server_name().unwrap_or("none").to_owned();
        let answer = match manner {
            Manner::Cut => "HTTP/1.1 200 OK\r\n\r\nfirst".to_owned(),
            _ => format!(
                "HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{name}",
                name.len()
            ),
        };
        if inner.write_all(answer.as_bytes()).is_err() || inner.flush().is_err() {
            return;
        }
        match manner {
            Manner::Patient => {}
            Manner::Once => {
                inner.conn.send_close_notify();
                let _ = inner.flush();
                return;
            }
            Manner::Cut => return,
        }
    }
}

/// A guest that trusts the authority.
fn guest(authority: &Authority, directory: &Path) -> Guest {
    std::fs::write(directory.join("ca.pem"), authority.0.pem()).expect("a file");
    let mut project = Project::new();
    project.entry(
        "roots",
        "fs.directory",
        &[("directory", &directory.display())],
    );
    Guest::of(
        &mut project,
        &[("wasi", &"{http: {ca: [\"roots:/ca.pem\"]}}")],
    )
}

fn https(server: &Server, host: &str) -> Value {
    let authority = format!("{host}:{}", server.port());
    with(get(&authority), json!({"scheme": "https"}))
}

#[test]
fn a_server_is_trusted_for_its_names() {
    let (authority, directory) = (Authority::new(), tempfile::tempdir().expect("a directory"));
    let guest = guest(&authority, directory.path());
    let config = authority.config(&["localhost", "127.0.0.1"], 2500);
    let (server, _) = server(config, Manner::Patient);
    // The name goes with the handshake; an address has none.
    for (host, name) in [("localhost", "localhost"), ("127.0.0.1", "none")] {
        let reply = guest.fetch(https(&server, host)).expect("an answer");
        assert_eq!(reply["body"], name);
    }
    let before = server.accepted();
    let arguments = [
        json!("https"),
        json!(format!("localhost:{}", server.port())),
        json!(50),
    ];
    assert_eq!(guest.call("sequential", &arguments), Ok(json!(50)));
    assert_eq!(server.accepted(), before);
}

#[test]
fn a_certificate_that_does_not_fit_is_refused() {
    let (authority, directory) = (Authority::new(), tempfile::tempdir().expect("a directory"));
    let guest = guest(&authority, directory.path());
    let stranger = Authority::new();
    let cases = [
        (authority.config(&["other.test"], 2500), "the wrong name"),
        (authority.config(&["localhost"], 2001), "expired"),
        (
            stranger.config(&["localhost"], 2500),
            "an unknown authority",
        ),
    ];
    for (config, what) in cases {
        let (server, _) = server(config, Manner::Patient);
        assert_eq!(
            guest.fetch(https(&server, "localhost")),
            Err("TlsCertificateError".to_owned()),
            "{what}"
        );
    }
    // Without the extra root nobody trusts the tests' authority.
    let (server, _) = server(authority.config(&["localhost"], 2500), Manner::Patient);
    assert_eq!(
        Guest::new().fetch(https(&server, "localhost")),
        Err("TlsCertificateError".to_owned())
    );
}

#[test]
fn what_is_no_tls_is_refused() {
    let guest = Guest::new();
    let plain = Server::saying("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
    let request = with(
        https(&plain, "localhost"),
        json!({"connect-timeout": 300_000_000}),
    );
    assert_eq!(guest.fetch(request), Err("TlsProtocolError".to_owned()));
    let garbage = Server::new(|mut peer, _| {
        peer.say("this is not a record of TLS\r\n");
        peer.closed();
    });
    assert_eq!(
        guest.fetch(https(&garbage, "localhost")),
        Err("TlsProtocolError".to_owned())
    );
    let silent = Server::new(|mut peer, _| {
        peer.closed();
    });
    let request = with(
        https(&silent, "localhost"),
        json!({"connect-timeout": 50_000_000}),
    );
    assert_eq!(guest.fetch(request), Err("ConnectionTimeout".to_owned()));
}

#[test]
fn an_alert_is_passed_on() {
    let (authority, directory) = (Authority::new(), tempfile::tempdir().expect("a directory"));
    let guest = guest(&authority, directory.path());
    let mut config = authority.config(&["localhost"], 2500);
    Arc::make_mut(&mut config).alpn_protocols = vec![b"h2".to_vec()];
    let (server, _) = server(config, Manner::Patient);
    let refused = guest
        .fetch(https(&server, "localhost"))
        .expect_err("an alert");
    assert!(
        refused.starts_with("TlsAlertReceived(") && refused.contains("120"),
        "{refused}"
    );
}

#[test]
fn sessions_are_resumed() {
    let (authority, directory) = (Authority::new(), tempfile::tempdir().expect("a directory"));
    let guest = guest(&authority, directory.path());
    let (server, resumed) = server(authority.config(&["localhost"], 2500), Manner::Once);
    for _ in 0..3 {
        guest.fetch(https(&server, "localhost")).expect("an answer");
    }
    assert_eq!(server.accepted(), 3);
    assert_eq!(resumed.load(Ordering::SeqCst), 2);
}

/// A body that ends with the connection must end with the session too: else anybody could cut it.
#[test]
fn a_cut_body_is_incomplete() {
    let (authority, directory) = (Authority::new(), tempfile::tempdir().expect("a directory"));
    let guest = guest(&authority, directory.path());
    let (server, _) = server(authority.config(&["localhost"], 2500), Manner::Cut);
    assert_eq!(
        guest.fetch(https(&server, "localhost")),
        Err("at read: HttpResponseIncomplete".to_owned())
    );
}

#[test]
fn roots_that_are_none_fail_the_call() {
    let directory = tempfile::tempdir().expect("a directory");
    std::fs::write(directory.path().join("ca.pem"), "no certificate").expect("a file");
    let mut project = Project::new();
    let place = directory.path().display();
    project.entry("roots", "fs.directory", &[("directory", &place)]);
    let guest = Guest::of(
        &mut project,
        &[("wasi", &"{http: {ca: [\"roots:/ca.pem\"]}}")],
    );
    let error = guest
        .call("fetch", &[get("localhost:1")])
        .expect_err("no certificate");
    assert!(error.contains("http.ca: no certificate in PEM"), "{error}");
    std::fs::remove_file(directory.path().join("ca.pem")).expect("a file");
    let error = guest
        .call("fetch", &[get("localhost:1")])
        .expect_err("no file");
    assert!(error.contains("cannot read /ca.pem"), "{error}");
}
