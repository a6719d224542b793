//! TLS: sessions, certificates that are read again, and clients that do not agree.

use std::time::Duration;

use wippy_dispatcher::Handle;
use wippy_dispatcher::net::TcpStream;

use super::tls_client::*;
use super::world::*;
use super::*;
use crate::http::error::ErrorCode;
use crate::http::simulated_tls::{Certificate, TlsConnector, TrustStore};
use crate::http::tls::Got;

const CLOSING: &[u8] = b"GET /a HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n";

fn with(tls: ServerTls) -> ServerSettings {
    ServerSettings {
        tls: Some(tls),
        ..ServerSettings::default()
    }
}

fn simulated() -> ServerSettings {
    with(ServerTls::Simulated(
        Certificate::new(["server"]).expect("a name"),
    ))
}

async fn client(
    authority: &Authority,
    handle: &Handle,
    server: &HttpServer,
    name: &str,
) -> TlsClient {
    let stream = TcpStream::connect(handle, server.addresses()[0]).await;
    TlsClient {
        stream: stream.expect("a server"),
        session: authority.session(handle, name),
    }
}

#[test]
fn requests_and_large_bodies_over_tls() {
    let (world, authority) = (World::live(), Authority::new());
    let files = ServerTls::Files(authority.files());
    let server = world.serve_with(with(files), echo(&world.handle));
    world.run(async {
        let mut client = client(&authority, &world.handle, &server, "localhost").await;
        let length = 3_000_000;
        let mut post = format!("POST /b HTTP/1.1\r\nHost: h\r\nContent-Length: {length}\r\n\r\n");
        post.push_str(&"x".repeat(length));
        client.say(post.as_bytes()).await.expect("a session");
        client.say(CLOSING).await.expect("a session");
        let (text, end) = client.rest().await.expect("a session");
        assert_eq!(end, Got::Closed);
        let text = String::from_utf8(text).expect("ASCII");
        assert!(
            text.ends_with("\r\n\r\nGET /a "),
            "{}",
            &text[text.len() - 100..]
        );
        assert!(text.contains("POST /b xxx"));
        assert!(text.len() > length);
    });
    let counts = server.counts();
    assert_eq!(
        (counts.requests, counts.answered, counts.handshakes_failed),
        (2, 2, 0)
    );
    assert!(counts.received > 3_000_000 && counts.sent > 3_000_000);
}

#[test]
fn a_certificate_is_read_again_and_a_broken_one_is_not_used() {
    let (world, authority) = (World::live(), Authority::new());
    let files = authority.files();
    let server = world.serve_with(with(ServerTls::Files(files.clone())), echo(&world.handle));
    world.run(async {
        let mut before = client(&authority, &world.handle, &server, "localhost").await;
        before.say(b"GET /a HT").await.expect("a session");
        let ask = async |name: &str| {
            let mut client = client(&authority, &world.handle, &server, name).await;
            client.say(CLOSING).await?;
            client.rest().await
        };
        assert!(ask("localhost").await.is_ok());
        authority.issue("other.example");
        // Not before it is told to.
        assert!(ask("localhost").await.is_ok());
        files.reload().expect("a certificate");
        assert_eq!(ask("localhost").await, Err(ErrorCode::TlsCertificateError));
        assert!(ask("other.example").await.is_ok());

        let whole = std::fs::read(authority.certificate()).expect("a file");
        std::fs::write(authority.certificate(), "half of a").expect("a file");
        assert!(matches!(
            files.reload(),
            Err(TlsFilesError::NoCertificate(_))
        ));
        std::fs::remove_file(authority.certificate()).expect("a file");
        assert!(matches!(files.reload(), Err(TlsFilesError::Read { .. })));
        std::fs::write(authority.certificate(), &whole).expect("a file");
        std::fs::write(authority.key(), "no key").expect("a file");
        assert!(matches!(files.reload(), Err(TlsFilesError::NoKey(_))));
        authority.issue("third.example");
        std::fs::write(authority.certificate(), &whole).expect("a file");
        let error = files.reload().expect_err("of another key");
        assert!(matches!(error, TlsFilesError::Unusable { .. }), "{error}");
        assert!(ask("other.example").await.is_ok());

        // A session that there was goes on.
        before.say(&CLOSING[9..]).await.expect("a session");
        let (text, _) = before.rest().await.expect("a session");
        assert!(text.ends_with(b"GET /a "), "{}", text.escape_ascii());
    });
}

#[test]
fn a_client_that_speaks_something_else_gets_an_alert() {
    let (world, authority) = (World::live(), Authority::new());
    let files = ServerTls::Files(authority.files());
    let server = world.serve_with(with(files), echo(&world.handle));
    world.run(async {
        let plain = world.connect(&server).await;
        plain.say(CLOSING).await;
        let mut buffer = [0; 64];
        let read = plain.stream.read(&mut buffer).await.expect("an alert");
        // The type of an alert.
        assert_eq!(buffer[..read].first(), Some(&21));
        assert!(!matches!(plain.stream.read(&mut buffer).await, Ok(1..)));
    });
    let counts = server.counts();
    assert_eq!((counts.handshakes_failed, counts.requests), (1, 0));
}

#[test]
fn the_simulated_kind_serves_and_ends_as_the_real_one() {
    let world = World::simulated();
    let server = world.serve_with(simulated(), echo(&world.handle));
    world.run(async {
        let trust = TrustStore::default();
        let connector = TlsConnector::new(&world.handle, trust).expect("a simulation");
        let tcp = TcpStream::connect(&world.handle, server.addresses()[0]).await;
        let stream = connector.connect("server", tcp.expect("a server")).await;
        let stream = stream.expect("a session");
        stream.write_all(CLOSING).await.expect("a session");
        let (mut all, mut buffer) = (Vec::new(), [0; 1024]);
        while let read @ 1.. = stream.read(&mut buffer).await.expect("an orderly end") {
            all.extend_from_slice(&buffer[..read]);
        }
        assert!(all.ends_with(b"GET /a "), "{}", all.escape_ascii());
    });
    assert_eq!(server.counts().answered, 1);
}

#[test]
fn a_client_that_does_not_agree_in_time_is_cut() {
    let world = World::simulated();
    let server = world.serve_with(simulated(), echo(&world.handle));
    world.run(async {
        for says in [&b""[..], &[0x16], &[0x16, 3, 1, 0x40, 0, 1]] {
            let mut client = world.connect(&server).await;
            let before = world.seconds();
            client.say(says).await;
            let mut buffer = [0; 64];
            while matches!(client.stream.read(&mut buffer).await, Ok(1..)) {}
            assert!(world.seconds() - before <= 10, "{says:?}");
            let _ = client.rest().await;
        }
        world.sleep(11).await;
    });
    let counts = server.counts();
    assert_eq!((counts.handshakes_failed, counts.open), (3, 0));
}

/// A session that never begins holds up no stop.
#[test]
fn a_handshake_ends_with_its_server() {
    let world = World::simulated();
    let server = world.serve_with(simulated(), echo(&world.handle));
    world.run(async {
        let _client = world.connect(&server).await;
        world.sleep(1).await;
        assert_eq!(server.counts().open, 1);
        let before = world.seconds();
        let counts = server
            .stop(Duration::from_secs(3))
            .await
            .expect("its thread");
        assert_eq!(counts.open, 0);
        assert!(world.seconds() - before <= 3);
    });
}
