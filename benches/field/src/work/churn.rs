//! Timers that are armed and cancelled, as timeouts are that do not come.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::Poll;
use std::time::Duration;

use wippy_report::Round;

use crate::clock;
use crate::error::Fallible;
use crate::meter::{Budget, Meter};
use crate::runtime::{Runtime, wake_self};

/// A runtime with a budget for each poll of a task (tokio's is 128 operations) would not arm those above it.
const AT_ONCE: u64 = 64;

/// The deadline of a timer that does not come: an hour away, and each somewhere else.
pub fn far_deadline(number: u64) -> Duration {
    Duration::from_secs(3600) + Duration::from_micros(number.wrapping_mul(7919) % 60_000_000)
}

pub async fn run<R: Runtime>(runtime: R, count: u64, budget: Budget) -> Fallible<Round> {
    let mut meter = Meter::of_batches(budget);
    let mut timers: Vec<Pin<Box<dyn Future<Output = Fallible<()>>>>> = Vec::new();
    while meter.goes_on() {
        let start = clock::now();
        let mut armed = 0;
        while armed < count {
            let next = (armed + AT_ONCE).min(count);
            let first = timers.len();
            timers.extend((armed..next).map(|number| {
                Box::pin(runtime.sleep(far_deadline(number)))
                    as Pin<Box<dyn Future<Output = Fallible<()>>>>
            }));
            poll_fn(|context| {
                for timer in timers.iter_mut().skip(first) {
                    if let Poll::Ready(ended) = timer.as_mut().poll(context) {
                        return Poll::Ready(ended.and(Err("a sleep of an hour has ended".into())));
                    }
                }
                Poll::Ready(Fallible::Ok(()))
            })
            .await?;
            armed = next;
            wake_self().await;
        }
        timers.clear();
        // Where cancelling is put off, it is done now.
        wake_self().await;
        meter.record_batch(clock::now() - start, count);
    }
    Ok(meter.finish())
}
