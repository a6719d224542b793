//! Lookups.

use serde_json::json;

use super::Guest;

#[test]
fn a_numeric_address_is_its_own_answer_at_once() {
    let guest = Guest::new();
    assert_eq!(
        guest.lines("look-up", &[json!("10.1.2.3")]),
        ["at once", "10.1.2.3"]
    );
    assert_eq!(
        guest.lines("look-up", &[json!("2001:db8::7")]),
        ["at once", "2001:db8:0:0:0:0:0:7"]
    );
}

#[test]
fn a_name_is_looked_up_meanwhile() {
    let guest = Guest::new();
    let answer = guest.lines("look-up", &[json!("localhost")]);
    let (first, addresses) = answer.split_first().expect("an answer");
    assert_eq!(first, "later");
    assert!(!addresses.is_empty());
    for address in addresses {
        assert!(
            address.starts_with("127.") || address == "0:0:0:0:0:0:0:1",
            "{address}"
        );
    }
}

#[test]
fn what_is_no_name_is_an_invalid_argument() {
    let guest = Guest::new();
    let (label, long) = ("a".repeat(64), "a.".repeat(150));
    let umlauts = "\u{fc}".repeat(300);
    for name in [
        "",
        ".",
        "..",
        "a b",
        "a..b",
        "a..",
        "\u{3002}",
        "127.0.0.1:80",
        "[::1]:80",
        "fe80::1%lo",
        "a\u{0}b",
        &label,
        &long,
        &umlauts,
    ] {
        let answer = guest.lines("look-up", &[json!(name)]);
        assert_eq!(answer, ["invalid-argument"], "{name:?}");
    }
}

/// Short forms of IPv4 are the resolver's business: they need the right to ask it, which a rule of
/// addresses does not give.
#[test]
fn a_short_form_of_an_address_is_a_lookup() {
    let guest = Guest::new();
    for name in ["127.1", "0x7f000001"] {
        let answer = guest.lines("look-up", &[json!(name)]);
        let known = [
            "127.0.0.1",
            "name-unresolvable",
            "temporary-resolver-failure",
        ];
        let last = answer.last().expect("a line");
        assert!(known.contains(&last.as_str()), "{name}: {answer:?}");
    }
    let denied = super::allow::answer("['tcp:127.0.0.1:*']", "look-up", &[json!("127.1")]);
    assert_eq!(denied, json!(["access-denied"]));
    let known = super::allow::answer("['tcp:10.0.0.1:*']", "look-up", &[json!("127.0.0.1")]);
    assert_eq!(known, json!(["at once", "127.0.0.1"]));
}

/// `invalid.` exists nowhere; a machine without a resolver cannot say so.
#[test]
fn a_name_that_nobody_has_is_unresolvable_in_any_script() {
    let guest = Guest::new();
    for name in ["no-such-host.invalid", "bücher.invalid"] {
        let answer = guest.lines("look-up", &[json!(name)]);
        assert!(
            answer == ["name-unresolvable"] || answer == ["temporary-resolver-failure"],
            "{answer:?}"
        );
    }
}
