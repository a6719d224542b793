//! One sleep after the other, nothing else.

use std::time::Duration;

use wippy_report::Round;

use crate::clock;
use crate::error::Fallible;
use crate::meter::{Budget, Meter};
use crate::runtime::Runtime;

pub async fn run<R: Runtime>(runtime: R, nanos: u64, budget: Budget) -> Fallible<Round> {
    let mut meter = Meter::start(budget);
    while meter.goes_on() {
        let deadline = clock::now() + nanos;
        runtime.sleep(Duration::from_nanos(nanos)).await?;
        meter.record_late(deadline);
    }
    Ok(meter.finish())
}
