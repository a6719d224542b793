//! How much goes over the connection.

use super::*;

#[test]
fn flights_are_as_long_as_those_of_tls() {
    let (_dispatcher, handle) = handle();
    let (mut client, mut server) = (client(&handle), server());
    let hello = sent(&mut client);
    assert!((230..=300).contains(&hello.len()), "{}", hello.len());
    give(&mut server, &hello).expect("a hello");
    let flight = sent(&mut server);
    assert!((2_000..=4_000).contains(&flight.len()), "{}", flight.len());
    give(&mut client, &flight).expect("a certificate");
    let finished = sent(&mut client);
    assert!((50..=90).contains(&finished.len()), "{}", finished.len());
}

#[test]
fn records_hold_sixteen_kib_and_add_twenty_two_bytes() {
    let (_dispatcher, handle) = handle();
    let (mut client, _server) = agreed(&handle);
    for (bytes, records) in [(1, 1), (16_384, 1), (16_385, 2), (40_000, 3)] {
        assert_eq!(client.write(&vec![7; bytes]), bytes);
        assert_eq!(sent(&mut client).len(), bytes + 22 * records, "{bytes}");
    }
    client.close();
    assert_eq!(sent(&mut client).len(), 2 + 22);
}

#[test]
fn what_is_kept_for_the_socket_is_bounded() {
    let (_dispatcher, handle) = handle();
    let (mut client, _server) = agreed(&handle);
    let mut taken = 0;
    loop {
        match client.write(&[7; 100_000]) {
            0 => break,
            count => taken += count,
        }
    }
    assert!((64 * 1024..=80 * 1024).contains(&taken), "{taken}");
    assert_eq!(client.write(b"more"), 0);
    sent(&mut client);
    assert_eq!(client.write(b"more"), 4);
}

/// The longest certificate is one record still; one name more is refused where it is made.
#[test]
fn the_longest_certificate_is_accepted() {
    let label = "a".repeat(61);
    let name = |n: usize| format!("{n:02}{label}.{label}.{label}.{label}");
    let names: Vec<String> = (10..60).map(name).collect();
    let certificate = Certificate::new(&names).expect("names");
    let certificate = certificate.issuer(&"r".repeat(255)).expect("an issuer");
    let (_dispatcher, handle) = handle();
    let trust = TrustStore::new(["r".repeat(255)]);
    let mut client = client_of(&handle, &name(59), trust);
    let mut server = Session::server(certificate.clone(), Vec::new());
    give(&mut server, &sent(&mut client)).expect("a hello");
    give(&mut client, &sent(&mut server)).expect("a certificate");
    assert!(!client.is_handshaking());
    let more = names.into_iter().chain(["one.more".to_owned()]);
    assert!(Certificate::new(more).is_err());
    assert!(certificate.clone().issuer(&"r".repeat(256)).is_err());
    assert!(certificate.issuer("").is_err());
}
