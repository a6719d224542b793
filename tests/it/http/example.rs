//! The project of `examples/fetch`: what its script shows keeps working.

use serde_json::{Value, json};

use super::server::{Server, path};

/// What a call of the example gives on standard output.
fn call(function: &str, arguments: &[Value]) -> Value {
    let output = crate::support::binary()
        .args(["-C", concat!(env!("CARGO_MANIFEST_DIR"), "/examples/fetch")])
        .args(["call", function])
        .args(arguments.iter().map(Value::to_string))
        .output()
        .expect("the program");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{stderr}");
    serde_json::from_slice(&output.stdout).expect("JSON")
}

#[test]
fn several_are_fetched_and_others_refused() {
    let server = Server::new(|mut peer, _| {
        let head = peer.head();
        peer.answer(path(&head));
    });
    let bodies = call("together", &[json!(server.authority()), json!(3)]);
    assert_eq!(bodies, json!(["/0", "/1", "/2"]));
    let refused = call("fetch", &[super::get("192.0.2.1:80")]);
    assert_eq!(refused, json!({"err": "HttpRequestDenied"}));
}
