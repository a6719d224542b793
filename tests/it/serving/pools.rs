//! Requests beyond what an entry's pool takes at once.

use std::time::Duration;

use wippy::http_server::ServerLimits;
use wippy::project::kinds::PoolType;

use super::{Served, entry, get};
use crate::support::{live, simulated};

#[test]
fn a_request_waits_for_an_instance() {
    let served = Served::simulated(entry().pool(PoolType::Inline, 1));
    served.run(async {
        let begun = served.now_ms();
        let (one, other) = (served.connect().await, served.connect().await);
        one.say(get("/wait/1000")).await;
        other.say(get("/wait/1000")).await;
        assert_eq!(one.last_answer().await.status, 200);
        assert_eq!(other.last_answer().await.status, 200);
        assert!(served.now_ms() - begun >= 2_000);
    });
}

#[test]
fn a_request_that_waits_too_long_is_asked_to_come_again() {
    let inline = entry().pool(PoolType::Inline, 1);
    let served = Served::on(simulated(), inline, ServerLimits::default(), |handler| {
        handler.max_wait(Duration::from_millis(500))
    });
    served.run(async {
        let first = served.connect().await;
        first.say(get("/wait/5000")).await;
        served.sleep_ms(100).await;
        let begun = served.now_ms();
        let refused = served.get("/hello").await;
        assert_eq!(
            (refused.status, refused.field("retry-after")),
            (503, Some("1"))
        );
        assert!((500..600).contains(&(served.now_ms() - begun)));
        assert_eq!(first.last_answer().await.status, 200);
        assert_eq!(served.get("/hello").await.status, 200);
    });
}

#[test]
fn a_request_too_many_is_refused_at_once() {
    let one = entry().pool(PoolType::Static, 1).max_waiting(1);
    let served = Served::simulated(one);
    served.run(async {
        let first = served.connect().await;
        first.say(get("/wait/5000")).await;
        served.sleep_ms(100).await;
        let second = served.connect().await;
        second.say(get("/hello")).await;
        served.sleep_ms(100).await;
        let begun = served.now_ms();
        assert_eq!(served.get("/hello").await.status, 503);
        assert!(served.now_ms() - begun < 100);
        assert_eq!(first.last_answer().await.status, 200);
        assert_eq!(second.last_answer().await.status, 200);
    });
}

/// A static pool keeps instances ready, and each is used once.
#[test]
fn requests_take_the_instances_that_are_ready() {
    let served = Served::on(
        live(),
        entry().pool(PoolType::Static, 2),
        ServerLimits::default(),
        |it| it,
    );
    served.run(async {
        served.handle.idle().await.expect("runs");
        while served.runtime.spares("served").0 < 2 {
            served.handle.idle().await.expect("runs");
        }
        for _ in 0..5 {
            assert_eq!(served.get("/hello").await.text(), "hello\n");
        }
        assert!(served.runtime.spares("served").0 + served.runtime.spares("served").1 > 0);
    });
}
