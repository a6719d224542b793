//! Many tasks that sleep, each to deadlines of its own that are a period apart. A deadline does not wait for the one before:
//! who is late for one is late for those that come meanwhile too, so that nothing is omitted because the contender was busy.

use std::cell::RefCell;
use std::rc::Rc;

use wippy_report::Round;

use crate::clock;
use crate::error::Fallible;
use crate::meter::{Budget, Meter};
use crate::runtime::Runtime;

/// Where in its period a sleeper's deadlines are: all over it, in an order without pattern.
pub fn phase(number: u64, period: u64) -> u64 {
    number.wrapping_mul(0x9E37_79B9_7F4A_7C15) % period.max(1)
}

pub async fn run<R: Runtime>(
    runtime: R,
    count: u64,
    period: u64,
    budget: Budget,
) -> Fallible<Round> {
    let meter = Rc::new(RefCell::new(Meter::start(budget)));
    let start = clock::now();
    let mut sleepers = Vec::new();
    for number in 0..count {
        let (own, theirs) = (runtime.clone(), meter.clone());
        sleepers.push(runtime.spawn(async move {
            let mut deadline = start + phase(number, period);
            loop {
                own.sleep(clock::until(deadline, clock::now())).await?;
                let mut meter = theirs.borrow_mut();
                if !meter.goes_on() {
                    return Fallible::Ok(());
                }
                meter.record_late(deadline);
                deadline += period;
            }
        }));
    }
    let end = start + (budget.warm + budget.measure).as_nanos() as u64;
    runtime.sleep(clock::until(end, clock::now())).await?;
    // The sleepers are dropped with the runtime: some would sleep for a whole period more.
    let finished = meter.replace(Meter::start(budget)).finish();
    match finished.operations {
        0 => Err("no sleep ended within the time".into()),
        _ => Ok(finished),
    }
}
