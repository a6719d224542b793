//! An ordinary program: `ticker PERIOD-MS TIMES` sleeps and prints, with the standard library.

use std::env;
use std::process::ExitCode;
use std::thread::sleep;
use std::time::{Duration, Instant};

fn main() -> ExitCode {
    let numbers: Vec<u64> = env::args().skip(1).filter_map(|word| word.parse().ok()).collect();
    let [period, times] = numbers[..] else {
        eprintln!("usage: ticker PERIOD-MS TIMES");
        return ExitCode::FAILURE;
    };
    let period = Duration::from_millis(period);
    for tick in 1..=times {
        let begun = Instant::now();
        sleep(period);
        let late = begun.elapsed().saturating_sub(period);
        println!("tick {tick} of {times}, {} µs late", late.as_micros());
    }
    ExitCode::SUCCESS
}
