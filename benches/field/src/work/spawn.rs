//! Tasks that end at once, started and awaited.

use wippy_report::Round;

use crate::clock;
use crate::error::Fallible;
use crate::meter::{Budget, Meter};
use crate::runtime::Runtime;

/// Tasks a sample.
const TASKS: u64 = 1000;

/// So many are started before the first is awaited.
pub async fn run<R: Runtime>(runtime: R, at_once: u64, budget: Budget) -> Fallible<Round> {
    let mut meter = Meter::of_batches(budget);
    let mut tasks = Vec::with_capacity(at_once as usize);
    while meter.goes_on() {
        let start = clock::now();
        let mut sum = 0;
        for _ in 0..TASKS / at_once {
            tasks.extend((0..at_once).map(|number| runtime.spawn(async move { number })));
            for task in tasks.drain(..) {
                sum += task.await?;
            }
        }
        let time = clock::now() - start;
        if sum != (TASKS / at_once) * (at_once * (at_once - 1) / 2) {
            return Err("a task gave another number".into());
        }
        meter.record_batch(time, TASKS);
    }
    Ok(meter.finish())
}
