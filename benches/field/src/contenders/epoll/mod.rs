//! A loop on epoll with nothing between it and the system.

mod echo;
mod event_loop;

use wippy_report::Round;

use self::event_loop::EventLoop;
use super::timers::Timers;
use crate::bell::Ringer;
use crate::clock;
use crate::error::Fallible;
use crate::meter::{Budget, Meter};
use crate::row::Work;
use crate::trial::Trial;
use crate::work::{far_deadline, phase};

pub fn run(trial: Trial) -> Fallible<Round> {
    run_on(EventLoop::new(false)?, trial)
}

pub fn run_spinning(trial: Trial) -> Fallible<Round> {
    run_on(EventLoop::new(true)?, trial)
}

fn run_on(mut event_loop: EventLoop, trial: Trial) -> Fallible<Round> {
    match trial.work {
        Work::Sleep { nanos } => sleep(&mut event_loop, nanos, trial.budget),
        Work::Sleepers { count, period } => sleepers(&mut event_loop, count, period, trial.budget),
        Work::Churn { count } => churn(count, trial.budget),
        Work::Wake => wake(&mut event_loop, &trial),
        Work::Echo(load) => echo::run(&mut event_loop, load, &trial),
        _ => Err("a bare loop has no tasks".into()),
    }
}

fn sleep(event_loop: &mut EventLoop, nanos: u64, budget: Budget) -> Fallible<Round> {
    let mut meter = Meter::start(budget);
    while meter.goes_on() {
        let deadline = clock::now() + nanos;
        event_loop.arm(deadline)?;
        while clock::now() < deadline {
            event_loop.wait()?;
        }
        meter.record_late(deadline);
    }
    Ok(meter.finish())
}

fn sleepers(
    event_loop: &mut EventLoop,
    count: u64,
    period: u64,
    budget: Budget,
) -> Fallible<Round> {
    let mut meter = Meter::start(budget);
    let mut timers = Timers::default();
    let start = clock::now();
    for number in 0..count {
        timers.insert(start + phase(number, period), number);
    }
    while meter.goes_on() {
        while let Some((deadline, number)) = timers.pop_due(clock::now()) {
            meter.record_late(deadline);
            timers.insert(deadline + period, number);
        }
        if let Some(next) = timers.next() {
            event_loop.arm(next)?;
            event_loop.wait()?;
        }
    }
    Ok(meter.finish())
}

/// Nothing is armed, because the loop arms the earliest deadline where it parks, and it does not park.
fn churn(count: u64, budget: Budget) -> Fallible<Round> {
    let mut meter = Meter::of_batches(budget);
    let mut timers = Timers::default();
    let mut deadlines = Vec::with_capacity(count as usize);
    while meter.goes_on() {
        let start = clock::now();
        for number in 0..count {
            let deadline = clock::now() + far_deadline(number).as_nanos() as u64;
            timers.insert(deadline, number);
            deadlines.push(deadline);
        }
        for (number, deadline) in deadlines.drain(..).enumerate() {
            timers.remove(deadline, number as u64);
        }
        meter.record_batch(clock::now() - start, count);
    }
    Ok(meter.finish())
}

fn wake(event_loop: &mut EventLoop, trial: &Trial) -> Fallible<Round> {
    let event = event_loop.event();
    let ringer = Ringer::start(&trial.cores, move |_| {
        // It fails when the counter is full, and then the loop is awake.
        let _ = rustix::io::write(&*event, &1u64.to_ne_bytes());
    });
    let bell = ringer.bell();
    let mut meter = Meter::beside(trial.budget, Box::new(bell.clone()));
    while meter.goes_on() {
        bell.begin();
        let time = loop {
            event_loop.wait()?;
            if let Some(time) = bell.heard() {
                break time;
            }
        };
        meter.record(time);
    }
    let round = meter.finish();
    ringer.stop()?;
    Ok(round)
}
