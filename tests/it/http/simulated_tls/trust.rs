//! Who is trusted, for which name, until when.

use std::fmt::Display;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use serde_json::json;
use wippy::sim::tls::{Certificate, TlsAcceptor, TlsConnector, TlsError, TrustStore};
use wippy_dispatcher::sim::Fault;
use wippy_dispatcher::{Error, Simulation, WallTime};

use super::server::Manner;
use super::{World, certificate, https, program, program_with};
use crate::support::{Project, live};

/// A simulation begins in the year 2000.
fn year(year: u64) -> WallTime {
    WallTime {
        seconds: (year - 1970) * 31_556_952,
        nanoseconds: 0,
    }
}

#[test]
fn a_server_is_trusted_for_its_names() {
    let names = ["server", "10.0.0.2"];
    let manner = Manner::Answers(Certificate::new(names).expect("names"), 5);
    let world = World::new(&program(), Simulation::new(1), manner);
    for authority in ["server", "SERVER", "server:443", "10.0.0.2"] {
        assert_eq!(world.body(https(authority)), "xxxxx", "{authority}");
    }
    assert_eq!(world.failed(), []);
    // Requests one after the other share a session.
    let before = world.seen.accepted.get();
    let arguments = vec![json!("https"), json!("server"), json!(50)];
    assert_eq!(world.call("sequential", arguments), json!(50));
    assert_eq!(world.seen.accepted.get(), before);
}

#[test]
fn a_certificate_that_does_not_fit_is_refused_and_the_server_told() {
    let program = program();
    let own = || certificate("server");
    let stranger = own().issuer("a stranger").expect("a name");
    let cases = [
        (certificate("other.test"), 42),
        (certificate("*.server.test"), 42),
        (own().valid_until(year(1999)), 45),
        (own().valid_from(year(2005)), 45),
        (stranger, 48),
    ];
    for (certificate, alert) in cases {
        let manner = Manner::Answers(certificate.clone(), 5);
        let world = World::new(&program, Simulation::new(1), manner);
        let code = world.failure(https("server"));
        assert_eq!(code, "TlsCertificateError", "{certificate:?}");
        assert_eq!(world.failed(), [TlsError::AlertReceived(alert)]);
    }
}

#[test]
fn who_is_trusted_can_be_said() {
    let manner = Manner::Answers(certificate("server"), 5);
    let world = World::new(&program(), Simulation::new(1), manner);
    assert_eq!(world.body(https("server")), "xxxxx");
    // The session that is kept is not used any more.
    world.runtime.trust_simulated(TrustStore::new(["another"]));
    assert_eq!(world.failure(https("server")), "TlsCertificateError");
    world.runtime.trust_simulated(TrustStore::default());
    assert_eq!(world.body(https("server")), "xxxxx");
    assert_eq!(world.seen.accepted.get(), 3);
}

/// An entry's `http.ca` names issuers by the common names of real certificates.
#[test]
fn roots_of_an_entry_are_issuers() {
    let mut params = CertificateParams::new(Vec::new()).expect("parameters");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let name = "the tests' authority";
    params.distinguished_name.push(DnType::CommonName, name);
    let key = KeyPair::generate().expect("a key");
    let root = CertifiedIssuer::self_signed(params, key).expect("a certificate");
    let directory = tempfile::tempdir().expect("a directory");
    std::fs::write(directory.path().join("ca.pem"), root.pem()).expect("a file");
    let mut project = Project::new();
    let place = directory.path().display();
    project.entry("roots", "fs.directory", &[("directory", &place)]);
    let extra: [(&str, &dyn Display); 1] = [("wasi", &"{http: {ca: [\"roots:/ca.pem\"]}}")];
    let with_root = program_with(&mut project, &extra);
    let certificate = certificate("server").issuer(name).expect("a name");
    for (program, is_trusted) in [(with_root, true), (program(), false)] {
        let manner = Manner::Answers(certificate.clone(), 5);
        let world = World::new(&program, Simulation::new(1), manner);
        let answer = world.call("fetch", vec![https("server")]);
        assert_eq!(answer.get("ok").is_some(), is_trusted, "{answer}");
    }
}

#[test]
fn the_clients_wall_clock_decides() {
    let until = WallTime {
        seconds: 946_684_800 + 3_600,
        nanoseconds: 0,
    };
    let manner = Manner::Answers(certificate("server").valid_until(until), 5);
    let second = 1_000_000_000;
    for (host, step, is_valid) in [
        ("client", 3_590 * second, true),
        ("client", 3_600 * second, false),
        ("server", 3_600 * second, true),
    ] {
        let world = World::new(&program(), Simulation::new(1), manner.clone());
        let fault = Fault::WallClockStep(host.to_owned(), step);
        world.dispatcher.inject(&fault).expect("a host");
        let answer = world.call("fetch", vec![https("server")]);
        assert_eq!(answer.get("ok").is_some(), is_valid, "{host}: {answer}");
    }
}

/// What is readable by anybody does not reach a real network.
#[test]
fn it_works_in_a_simulation_only() {
    let dispatcher = live();
    let handle = dispatcher.handle();
    let acceptor = TlsAcceptor::new(&handle, certificate("server"));
    assert!(matches!(acceptor, Err(Error::NotSimulated(_))));
    let connector = TlsConnector::new(&handle, TrustStore::default());
    assert!(matches!(connector, Err(Error::NotSimulated(_))));
}
