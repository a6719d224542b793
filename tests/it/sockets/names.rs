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
    for name in ["", "a b", "a..b", "127.0.0.1:80", "[::1]", "a\u{0}b"] {
        assert_eq!(guest.lines("look-up", &[json!(name)]), ["invalid-argument"]);
    }
}

/// `invalid.` exists nowhere; a machine without a resolver cannot say so.
#[test]
fn a_name_that_nobody_has_is_unresolvable() {
    let guest = Guest::new();
    let answer = guest.lines("look-up", &[json!("no-such-host.invalid")]);
    assert!(
        answer == ["name-unresolvable"] || answer == ["temporary-resolver-failure"],
        "{answer:?}"
    );
}
