//! Requests and responses that take their time.

use std::time::Duration;

use wippy::activity::CallState;

use super::{Served, entry, get, request, within};

/// The head, and each piece behind it, arrive before the request is whole.
#[test]
fn a_body_comes_back_while_it_is_sent() {
    for served in [Served::simulated(entry()), Served::live(entry())] {
        served.run(async {
            let client = served.connect().await;
            let head = "Transfer-Encoding: chunked\r\n\r\n";
            client.say(request("POST", "/echo", head)).await;
            let head = client.until("\r\n\r\n").await;
            assert!(head.starts_with("HTTP/1.1 200 OK\r\n"), "{head}");
            for word in ["one", "two", "three"] {
                client.say(format!("{:x}\r\n{word}\r\n", word.len())).await;
                client.until(word).await;
            }
            client.say("0\r\n\r\n").await;
            client.until("\r\n0\r\n\r\n").await;
        });
    }
}

#[test]
fn a_long_body_goes_through_a_guest() {
    let served = Served::simulated(entry());
    let body: String = (0..300_000)
        .map(|at| char::from(b'a' + (at % 23) as u8))
        .collect();
    served.run(async {
        let client = served.connect().await;
        let head = format!("Content-Length: {}\r\n\r\n", body.len());
        client.say(request("POST", "/echo", &head)).await;
        let (handle, stream) = (&served.handle, client.stream);
        let stream = std::rc::Rc::new(stream);
        let (writing, text) = (stream.clone(), body.clone());
        let writing = async move { writing.write_all(text.as_bytes()).await };
        let writing = handle.spawn(writing).expect("a task");
        let mut received = Vec::new();
        let mut buffer = vec![0; 16 * 1024];
        while let Ok(count @ 1..) = stream.read(&mut buffer).await {
            received.extend_from_slice(&buffer[..count]);
        }
        writing.await.expect("a task").expect("a server that reads");
        let answer = super::client::Answer::of(&received);
        assert!(answer.is_whole && answer.text() == body);
    });
}

/// A client that reads nothing stops the guest, and nobody else.
#[test]
fn a_client_that_does_not_read_holds_up_its_guest_alone() {
    let served = Served::simulated(entry());
    served.run(async {
        let client = served.connect().await;
        client.say(get("/bytes/10000000")).await;
        served.sleep_ms(5_000).await;
        let calls = served.runtime.calls();
        assert!(
            matches!(calls[0].state, CallState::Parked(_)),
            "{:?}",
            calls[0].state
        );
        assert_eq!(served.get("/hello").await.status, 200);
        let answer = client.last_answer().await;
        assert!(answer.is_whole);
        assert_eq!(answer.body.len(), 10_000_000);
    });
}

/// What a guest does not read waits in the client.
#[test]
fn a_guest_that_does_not_read_holds_up_its_client_alone() {
    let served = Served::simulated(entry());
    served.run(async {
        let client = served.connect().await;
        let head = "Content-Length: 10000000\r\n\r\n";
        client.say(request("POST", "/wait/20000", head)).await;
        let mut sent = 0;
        // Until nothing more goes for a second.
        loop {
            match client.stream.try_write(&[b'x'; 4096]) {
                Ok(count) => sent += count,
                Err(_) => {
                    let second = Duration::from_secs(1);
                    let room = within(&served.handle, second, client.stream.writable()).await;
                    if room.is_none() {
                        break;
                    }
                }
            }
        }
        assert!(sent < 2_000_000, "{sent} bytes went somewhere");
        assert_eq!(served.get("/hello").await.status, 200);
        let head = client.until("\r\n\r\n").await;
        assert!(head.starts_with("HTTP/1.1 200"), "{head}");
    });
}

#[test]
fn a_guest_may_read_a_part_of_a_body() {
    let served = Served::simulated(entry());
    let more = format!("Content-Length: 100000\r\n\r\n{}", "z".repeat(100_000));
    let answer = served.run(served.ask(&request("POST", "/peek", &more)));
    assert_eq!((answer.status, answer.text()), (200, "z"));
}

#[test]
fn a_guest_goes_on_when_it_has_answered() {
    let served = Served::simulated(entry());
    served.run(async {
        let begun = served.now_ms();
        let answer = served.get("/after/30000").await;
        assert_eq!((answer.text(), answer.is_whole), ("answered\n", true));
        assert!(served.now_ms() - begun < 1_000);
        assert_eq!(served.handler.open_calls(), 1);
        // Longer than a guest has whose client is gone.
        served.handler.ended().await.expect("the dispatcher runs");
        assert!(served.now_ms() - begun >= 30_000);
    });
    assert_eq!(served.printed(), "after\n");
}
