//! Tasks that let others run, again and again.

use std::future::Future;

use wippy_report::Round;

use crate::clock;
use crate::error::Fallible;
use crate::meter::{Budget, Meter};
use crate::runtime::{Runtime, wake_self};

/// Yields a sample, of all tasks together.
const YIELDS: u64 = 10_000;

/// By a task that wakes itself, the same for everybody.
pub async fn run<R: Runtime>(runtime: R, among: u64, budget: Budget) -> Fallible<Round> {
    each(&runtime, among, budget, |_| wake_self()).await
}

/// By the runtime's own yield.
pub async fn run_own<R: Runtime>(runtime: R, among: u64, budget: Budget) -> Fallible<Round> {
    if !runtime.own_yield().await {
        return Err("it has no yield but a task that wakes itself".into());
    }
    each(&runtime, among, budget, |runtime| {
        let one = runtime.own_yield();
        async {
            one.await;
        }
    })
    .await
}

async fn each<R: Runtime, Y: Future + 'static>(
    runtime: &R,
    among: u64,
    budget: Budget,
    one: fn(&R) -> Y,
) -> Fallible<Round> {
    let mut meter = Meter::of_batches(budget);
    while meter.goes_on() {
        let start = clock::now();
        let tasks: Vec<_> = (0..among)
            .map(|_| {
                let own = runtime.clone();
                runtime.spawn(async move {
                    for _ in 0..YIELDS / among {
                        one(&own).await;
                    }
                })
            })
            .collect();
        for task in tasks {
            task.await?;
        }
        meter.record_batch(clock::now() - start, YIELDS);
    }
    Ok(meter.finish())
}
