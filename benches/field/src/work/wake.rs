//! A parked contender is woken by another thread through a task's waker.

use wippy_report::Round;

use crate::bell::{Bell, Ringer};
use crate::error::Fallible;
use crate::meter::Meter;
use crate::trial::Trial;

pub async fn run(trial: &Trial) -> Fallible<Round> {
    let ringer = Ringer::start(&trial.cores, Bell::wake);
    let bell = ringer.bell();
    let mut meter = Meter::beside(trial.budget, Box::new(bell.clone()));
    while meter.goes_on() {
        meter.record(bell.trial().await);
    }
    let round = meter.finish();
    ringer.stop()?;
    Ok(round)
}
