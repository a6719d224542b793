//! The machine itself: what it does to a thread without any event loop.

use rustix::thread::{ClockId, clock_nanosleep_absolute};
use wippy_report::Round;

use crate::clock;
use crate::error::Fallible;
use crate::meter::{Budget, Meter};
use crate::row::Work;
use crate::trial::Trial;

/// From one deadline to the next, in nanoseconds.
const INTERVAL: u64 = 200_000;

/// Looks at the clock between two looks at whether the time is over.
const LOOKS: u32 = 1000;

pub fn run(trial: Trial) -> Fallible<Round> {
    match trial.work {
        Work::Jitter => jitter(trial.budget),
        Work::Gaps => gaps(trial.budget),
        _ => Err("only contenders have this row".into()),
    }
}

/// How late absolute sleeps end. Deadlines do not wait for earlier ones.
fn jitter(budget: Budget) -> Fallible<Round> {
    let mut meter = Meter::start(budget);
    let mut deadline = clock::now() + INTERVAL;
    while meter.goes_on() {
        clock_nanosleep_absolute(ClockId::Monotonic, &clock::timespec(deadline))?;
        meter.record_late(deadline);
        deadline += INTERVAL;
    }
    Ok(meter.finish())
}

/// How long from one look at the clock to the next.
fn gaps(budget: Budget) -> Fallible<Round> {
    let mut meter = Meter::start(budget);
    while meter.goes_on() {
        let mut last = clock::now();
        for _ in 0..LOOKS {
            let now = clock::now();
            meter.record(now - last);
            // What recording takes is no gap.
            last = clock::now();
        }
    }
    Ok(meter.finish())
}
