//! The rules that the guest checks for itself, and those that end its call.

use serde_json::{Value, json};

use super::server::Server;
use super::{Guest, get, header, with};

#[test]
fn fields_and_messages_keep_their_rules() {
    let guest = Guest::new();
    for method in ["check-fields", "check-messages"] {
        let checked = guest.call(method, &[]);
        assert_eq!(checked, Ok(json!({"ok": null})), "{method}");
    }
    let server =
        Server::saying("HTTP/1.1 200 OK\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\nhi");
    let authority = server.authority();
    assert_eq!(
        guest.call("check-once", &[json!(authority)]),
        Ok(json!({"ok": null}))
    );
}

#[test]
fn parents_outlive_their_children_except_for_headers() {
    let guest = Guest::new();
    let server = Server::saying("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi");
    let authority = json!(server.authority());
    let trapped = |method: &str, arguments: &[Value]| {
        let error = guest.call(method, arguments).expect_err("a trap");
        assert!(error.contains("of its children still live"), "{error}");
    };
    trapped("drop-body-before-stream", &[]);
    trapped(
        "drop-future-before-pollable",
        std::slice::from_ref(&authority),
    );
    trapped("drop-incoming-body-before-stream", &[authority]);
    assert_eq!(
        guest.call("drop-message-before-headers", &[]),
        Ok(json!("yes"))
    );
}

#[test]
fn the_bound_on_fields_has_a_name() {
    let error = Guest::new()
        .call("too-many-fields", &[])
        .expect_err("a trap");
    assert!(error.contains("too many fields"), "{error}");
}

#[test]
fn fields_go_and_come_in_their_order_and_spelling() {
    let guest = Guest::new();
    let server = Server::new(|mut peer, _| {
        let head = peer.head();
        let lines: Vec<&str> = head
            .lines()
            .skip(1)
            .filter(|line| !line.is_empty())
            .collect();
        let seen = lines.join("|");
        peer.say(format!(
            "HTTP/1.1 200 OK\r\nX-Seen: {seen}\r\nx-SEEN: again\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
        ));
    });
    let authority = server.authority();
    let request = with(
        get(&authority),
        json!({"headers": [["X-Two", "2"], ["a", "1"], ["x-two", "3"]]}),
    );
    let reply = guest.fetch(request).expect("an answer");
    let expected = format!("Host: {authority}|X-Two: 2|a: 1|x-two: 3");
    assert_eq!(header(&reply, "x-seen"), [expected.as_str(), "again"]);
    let names: Vec<&Value> = reply["headers"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|pair| &pair[0])
        .collect();
    // What belongs to the connection is not the guest's.
    assert_eq!(names, ["X-Seen", "x-SEEN", "Content-Length"]);
}
