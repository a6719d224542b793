//! A loop on io_uring with nothing between it and the system.
// A ring reads and writes memory by address.
#![allow(unsafe_code)]

mod echo;
mod ring;

use std::os::fd::AsRawFd;
use std::sync::Arc;

use io_uring::{opcode, types};
use rustix::event::{EventfdFlags, eventfd};
use wippy_report::Round;

use self::ring::Ring;
use crate::bell::Ringer;
use crate::clock;
use crate::error::Fallible;
use crate::meter::{Budget, Meter};
use crate::row::Work;
use crate::trial::Trial;
use crate::work::{far_deadline, phase};

pub fn run(trial: Trial) -> Fallible<Round> {
    run_on(Ring::new(false)?, trial)
}

pub fn run_tuned(trial: Trial) -> Fallible<Round> {
    run_on(Ring::new(true)?, trial)
}

fn run_on(mut ring: Ring, trial: Trial) -> Fallible<Round> {
    match trial.work {
        Work::Sleep { nanos } => sleep(&mut ring, nanos, trial.budget),
        Work::Sleepers { count, period } => sleepers(&mut ring, count, period, trial.budget),
        Work::Churn { count } => churn(&mut ring, count, trial.budget),
        Work::Wake => wake(&mut ring, &trial),
        Work::Echo(load) => echo::run(&mut ring, load, &trial),
        _ => Err("a bare loop has no tasks".into()),
    }
}

/// Times that the ring reads, which live as long as the process: it does one trial.
fn times(count: u64) -> &'static mut [types::Timespec] {
    vec![types::Timespec::new(); count as usize].leak()
}

fn to_timespec(nanos: u64) -> types::Timespec {
    types::Timespec::new()
        .sec(nanos / 1_000_000_000)
        .nsec((nanos % 1_000_000_000) as u32)
}

/// Asks for a completion with this number at a deadline.
fn arm(ring: &mut Ring, time: &mut types::Timespec, deadline: u64, number: u64) -> Fallible<()> {
    *time = to_timespec(deadline);
    let entry = opcode::Timeout::new(time)
        .flags(types::TimeoutFlags::ABS)
        .build();
    // SAFETY: the time is of `times`, which is never freed, and it is not changed before the timeout has ended.
    unsafe { ring.push(entry.user_data(number)) }
}

fn sleep(ring: &mut Ring, nanos: u64, budget: Budget) -> Fallible<Round> {
    let mut meter = Meter::start(budget);
    let time = times(1);
    while meter.goes_on() {
        let deadline = clock::now() + nanos;
        if let Some(time) = time.first_mut() {
            arm(ring, time, deadline, 0)?;
        }
        ring.wait()?;
        while ring.next().is_some() {}
        meter.record_late(deadline);
    }
    Ok(meter.finish())
}

fn sleepers(ring: &mut Ring, count: u64, period: u64, budget: Budget) -> Fallible<Round> {
    let mut meter = Meter::start(budget);
    let times = times(count);
    let start = clock::now();
    let mut deadlines: Vec<u64> = (0..count)
        .map(|number| start + phase(number, period))
        .collect();
    for ((time, &deadline), number) in times.iter_mut().zip(&deadlines).zip(0..) {
        arm(ring, time, deadline, number)?;
    }
    while meter.goes_on() {
        ring.wait()?;
        while let Some((number, _)) = ring.next() {
            let at = number as usize;
            let (Some(time), Some(deadline)) = (times.get_mut(at), deadlines.get_mut(at)) else {
                continue;
            };
            meter.record_late(*deadline);
            *deadline += period;
            arm(ring, time, *deadline, number)?;
        }
    }
    Ok(meter.finish())
}

fn churn(ring: &mut Ring, count: u64, budget: Budget) -> Fallible<Round> {
    let mut meter = Meter::of_batches(budget);
    let times = times(count);
    while meter.goes_on() {
        let start = clock::now();
        for (time, number) in times.iter_mut().zip(0..) {
            let deadline = clock::now() + far_deadline(number).as_nanos() as u64;
            arm(ring, time, deadline, number)?;
        }
        for number in 0..count {
            let entry = opcode::TimeoutRemove::new(number).build();
            // SAFETY: it refers to no memory.
            unsafe { ring.push(entry.user_data(number)) }?;
        }
        // The timers' ends and the removals.
        let mut missing = 2 * count;
        while missing > 0 {
            ring.wait()?;
            while ring.next().is_some() {
                missing -= 1;
            }
        }
        meter.record_batch(clock::now() - start, count);
    }
    Ok(meter.finish())
}

fn wake(ring: &mut Ring, trial: &Trial) -> Fallible<Round> {
    let event = Arc::new(eventfd(0, EventfdFlags::CLOEXEC)?);
    let theirs = event.clone();
    let ringer = Ringer::start(&trial.cores, move |_| {
        // It fails when the counter is full, and then the loop is awake.
        let _ = rustix::io::write(&*theirs, &1u64.to_ne_bytes());
    });
    let bell = ringer.bell();
    let counter: &'static mut [u8] = vec![0; 8].leak();
    let mut meter = Meter::beside(trial.budget, Box::new(bell.clone()));
    while meter.goes_on() {
        let read = opcode::Read::new(types::Fd(event.as_raw_fd()), counter.as_mut_ptr(), 8).build();
        // SAFETY: the counter is never freed, and nobody looks at it; the descriptor is open until the read has ended.
        unsafe { ring.push(read) }?;
        ring.submit()?;
        bell.begin();
        let time = loop {
            ring.wait()?;
            while ring.next().is_some() {}
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
