//! What a peer does to a session, and what the guest is told.

use std::time::Duration;

use serde_json::json;
use wippy::sim::tls::TlsError;
use wippy_dispatcher::Simulation;
use wippy_dispatcher::sim::Link;

use super::server::Manner;
use super::{World, certificate, get, https, program, with};

#[test]
fn what_is_no_tls_is_refused() {
    let program = program();
    let plain = World::new(&program, Simulation::new(1), Manner::Plain);
    assert_eq!(plain.failure(https("server")), "TlsProtocolError");
    // Plain HTTP at a server of TLS.
    let manner = Manner::Answers(certificate("server"), 5);
    let secure = World::new(&program, Simulation::new(1), manner);
    assert_eq!(secure.failure(get("server:443")), "HttpProtocolError");
    let failed = secure.failed();
    assert!(matches!(failed[..], [TlsError::Protocol(_)]), "{failed:?}");
    let gone = World::new(&program, Simulation::new(1), Manner::Gone);
    assert_eq!(gone.failure(https("server")), "ConnectionTerminated");
    let silent = World::new(&program, Simulation::new(1), Manner::Silent);
    let timeout = json!({"connect-timeout": 50_000_000});
    let request = with(https("server"), timeout);
    assert_eq!(silent.failure(request), "ConnectionTimeout");
    // No name that a server can have.
    let none = World::new(&program, Simulation::new(1), Manner::Gone);
    assert_eq!(none.failure(https("a..b")), "HttpRequestUriInvalid");
}

#[test]
fn an_alert_is_passed_on() {
    let program = program();
    let own = || certificate("server");
    let other = World::new(&program, Simulation::new(1), Manner::OtherProtocol(own()));
    let code = other.failure(https("server"));
    assert!(code.starts_with("TlsAlertReceived("), "{code}");
    assert!(code.contains("120"), "{code}");
    assert_eq!(other.failed(), [TlsError::NoApplicationProtocol]);
    let aborted = World::new(&program, Simulation::new(1), Manner::Aborts(own()));
    let code = aborted.failure(https("server"));
    assert!(
        code.contains("TlsAlertReceived(") && code.contains("80"),
        "{code}"
    );
}

/// A body that ends with the connection must end with the session too.
#[test]
fn a_cut_body_is_incomplete() {
    let program = program();
    let own = || certificate("server");
    let ended = World::new(&program, Simulation::new(1), Manner::Ends(own()));
    assert_eq!(ended.body(https("server")), "first");
    let cut = World::new(&program, Simulation::new(1), Manner::Cuts(own()));
    let code = cut.failure(https("server"));
    assert_eq!(code, "at read: HttpResponseIncomplete");
}

/// Long bodies come through whole, over links that lose and reads that are short.
#[test]
fn long_bodies_come_through() {
    let program = program();
    for seed in 0..3 {
        let link = Link::new().jitter(Duration::from_millis(5)).loss(0.02);
        let simulation = Simulation::new(seed).default_link(link).short_io(0.3);
        let manner = Manner::Answers(certificate("server"), 200_000);
        let world = World::new(&program, simulation, manner);
        let body = world.body(https("server"));
        assert!(body.len() == 200_000 && body.bytes().all(|byte| byte == b'x'));
        assert_eq!(world.failed(), []);
    }
}
