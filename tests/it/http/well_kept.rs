//! Beside a server that others wrote.

use std::sync::Arc;
use std::thread::JoinHandle;

use serde_json::json;
use tiny_http::{Header, Response, Server, StatusCode};

use super::{Guest, get, header, with};

/// A `tiny_http` server that echoes.
struct Echo {
    server: Arc<Server>,
    thread: Option<JoinHandle<()>>,
}

impl Echo {
    fn new() -> Echo {
        let server = Arc::new(Server::http("127.0.0.1:0").expect("a server"));
        let running = server.clone();
        let thread = std::thread::spawn(move || {
            for mut request in running.incoming_requests() {
                let mut body = String::new();
                let read = request.as_reader().read_to_string(&mut body);
                let seen = format!("{} {} {body}", request.method(), request.url());
                let kind = Header::from_bytes("X-Kind", "echo").expect("a header");
                let status = StatusCode(if read.is_ok() { 200 } else { 400 });
                let response = Response::from_string(seen)
                    .with_header(kind)
                    .with_status_code(status);
                // Odd paths are answered in chunks.
                let _ = match request.url() {
                    "/chunked" => request.respond(response.with_chunked_threshold(0)),
                    _ => request.respond(response),
                };
            }
        });
        Echo {
            server,
            thread: Some(thread),
        }
    }

    fn authority(&self) -> String {
        self.server.server_addr().to_string()
    }
}

impl Drop for Echo {
    fn drop(&mut self) {
        self.server.unblock();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

#[test]
fn requests_of_all_kinds_are_understood() {
    let guest = Guest::new();
    let echo = Echo::new();
    let authority = echo.authority();
    let cases = [
        (json!({}), "GET / "),
        (json!({"path": "/chunked"}), "GET /chunked "),
        (json!({"path": "/a?b=c&d=%20"}), "GET /a?b=c&d=%20 "),
        (json!({"path": null}), "GET / "),
        (json!({"path": "?q"}), "GET /?q "),
        (
            json!({"method": "POST", "body": ["he", "llo"]}),
            "POST / hello",
        ),
        (
            json!({"method": "PUT", "body": ["in", " chunks"], "trailers": [["a", "b"]]}),
            "PUT / in chunks",
        ),
        (json!({"method": "PURGE"}), "PURGE / "),
    ];
    for (changes, expected) in cases {
        let reply = guest
            .fetch(with(get(&authority), changes.clone()))
            .expect("an answer");
        assert_eq!(reply["status"], 200, "{changes}");
        assert_eq!(reply["body"], expected, "{changes}");
        assert_eq!(header(&reply, "x-kind"), ["echo"], "{changes}");
    }
    let head = guest
        .fetch(with(get(&authority), json!({"method": "HEAD"})))
        .expect("an answer");
    assert_eq!(head["body"], "");
}

#[test]
fn many_at_once_are_answered() {
    let guest = Guest::new();
    let echo = Echo::new();
    let bodies = guest
        .call("together", &[json!(echo.authority()), json!(32)])
        .expect("no trap");
    let expected: Vec<String> = (0..32).map(|index| format!("GET /{index} ")).collect();
    assert_eq!(bodies, json!(expected));
}
