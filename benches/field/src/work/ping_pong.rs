//! Two tasks that send a number back and forth.

use async_channel::bounded;
use wippy_report::Round;

use crate::clock;
use crate::error::Fallible;
use crate::meter::{Budget, Meter};
use crate::runtime::Runtime;

/// Round trips a sample.
const ROUNDS: u64 = 500;

/// Through two channels with room for one, the same for everybody.
pub async fn run<R: Runtime>(runtime: R, budget: Budget) -> Fallible<Round> {
    let mut meter = Meter::of_batches(budget);
    while meter.goes_on() {
        let start = clock::now();
        let (there, arrives) = bounded(1);
        let (back, returns) = bounded(1);
        let other = runtime.spawn(async move {
            while let Ok(number) = arrives.recv().await {
                if back.send(number).await.is_err() {
                    break;
                }
            }
        });
        for number in 0..ROUNDS {
            there.send(number).await?;
            if returns.recv().await? != number {
                return Err("another number came back".into());
            }
        }
        drop(there);
        other.await?;
        meter.record_batch(clock::now() - start, ROUNDS);
    }
    Ok(meter.finish())
}

/// Through channels of the runtime's own.
pub async fn run_own<R: Runtime>(runtime: R, budget: Budget) -> Fallible<Round> {
    let mut meter = Meter::of_batches(budget);
    while meter.goes_on() {
        let start = clock::now();
        if !runtime.own_ping_pong(ROUNDS).await? {
            return Err("it brings no channel".into());
        }
        meter.record_batch(clock::now() - start, ROUNDS);
    }
    Ok(meter.finish())
}
