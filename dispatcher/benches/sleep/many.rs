//! Many sleepers on one dispatcher.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use wippy_dispatcher::{Builder, Instant};

use crate::samples::Samples;
use crate::{Fallible, Options, clocks, contender};

/// How many, how long each of them sleeps, and how often in a turn.
const ROWS: [(usize, Duration, usize); 5] = [
    (10, Duration::from_millis(1), 40),
    (100, Duration::from_millis(1), 40),
    (100, Duration::from_millis(10), 5),
    (1_000, Duration::from_millis(10), 5),
    (10_000, Duration::from_millis(100), 2),
];

/// Measures and prints.
pub fn section(title: &str, options: &Options) -> Fallible<()> {
    if !options.wants(title) {
        return Ok(());
    }
    println!("\n{title}: late by, and processor time of a sleep, in µs");
    println!(
        "{:<18} {:<14}{:>9}{:>9}{:>9}{:>9}{:>11}",
        "sleepers", "", "p50", "p90", "p99", "p99.9", "processor"
    );
    for (sleepers, length, times) in ROWS {
        let times = if options.is_quick { 1 } else { times };
        let mut samples: Vec<Samples> = contender::settings().map(|_| Samples::default()).into();
        for _ in 0..options.rounds.min(5) {
            for ((_, builder), samples) in contender::settings().into_iter().zip(&mut samples) {
                turn(builder, sleepers, length, times, samples)?;
            }
        }
        for ((name, _), samples) in contender::settings().iter().zip(&samples) {
            let row = format!("{sleepers} of {} ms", length.as_millis());
            println!("{row:<18} {name:<14}{samples}");
        }
    }
    Ok(())
}

/// All sleep again and again. Their first deadlines are spread evenly over the length of a sleep.
fn turn(
    builder: Builder,
    sleepers: usize,
    length: Duration,
    times: usize,
    samples: &mut Samples,
) -> Fallible<()> {
    let dispatcher = builder.build()?;
    let handle = dispatcher.handle();
    let late = Rc::new(RefCell::new(std::mem::take(&mut samples.late)));
    let start = handle.now()? + Duration::from_millis(5);
    let mut tasks = Vec::with_capacity(sleepers);
    for number in 0..sleepers {
        let (handle, late) = (handle.clone(), late.clone());
        let first = start + length * number as u32 / sleepers as u32;
        tasks.push(dispatcher.spawn(async move {
            handle.sleep_until(first).await?;
            let mut deadline: Instant = first;
            for _ in 0..times {
                deadline = deadline.max(handle.now()?) + length;
                handle.sleep_until(deadline).await?;
                let over = handle.now()?.since(deadline);
                late.borrow_mut().push(over.as_nanos() as u64);
            }
            Ok::<(), wippy_dispatcher::Error>(())
        })?);
    }
    let before = clocks::processor();
    for task in tasks {
        dispatcher.block_on(task)???;
    }
    samples.processor += clocks::processor() - before;
    samples.late = late.take();
    Ok(())
}
