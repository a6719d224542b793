//! Children before parents.

use serde_json::json;

use super::Guest;

#[test]
fn a_parent_with_a_living_child_cannot_be_dropped() {
    let guest = Guest::new();
    for (which, parent) in [
        ("tcp-pollable", "tcp-socket"),
        ("tcp-stream", "tcp-socket"),
        ("udp-stream", "udp-socket"),
        ("udp-pollable", "incoming-datagram-stream"),
        ("lookup-pollable", "resolve-address-stream"),
    ] {
        let trap = guest
            .call("drop-parent", &[json!(which)])
            .expect_err("a trap");
        let expected = format!("cannot drop this {parent}: 1 of its children still live");
        assert!(trap.contains(&expected), "{which}: {trap}");
    }
    assert_eq!(guest.call("drop-parent", &[json!("none")]), Ok(json!(null)));
}
