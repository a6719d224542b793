//! One sleeper at a time.

use std::time::Duration;

use crate::samples::Samples;
use crate::work::Work;
use crate::{Fallible, Options, clocks, contender};

const MICROS: [u64; 8] = [50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000];
/// How long a contender's turn takes about, and how many sleeps it has.
const TURN: Duration = Duration::from_millis(40);
const SLEEPS: std::ops::RangeInclusive<u64> = 10..=400;
/// Sleeps at the beginning of a turn that do not count.
const WARM_UP: usize = 5;

/// Measures and prints.
pub fn section(title: &str, threads: usize, options: &Options) -> Fallible<()> {
    if !options.wants(title) {
        return Ok(());
    }
    let mut contenders = contender::all()?;
    let _work = Work::start(threads);
    println!("\n{title}: late by, and processor time of a sleep, in µs");
    println!(
        "{:<8} {:<14}{:>9}{:>9}{:>9}{:>9}{:>11}{:>13}",
        "sleep", "", "p50", "p90", "p99", "p99.9", "processor", "of timerfd's"
    );
    for micros in MICROS {
        let length = Duration::from_micros(micros);
        let times = match options.is_quick {
            true => 3,
            false => (TURN.as_micros() as u64 / micros).clamp(*SLEEPS.start(), *SLEEPS.end()),
        };
        let mut samples: Vec<Samples> = contenders.iter().map(|_| Samples::default()).collect();
        for _ in 0..options.rounds {
            for (contender, samples) in contenders.iter_mut().zip(&mut samples) {
                contender.sleep(length, WARM_UP, &mut Vec::new())?;
                let before = clocks::processor();
                contender.sleep(length, times as usize, &mut samples.late)?;
                samples.processor += clocks::processor() - before;
            }
        }
        let floor = samples[0].median();
        for (contender, samples) in contenders.iter().zip(&samples) {
            let ratio = samples.median().zip(floor).map(|(own, floor)| own / floor);
            let ratio = ratio.map_or("-".to_owned(), |ratio| format!("{ratio:.2}"));
            let length = format!("{micros} µs");
            println!("{length:<8} {:<14}{samples}{ratio:>13}", contender.name);
        }
    }
    Ok(())
}
