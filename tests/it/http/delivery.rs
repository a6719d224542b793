//! Requests whose answers nobody waits for: what was finished is delivered before the call ends.

use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use serde_json::{Value, json};
use wippy::Arguments;

use super::server::{Peer, Server};
use super::timeouts::Unanswered;
use super::{Guest, get, with};
use crate::support::Project;

/// Far more than a test takes, far less than the defaults.
const PATIENCE: Duration = Duration::from_secs(5);

const LEAVING: [&str; 3] = ["dropped", "kept", "trapped"];

/// What a server saw of one connection: the first line, the body, and whether it had its end.
type Seen = (String, usize, bool);

/// A server that tells what it reads and never answers.
fn silent() -> (Server, Receiver<Seen>) {
    let (told, heard) = channel();
    let server = Server::new(move |mut peer, _| {
        let head = peer.head();
        let line = head.lines().next().unwrap_or_default().to_owned();
        let (length, whole) = read_body(&mut peer, &head);
        // The test may have seen enough.
        let _ = told.send((line, length, whole));
        peer.closed();
    });
    (server, heard)
}

fn read_body(peer: &mut Peer, head: &str) -> (usize, bool) {
    let length = head
        .lines()
        .filter_map(|line| line.split_once(": "))
        .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
        .and_then(|(_, length)| length.parse::<usize>().ok());
    match length {
        Some(length) => {
            let read = peer.bytes(length).len();
            (read, read == length)
        }
        None if head.contains("Transfer-Encoding: chunked") => {
            let mut total = 0;
            loop {
                let Ok(size) = usize::from_str_radix(&peer.line(), 16) else {
                    return (total, false);
                };
                total += peer.bytes(size).len();
                if peer.line() != "" || size == 0 {
                    return (total, size == 0);
                }
            }
        }
        None => (0, head.ends_with("\r\n\r\n")),
    }
}

fn leave(guest: &Guest, request: &Value, count: u32, leaving: &str) {
    let arguments = [request.clone(), json!(count), json!(leaving)];
    match guest.call("leave", &arguments) {
        Ok(result) => assert_eq!(result, json!({"ok": true}), "{leaving}"),
        Err(error) => assert_eq!(leaving, "trapped", "{error}"),
    }
}

#[test]
fn what_was_handed_over_is_sent_before_the_call_ends() {
    let guest = Guest::new();
    let (server, heard) = silent();
    let long = "x".repeat(300_000);
    let cases = [
        (json!({}), 0),
        (json!({"method": "DELETE"}), 0),
        (
            json!({"method": "POST", "body": ["hello"], "body-first": true}),
            5,
        ),
        (json!({"method": "POST", "body": ["he", "llo"]}), 5),
        (
            json!({"method": "PUT", "body": [long], "headers": [["content-length", "300000"]]}),
            300_000,
        ),
        (
            json!({"method": "PUT", "body": ["x".repeat(70_000)], "trailers": [["sum", "1"]]}),
            70_000,
        ),
    ];
    for (changes, length) in cases {
        let request = with(get(&server.authority()), changes);
        let method = request["method"].as_str().expect("a method");
        for leaving in LEAVING {
            leave(&guest, &request, 3, leaving);
            // Nothing is done for the guest from here on.
            for _ in 0..3 {
                let seen = heard.recv_timeout(PATIENCE).expect("a request");
                let line = format!("{method} / HTTP/1.1");
                assert_eq!(seen, (line, length, true), "{leaving}");
            }
        }
    }
}

#[test]
fn an_unfinished_body_holds_nothing_up() {
    let guest = Guest::new();
    let (server, heard) = silent();
    let request = with(
        get(&server.authority()),
        json!({"method": "POST", "body": ["x".repeat(70_000)], "unfinished": true}),
    );
    for leaving in LEAVING {
        leave(&guest, &request, 1, leaving);
        // It may not even have been connected.
        if let Ok((_, _, whole)) = heard.recv_timeout(Duration::from_millis(20)) {
            assert!(!whole, "{leaving}");
        }
    }
}

/// Nobody is there, or does not answer: the request's own timeouts end the wait.
#[test]
fn what_cannot_be_sent_fails_in_time() {
    let guest = Guest::new();
    let unanswered = Unanswered::new();
    for authority in ["127.0.0.1:1".to_owned(), unanswered.authority()] {
        let request = with(get(&authority), json!({"connect-timeout": 30_000_000}));
        for leaving in LEAVING {
            leave(&guest, &request, 2, leaving);
        }
    }
}

/// With the timeouts as they are this would take ten minutes.
#[test]
fn what_is_not_sent_in_time_is_given_up() {
    let limits = "{delivery_ms: 20}";
    let guest = Guest::of(&mut Project::new(), &[("limits", &limits)]);
    let unanswered = Unanswered::new();
    for leaving in LEAVING {
        leave(&guest, &get(&unanswered.authority()), 2, leaving);
    }
}

/// A call that is ended from outside waits for nothing, and leaves nothing behind.
#[test]
fn a_call_that_is_cancelled_gives_its_requests_up() {
    let guest = Guest::new();
    let (told, heard) = channel();
    let server = Server::new(move |mut peer, _| {
        // The handshake never comes to its end.
        let hello = peer.bytes(1);
        told.send(hello.len()).expect("a listener");
        told.send(usize::from(peer.closed())).expect("a listener");
    });
    let authority = format!("localhost:{}", server.port());
    let request = with(get(&authority), json!({"scheme": "https"}));
    for leaving in ["dropped", "kept"] {
        let arguments = [request.clone(), json!(1), json!(leaving)];
        let handle = guest.dispatcher.handle();
        let (said, call) = (
            async {
                while heard.try_recv().is_err() {
                    handle.yield_now().await.expect("a running dispatcher");
                }
            },
            guest.runtime.call("leave", Arguments::Json(&arguments)),
        );
        let ended = guest
            .dispatcher
            .block_on(first_of(said, call))
            .expect("a running dispatcher");
        assert!(!ended, "the call ended before its request was sent");
        while heard.try_recv() != Ok(1) {
            let turned = guest.dispatcher.turn(Some(Duration::from_millis(1)));
            turned.expect("a running dispatcher");
        }
    }
}

/// Whether the second was first; both are dropped.
async fn first_of<A, B>(first: impl Future<Output = A>, second: impl Future<Output = B>) -> bool {
    let (mut first, mut second) = (std::pin::pin!(first), std::pin::pin!(second));
    std::future::poll_fn(|cx| {
        if second.as_mut().poll(cx).is_ready() {
            return std::task::Poll::Ready(true);
        }
        first.as_mut().poll(cx).map(|_| false)
    })
    .await
}

/// A server may answer before it reads the body: the body still arrives, unless the answer refuses
/// it.
#[test]
fn an_answer_before_the_body_does_not_end_it() {
    let guest = Guest::new();
    let (told, heard) = channel();
    let server = Server::new(move |mut peer, number| {
        while let head = peer.head()
            && !head.is_empty()
        {
            peer.say("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi");
            let (length, whole) = read_body(&mut peer, &head);
            told.send((number, length, whole)).expect("a listener");
        }
    });
    let pieces: Vec<String> = (0..10).map(|_| "x".repeat(40_000)).collect();
    let request = with(
        get(&server.authority()),
        json!({"method": "POST", "body": pieces}),
    );
    for _ in 0..2 {
        let reply = guest.fetch(request.clone()).expect("an answer");
        assert_eq!(reply["body"], "hi");
        // The rest of the body may still be on its way.
        let seen = loop {
            let turned = guest.dispatcher.turn(Some(Duration::from_millis(1)));
            turned.expect("a running dispatcher");
            if let Ok(seen) = heard.try_recv() {
                break seen;
            }
        };
        assert_eq!((seen.1, seen.2), (400_000, true));
    }
    // And the connection is as good as any.
    assert_eq!(server.accepted(), 1);
}

/// The server refuses what it has not read, and closes: the guest still hears why.
#[test]
fn an_answer_that_refuses_the_body_ends_it() {
    let guest = Guest::new();
    for closing in ["", "Connection: close\r\n"] {
        let server = Server::new(move |mut peer, _| {
            peer.head();
            peer.say(format!(
                "HTTP/1.1 413 Too Large\r\n{closing}Content-Length: 3\r\n\r\nbig"
            ));
            // With an end and no more bytes read, so that the client's next write is answered
            // with a reset.
        });
        let pieces: Vec<String> = (0..100).map(|_| "x".repeat(100_000)).collect();
        let request = with(
            get(&server.authority()),
            json!({"method": "POST", "body": pieces}),
        );
        let reply = guest.fetch(request).expect("an answer");
        assert_eq!(
            (&reply["status"], &reply["body"]),
            (&json!(413), &json!("big"))
        );
    }
}
