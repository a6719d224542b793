//! Who has sent a request: only trusted proxies are believed.

use super::*;

fn proxies(members: &[&str], field: &str) -> TrustedProxies {
    TrustedProxies {
        members: members
            .iter()
            .map(|it| it.parse().expect("a proxy"))
            .collect(),
        field: field.parse().expect("a field"),
    }
}

/// The client of a request from a peer, and whether it speaks TLS.
fn client(proxies: &TrustedProxies, peer: &str, lines: &[(&str, &str)]) -> String {
    let mut fields = Fields::new();
    for (name, value) in lines {
        fields.append(name, value.as_bytes()).expect("a field");
    }
    let peer = match peer {
        "unix" => Peer::Unix,
        address => Peer::Internet(address.parse().expect("an address")),
    };
    let client = proxies.client(peer, false, &fields);
    let address = client
        .address
        .map_or("nobody".to_owned(), |it| it.to_string());
    format!("{address} {}", if client.secure { "https" } else { "http" })
}

#[test]
fn going_back_from_the_peer_the_first_who_is_no_proxy() {
    let ours = proxies(&["10.0.0.0/8", "2001:db8::/32"], "x-forwarded-for");
    let cases = [
        ("10.1.1.1:9", "203.0.113.7", "203.0.113.7"),
        // What the client itself has written stands before it.
        ("10.1.1.1:9", "1.2.3.4, 203.0.113.7", "203.0.113.7"),
        (
            "10.1.1.1:9",
            "1.2.3.4, 203.0.113.7, 10.9.9.9",
            "203.0.113.7",
        ),
        ("10.1.1.1:9", "10.2.2.2, 10.3.3.3", "10.2.2.2"),
        ("10.1.1.1:9", "203.0.113.7:5555", "203.0.113.7"),
        ("[2001:db8::1]:9", "2001:db9::7", "2001:db9::7"),
        ("[2001:db8::1]:9", "[2001:db9::7]:80", "2001:db9::7"),
        ("[::ffff:10.1.1.1]:9", "::ffff:203.0.113.7", "203.0.113.7"),
        // Beyond what is no address nobody is known.
        ("10.1.1.1:9", "203.0.113.7, unknown, 10.2.2.2", "10.2.2.2"),
        ("10.1.1.1:9", "203.0.113.7, ", "10.1.1.1"),
        ("10.1.1.1:9", "", "10.1.1.1"),
        // Nobody is believed who is not trusted.
        ("192.0.2.1:9", "203.0.113.7", "192.0.2.1"),
        ("[::ffff:192.0.2.1]:9", "203.0.113.7", "192.0.2.1"),
        ("unix", "203.0.113.7", "nobody"),
    ];
    for (peer, value, expected) in cases {
        let found = client(&ours, peer, &[("X-Forwarded-For", value)]);
        assert_eq!(found, format!("{expected} http"), "{peer} {value:?}");
    }
    let lines = [
        ("X-Forwarded-For", "1.2.3.4"),
        ("x-forwarded-for", "203.0.113.7"),
    ];
    assert_eq!(client(&ours, "10.1.1.1:9", &lines), "203.0.113.7 http");
    let default = TrustedProxies::default();
    assert_eq!(client(&default, "10.1.1.1:9", &lines), "10.1.1.1 http");
    let local = proxies(&["unix"], "x-forwarded-for");
    assert_eq!(client(&local, "unix", &lines), "203.0.113.7 http");
    assert_eq!(client(&local, "10.1.1.1:9", &lines), "10.1.1.1 http");
}

/// A proxy that sets one field passes the others on as its client wrote them.
#[test]
fn one_field_only_is_believed() {
    let lines = [
        ("Forwarded", "for=1.1.1.1"),
        ("X-Forwarded-For", "2.2.2.2"),
        ("X-Real-IP", "3.3.3.3"),
    ];
    for (field, expected) in [
        ("forwarded", "1.1.1.1"),
        ("X-Forwarded-For", "2.2.2.2"),
        ("x-real-ip", "3.3.3.3"),
    ] {
        let ours = proxies(&["10.0.0.1"], field);
        assert_eq!(
            client(&ours, "10.0.0.1:9", &lines),
            format!("{expected} http")
        );
    }
    assert!("x-client-ip".parse::<ForwardedField>().is_err());
}

#[test]
fn the_elements_of_forwarded() {
    let ours = proxies(&["10.0.0.0/8"], "forwarded");
    let cases = [
        (
            "for=203.0.113.7;proto=https;by=10.0.0.1",
            "203.0.113.7 https",
        ),
        ("For=\"[2001:db8:cafe::17]:4711\"", "2001:db8:cafe::17 http"),
        (
            "for=1.2.3.4, for=203.0.113.7;proto=https",
            "203.0.113.7 https",
        ),
        (
            "for=203.0.113.7;proto=https, for=10.2.2.2;proto=http",
            "203.0.113.7 https",
        ),
        (
            "for=203.0.113.7;host=\"a, for=1.1.1.1\"",
            "203.0.113.7 http",
        ),
        (
            "for=203.0.113.7;host=\"a\\\", for=1.1.1.1\"",
            "203.0.113.7 http",
        ),
        ("for=_hidden, for=10.2.2.2", "10.2.2.2 http"),
        ("for=unknown", "10.1.1.1 http"),
        ("proto=https", "10.1.1.1 https"),
        ("for", "10.1.1.1 http"),
        ("=;;,,", "10.1.1.1 http"),
    ];
    for (value, expected) in cases {
        let found = client(&ours, "10.1.1.1:9", &[("Forwarded", value)]);
        assert_eq!(found, expected, "{value:?}");
    }
}

#[test]
fn schemes_of_x_forwarded_proto() {
    let ours = proxies(&["10.0.0.0/8"], "x-forwarded-for");
    let cases = [
        ("203.0.113.7", "https", "203.0.113.7 https"),
        ("203.0.113.7", "HTTPS", "203.0.113.7 https"),
        ("203.0.113.7", "ftp", "203.0.113.7 http"),
        ("1.1.1.1, 203.0.113.7", "http, https", "203.0.113.7 https"),
        ("1.1.1.1, 203.0.113.7", "https, http", "203.0.113.7 http"),
        ("203.0.113.7, 10.2.2.2", "https", "203.0.113.7 https"),
    ];
    for (value, scheme, expected) in cases {
        let lines = [("X-Forwarded-For", value), ("X-Forwarded-Proto", scheme)];
        assert_eq!(
            client(&ours, "10.1.1.1:9", &lines),
            expected,
            "{value} {scheme}"
        );
        // Not from others.
        assert!(client(&ours, "1.1.1.1:9", &lines).ends_with(" http"));
    }
    let alone = [("X-Forwarded-Proto", "https")];
    assert_eq!(client(&ours, "10.1.1.1:9", &alone), "10.1.1.1 https");
}

#[test]
fn a_list_without_end_is_gone_back_so_far() {
    let ours = proxies(&["10.0.0.0/8"], "x-forwarded-for");
    let list = vec!["10.0.0.5"; 1000].join(",");
    let lines = [("X-Forwarded-For", list.as_str())];
    assert_eq!(client(&ours, "10.1.1.1:9", &lines), "10.0.0.5 http");
}

#[test]
fn networks_by_their_prefixes() {
    for (network, inside, outside) in [
        ("10.0.0.0/8", "10.255.0.1", "11.0.0.0"),
        ("10.0.0.5", "10.0.0.5", "10.0.0.4"),
        ("10.0.0.77/25", "10.0.0.1", "10.0.0.128"),
        ("0.0.0.0/0", "9.9.9.9", "::1"),
        ("::1", "::1", "::2"),
        ("2001:db8::/33", "2001:db8:7fff::", "2001:db8:8000::"),
        ("::/0", "::2", "1.1.1.1"),
    ] {
        let ours = proxies(&[network], "x-real-ip");
        let trusts = |address: &str| ours.trusts(address.parse().ok());
        assert!(trusts(inside) && !trusts(outside), "{network}");
        let text = ours.members[0].to_string();
        assert_eq!(text.parse(), Ok(ours.members[0]));
    }
    for text in [
        "",
        "10",
        "10.0.0.0/33",
        "10.0.0.0/",
        "10.0.0.0/+8",
        "::/129",
        "a",
        "10.0.0.0/8/8",
    ] {
        let error = text.parse::<TrustedProxy>().expect_err(text);
        assert!(error.to_string().contains("10.0.0.0/8"), "{error}");
    }
}
