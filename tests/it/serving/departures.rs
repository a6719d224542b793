//! Clients that go away, and servers that end.

use std::time::Duration;

use super::{Served, entry, get, request};

/// Breaks a connection off once `seen` has come, or once the request has.
async fn leave_after(served: &Served, request: &str, seen: &str) {
    let client = served.connect().await;
    client.say(request).await;
    match seen {
        "" => served.sleep_ms(100).await,
        seen => drop(client.until(seen).await),
    }
    client.stream.reset_on_close().expect("open");
    drop(client);
    served.sleep_ms(100).await;
}

#[test]
fn a_guest_learns_that_its_client_is_gone_when_it_writes() {
    let served = Served::simulated(entry());
    served.run(async {
        leave_after(&served, &get("/endless/1000"), "xxxx").await;
        assert_eq!(served.printed(), "closed\n");
        // It ends by itself.
        served.handler.ended().await.expect("the dispatcher runs");
    });
    assert_eq!(served.printed(), "lingered\n");
}

#[test]
fn a_guest_whose_client_is_gone_has_so_long_to_end() {
    let served = Served::simulated(entry().delivery(Duration::from_secs(3)));
    served.run(async {
        let begun = served.now_ms();
        leave_after(&served, &get("/endless/3600000"), "xxxx").await;
        served.handler.ended().await.expect("the dispatcher runs");
        let took = served.now_ms() - begun;
        assert!((3_000..4_000).contains(&took), "{took} ms");
    });
    assert_eq!(served.printed(), "closed\n");
    assert_eq!(served.runtime.calls(), []);
}

#[test]
fn a_client_that_is_gone_before_the_head_gives_up_its_call() {
    let served = Served::simulated(entry().delivery(Duration::from_secs(2)));
    served.run(async {
        let begun = served.now_ms();
        leave_after(&served, &get("/wait/3600000"), "").await;
        assert_eq!(served.handler.open_calls(), 1);
        served.handler.ended().await.expect("the dispatcher runs");
        assert!(served.now_ms() - begun < 3_000);
    });
}

/// A client that has closed its connection in order sends no reset before something is written to it.
#[test]
fn a_client_that_closed_its_half_gives_up_its_call_too() {
    let served = Served::simulated(entry().delivery(Duration::from_secs(2)));
    served.run(async {
        let client = served.connect().await;
        client.say(&get("/wait/3600000")).await;
        drop(client);
        served.sleep_ms(1_000).await;
        assert_eq!(served.handler.open_calls(), 1);
        let begun = served.now_ms();
        served.handler.ended().await.expect("the dispatcher runs");
        // 5 s for the answer, and 2 s for the guest.
        let took = served.now_ms() - begun;
        assert!((5_000..7_500).contains(&took), "{took} ms");
    });
    assert_eq!(served.runtime.calls(), []);
}

#[test]
fn a_body_that_breaks_off_is_an_error_of_its_reader() {
    let served = Served::simulated(entry());
    served.run(async {
        let upload = request("POST", "/count", "Content-Length: 9\r\n\r\nabc");
        leave_after(&served, &upload, "").await;
        served.handler.ended().await.expect("the dispatcher runs");
    });
    let printed = served.printed();
    assert_eq!(printed, "3, then ErrorCode::ConnectionTerminated\n");
}

/// A place in the queue is given up at once: no guest has begun for that client.
#[test]
fn a_client_that_is_gone_leaves_the_queue() {
    let inline = entry().pool(wippy::project::kinds::PoolType::Inline, 1);
    let served = Served::simulated(inline);
    served.run(async {
        let first = served.connect().await;
        first.say(get("/wait/5000")).await;
        served.sleep_ms(100).await;
        leave_after(&served, &get("/after/0"), "").await;
        assert_eq!(served.handler.open_calls(), 1);
        assert_eq!(first.last_answer().await.status, 200);
    });
    assert_eq!(served.printed(), "");
}

#[test]
fn a_server_stops_when_its_requests_are_answered() {
    let Served {
        dispatcher,
        handle,
        server,
        handler,
        runtime: _runtime,
        printed: _printed,
    } = Served::simulated(entry());
    let address = server.addresses()[0];
    let stopped = dispatcher.block_on(async {
        let client = super::Client::connect(&handle, address).await;
        client.say(get("/slowly/20")).await;
        client.until("0\n").await;
        let counts = server.stop(Duration::from_secs(10)).await.expect("stops");
        let rest = client.rest().await;
        assert!(rest.ends_with(b"19\n\r\n0\r\n\r\n"));
        handler.ended().await.expect("the dispatcher runs");
        counts
    });
    let counts = stopped.expect("no deadlock");
    assert_eq!((counts.answered, counts.cut), (1, 0));
}

/// What is not answered in time is cut, and its guest ended with the handler.
#[test]
fn a_server_that_is_dropped_ends_its_guests() {
    let Served {
        dispatcher,
        handle,
        server,
        handler,
        runtime,
        printed: _printed,
    } = Served::simulated(entry());
    let address = server.addresses()[0];
    let run = dispatcher.block_on(async {
        let client = super::Client::connect(&handle, address).await;
        client.say(get("/slowly/100")).await;
        client.until("0\n").await;
        let counts = server.stop(Duration::from_secs(1)).await.expect("stops");
        assert_eq!((counts.answered, counts.cut), (0, 1));
        assert_eq!(runtime.calls().len(), 1);
        drop(handler);
        handle.sleep(Duration::from_millis(1)).await.expect("time");
        assert_eq!(runtime.calls(), []);
        let rest = client.rest().await;
        assert!(!rest.ends_with(b"0\r\n\r\n"));
    });
    run.expect("no deadlock");
}
