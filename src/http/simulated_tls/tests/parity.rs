//! What is simulated beside what is real: the same certificates, the same answers.

use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, SanType,
    date_time_ymd,
};
use rustls::client::verify_server_name;
use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::pem::PemObject;
use rustls::server::ParsedCertificate;
use rustls::{RootCertStore, ServerConfig, ServerConnection};
use wippy_dispatcher::WallTime;

use super::*;
use crate::http::error::ErrorCode;
use crate::http::simulated_tls::certificate_name::CertificateName;
use crate::http::tls::{self, Roots};

type Issuer = CertifiedIssuer<'static, KeyPair>;

fn issuer(name: &str) -> Issuer {
    let mut params = CertificateParams::new(Vec::new()).expect("parameters");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.distinguished_name.push(DnType::CommonName, name);
    let key = KeyPair::generate().expect("a key");
    CertifiedIssuer::self_signed(params, key).expect("a certificate")
}

/// A certificate: its name, its issuer, and its years.
#[derive(Clone, Copy, Debug)]
struct Case<'a> {
    name: &'a str,
    issuer: &'a str,
    from: i32,
    until: i32,
}

/// What a client gets, and what its server is told.
type Outcome = (Result<(), ErrorCode>, Option<u8>);

fn real(case: Case<'_>, known: &Issuer, stranger: &Issuer, handle: &Handle) -> Outcome {
    let mut params = CertificateParams::new([case.name.to_owned()]).expect("parameters");
    params.not_before = date_time_ymd(case.from, 1, 1);
    params.not_after = date_time_ymd(case.until, 1, 1);
    let key = KeyPair::generate().expect("a key");
    let signer = match case.issuer {
        "known" => known,
        _ => stranger,
    };
    let certificate = params.signed_by(&key, signer).expect("a certificate");
    let private = PrivateKeyDer::from_pem_slice(key.serialize_pem().as_bytes());
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], private.expect("a key"))
        .expect("a certificate");
    let mut server = ServerConnection::new(Arc::new(config)).expect("a session");
    let roots = Roots::with_extra(&[known.pem().into_bytes()]).expect("a root");
    let config = roots.config(&RootCertStore::empty(), handle);
    let client = tls::Session::new(config.expect("a configuration"), "server.test");
    let mut client = client.expect("a session");
    loop {
        let mut request = Vec::new();
        client.flush(&mut request).expect("memory");
        server.read_tls(&mut &request[..]).expect("memory");
        server.process_new_packets().expect("a client");
        if !client.is_handshaking() {
            return (Ok(()), None);
        }
        let mut answer = Vec::new();
        server.write_tls(&mut answer).expect("memory");
        let mut answer = &answer[..];
        while !answer.is_empty() {
            if let Err(code) = client.handshake(&mut answer) {
                let mut alert = Vec::new();
                client.flush(&mut alert).expect("memory");
                server.read_tls(&mut &alert[..]).expect("memory");
                let told = match server.process_new_packets() {
                    Err(rustls::Error::AlertReceived(alert)) => Some(u8::from(alert)),
                    _ => None,
                };
                return (Err(code), told);
            }
        }
    }
}

fn simulated(case: Case<'_>, handle: &Handle) -> Outcome {
    let at = |year: i32| WallTime {
        seconds: date_time_ymd(year, 1, 1).unix_timestamp() as u64,
        nanoseconds: 0,
    };
    let certificate = Certificate::new([case.name]).expect("a name");
    let certificate = certificate.issuer(case.issuer).expect("an issuer");
    let certificate = certificate.valid_from(at(case.from));
    let mut server = Session::server(certificate.valid_until(at(case.until)), Vec::new());
    let mut client = client_of(handle, "server.test", TrustStore::new(["known"]));
    give(&mut server, &sent(&mut client)).expect("a hello");
    let ended = give(&mut client, &sent(&mut server));
    match give(&mut server, &sent(&mut client)) {
        Ok(()) => (ended.map_err(ErrorCode::from), None),
        Err(TlsError::AlertReceived(alert)) => (ended.map_err(ErrorCode::from), Some(alert)),
        Err(error) => panic!("{error}"),
    }
}

/// A simulation begins in the year 2000.
#[test]
fn certificates_are_refused_for_the_same_reasons() {
    let (_dispatcher, handle) = handle();
    let (known, stranger) = (issuer("known"), issuer("a stranger"));
    let mut refused = 0;
    for name in ["server.test", "*.test.test", "other.test"] {
        for issuer in ["known", "a stranger"] {
            for (from, until) in [(1990, 2500), (1990, 1999), (2001, 2500)] {
                let case = Case {
                    name,
                    issuer,
                    from,
                    until,
                };
                let outcome = simulated(case, &handle);
                let expected = real(case, &known, &stranger, &handle);
                assert_eq!(outcome, expected, "{case:?}");
                refused += usize::from(outcome.0.is_err());
            }
        }
    }
    assert_eq!(refused, 17);
}

/// Names of certificates and of servers, each with each.
#[test]
fn names_match_as_real_ones() {
    let presented = [
        "a.test",
        "A.Test",
        "b.a.test",
        "*.a.test",
        "*.A.TEST",
        "*.test",
        "*",
        "*.*.test",
        "b*.a.test",
        "b.*.test",
        "a.test.",
        "a_b.test",
        "localhost",
        "10.0.0.1",
        "fd00::1",
        "a",
        "-a.test",
        "",
    ];
    let references = [
        "a.test",
        "A.test",
        "a.test.",
        "b.a.test",
        "B.A.Test.",
        "c.b.a.test",
        "a_b.test",
        "test",
        "localhost",
        "a",
        "10.0.0.1",
        "10.0.0.2",
        "fd00::1",
        "fd00:0::1",
    ];
    let mut matched = 0;
    for own in presented {
        let mut params = CertificateParams::new(Vec::new()).expect("parameters");
        params.subject_alt_names.push(match own.parse() {
            Ok(address) => SanType::IpAddress(address),
            Err(_) => SanType::DnsName(own.try_into().expect("ASCII")),
        });
        let key = KeyPair::generate().expect("a key");
        let certificate = params.self_signed(&key).expect("a certificate");
        let real = ParsedCertificate::try_from(certificate.der()).expect("a certificate");
        let simulated = CertificateName::parse(own).ok();
        for reference in references {
            let server = ServerName::try_from(reference).expect("a name");
            let expected = verify_server_name(&real, &server).is_ok();
            let matches = simulated.as_ref().is_some_and(|own| own.matches(&server));
            assert_eq!(matches, expected, "{own} for {reference}");
            matched += usize::from(matches);
        }
    }
    assert!(matched > 10, "{matched}");
}

/// Real TLS on the other side is no simulated TLS, and the other way round.
#[test]
fn a_real_peer_is_refused() {
    let (_dispatcher, handle) = handle();
    let roots = Roots::default();
    let config = roots.config(&RootCertStore::empty(), &handle);
    let real = tls::Session::new(config.expect("a configuration"), "server");
    let mut real = real.expect("a session");
    let mut hello = Vec::new();
    real.flush(&mut hello).expect("memory");
    let mut server = server();
    let refused = give(&mut server, &hello).expect_err("real TLS");
    assert_eq!(ErrorCode::from(refused), ErrorCode::TlsProtocolError);
    let refused = real.handshake(&mut &sent(&mut server)[..]);
    assert_eq!(refused, Err(ErrorCode::TlsProtocolError));
}

/// The issuers of `http.ca` are known by their common names.
#[test]
fn roots_in_files_have_names() {
    let root = issuer("the tests' authority").pem().into_bytes();
    let other = issuer("another").pem().into_bytes();
    let roots = Roots::with_extra(&[root, other]).expect("roots");
    assert_eq!(roots.common_names(), ["the tests' authority", "another"]);
    assert!(Roots::default().common_names().is_empty());
}
